"""install.sh against a throw-away HOME, run by a plain POSIX shell; and what the built wheel carries."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from caro_shell import paths
from tests import session_manager

pytestmark = pytest.mark.slow  # each starts a shell

ROOT = Path(__file__).parent.parent
SH = shutil.which("dash") or "sh"
START, END = b"# >>> caro >>>", b"# <<< caro <<<"


def run(command: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


class Place:
    """A HOME, and a prefix in which caro seems to be installed: `--only-hooks` needs no more of it."""

    def __init__(self, root: Path) -> None:
        self.home = root / "a home"
        self.prefix = root / "it's a prefix"
        self.environment = {"HOME": str(self.home), "PATH": os.environ["PATH"], "TERM": "xterm"}
        self.rc = self.home / ".zshrc"
        self.home.mkdir()
        self.program = self.prefix / "venv" / "bin" / "caro"
        self.program.parent.mkdir(parents=True)
        self.caro_does('[ "$1" = init ] && echo "echo hook for $2"\nexit 0')

    def caro_does(self, script: str) -> None:
        """Let `caro` be this shell script."""
        self.program.write_text(f"#!/bin/sh\n{script}\n")
        self.program.chmod(0o755)

    def run(self, *args: str) -> subprocess.CompletedProcess[str]:
        return run([SH, str(ROOT / "install.sh"), "--prefix", str(self.prefix), *args], self.environment)

    def install(self, *args: str) -> str:
        done = self.run("--only-hooks", "--yes", *(args or ("--shell", "zsh")))
        assert done.returncode == 0, done.stderr
        return done.stdout

    def uninstall(self) -> str:
        done = self.run("--uninstall", "--yes")
        assert done.returncode == 0, done.stderr
        return done.stdout

    def files(self) -> dict[str, bytes]:
        return {str(p.relative_to(self.home)): p.read_bytes() for p in self.home.rglob("*") if p.is_file()}

    def directories(self) -> list[Path]:
        return [p for p in self.home.rglob("*") if p.is_dir()]


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path)


def test_an_absent_rc_file_is_made_and_taken_away_again(place):
    place.install()
    lines = place.rc.read_bytes().splitlines()
    assert (lines[0], lines[-1]) == (START, END)
    place.uninstall()
    assert place.files() == {}


@pytest.mark.parametrize(
    "before",
    [
        b"",
        b"\n\n",
        b"alias ll='ls -l'\n",
        b"no newline at the end",
        b"\n\nblank lines, then none\n\n\nend",
        b"carriage\r\nreturns\r\n",
        b"carriage\r\nreturns, cut off\r",
        b"latin \xe9\xff, utf-8 \xc3\xa9, nul \x00 and escape \x1b[0m\n",
        b"# <<< caro <<<\nan end without a start\n",
    ],
)
def test_every_byte_of_the_rc_file_survives(place, before):
    place.rc.write_bytes(before)
    place.install()
    after = place.rc.read_bytes()
    assert after.startswith(before)
    assert after[len(before) :].lstrip(b"\n").startswith(START)
    assert after.endswith(END + b"\n")
    assert place.files()[".zshrc.caro-backup"] == before
    place.uninstall()
    assert place.files() == {".zshrc": before}


def test_a_second_run_changes_nothing(place):
    place.rc.write_bytes(b"no newline")
    everything = ("--shell", "zsh", "--shell", "bash", "--shell", "fish")
    place.install(*everything)
    once = place.files(), (place.prefix / "manifest").read_bytes()
    place.install(*everything)
    assert (place.files(), (place.prefix / "manifest").read_bytes()) == once
    place.uninstall()
    assert place.files() == {".zshrc": b"no newline"}
    assert place.directories() == []


def test_a_block_that_is_there_is_replaced_where_it_stands(place):
    place.rc.write_bytes(b"first\n" + START + b"\nan old line\n" + END + b"\nlast")
    place.install()
    after = place.rc.read_bytes()
    assert after.startswith(b"first\n" + START + b"\nif ")
    assert after.endswith(END + b"\nlast")
    assert b"an old line" not in after
    assert after.count(START) == 1


def test_what_was_added_below_the_block_stays_on_its_own_line(place):
    place.rc.write_bytes(b"no newline")
    place.install()
    with place.rc.open("ab") as file:
        file.write(b"later\n")
    place.uninstall()
    assert place.rc.read_bytes() == b"no newline\nlater\n"
    # It is no longer what the backup holds, so the backup is left to its owner.
    assert place.files()[".zshrc.caro-backup"] == b"no newline"


def test_a_file_of_ours_that_was_written_in_by_its_owner_stays(place):
    place.install()
    with place.rc.open("ab") as file:
        file.write(b"mine\n")
    place.uninstall()
    assert place.files() == {".zshrc": b"mine\n"}


def test_a_block_without_its_end_is_not_touched(place):
    damaged = START + b"\nsomething of the owner's\n"
    place.rc.write_bytes(damaged)
    done = place.run("--only-hooks", "--yes", "--shell", "zsh")
    assert done.returncode == 1
    assert "Take that line out" in done.stderr
    assert place.rc.read_bytes() == damaged


def test_a_symlinked_rc_file_stays_a_symlink(place):
    target = place.home / "dotfiles" / "zshrc"
    target.parent.mkdir()
    target.write_bytes(b"alias a=b")
    target.chmod(0o640)
    place.rc.symlink_to("dotfiles/zshrc")
    place.install()
    assert place.rc.is_symlink()
    assert START in target.read_bytes()
    assert target.stat().st_mode & 0o777 == 0o640
    place.uninstall()
    assert place.rc.is_symlink()
    assert place.files() == {".zshrc": b"alias a=b", "dotfiles/zshrc": b"alias a=b"}


def test_zdotdir_is_where_zsh_reads(place):
    place.environment["ZDOTDIR"] = str(place.home / "my zsh")
    place.install()
    assert list(place.files()) == ["my zsh/.zshrc"]
    place.uninstall()
    assert place.directories() == []


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ({}, {".bashrc", ".bash_profile"}),
        ({".profile": b". ~/.bashrc\n"}, {".bashrc"}),
        ({".profile": b"PATH=/bin\n"}, {".bashrc", ".profile"}),
        ({".bash_login": b"", ".profile": b""}, {".bashrc", ".bash_login"}),
        ({".bash_profile": b"source ~/.bashrc", ".profile": b""}, {".bashrc"}),
    ],
)
def test_a_login_bash_is_reached_as_well(place, before, expected):
    for name, content in before.items():
        (place.home / name).write_bytes(content)
    place.install("--shell", "bash")
    changed = {name for name, content in place.files().items() if START in content}
    assert changed == expected
    place.uninstall()
    assert place.files() == before


@pytest.mark.parametrize(
    ("shell", "load"),
    [
        ("zsh", ["zsh", "-c", ". ~/.zshrc"]),
        ("bash", ["bash", "-c", ". ~/.bashrc"]),
        ("fish", ["fish", "-i", "-c", ""]),
    ],
)
def test_the_lines_load_the_hook_whatever_the_path(place, shell, load):
    if not shutil.which(shell):
        pytest.skip(f"no {shell} here")
    # Without it, a first interactive fish reads all manual pages of the machine in the background.
    (place.home / ".local" / "share" / "fish" / "generated_completions").mkdir(parents=True)
    place.install("--shell", shell)
    assert run(load, place.environment).stdout == f"hook for {shell}\n"
    shutil.rmtree(place.prefix / "hooks")
    assert run(load, place.environment).stdout == ""


def test_a_caro_home_of_their_own_reaches_the_shells(place):
    place.environment["CARO_HOME"] = str(place.home / "caro's")
    place.install()
    show = [SH, "-c", f". '{place.rc}'; printenv CARO_HOME"]
    for given, expected in (({}, str(place.home / "caro's")), ({"CARO_HOME": "/other"}, "/other")):
        done = run(show, {"PATH": os.environ["PATH"], **given})
        assert done.stdout.splitlines()[-1] == expected


@pytest.mark.parametrize("shell", ["zsh", "bash", "fish"])
def test_a_caro_home_of_any_name_is_a_name_and_nothing_else(place, shell):
    home = str(place.home / "a\\'; touch pwned #\\n$(touch pwned)`touch pwned`\"")
    place.environment["CARO_HOME"] = home
    place.install("--shell", shell)
    file = {"zsh": ".zshrc", "bash": ".bashrc", "fish": ".config/fish/conf.d/caro.fish"}[shell]
    done = run(
        [shell, "-c", f"source '{place.home / file}'; printenv CARO_HOME"], {"PATH": os.environ["PATH"]}
    )
    assert done.stdout.splitlines()[-1] == home
    assert not Path("pwned").exists()


def test_nobody_else_may_write_to_what_is_installed_whatever_the_umask(place):
    before = os.umask(0)
    try:
        place.install()
    finally:
        os.umask(before)
    made = [place.rc, *(place.prefix / "hooks").rglob("*"), place.prefix / "hooks"]
    assert [path for path in made if path.stat().st_mode & 0o022] == []


def test_without_a_terminal_nobody_can_agree_so_nothing_is_edited(place):
    place.rc.write_bytes(b"mine\n")
    done = place.run("--only-hooks", "--shell", "zsh")
    assert done.returncode == 0
    assert place.files() == {".zshrc": b"mine\n"}
    assert "add this to it:\nif [ -r '" in done.stdout


def test_a_fish_file_that_is_not_ours_stays(place):
    path = place.home / ".config" / "fish" / "conf.d" / "caro.fish"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"# my own\n")
    assert "add this to it" in place.install("--shell", "fish")
    place.uninstall()
    assert path.read_bytes() == b"# my own\n"


@pytest.mark.parametrize(
    ("flags", "action"),
    [
        ([], "apply"),
        (["--start-at-login"], "enable"),
        (["--no-start-at-login"], "disable"),
        (["--start-at-login", "--no-start-at-login"], "disable"),
    ],
)
def test_the_start_is_as_the_flag_says_or_else_the_file(place, flags, action):
    place.caro_does('[ "$1" = init ] || echo "$*" >>"$HOME/calls"')
    place.install("--shell", "zsh", *flags)
    assert place.files()["calls"] == f"daemon {action}\n".encode()


def test_a_start_at_login_that_cannot_be_is_said_and_the_hooks_stay(place):
    place.caro_does('[ "$1" = init ] || { echo "caro: there is no systemctl here" >&2; exit 1; }')
    done = place.run("--only-hooks", "--yes", "--shell", "zsh", "--start-at-login")
    assert (done.returncode, done.stderr) == (0, "caro: there is no systemctl here\n")
    assert START in place.rc.read_bytes()


def test_uninstalling_ends_the_start_at_login(place, tmp_path):
    session_manager.install(tmp_path / "session")
    place.environment["PATH"] = f"{tmp_path / 'session'}:{place.environment['PATH']}"
    place.environment["XDG_RUNTIME_DIR"] = os.environ["XDG_RUNTIME_DIR"]
    place.environment["CARO_HOME"] = os.environ["CARO_HOME"]
    place.environment["SESSION_CALLS"] = str(tmp_path / "calls")
    place.caro_does(f'exec {shlex.quote(sys.executable)} -m caro_shell "$@"')
    place.install("--shell", "zsh", "--start-at-login")
    assert ".config/systemd/user/caro.service" in place.files()
    (tmp_path / "calls").unlink()
    with (place.prefix / "manifest").open("a") as manifest:
        manifest.write(f"home\t{os.environ['CARO_HOME']}\n")
    place.uninstall()
    assert (tmp_path / "calls").read_text() == "systemctl --user disable --now caro.service\n"
    assert (place.files(), place.directories()) == ({}, [])
    assert not os.path.exists(paths.socket_path()), "the daemon has been stopped"


def test_uninstalling_leaves_what_is_the_persons(place):
    caro_home = place.home / ".caro"
    for name in ("config.toml", "cache/state", "log/daemon.log", "models/ours.gguf", "models/own.gguf"):
        (caro_home / name).parent.mkdir(parents=True, exist_ok=True)
        (caro_home / name).write_bytes(b"x")
    place.install()
    with (place.prefix / "manifest").open("a") as manifest:
        for record in ("home\t", "tree\t/cache", "tree\t/log", "model\t/models/ours.gguf"):
            kind, path = record.split("\t")
            manifest.write(f"{kind}\t{caro_home}{path}\n")
    said = place.uninstall()
    assert set(place.files()) == {".caro/config.toml", ".caro/models/own.gguf"}
    assert str(caro_home / "config.toml") in said


def test_uninstalling_asks_first_and_says_when_there_is_nothing(place):
    place.install()
    done = place.run("--uninstall")
    assert done.returncode == 1
    assert "nothing was removed" in done.stderr
    assert place.rc.exists()
    place.uninstall()
    done = place.run("--uninstall", "--yes")
    assert done.returncode == 1
    assert "nothing is installed in" in done.stderr


@pytest.mark.parametrize(
    ("system", "manager", "expected"),
    [
        (
            "Linux",
            "apt-get",
            ["apt-get install -y python3 python3-venv", "apt-get install -y build-essential"],
        ),
        ("Linux", "dnf", ["dnf install -y python3", "dnf install -y gcc gcc-c++"]),
        ("Darwin", "brew", ["brew install python@3.13", "xcode-select --install"]),
    ],
)
def test_all_that_is_missing_is_named_at_once(place, tmp_path, system, manager, expected):
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("awk", "cat", "cksum", "cut", "date", "df", "dirname", "find", "id", "sed"):
        (programs / name).symlink_to(shutil.which(name))
    for name, output in (("uname", system), (manager, "")):
        (programs / name).write_text(f"#!/bin/sh\necho {output}\n")
        (programs / name).chmod(0o755)
    place.environment["PATH"] = str(programs)
    done = place.run("--yes")
    assert done.returncode == 1
    assert "no Python 3.9 or newer" in done.stderr
    assert "no C and C++ compiler" in done.stderr
    for command in expected:
        assert command in done.stderr
    assert place.files() == {}


@pytest.mark.parametrize("arguments", [["--shell", "tcsh"], ["--shell"], ["--what"]])
def test_a_wrong_option_is_named(place, arguments):
    done = place.run(*arguments)
    assert done.returncode == 2
    assert done.stderr.startswith("caro: ")
    assert arguments[0] in done.stderr


def _files(directory: Path) -> dict[str, bytes]:
    return {
        str(file.relative_to(directory)): file.read_bytes()
        for file in directory.rglob("*")
        if file.suffix in (".toml", ".txt", ".gguf")
    }


def test_the_wheel_carries_the_hooks_the_catalog_and_the_tasks(tmp_path):
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*build, "--wheel-dir", str(tmp_path / "built"), str(ROOT)], check=True, timeout=300)
    (wheel,) = (tmp_path / "built").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "carried")
    for shell in ("zsh", "bash", "fish"):
        carried = tmp_path / "carried" / "caro_shell" / "shell" / f"caro.{shell}"
        assert carried.read_bytes() == (ROOT / "shell" / f"caro.{shell}").read_bytes()
        # From the unpacked wheel, since the working directory comes first on the path.
        command = [sys.executable, "-m", "caro_shell", "init", shell]
        hook = subprocess.run(
            command, cwd=tmp_path / "carried", check=True, capture_output=True, timeout=60
        ).stdout
        assert carried.read_bytes().strip() in hook
    catalog = tmp_path / "carried" / "caro_shell" / "models" / "catalog.toml"
    assert catalog.read_bytes() == (ROOT / "models" / "catalog.toml").read_bytes()
    for data in ("models/bank", "models/options", "models/adapters", "benchmarks/tasks"):
        files = _files(ROOT / data)
        assert files
        assert _files(tmp_path / "carried" / "caro_shell" / data) == files
    assert (tmp_path / "carried" / "caro_shell" / "models" / "embedding.npz").stat().st_size > 1e6
    carried = tmp_path / "carried" / "caro_shell" / "benchmarks"
    assert [file.name for file in carried.iterdir()] == ["tasks"]
