"""What a program that is installed here says of itself: its manual page, read as a file, or its `--help`."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import re
import subprocess
from collections.abc import Iterator
from typing import Callable, TextIO

from caro_shell.check import helptext
from caro_shell.check.arguments import Options
from caro_shell.check.vocabulary import WELL_BEHAVED

#: The longest page that is read while somebody waits, in characters: it takes 20 ms.
LONGEST = 250_000
#: Seconds that a program may take to list its options.
PATIENCE_S = 0.05

_OPENERS: dict[str, Callable[..., TextIO]] = {
    "": open,
    ".gz": gzip.open,
    ".bz2": bz2.open,
    ".xz": lzma.open,
}
_SYSTEM = ("/bin", "/usr/bin")


def documented(path: str, subcommand: str = "") -> Options | None:
    """Return what the program at `path` takes, or its `subcommand`; None where nothing says so.

    A page that only names others (`.so`) is followed once.
    """
    for file in _pages(path, subcommand):
        source = _read(file)
        elsewhere = re.match(r"\.so (\S+)\s*$", source)
        if elsewhere:
            source = _read(os.path.join(os.path.dirname(os.path.dirname(file)), elsewhere[1]))
        if source:
            found = helptext.from_page(source)
            if found.takes:
                return found
    if subcommand or os.path.basename(path) not in WELL_BEHAVED or os.path.dirname(path) not in _SYSTEM:
        return None
    return _listed(path)


def _pages(path: str, subcommand: str) -> Iterator[str]:
    """Yield the files that may be the program's page, where its own installation has put them.

    Those of another one (GNU's `ls` beside the system's) would tell of other options.
    """
    for program in dict.fromkeys((path, os.path.realpath(path))):
        name = os.path.basename(program) + (f"-{subcommand}" if subcommand else "")
        prefix = os.path.dirname(os.path.dirname(program))
        for place in ("share/man", "man"):
            for section in "18":
                root = os.path.join("/usr" if prefix in ("", "/") else prefix, place)
                yield os.path.join(root, f"man{section}", f"{name}.{section}")


def _read(page: str) -> str:
    """Return the text of a page, compressed or not; "" where there is none, or too much of it."""
    for ending, opener in _OPENERS.items():
        if not os.path.isfile(page + ending):  # a pipe would be waited for
            continue
        try:
            with opener(page + ending, "rt", encoding="utf-8", errors="replace") as stream:
                text = stream.read(LONGEST)
        except (OSError, EOFError, lzma.LZMAError):
            return ""
        return text if len(text) < LONGEST else ""
    return ""


def _listed(path: str) -> Options | None:
    try:
        asked = subprocess.run(
            [path, "--help", *(["all"] if path.endswith("/curl") else [])],
            capture_output=True,
            check=False,
            timeout=PATIENCE_S,
            stdin=subprocess.DEVNULL,
            env={"LC_ALL": "C"},
            text=True,
            errors="replace",
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = helptext.from_help(asked.stdout)
    return found if len(found.takes) > 1 else None
