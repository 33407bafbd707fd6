"""The benchmark's sandbox: whatever runs in there, the machine stays as it was and nothing is left."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

import psutil
import pytest

from caro_shell.bench import sandbox
from tests.sandboxed import needs_sandbox

pytestmark = pytest.mark.slow


@pytest.fixture
def home():
    with sandbox.directory() as home:
        yield home


def running(word: str) -> list[psutil.Process]:
    """Return the living processes with `word` among their arguments."""
    return [
        process
        for process in psutil.process_iter(["cmdline", "status"])
        if word in (process.info["cmdline"] or []) and process.info["status"] != psutil.STATUS_ZOMBIE
    ]


@needs_sandbox
def test_what_is_done_to_the_home_lasts_and_the_output_comes_back(home):
    Path(home, "given.txt").write_text("given\n")
    ran = sandbox.run("bash", "cat given.txt; echo made > made.txt; echo not kept >&2; exit 3", home)
    assert ran == sandbox.Ran(3, "given\n", "")
    assert Path(home, "made.txt").read_text() == "made\n"


@needs_sandbox
def test_it_is_the_home_of_somebody_with_nothing_else(home, tmp_path, monkeypatch):
    monkeypatch.setenv("A_TOKEN", "s3cret")
    (tmp_path / "mine.txt").write_text("s3cret")
    text = f"whoami; pwd; echo ~; env; cat {tmp_path}/mine.txt; ls -A {os.path.expanduser('~')} /root"
    output = sandbox.run("bash", text, home).output
    assert output.split()[:3] == ["user", "/home/user", "/home/user"]
    assert "s3cret" not in output


@needs_sandbox
def test_the_system_can_only_be_read(home):
    ran = sandbox.run(
        "bash", "for at in / /usr /usr/bin /etc /home /run; do touch $at/new && echo $at; done", home
    )
    assert ran.output == ""
    assert sandbox.run("bash", "touch /tmp/new ~/new && echo ok", home).output == "ok\n"


@needs_sandbox
def test_the_worst_command_leaves_the_machine_alone(home, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    Path(home, "theirs.txt").write_text("theirs")
    system = sorted(os.listdir("/usr/bin"))
    ran = sandbox.run("bash", f"rm -rf ~ / --no-preserve-root {tmp_path}; rm -rf /* ~/* {tmp_path}", home)
    assert not ran.problem
    assert os.listdir(home) == []
    assert (tmp_path / "mine.txt").read_text() == "mine"
    assert sorted(os.listdir("/usr/bin")) == system


@needs_sandbox
def test_a_link_out_of_the_home_leads_nowhere(tmp_path):
    (tmp_path / "mine").mkdir(mode=0o750)
    (tmp_path / "mine" / "kept").touch()
    with sandbox.directory() as home:
        sandbox.run("bash", f"ln -s {tmp_path}/mine link; echo x > link/new", home)
    assert os.listdir(tmp_path / "mine") == ["kept"]
    assert (tmp_path / "mine").stat().st_mode & 0o777 == 0o750


@needs_sandbox
def test_there_is_no_network(home):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        socket.create_connection(("127.0.0.1", port)).close()  # it is there
        server.accept()[0].close()
        server.setblocking(False)
        ran = sandbox.run("bash", f"(exec 3<>/dev/tcp/127.0.0.1/{port}) && echo reached", home)
        assert (ran.status, ran.output) == (1, "")
        with pytest.raises(BlockingIOError):
            server.accept()


@needs_sandbox
def test_what_takes_too_long_is_ended_and_what_it_wrote_until_then_comes_back(home):
    mark = f"6{os.getpid()}"
    ran = sandbox.run("bash", f"echo first; sleep {mark}", home)
    assert (ran.output, ran.problem) == ("first\n", "it took too long")
    assert not running(mark)


@needs_sandbox
@pytest.mark.parametrize("text", ["exec >&-; sleep {}", "(trap '' TERM HUP; sleep {}) & wait"])
def test_what_wants_to_go_on_is_ended(home, text):
    mark = f"7{os.getpid()}"
    assert sandbox.run("bash", text.format(mark), home, limit_s=0.5).problem == "it took too long"
    assert not running(mark)


@needs_sandbox
def test_what_is_left_in_the_background_is_ended(home):
    mark = f"8{os.getpid()}"
    ran = sandbox.run("bash", f"setsid sleep {mark} >/dev/null 2>&1 & sleep 0; pgrep -f {mark}", home)
    assert ran.output.strip()
    assert not ran.problem
    assert not running(mark)


@needs_sandbox
def test_output_without_end_is_cut(home):
    ran = sandbox.run("bash", "yes", home)
    assert ran.problem == "it wrote too much"
    assert len(ran.output) == sandbox.OUTPUT_LIMIT


@needs_sandbox
def test_a_fork_bomb_is_ended(home):
    mark = f"9{os.getpid()}"
    text = f"ulimit -u; bomb() {{ sleep {mark} & bomb | bomb & }}; bomb; sleep {mark}"
    ran = sandbox.run("bash", text, home)
    assert (ran.output, ran.problem) == ("256\n", "it took too long")
    assert not running(mark)


@needs_sandbox
def test_processes_memory_and_files_have_limits(home):
    many = "import os, time\nfor n in range(400):\n  if not os.fork(): time.sleep(9); os._exit(0)\n"
    shell = f"cat > many.py <<'END'\n{many}END\n"
    if sandbox.run("bash", "python3 --version", home).status == 0:
        assert sandbox.run("bash", shell + "python3 many.py", home).status == 1, "more than 256 processes"
    assert sandbox.run("bash", "dd if=/dev/zero of=/dev/null bs=3G count=1", home).status == 1
    assert sandbox.run("bash", "head -c 70M /dev/zero > big; head -c 70M /dev/zero > /tmp/big", home).status
    assert Path(home, "big").stat().st_size == 64 << 20


@needs_sandbox
@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_every_shell_runs_its_own_language(home, shell):
    text = {"fish": "for n in 1 2; echo $n; end"}.get(shell, "for n in 1 2; do echo $n; done")
    assert sandbox.run(shell, text, home).output == "1\n2\n"


@needs_sandbox
def test_a_directory_is_removed_whatever_was_done_to_it():
    with sandbox.directory() as home:
        sandbox.run("bash", "mkdir -p a/b; touch a/b/c; ln -s / a/root; chmod 0 a/b a ~", home)
        root = os.path.dirname(home)
    assert not os.path.exists(root)


@needs_sandbox
def test_a_directory_is_removed_however_deep_it_goes():
    """Deeper than Python recurses, and than a path may be long."""
    with sandbox.directory() as home:
        ran = sandbox.run("bash", "mkdir -p $(printf 'd/%.0s' {1..3000})", home)
        assert ran == sandbox.Ran(0, "")
        root = os.path.dirname(home)
    assert not os.path.exists(root)


@pytest.fixture
def bwrap(home, monkeypatch):
    """Return a function that puts a script in the place of bubblewrap; until then there is none."""
    sandbox.unavailable.cache_clear()
    monkeypatch.setenv("PATH", home)
    monkeypatch.setitem(sandbox.bubblewrap.ENVIRONMENT, "PATH", home)

    def put(text: str) -> None:
        Path(home, "bwrap").write_text(f"#!/bin/bash\n{text}\n")
        Path(home, "bwrap").chmod(0o755)
        sandbox.unavailable.cache_clear()

    yield put
    sandbox.unavailable.cache_clear()


#: As the real one where a container lets it make a sandbox, but not finish it.
HALF_WAY = """
while [ "$1" != --info-fd ]; do shift; done
echo "{ \\"child-pid\\": $$ }" >&$2
echo "bwrap: Can't mount proc" >&2
exit 1
"""


@pytest.mark.skipif(sys.platform != "linux", reason="bubblewrap runs on Linux only")
def test_it_says_why_there_can_be_no_sandbox(bwrap, home):
    assert sandbox.unavailable() == "bubblewrap (the program bwrap) is not installed"
    for text, said in (
        ("echo 'bwrap: No permissions' >&2; exit 1", "bwrap: No permissions"),
        (HALF_WAY, "bwrap: Can't mount proc"),
        ("exit 3", "bwrap ended with status 3"),
    ):
        bwrap(text)
        assert sandbox.unavailable() == f"bubblewrap cannot make a sandbox here: {said}"
        with pytest.raises(OSError, match=said):
            sandbox.run("bash", "true", home)
