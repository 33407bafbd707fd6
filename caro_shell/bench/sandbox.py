"""Where a model's commands may run: a read-only system, no network, and one directory to spoil."""

from __future__ import annotations

import contextlib
import functools
import itertools
import os
import select
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from typing import IO, NamedTuple, cast

from caro_shell.bench import bubblewrap

#: Limits of one run: seconds, bytes of output.
LIMIT_S, OUTPUT_LIMIT = 5.0, 1 << 20


class Ran(NamedTuple):
    """What came of a run: its exit status, its standard output, and why it was ended, if it was."""

    status: int
    output: str
    problem: str = ""


@functools.lru_cache(maxsize=1)
def unavailable() -> str:
    """Say, as part of a sentence, why no command can be run here; "" where it can. Tried once."""
    if sys.platform != "linux":
        return "bubblewrap runs on Linux only"
    if not hasattr(os, "pidfd_open"):
        return f"{sys.executable} was built without os.pidfd_open"
    if not shutil.which("bwrap"):
        return "bubblewrap (the program bwrap) is not installed"
    with directory() as home:
        try:
            status = run("bash", "(touch seen; exit 7)", home).status
        except OSError as error:
            return f"bubblewrap cannot make a sandbox here: {error}"
        if status != 7 or not os.path.exists(os.path.join(home, "seen")):
            return f"a command in bubblewrap's sandbox ended with status {status}"
    return ""


def run(shell: str, text: str, home: str, *, limit_s: float = LIMIT_S) -> Ran:
    """Run `text` in `shell` in a sandbox; only what it does to the directory `home` lasts.

    `home` is one of `directory()`. After `limit_s` seconds, or OUTPUT_LIMIT bytes, it is ended; when this
    returns, nothing runs in there any longer. Raises OSError where there can be no sandbox.
    """
    _give(home)
    process, inside = bubblewrap.start(home, shell, text)
    with process:
        try:
            output, problem = _read(process, time.monotonic() + limit_s)
        finally:
            if inside is not None:
                _end(inside)
        said = cast("IO[bytes]", process.stderr).read().decode(errors="replace").strip()
    if said.startswith("bwrap:"):
        raise OSError(said)
    return Ran(process.returncode, output.decode(errors="replace"), problem)


def _end(inside: int) -> None:
    """End the first process of a sandbox, with which all others end, and wait until they have."""
    if sys.platform != "linux":
        return
    with contextlib.suppress(ProcessLookupError):
        signal.pidfd_send_signal(inside, signal.SIGKILL)
    select.select([inside], [], [])
    os.close(inside)


def _read(process: subprocess.Popen[bytes], end: float) -> tuple[bytes, str]:
    """Return what the process writes until it ends, or until time or room is up: then also what was up."""
    pipe, output = cast("IO[bytes]", process.stdout), b""
    while len(output) <= OUTPUT_LIMIT:
        left = end - time.monotonic()
        if left <= 0 or not select.select([pipe], [], [], left)[0]:
            return output, "it took too long"
        chunk = os.read(pipe.fileno(), 1 << 16)
        output += chunk
        if not chunk:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(0.0, end - time.monotonic()))
                return output, ""
            return output, "it took too long"
    return output[:OUTPUT_LIMIT], "it wrote too much"


@contextlib.contextmanager
def directory() -> Iterator[str]:
    """Make an empty directory for `run`; it is removed with all that was done to it."""
    root = tempfile.mkdtemp(prefix="caro-bench-")
    home = os.path.join(root, "home")
    os.mkdir(home)
    _give(root)
    try:
        yield home
    finally:
        _remove(home)
        os.rmdir(root)


def _remove(path: str) -> None:
    """Remove the directory at `path`, whatever modes a command gave what is in there, and however deep it is.

    Each directory in it is moved up beside it first: no path grows too long, and nothing recurses.
    """
    waiting, numbers = [path], itertools.count()
    while waiting:
        directory = waiting.pop()
        os.chmod(directory, 0o700)
        for name in os.listdir(directory):
            entry = os.path.join(directory, name)
            if stat.S_ISDIR(os.lstat(entry).st_mode):
                os.chmod(entry, 0o700)  # or it could not be moved
                waiting.append(f"{path}.{next(numbers)}")
                os.rename(entry, waiting[-1])
            else:
                os.unlink(entry)
        os.rmdir(directory)


def _give(path: str) -> None:
    """Give all at `path` to the one whom sandboxes belong to, where that is not this process's own user."""
    if os.geteuid():
        return
    waiting = [path]
    while waiting:
        entry = waiting.pop()
        os.chown(entry, bubblewrap.NOBODY, bubblewrap.NOBODY, follow_symlinks=False)
        if stat.S_ISDIR(os.lstat(entry).st_mode):
            waiting += [os.path.join(entry, name) for name in os.listdir(entry)]
