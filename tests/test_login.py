"""`caro daemon enable`, `disable` and `apply`: what systemd and launchd are told, and what is left behind."""

from __future__ import annotations

import os
import plistlib
import shutil
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from caro_shell import login, paths, units
from tests import session_manager
from tests.daemons import caro_home, running, status, write_config
from tests.until import PATIENCE_S

pytestmark = pytest.mark.slow

CARO = [sys.executable, "-m", "caro_shell"]
ENABLE = [
    "systemctl --user disable --now caro.service",
    "systemctl --user daemon-reload",
    "systemctl --user enable --now caro.service",
]
DISABLE = ENABLE[:1]


class Session:
    """A session with a manager that does what it is told, and remembers it."""

    def __init__(self, root: Path) -> None:
        self._calls = root / "calls"
        self.environment = {
            **os.environ,
            "PATH": f"{root / 'bin'}:{os.environ['PATH']}",
            "SESSION_CALLS": str(self._calls),
        }
        session_manager.install(root / "bin")

    def caro(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*CARO, "daemon", *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_S,
        )

    def calls(self) -> list[str]:
        """Return what the manager was told since this was last asked."""
        said = self._calls.read_text().splitlines() if self._calls.exists() else []
        self._calls.unlink(missing_ok=True)
        return said


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return Session(tmp_path)


@pytest.fixture
def unit(own_home: Path) -> Path:
    """Return the place of the unit; there is none yet."""
    return own_home / ".config" / "systemd" / "user" / "caro.service"


def files(home: Path) -> set[str]:
    """Return all that is in `home` but CARO_HOME."""
    found = {str(path.relative_to(home)) for path in home.rglob("*")}
    return {name for name in found if not name.startswith(".caro")}


# -- what is written


@pytest.fixture(params=["plain", "a b", "50% of it", "a $dollar"])
def awkward(request, tmp_path: Path) -> Path:
    """Return a directory with such a name."""
    directory = tmp_path / request.param
    directory.mkdir()
    return directory


def analyse(*arguments: str) -> subprocess.CompletedProcess[str]:
    if not shutil.which("systemd-analyze"):
        pytest.skip("no systemd-analyze here")
    return subprocess.run(
        ["systemd-analyze", "--user", *arguments], capture_output=True, text=True, check=False, timeout=60
    )


def interpreter_in(directory: Path) -> str:
    python = directory / "python"
    python.symlink_to(sys.executable)
    return str(python)


def test_systemd_accepts_the_unit(awkward, tmp_path):
    manager = units.systemd(interpreter_in(awkward), "/home/b c/50%/.caro", "/c")
    (tmp_path / "caro.service").write_text(manager.content)
    done = analyse("verify", str(tmp_path / "caro.service"))
    assert (done.returncode, done.stderr) == (0, "")


def test_a_deleted_installation_leaves_no_failing_unit(awkward):
    python = interpreter_in(awkward)
    (condition,) = [
        line
        for line in units.systemd(python, "/h", "/c").content.splitlines()
        if line.startswith("Condition")
    ]
    assert analyse("condition", condition).returncode == 0
    os.unlink(python)
    assert analyse("condition", condition).returncode == 1


def test_the_unit_quotes_what_systemd_would_expand():
    manager = units.systemd("/a b/50%/python", '/50%\n"\\', "/c")
    assert '\nExecStart="/a b/50%%/python" -I -m caro_shell.daemon --at-login\n' in manager.content
    assert '\nEnvironment="CARO_HOME=/50%%\\n\\"\\\\"\n' in manager.content


