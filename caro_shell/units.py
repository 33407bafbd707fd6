"""What systemd and launchd read in order to start the daemon at login, as texts and commands. Pure."""

from __future__ import annotations

import html
import os
import plistlib
from dataclasses import dataclass

#: What a unit is recognised by as one of caro's, of whichever version and installation.
MODULE = "caro_shell.daemon"
#: The daemon's arguments for its interpreter.
ARGUMENTS = ("-I", "-m", MODULE, "--at-login")

_UNIT = "caro.service"
_LABEL = "local.caro.daemon"

# Type=exec: a wrong interpreter is an error of `systemctl start`. The condition: an installation that was
# deleted leaves no failing unit. The limit: a daemon that the kernel ended for its memory is not loaded again
# and again. The tunables are those of `launch`. There is no Nice=: it would hold for the key presses as well.
_UNIT_TEXT = """\
# Written by `caro daemon enable`; `caro daemon disable` takes it away.
[Unit]
Description=caro, which turns plain words at the prompt into a command
ConditionFileIsExecutable={condition}
StartLimitIntervalSec=300
StartLimitBurst=3

[Service]
Type=exec
{program}
Environment=GLIBC_TUNABLES=glibc.malloc.hugetlb=1
Environment={home}
Restart=on-failure

[Install]
WantedBy=default.target
"""


@dataclass(frozen=True)
class Manager:
    """Who starts a person's programs at login: the file it reads, and the commands that it is told by.

    `program` is the part of `content` that only this installation writes. `link` is what the manager makes of
    the file; `directories` are those that may have been made for it, the innermost first.
    """

    path: str
    content: str
    program: str
    enable: tuple[tuple[str, ...], ...]
    disable: tuple[str, ...]
    link: str = ""
    directories: tuple[str, ...] = ()


def systemd(python: str, home: str, config: str) -> Manager:
    """Return systemd's user manager.

    `python` is the interpreter, `home` the CARO_HOME, `config` the directory of a person's settings.
    """
    directory = os.path.join(config, "systemd", "user")
    wanted = os.path.join(directory, "default.target.wants")
    program = f"ExecStart={_quoted(python)} {' '.join(ARGUMENTS)}"
    systemctl = ("systemctl", "--user")
    return Manager(
        path=os.path.join(directory, _UNIT),
        content=_UNIT_TEXT.format(
            condition=python.replace("%", "%%"), program=program, home=_quoted(f"CARO_HOME={home}")
        ),
        program=program,
        enable=((*systemctl, "daemon-reload"), (*systemctl, "enable", "--now", _UNIT)),
        disable=(*systemctl, "disable", "--now", _UNIT),
        link=os.path.join(wanted, _UNIT),
        directories=(wanted, directory, os.path.dirname(directory), config),
    )


def launchd(python: str, home: str, library: str, *, uid: int, log: str) -> Manager:
    """Return macOS's launchd.

    `python` and `home` as above, `library` a person's `~/Library`, `log` the file that a crash is written to.
    """
    path = os.path.join(library, "LaunchAgents", f"{_LABEL}.plist")
    agent = {
        "Label": _LABEL,
        "ProgramArguments": [python, *ARGUMENTS],
        "EnvironmentVariables": {"CARO_HOME": home},
        "RunAtLoad": True,
        "KeepAlive": {"SuccessfulExit": False},
        "ProcessType": "Interactive",  # a "Standard" one is slowed down in favour of what is on the screen
        "StandardErrorPath": log,
    }
    return Manager(
        path=path,
        content=plistlib.dumps(agent, sort_keys=False).decode(),
        program=f"<string>{html.escape(python, quote=False)}</string>",
        enable=(("launchctl", "bootstrap", f"gui/{uid}", path),),
        disable=("launchctl", "bootout", f"gui/{uid}/{_LABEL}"),
    )


def _quoted(text: str) -> str:
    """Return `text` as one word of a unit file."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("%", "%%")
    return f'"{escaped}"'
