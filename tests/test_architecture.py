"""The order of the modules, as data: each may import what stands above it in the list, nothing below.

A new module fails here until it is given its place.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

import caro_shell

ROOT = Path(caro_shell.__file__).parent

#: Units (a module, or a package as a whole), the lowest first. Those of one row do not know each other.
ORDER = (
    ("__init__",),
    (
        "colour",
        "errors",
        "examples",
        "lookalikes",
        "paths",
        "peer",
        "pressure",
        "protocol",
        "reply",
        "resources",
        "sizes",
        "timebox",
        "tomltext",
        "typeahead",
        "units",
    ),
    ("config", "configfile", "launch", "prompt", "sanitise"),
    ("progress",),
    (
        "address",
        "chat",
        "client",
        "hooks",
        "login",
        "confidence",
        "measured",
        "replycache",
        "transport",
    ),
    ("catalog",),
    ("consent", "pull"),
    ("backends", "parse"),
    ("check",),
    ("attempt", "bank", "convert", "mending", "rounds", "safety", "setup"),
    ("offering",),
    ("answer",),
    ("engine",),
    ("bench",),
    ("manage",),
    ("worker",),
    ("daemon",),
    ("commands",),
    ("cli",),
    ("__main__",),
)

#: The same inside the packages.
INSIDE = {
    "backends": (
        ("backends.atwork", "backends.variants"),
        ("backends",),
        (
            "backends.embedded.context",
            "backends.embedded.cores",
            "backends.embedded.modelfile",
            "backends.embedded.prefixstate",
            "backends.remote",
            "backends.selection",
            "backends.standin",
        ),
        (
            "backends.embedded.chatformat",
            "backends.embedded.kvcache",
            "backends.llamacpp.loadfailures",
            "backends.mlx.library",
            "backends.mlx.tokens",
            "backends.remote.aside",
            "backends.remote.failures",
            "backends.remote.jsonlines",
            "backends.remote.ollamahost",
            "backends.remote.rendering",
        ),
        (
            "backends.embedded.writing",
            "backends.llamacpp.library",
            "backends.mlx.context",
            "backends.remote.stream",
        ),
        ("backends.embedded", "backends.llamacpp.suitability", "backends.remote.server"),
        ("backends.llamacpp.context",),
        ("backends.llamacpp.trial",),
        ("backends.llamacpp", "backends.mlx", "backends.remote.ollama", "backends.remote.vllm"),
    ),
    "bank": (("bank.embedding", "bank.pairs"), ("bank.lexical",), ("bank.index",), ("bank",)),
    "bench": (
        (
            "bench.bubblewrap",
            "bench.gates",
            "bench.likeness",
            "bench.normalfind",
            "bench.normaloperand",
            "bench.proportions",
            "bench.report",
            "bench.startup",
            "bench.task",
        ),
        (
            "bench.choice",
            "bench.fixture",
            "bench.normalcommand",
            "bench.output",
            "bench.sandbox",
            "bench.snapshot",
            "bench.subject",
        ),
        ("bench.judge", "bench.normalform"),
        ("bench.portability", "bench.unrun"),
        ("bench.run",),
        ("bench", "bench.figures", "bench.watcher"),
        ("bench.compare",),
    ),
    "check": (
        ("check.line", "check.mentions", "check.syntax", "check.vocabulary"),
        ("check.arguments",),
        ("check.calls", "check.helptext"),
        ("check.manual", "check.misuse"),
        ("check.options",),
        ("check.programs",),
        ("check",),
    ),
    "catalog": (
        ("catalog.locking", "catalog.url"),
        ("catalog.model",),
        ("catalog.disk", "catalog.tables"),
        ("catalog.converted", "catalog.own", "catalog.pins"),
        ("catalog",),
        ("catalog.removal", "catalog.wanted"),
    ),
    "commands": (
        (
            "commands",
            "commands.benchcompare",
            "commands.benchquality",
            "commands.cache",
            "commands.check",
            "commands.config",
            "commands.daemon",
            "commands.generate",
            "commands.init",
            "commands.modelactions",
        ),
        ("commands.bench", "commands.doctor", "commands.model"),
    ),
    "manage": (
        (
            "manage",
            "manage.candidate",
            "manage.choice",
            "manage.inventory",
            "manage.table",
        ),
        ("manage.listing", "manage.removing", "manage.trial"),
        ("manage.contest", "manage.switching"),
        ("manage.upgrading",),
    ),
    "convert": (
        ("convert.comparison", "convert.ggufmodel", "convert.packing"),
        ("convert.architecture", "convert.vocabulary"),
        ("convert.weights",),
        ("convert",),
    ),
    "parse": (
        ("parse.markdown", "parse.prose", "parse.reply_json", "parse.scan", "parse.wrapping"),
        ("parse.oneline",),
        ("parse",),
    ),
    "pull": (
        ("pull.lock", "pull.progress", "pull.tag"),
        ("pull.digest",),
        ("pull.part",),
        ("pull.https", "pull.staging", "pull.wheels"),
        ("pull.hub", "pull.room"),
        ("pull.folder", "pull.given"),
        ("pull.offers",),
        ("pull.pinning",),
        ("pull",),
    ),
    "safety": (
        (
            "safety.call",
            "safety.dialects.fishwords",
            "safety.dialects.text",
            "safety.dialects.zshwords",
            "safety.grammar",
            "safety.recalled",
            "safety.rules.modes",
            "safety.runners",
            "safety.tongues",
            "safety.verdict",
        ),
        (
            "safety.arguments",
            "safety.dialects.fish",
            "safety.dialects.zshblocks",
            "safety.expansions",
            "safety.places",
            "safety.programs",
            "safety.radius.matching",
            "safety.rules.secrets",
            "safety.rules.sql",
        ),
        (
            "safety.dialects.zsh",
            "safety.entering",
            "safety.filters",
            "safety.fishstrings",
            "safety.radius.effects",
            "safety.rules.copying",
            "safety.rules.downloads",
            "safety.rules.essentials",
            "safety.rules.table",
        ),
        (
            "safety.dialects",
            "safety.output",
            "safety.radius.counting",
            "safety.rules.backups",
            "safety.rules.buckets",
            "safety.rules.cloud",
            "safety.rules.clusters",
            "safety.rules.disclosing",
            "safety.rules.encrypting",
            "safety.rules.filling",
            "safety.rules.frameworks",
            "safety.rules.gitpaths",
            "safety.rules.gitremotes",
            "safety.rules.guards",
            "safety.rules.infrastructure",
            "safety.rules.libraries",
            "safety.rules.network",
            "safety.rules.packages",
            "safety.rules.platforms",
            "safety.rules.power",
            "safety.rules.repositories",
            "safety.rules.sending",
            "safety.rules.services",
            "safety.rules.serving",
            "safety.rules.stores",
            "safety.rules.system",
            "safety.rules.traces",
            "safety.rules.virtual",
        ),
        (
            "safety.found",
            "safety.handed",
            "safety.ownlines",
            "safety.rules.accounts",
            "safety.rules.databases",
            "safety.rules.exposing",
            "safety.rules.firewall",
            "safety.rules.githistory",
            "safety.rules.gitwork",
            "safety.rules.reverseshells",
            "safety.snippets",
        ),
        (
            "safety.literals",
            "safety.rules.deleting",
            "safety.rules.disguise",
            "safety.rules.git",
            "safety.wrappers",
        ),
        (
            "safety.lines",
            "safety.rules.code",
            "safety.rules.disks",
            "safety.rules.mounting",
            "safety.rules.overwriting",
            "safety.rules.permissions",
            "safety.rules.processes",
            "safety.rules.records",
            "safety.state",
        ),
        (
            "safety.rules.acls",
            "safety.rules.containers",
            "safety.rules.editing",
            "safety.rules.erasing",
            "safety.rules.fetched",
            "safety.rules.interpreters",
            "safety.rules.owners",
            "safety.rules.unknown",
            "safety.rules.unpacking",
            "safety.rules.volumes",
            "safety.words",
        ),
        (
            "safety.nodes",
            "safety.rules.logins",
            "safety.rules.placing",
        ),
        (
            "safety.keeping",
            "safety.rules",
        ),
        ("safety.script",),
        (
            "safety.judge",
            "safety.radius",
        ),
        ("safety",),
    ),
    "setup": (
        ("setup", "setup.dialogue", "setup.particulars"),
        ("setup.candidate", "setup.exposed", "setup.waiting"),
        ("setup.checkup", "setup.choice"),
        ("setup.serverpage",),
        ("setup.pages",),
    ),
    "transport": (
        ("transport", "transport.deadline", "transport.endpoint", "transport.retries"),
        ("transport.errors", "transport.refusal", "transport.session"),
        ("transport.http",),
    ),
}

#: The imports that come late: `open_backend` imports the backend that it opens, a bank its index.
LATE = {
    ("backends", f"backends.{name}")
    for name in ("llamacpp", "mlx", "remote.ollama", "remote.vllm", "standin")
} | {("bank", "bank.index")}

#: All that a key press runs, and all that it imports of us.
KEY_PRESS = {
    "__init__",
    "client",
    "errors",
    "launch",
    "lookalikes",  # late, for what is not ASCII
    "paths",
    "peer",
    "progress",
    "protocol",
    "sanitise",
    "typeahead",
}

#: Libraries of others, and the only modules that know them.
LIBRARIES = {
    "backoff": {"pull.https", "transport.retries"},
    "json_repair": {"parse.reply_json"},
    "gguf": {"convert.ggufmodel"},
    "llama_cpp": {"backends.llamacpp.library"},
    "mlx": {"backends.mlx.library"},
    "mlx_lm": {"backends.mlx.library"},
    "numpy": {
        "backends.llamacpp.context",
        "bank.embedding",
        "bank.index",
        "bank.lexical",
        "convert.ggufmodel",
        "convert.packing",
    },
    "prompt_toolkit": {"setup.dialogue"},
    "psutil": {"backends.embedded.cores", "daemon", "pressure"},
    "requests": {
        "pull.https",
        "transport.errors",
        "transport.http",
        "transport.refusal",
        "transport.session",
    },
    "tokenizers": {"backends.mlx.tokens"},
    "tomli": {"bank.pairs", "bench.task", "catalog", "catalog.own", "config", "configfile"},
    "tomlkit": {"tomltext"},
    "tree_sitter": {"safety.grammar", "safety.nodes", "safety.script", "safety.words"},
    "tree_sitter_bash": {"safety.grammar"},
    "tqdm": {"pull.progress"},
    "urllib3": {"transport.errors", "transport.session"},
}

LONGEST = 300


class Import(NamedTuple):
    """`module` imports `name`, a dotted name as Python sees it."""

    module: str
    name: str


def name_of(file: Path) -> str:
    """Return a module's name below caro_shell; a package is called by its own name."""
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)