def test_launchd_reads_the_agent(awkward):
    manager = units.launchd(f"{awkward}/<&>/python", f"{awkward}/.caro", "/L", uid=501, log="/log")
    assert plistlib.loads(manager.content.encode()) == {
        "Label": "local.caro.daemon",
        "ProgramArguments": [
            f"{awkward}/<&>/python",
            *("-I", "-m", "caro_shell.daemon", "--at-login"),
        ],
        "EnvironmentVariables": {"CARO_HOME": f"{awkward}/.caro"},
        "RunAtLoad": True,
        "KeepAlive": {"SuccessfulExit": False},
        "ProcessType": "Interactive",
        "StandardErrorPath": "/log",
    }
    assert manager.program in manager.content
    assert manager.path == "/L/LaunchAgents/local.caro.daemon.plist"
    assert manager.enable == (("launchctl", "bootstrap", "gui/501", manager.path),)


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's")
def test_the_unit_has_the_tunables_of_a_daemon_that_a_key_press_starts(session):
    assert session.caro("start").returncode == 0
    tunables = psutil.Process(status()["pid"]).environ()["GLIBC_TUNABLES"]
    assert f"\nEnvironment=GLIBC_TUNABLES={tunables}\n" in units.systemd("/python", "/h", "/c").content


def test_the_shell_of_the_login_is_one_that_caro_knows():
    assert login.shell() in ("zsh", "bash", "fish")


# -- what is done, by systemd


def test_enable_starts_the_daemon_now_and_at_login_and_disable_undoes_it(session, unit, own_home):
    done = session.caro("enable")
    said = "the caro daemon starts at every login, and is running now\n"
    assert (done.returncode, done.stdout, done.stderr) == (0, said, "")
    assert session.calls() == ENABLE
    state = status()
    assert state["at_login"] is True
    process = psutil.Process(state["pid"])
    assert process.cmdline()[1:] == ["-I", "-m", "caro_shell.daemon", "--at-login"]
    assert process.environ()["CARO_HOME"] == str(caro_home())
    assert ", started at login\n" in session.caro("status").stdout
    done = session.caro("disable")
    said = "the caro daemon does not start at login; the first key press starts it\n"
    assert (done.returncode, done.stdout, done.stderr) == (0, said, "")
    assert session.calls() == DISABLE
    assert files(own_home) == set()


def test_it_takes_the_place_of_one_that_a_key_press_started(session):
    with running() as other:
        assert session.caro("enable").returncode == 0
        assert other.wait(PATIENCE_S) == 0
        assert status()["at_login"] is True


def test_enabling_again_changes_nothing_but_the_process(session, unit):
    session.caro("enable")
    first, pid = unit.read_bytes(), status()["pid"]
    assert session.caro("enable").returncode == 0
    assert unit.read_bytes() == first
    assert status()["pid"] != pid


def test_what_others_have_there_stays(session, unit, own_home):
    other = unit.with_name("other.service")
    other.parent.mkdir(parents=True)
    other.write_text("[Service]\n")
    session.caro("enable")
    session.caro("disable")
    assert {name for name in files(own_home) if name.endswith(".service")} == {
        ".config/systemd/user/other.service"
    }


def test_settings_elsewhere(session, tmp_path):
    session.environment["XDG_CONFIG_HOME"] = str(tmp_path / "my settings")
    assert session.caro("enable").returncode == 0
    assert (tmp_path / "my settings/systemd/user/caro.service").exists()
    assert session.caro("disable").returncode == 0
    assert not (tmp_path / "my settings").exists()


def test_without_a_user_manager_it_says_what_to_run(session, unit, own_home):
    session.environment["SESSION_REFUSES"] = "1"
    done = session.caro("enable")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"caro: {unit} is written, but systemctl failed (Failed to connect to bus: No medium found); "
        "in a session of your own run: systemctl --user enable --now caro.service\n"
    )
    assert unit.exists()
    assert session.caro("disable").returncode == 0
    assert files(own_home) == set()


def test_what_the_manager_leaves_behind_is_taken_away(session, own_home):
    session.caro("enable")
    session.environment["SESSION_REFUSES"] = "1"
    assert session.caro("disable").returncode == 0
    assert files(own_home) == set()


