"""Start the daemon at every login, or no longer: writes the manager's file and has the manager read it.

That file is the only record of it: the daemon starts at login where the file is.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable

from caro_shell import launch, paths, units
from caro_shell.errors import DaemonError
from caro_shell.prompt import SHELLS
from caro_shell.units import Manager

#: Seconds that a manager may take to answer, and a daemon to be there.
_MANAGER_S, _DAEMON_S = 60.0, 20.0


def manager() -> Manager:
    """Return the manager of this system, with a file for this installation and this CARO_HOME."""
    if sys.platform == "darwin":
        library, log = os.path.expanduser("~/Library"), paths.log_file("daemon")
        return units.launchd(sys.executable, paths.home(), library, uid=os.getuid(), log=log)
    config = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")
    return units.systemd(sys.executable, paths.home(), config)


def is_written(manager: Manager) -> bool:
    """Say whether there is a file of the manager's, whoever wrote it."""
    return os.path.exists(manager.path)


def is_enabled(manager: Manager) -> bool:
    """Say whether the daemon of this installation starts at login."""
    return manager.program in _text(manager.path)


def enable(manager: Manager) -> None:
    """Start the daemon at every login, and now. What an earlier `enable` wrote is replaced.

    Raises DaemonError: there is no such manager, it does not answer, or someone else's file is in the way.
    """
    if not shutil.which(manager.disable[0]):
        command = shlex.join([sys.executable, *units.ARGUMENTS])
        raise DaemonError(
            f"there is no {manager.disable[0]} here; let what starts your session run this: {command} &"
        )
    there = _text(manager.path)
    if there and units.MODULE not in there:
        raise DaemonError(f"{manager.path} is not of caro's making and stays; if nobody needs it, remove it")
    try:
        os.makedirs(os.path.dirname(manager.path), exist_ok=True)
        with open(manager.path, "w", encoding="utf-8", errors="surrogateescape") as file:
            file.write(manager.content)
    except OSError as error:
        raise DaemonError(
            f"{manager.path} cannot be written ({error.strerror}); make its directory writable"
        ) from None
    _told([manager.disable])  # what is running would go on as it was; that there is none is no error
    problem = _told(manager.enable)
    if problem:
        remedy = shlex.join(manager.enable[-1])
        raise DaemonError(f"{manager.path} is written, but {problem}; in a session of your own run: {remedy}")
    _await_daemon()


def disable(manager: Manager) -> None:
    """Start the daemon at login no longer, and stop the one that was started so.

    Directories that are then empty go as well. Raises DaemonError for a file of another installation's.
    """
    if not is_enabled(manager):
        raise DaemonError(
            f"{manager.path} is of another installation and stays; if nobody needs it, remove it"
        )
    _told([manager.disable])
    for path in (manager.link, manager.path):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
    for directory in manager.directories:
        with contextlib.suppress(OSError):  # it holds something else
            os.rmdir(directory)


def shell() -> str:
    """Return the shell that this person's terminals open with, of those that caro knows."""
    try:
        name = os.path.basename(pwd.getpwuid(os.getuid()).pw_shell)
    except KeyError:
        name = ""
    return name if name in SHELLS else "bash"


def _await_daemon() -> None:
    """Wait for the socket: a key press before it is there would start a daemon that takes its place."""
    deadline = time.monotonic() + _DAEMON_S
    while True:
        connection = launch.connect()
        if connection is not None:
            connection.close()
            return
        if time.monotonic() > deadline:
            raise DaemonError(f"the caro daemon was to start now and did not; {paths.see_log('daemon')}")
        time.sleep(0.02)


def _told(commands: Iterable[tuple[str, ...]]) -> str:
    """Run `commands` up to the first that fails; return what was said of that, or ""."""
    for command in commands:
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, errors="replace", timeout=_MANAGER_S, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            return f"{command[0]} failed ({error})"
        if done.returncode:
            return f"{command[0]} failed ({' '.join(done.stderr.split()) or done.returncode})"
    return ""


def _text(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return file.read()
    except OSError:
        return ""
