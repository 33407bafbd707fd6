"""What no module of caro does, held over the syntax trees: run text as code or a shell's line, unpickle."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import caro_shell

ROOT = Path(caro_shell.__file__).parent
MODULES = {str(file.relative_to(ROOT)): file for file in sorted(ROOT.rglob("*.py"))}

#: Modules that make objects out of bytes, or that are there to run text.
IMPORTS = {"pickle", "dill", "cloudpickle", "joblib", "marshal", "shelve", "yaml", "code", "codeop", "pty"}
#: Functions by their bare name, and by the name of their module.
NAMES = {"eval", "exec", "compile", "__import__"}
ATTRIBUTES = {
    *(("os", name) for name in ("system", "popen")),
    *(("subprocess", name) for name in ("getoutput", "getstatusoutput")),
    ("tempfile", "mktemp"),
    ("asyncio", "create_subprocess_shell"),
    ("torch", "load"),
    ("runpy", "run_path"),
}


def faults(tree: ast.AST) -> list[str]:
    """Return what a module does that none is to do, as `line: what`."""
    found = [(node, name) for node in ast.walk(tree) for name in (*_imports(node), *_calls(node))]
    return [f"{node.lineno}: {name}" for node, name in found]  # type: ignore[attr-defined]


def _imports(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names if alias.name.partition(".")[0] in IMPORTS]
    if isinstance(node, ast.ImportFrom):
        module = str(node.module)
        taken = [alias.name for alias in node.names]
        return [
            f"{module}.{name}"
            for name in taken
            if module.partition(".")[0] in IMPORTS or (module, name) in ATTRIBUTES
        ]
    return []


def _calls(node: ast.AST) -> list[str]:
    if not isinstance(node, ast.Call):
        return []
    bad = []
    function = ast.unparse(node.func)
    module, _, name = function.rpartition(".")
    if function in NAMES or (module, name) in ATTRIBUTES:
        bad.append(function)
    if module == "subprocess" and node.args and isinstance(node.args[0], (ast.Constant, ast.JoinedStr)):
        bad.append("subprocess with a line instead of a list")
    for keyword in node.keywords:
        is_plain = isinstance(keyword.value, ast.Constant)
        is_no = is_plain and keyword.value.value is False  # type: ignore[attr-defined]
        is_yes = is_plain and keyword.value.value is True  # type: ignore[attr-defined]
        if keyword.arg == "allow_pickle" and not is_no:
            bad.append("allow_pickle")
        if keyword.arg == "shell" and (is_yes or (module == "subprocess" and not is_no)):
            bad.append("shell")
    return bad


@pytest.mark.parametrize("module", MODULES)
def test_nothing_forbidden_is_done(module):
    assert faults(ast.parse(MODULES[module].read_text())) == []


@pytest.mark.parametrize(
    "code",
    [
        "import pickle",
        "import a.b, pickle as p",
        "from marshal import loads",
        "def f():\n    from os import system",
        "eval('1')",
        "exec(text)",
        "compile(text, '', 'exec')",
        "__import__(name)",
        "os.system(x)",
        "os.popen(x)",
        "subprocess.getoutput(x)",
        "subprocess.run(x, shell=True)",
        "subprocess.Popen(x, shell=flag)",
        "subprocess.run('ls -l')",
        "subprocess.run(f'ls {x}')",
        "np.load(x, allow_pickle=True)",
        "tempfile.mktemp()",
    ],
)
def test_what_is_forbidden_is_seen(code):
    assert faults(ast.parse(code))


@pytest.mark.parametrize(
    "code",
    [
        "import json",
        "mx.eval(x)",
        "re.compile(x)",
        "subprocess.run(['ls'], shell=False)",
        "subprocess.run(command)",
        "np.load(x, allow_pickle=False)",
        "os.execv(path, arguments)",
    ],
)
def test_what_is_allowed_is_not(code):
    assert faults(ast.parse(code)) == []


def test_arrays_are_loaded_without_pickle_by_name():
    """NumPy's default has changed before."""
    for module, file in MODULES.items():
        for node in ast.walk(ast.parse(file.read_text())):
            is_load = isinstance(node, ast.Call) and ast.unparse(node.func) in ("np.load", "numpy.load")
            assert not is_load or "allow_pickle" in [k.arg for k in node.keywords], module