def test_without_systemd_it_says_what_to_run(session, own_home, tmp_path):
    session.environment["PATH"] = str(tmp_path)
    done = session.caro("enable")
    assert done.returncode == 1
    assert done.stderr == (
        "caro: there is no systemctl here; let what starts your session run this: "
        f"{sys.executable} -I -m caro_shell.daemon --at-login &\n"
    )
    assert files(own_home) == set()


def test_a_unit_of_someone_else_stays(session, unit):
    unit.parent.mkdir(parents=True)
    unit.write_text("[Service]\nExecStart=/usr/bin/caro\n")
    for action, what in (("enable", "not of caro's making"), ("disable", "of another installation")):
        done = session.caro(action)
        assert done.returncode == 1
        assert done.stderr == f"caro: {unit} is {what} and stays; if nobody needs it, remove it\n"
    assert unit.read_text() == "[Service]\nExecStart=/usr/bin/caro\n"
    assert session.calls() == []


def test_the_unit_of_another_installation_is_replaced_but_not_taken_away(session, unit):
    unit.parent.mkdir(parents=True)
    unit.write_text("[Service]\nExecStart=/other/python -I -m caro_shell.daemon --at-login\n")
    assert session.caro("disable").returncode == 1
    assert session.caro("apply").returncode == 0
    assert session.calls() == []
    assert session.caro("enable").returncode == 0
    assert sys.executable in unit.read_text()


def test_a_directory_that_cannot_be_made_is_named(session, own_home):
    (own_home / ".config").write_text("")
    done = session.caro("enable")
    assert done.returncode == 1
    assert "caro.service cannot be written (" in done.stderr


def test_a_daemon_that_does_not_come_is_noticed(session, monkeypatch):
    for name, value in session.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(login, "_DAEMON_S", 0.1)
    manager = units.systemd("/bin/false", paths.home(), os.path.expanduser("~/.config"))
    with pytest.raises(login.DaemonError, match="was to start now and did not; the details are in /"):
        login.enable(manager)


# -- what config.toml says


@pytest.mark.parametrize(
    ("stated", "enabled", "calls"),
    [
        ("", False, []),
        ("", True, ENABLE),
        ('start = "login"', False, ENABLE),
        ('start = "login"', True, ENABLE),
        ('start = "first-use"', False, []),
        ('start = "first-use"', True, DISABLE),
        ('start = "sometimes"', True, ENABLE),
    ],
)
def test_apply_does_what_the_file_says(session, unit, stated, enabled, calls):
    if enabled:
        session.caro("enable")
        session.calls()
    write_config(f"[daemon]\n{stated}\n")
    done = session.caro("apply")
    assert done.returncode == 0
    assert session.calls() == calls
    assert unit.exists() == (calls == ENABLE)
    assert ("daemon.start must be one of" in done.stderr) == ("sometimes" in stated)


@pytest.mark.parametrize(("action", "contrary"), [("enable", "first-use"), ("disable", "login")])
def test_a_contrary_word_in_the_file_is_remarked(session, action, contrary):
    write_config(f'[daemon]\nstart = "{contrary}"\n')
    done = session.caro(action)
    assert done.returncode == 0
    sentence = f'says start = "{contrary}", and the next install.sh goes by that'
    assert done.stderr == f"caro: {caro_home()}/config.toml {sentence}\n"


# -- what is done, by launchd


def test_launchd_is_told_in_its_own_words(session, own_home, monkeypatch):
    for name, value in session.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "platform", "darwin")
    manager = login.manager()
    label = f"gui/{os.getuid()}"
    login.enable(manager)
    agent = own_home / "Library/LaunchAgents/local.caro.daemon.plist"
    assert session.calls() == [
        f"launchctl bootout {label}/local.caro.daemon",
        f"launchctl bootstrap {label} {agent}",
    ]
    assert login.is_enabled(manager)
    assert status()["at_login"] is True
    login.disable(manager)
    assert session.calls() == [f"launchctl bootout {label}/local.caro.daemon"]
    assert not agent.exists()
    assert agent.parent.exists(), "macOS's own"
