"""Does the shell itself accept a line? It is only read, on standard input, and never run."""

from __future__ import annotations

import os
import re
import subprocess

from caro_shell.sanitise import printable

#: Seconds a shell may take for it; then nothing is said.
PATIENCE_S = 1.0

#: No file of the person's is read; what many have turned on is.
_COMMANDS = {
    "bash": ("bash", "--norc", "--noprofile", "-O", "extglob", "-n"),
    "zsh": ("zsh", "-f", "-o", "extendedglob", "-o", "interactivecomments", "-n"),
    "fish": ("fish", "-n"),
}
_WHERE = re.compile(r"^[\w./-]+(?:: line \d+|:\d+)?:\s*")


def complaint(line: str, shell: str, path: str | None) -> str:
    """Return what `shell`, found on `path`, says against `line`; "" if nothing, or it cannot be asked."""
    try:
        asked = subprocess.run(
            _COMMANDS[shell],
            input=line + "\n",
            capture_output=True,
            check=False,
            timeout=PATIENCE_S,
            encoding="utf-8",
            errors="replace",
            env={"PATH": path or os.defpath, "LC_ALL": "C.UTF-8", "HOME": os.devnull},
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    if asked.returncode == 0:
        return ""
    said = _WHERE.sub("", asked.stderr.split("\n")[0])
    return printable(said.replace("`", "'"))[:120] or "it is not complete"
