"""The client as the hooks run it: a line in, a line or a sentence out, and hardly anything imported."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from caro_shell import hooks, paths
from caro_shell.protocol import RECORD_MAX
from tests.daemons import caro_home, log, running, status, write_config
from tests.scripted_daemon import BROKEN
from tests.until import PATIENCE_S, until

#: Everything that a key press may import beyond what a bare `python -I -S` has. To add a name is to make
#: every key press slower: socket, typing, json, re, enum and dataclasses cost more than all of these.
MODULES = {
    "caro_shell",
    "caro_shell.client",
    "caro_shell.errors",
    "caro_shell.launch",
    "caro_shell.paths",
    "caro_shell.peer",
    "caro_shell.progress",
    "caro_shell.protocol",
    "caro_shell.sanitise",
    "__future__",
    "_socket",
    "binascii",
    "select",
    # `os`, which a Python without `site` has not imported yet
    "os",
    "stat",
    "_stat",
    "posixpath",
    "genericpath",
    "_collections_abc",
    "abc",
    "_abc",
    "termios",
    "caro_shell.typeahead",
}


pytestmark = pytest.mark.slow


@pytest.fixture
def evil(tmp_path):
    """Return a directory whose modules must not be imported: they would write to standard output."""
    directory = tmp_path / "evil"
    (directory / "caro_shell").mkdir(parents=True)
    for name in ("json", "os", "select", "site", "sitecustomize", "traceback", "caro_shell/__init__"):
        (directory / f"{name}.py").write_text(f"import sys; sys.stdout.write('evil {name}')\n")
    return directory


@pytest.fixture
def daemon():
    with running() as process:
        yield process


def command(*arguments: str) -> list[str]:
    return [*hooks.client_command(), *(arguments or ("--shell", "bash"))]


def press(line: str | bytes, *arguments: str, cwd: object = None, **env: str) -> tuple[int, str]:
    """Run the client on `line`, off any terminal; return exit status and output."""
    done = subprocess.run(
        command(*arguments),
        input=line if isinstance(line, bytes) else line.encode(),
        capture_output=True,
        cwd=cwd,  # type: ignore[call-overload]
        env={**os.environ, **env},
        start_new_session=True,
        check=False,
        timeout=PATIENCE_S,
    )
    assert done.stderr == b""
    return done.returncode, done.stdout.decode()


def test_a_command_is_status_0_and_nothing_else_is_printed(daemon):
    assert press("say ls -l") == (0, "ls -l")


@pytest.mark.parametrize(
    "text", [r"""printf '%s\n' "$HOME" \\ `id` !x""", "echo 你好 🎉 e\u0301", "echo a=b"]
)
def test_characters_survive(daemon, text):
    assert press("say " + text) == (0, text)


def test_lines_are_words(daemon):
    assert press("say\n  ls\t-l\r\n") == (0, "ls -l")


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("fail", "the scripted model is unwell; press the key again"),
        ("", "there is nothing to rewrite yet: say what you want in plain words"),
        (b"say \xff", "the line is not UTF-8 text from byte 5 on; retype that part"),
        ("x" * (RECORD_MAX // 2 + 1), "the line is too long; say it in fewer words"),
        ("x" * RECORD_MAX * 4, "the line is too long; say it in fewer words"),
    ],
)
def test_a_sentence_is_status_1(daemon, line, sentence):
    assert press(line) == (1, sentence)


def test_the_rest_of_a_request_counts_as_well(daemon):
    assert press("x" * (RECORD_MAX // 2), CARO_MODEL="y" * (RECORD_MAX // 2))[1].startswith(
        "the line is too long"
    )
    assert status()["answered"] == 0


def test_a_notice_stands_behind_the_command(daemon):
    write_config("colour = 1")
    notice = (
        f"{caro_home()}/config.toml line 1: unknown setting colour, ignored; "
        "caro config show prints all there are"
    )
    assert press("say pwd") == (0, f"pwd\x1f{notice}")


def test_ctrl_c_is_status_130_and_stops_the_model(daemon):
    with subprocess.Popen(
        command(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        process.stdin.write(b"hold pwd")
        process.stdin.close()
        until((caro_home() / "held").exists, what="the request to be held")
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE_S) == 130
        assert (process.stdout.read(), process.stderr.read()) == (b"", b"")
    until((caro_home() / "cancelled").exists, what="the model to hear of it")
    assert press("say pwd") == (0, "pwd")


def test_variables_go_along(daemon):
    assert press("say pwd", CARO_MODEL=BROKEN) == (1, "the scripted model cannot be opened; choose another")


def test_the_shell_goes_along(daemon):
    assert press("say for f in *; echo $f; end", "--shell", "fish") == (0, "for f in *; echo $f; end")


@pytest.mark.parametrize("line", ["say pwd", "fail", b"\xff"])
def test_nothing_of_the_current_directory_is_imported(daemon, evil, line):
    status, text = press(line, cwd=evil, PYTHONPATH=str(evil), PYTHONSTARTUP=str(evil / "os.py"))
    assert "evil" not in text
    assert (status, text) == press(line)


def test_the_daemon_may_ask_for_variables_and_is_told_no_others(daemon):
    assert press("environ VISIBLE ABSENT", VISIBLE="1", HIDDEN="2") == (0, "echo {'VISIBLE': '1'}")


def test_with_frames_a_shell_can_draw_what_is_written_itself(daemon):
    with subprocess.Popen(
        [*hooks.client_command(), "--shell", "zsh", "--frames", "yes"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        process.stdin.write(b"hold ls -l")
        process.stdin.close()
        until((caro_home() / "held").exists, what="the work to begin")
        shown = process.stdout.read1()
        while not shown.endswith(b" ls -l\x1e"):
            shown += process.stdout.read1()
        (caro_home() / "release").touch()
        *_, reply = process.stdout.read().split(b"\x1e")
    assert (process.wait(PATIENCE_S), reply) == (0, b"0\x1fls -l")


def test_a_fault_of_the_client_is_a_sentence_and_a_traceback_in_its_log(evil):
    status, text = press("say pwd", "--no-shell", cwd=evil)
    file = caro_home() / "log/client.log"
    assert status == 1
    assert text.startswith("caro failed (KeyError: ")
    assert text.endswith(f"the details are in {file}")
    assert "Traceback" in file.read_text()


def test_a_killed_daemon_is_a_sentence_and_the_next_press_starts_another(daemon):
    status_before = status()
    code, text = press("die")
    assert code == 1
    assert text.startswith("the caro daemon ended while answering; try again")
    assert str(caro_home() / "log/daemon.log") in text
    code, text = press("say pwd", CARO_MODEL="absent")
    assert (code, text[:24]) == (1, "there is no model absent")
    assert status()["pid"] != status_before["pid"]


def test_the_first_press_starts_a_daemon_that_holds_nothing_of_it(evil):
    """`press` itself would wait for ever on a daemon that kept the pipe open."""
    code, text = press("say pwd", cwd=evil, CARO_MODEL="absent", CARO_BACKEND="embedded")
    assert (code, text[:24]) == (1, "there is no model absent")
    first = status()
    assert press("say pwd", CARO_MODEL="absent")[0] == 1
    assert status()["pid"] == first["pid"]
    assert os.getsid(first["pid"]) not in (os.getsid(0), first["pid"])
    if os.path.isdir("/proc/self/fd"):
        assert os.readlink(f"/proc/{first['pid']}/cwd") == "/"
        null, log_file = "/dev/null", str(caro_home() / "log/daemon.log")
        kept = [os.readlink(f"/proc/{first['pid']}/fd/{fd}") for fd in range(3)]
        assert kept == [null, null, log_file]
    assert "evil" not in log()


def test_a_daemon_of_another_version_is_replaced(tmp_path):
    old = tmp_path / "old_daemon.py"
    old.write_text(
        "import caro_shell, sys; caro_shell.__version__ = '0.0.1'\n"
        "from caro_shell.daemon import main; main(sys.argv[1:])\n"
    )
    with running((str(old),)) as process:
        assert press("say pwd", CARO_MODEL="absent")[1].startswith("there is no model absent")
        assert process.wait(PATIENCE_S) == 0
        assert status()["version"] != "0.0.1"


@pytest.mark.parametrize("fault", ["file", "open directory", "long path"])
def test_what_is_wrong_with_the_socket_is_a_sentence(fault, tmp_path, monkeypatch):
    if fault == "file":
        with open(paths.socket_path(), "w", encoding="utf-8"):
            sentence = f"{paths.socket_path()} is in the way of the caro daemon's socket; remove it"
    elif fault == "open directory":
        os.chmod(paths.runtime_dir(), 0o777)
        sentence = f"{os.environ['XDG_RUNTIME_DIR']}/caro is not a private directory of yours; remove it"
    else:
        directory = tmp_path / ("x" * 100)
        directory.mkdir(mode=0o700)
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(directory))
        sentence = "is too long for a socket; set XDG_RUNTIME_DIR to a shorter path"
    code, text = press("say pwd")
    assert code == 1
    assert text.endswith(sentence)
    assert "\n" not in text


def test_a_runtime_directory_that_depends_on_where_one_is_is_not_used(tmp_path, monkeypatch):
    (tmp_path / "here").mkdir(mode=0o700)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_RUNTIME_DIR", "here")
    assert os.path.isabs(paths.runtime_dir())
    assert os.listdir("here") == []


def imported(program: list[str]) -> set[str]:
    """Return the modules that a Python program imports, as Python itself tells."""
    told = subprocess.run(
        [program[0], "-X", "importtime", *program[1:]],
        input=b"say pwd",
        capture_output=True,
        start_new_session=True,
        check=True,
    )
    return {line.rpartition("|")[2].strip() for line in told.stderr.decode().splitlines()[1:]}


def test_hardly_anything_is_imported(daemon):
    bare = imported([sys.executable, "-I", "-S", "-c", "import sys"])
    press_imports = imported(command()) - bare
    assert press_imports <= MODULES
    assert {"caro_shell.client", "caro_shell.progress", "_socket"} <= press_imports


def test_ctrl_c_at_the_moment_of_the_answer_breaks_nothing():
    script = """
import os, signal, sys
from caro_shell import client
client.rewrite = lambda *_: (0, "ls")
client._terminal = lambda: 0
client.typeahead.take = lambda _: os.kill(os.getpid(), signal.SIGINT) or ""
sys.exit(client.main(["--shell", "bash"]))
"""
    done = subprocess.run([sys.executable, "-c", script], input=b"words", capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"ls", b"")