MODULES = {name_of(file): file for file in sorted(ROOT.rglob("*.py"))}
TREES = {name: ast.parse(file.read_text()) for name, file in MODULES.items()}


def imports(module: str) -> Iterator[Import]:
    """Yield every import of a module, those inside functions as well."""
    for node in ast.walk(TREES[module]):
        if isinstance(node, ast.Import):
            yield from (Import(module, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} has a relative import"
            if node.module == "__future__":
                continue
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                is_module = full.partition(".")[2] in MODULES
                yield Import(module, full if is_module else str(node.module))


EVERY_IMPORT = [found for module in MODULES for found in imports(module)]
OURS = [
    Import(module, name.partition(".")[2] or "__init__")
    for module, name in EVERY_IMPORT
    if name.partition(".")[0] == "caro_shell"
]


def unit(module: str) -> str:
    return module.partition(".")[0]


def places(rows: tuple[tuple[str, ...], ...]) -> dict[str, int]:
    return {name: number for number, row in enumerate(rows) for name in row}


def test_the_imports_are_seen():
    assert Import("engine", "backends") in OURS
    assert Import("backends", "backends.llamacpp") in OURS, "inside a function"
    assert Import("client", "launch") in OURS, "a module imported by `from caro_shell import`"
    assert Import("client", "__init__") in OURS, "a name imported by `from caro_shell import`"


def test_every_module_has_its_place():
    assert {unit(module) for module in MODULES} == set(places(ORDER))
    assert len(places(ORDER)) == sum(map(len, ORDER)), "one place each"
    for package, rows in INSIDE.items():
        assert {module for module in MODULES if unit(module) == package} == set(places(rows))


@pytest.mark.parametrize("module", MODULES)
def test_nothing_is_imported_from_above(module):
    place = places(ORDER)
    for _, name in (found for found in OURS if found.module == module):
        if unit(name) != unit(module):
            assert place[unit(name)] < place[unit(module)], f"{module} imports {name}"
        elif (module, name) not in LATE and unit(module) in INSIDE:
            inside = places(INSIDE[unit(module)])
            assert inside[name] < inside[module], f"{module} imports {name}"


@pytest.mark.parametrize(("module", "name"), LATE)
def test_what_is_imported_late_is_not_imported_at_the_top(module, name):
    top = [node for node in TREES[module].body if isinstance(node, ast.ImportFrom)]
    assert f"caro_shell.{name}" not in [node.module for node in top]
    assert Import(module, name) in OURS


def test_a_key_press_knows_only_its_own():
    reached, new = set(), {"client"}
    while new:
        reached |= new
        new = {name for module, name in OURS if module in new} - reached
    assert reached == KEY_PRESS


@pytest.mark.skipif(
    sys.version_info < (3, 10), reason="Python 3.9 does not know the names of its own modules"
)
def test_a_library_is_known_only_where_it_is_used():
    found: dict[str, set[str]] = {}
    for module, name in EVERY_IMPORT:
        library = name.partition(".")[0]
        if library != "caro_shell" and library not in sys.stdlib_module_names:
            found.setdefault(library, set()).add(module)
    assert found == LIBRARIES


def test_every_library_is_declared():
    project = (ROOT.parent / "pyproject.toml").read_text()
    section = project.partition("\ndependencies = [")[2].partition("\ntest = [")[0]  # and the extra mlx
    declared = set(re.findall(r'"([a-z0-9-]+)[>=]=', section))
    distributions = {"llama_cpp": "llama-cpp-python"}
    assert {distributions.get(name, name.replace("_", "-")) for name in LIBRARIES} <= declared


@pytest.mark.parametrize("module", MODULES)
def test_a_module_says_what_it_is_for_and_stays_readable(module):
    assert ast.get_docstring(TREES[module])
    assert len(MODULES[module].read_text().splitlines()) <= LONGEST
