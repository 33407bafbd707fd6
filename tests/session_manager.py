"""`systemctl --user` and `launchctl`, as far as caro uses them: starts for real what the unit says.

Called by the name of one of the two. What it was told is written to the file that SESSION_CALLS names; with
SESSION_REFUSES set it does nothing and says that. What it starts has a session's environment, not its own.
"""

from __future__ import annotations

import os
import plistlib
import shlex
import subprocess
import sys
from pathlib import Path

NAME = Path(sys.argv[0]).name
UNITS = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "systemd" / "user"


def install(directory: Path) -> None:
    """Put both programs into `directory`."""
    directory.mkdir(exist_ok=True)
    for name in ("systemctl", "launchctl"):
        program = directory / name
        program.write_text(f"#!{sys.executable}\n{Path(__file__).read_text()}")
        program.chmod(0o755)


def start(command: list[str], variables: dict[str, str]) -> None:
    """Start a program as a session would."""
    session = {name: os.environ[name] for name in ("HOME", "XDG_RUNTIME_DIR") if name in os.environ}
    null = subprocess.DEVNULL
    subprocess.Popen(
        command, env={**session, **variables}, stdin=null, stdout=null, stderr=null, start_new_session=True
    )


def systemd_start(unit: Path) -> None:
    lines = unit.read_text().replace("%%", "%").splitlines()
    settings = [line.partition("=")[::2] for line in lines if "=" in line]
    (command,) = [shlex.split(value) for name, value in settings if name == "ExecStart"]
    variables = [
        shlex.split(value)[0].partition("=")[::2] for name, value in settings if name == "Environment"
    ]
    start(command, dict(variables))


def systemctl(arguments: list[str]) -> int:
    if arguments[1:3] == ["enable", "--now"]:
        link = UNITS / "default.target.wants" / arguments[3]
        link.parent.mkdir(exist_ok=True)
        link.unlink(missing_ok=True)
        link.symlink_to(UNITS / arguments[3])
        systemd_start(UNITS / arguments[3])
    return 0


def launchctl(arguments: list[str]) -> int:
    if arguments[0] == "bootstrap":
        agent = plistlib.loads(Path(arguments[2]).read_bytes())
        start(agent["ProgramArguments"], agent["EnvironmentVariables"])
    return 0


if __name__ == "__main__":
    with open(os.environ["SESSION_CALLS"], "a") as calls:
        calls.write(f"{NAME} {shlex.join(sys.argv[1:])}\n")
    if "SESSION_REFUSES" in os.environ:
        sys.exit("Failed to connect to bus: No medium found")
    sys.exit({"systemctl": systemctl, "launchctl": launchctl}[NAME](sys.argv[1:]))
