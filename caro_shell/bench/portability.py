"""Which shells can read a command, by their own parsers; nothing is run."""

from __future__ import annotations

import functools
import shutil
import subprocess
import tempfile

from caro_shell.bench.judge import parses

#: Who is asked: dash for POSIX, checkbashisms for what dash reads and other POSIX shells may not.
PROGRAMS = ("dash", "checkbashisms", "zsh", "fish")


def accepted(command: str) -> dict[str, bool]:
    """Return whether each of `PROGRAMS` accepts `command`; those that are not installed are left out."""
    here = [program for program in PROGRAMS if _installed(program)]
    return {
        program: _without_bashisms(command) if program == "checkbashisms" else parses(command, program)
        for program in here
    }


def missing() -> list[str]:
    """Return those of `PROGRAMS` that are not installed."""
    return [program for program in PROGRAMS if not _installed(program)]


@functools.lru_cache
def _installed(program: str) -> bool:
    return shutil.which(program) is not None


def _without_bashisms(command: str) -> bool:
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".sh") as file:
        file.write(f"#!/bin/sh\n{command}\n")
        file.flush()
        try:
            ran = subprocess.run(
                ["checkbashisms", "--posix", file.name], capture_output=True, check=False, timeout=10
            )
        except (OSError, subprocess.TimeoutExpired):
            return False
    return ran.returncode == 0
