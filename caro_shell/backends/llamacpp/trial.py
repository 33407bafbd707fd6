"""A model's file that nobody vouches for is first tried in a process of its own.

llama.cpp refuses most bad files, but ends the whole process for some: more layers or experts than it has
room for, tokens that are there twice, a character that the vocabulary lacks. In the daemon that would be the
end of the daemon.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import re
import resource
import signal
import subprocess
import sys

from caro_shell import paths
from caro_shell.backends.embedded import modelfile
from caro_shell.backends.embedded.modelfile import FETCH
from caro_shell.backends.llamacpp.context import LlamaContext
from caro_shell.backends.llamacpp.library import build
from caro_shell.errors import BackendUnavailable, CaroError, ModelDamaged

log = logging.getLogger("caro.trial")

#: What the child runs. Not with -m: the package imports this module.
_CHILD = f"import sys; from {__name__} import main; sys.exit(main(sys.argv[1]))"
#: What the child reads: every byte there is, so that each way into the vocabulary is walked once.
_SAMPLE = "".join(map(chr, range(1, 128))) + "äßЖ漢🙂"
#: Seconds that it may take, and bytes that the slowest disk reads in one of them: some files it hangs on.
_LIMIT_S, _BYTES_PER_S = 60.0, 20e6
#: How a process ends that was given what it cannot take; any other signal comes from outside.
_FATAL = (signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGSEGV, signal.SIGTRAP)
#: What llama.cpp, or C++ itself, says of its end.
_LAST_WORDS = re.compile(r"GGML_ASSERT.{,200}|(?<=what\(\):  ).{,200}")
#: What the child says by its exit status: all is well, there is a sentence about it, all tokens are the same
#: to it.
_SOUND, _REFUSED, _EMPTY = 0, 3, 4


def undergo(path: str) -> None:
    """Load the GGUF file at `path` in a child and let it read and write a token, once for each such file.

    Raises ModelMissing or ModelDamaged for a file that is none, ModelDamaged where the child dies of it or
    comes to no end, or the weights say nothing, BackendUnavailable where there is no memory for a child, or
    it was ended from outside. Whatever else is wrong is found again when the file is loaded here.
    """
    modelfile.check(path)
    mark = _mark(path)
    if os.path.exists(mark):
        return
    limit_s = _LIMIT_S + os.path.getsize(path) / _BYTES_PER_S
    try:
        child = subprocess.run(
            [sys.executable, "-I", "-c", _CHILD, path],
            env={**os.environ, "GGML_NO_BACKTRACE": "1"},  # it would be a debugger's, which takes its time
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=limit_s,
        )
    except OSError as error:
        raise _no_memory(path) from error
    except subprocess.TimeoutExpired as error:
        raise ModelDamaged(
            f"{path} was not loaded within {limit_s:.0f} s; llama.cpp seems to hang on it; {FETCH}"
        ) from error
    if child.returncode == _SOUND:
        with contextlib.suppress(OSError), open(mark, "x", encoding="utf-8"):
            pass  # on a disk that takes no mark there is a trial each time
    elif child.returncode == _EMPTY:
        raise ModelDamaged(f"{path} holds weights that say nothing, as zeros do; {FETCH}")
    elif child.returncode == -signal.SIGKILL:  # the kernel's way where memory has run out
        raise _no_memory(path)
    elif child.returncode != _REFUSED:
        log.warning("%s: its trial ended with %d: %s", path, child.returncode, child.stderr[-2000:])
        if child.returncode < 0:
            raise _death(path, -child.returncode, child.stderr)


def _death(path: str, number: int, stderr: str) -> CaroError:
    """Return what is to be said where the signal `number` ended the child."""
    if number not in _FATAL:
        return BackendUnavailable(
            f"the trial of {os.path.basename(path)} was ended from outside (signal {number}); try again"
        )
    said = _LAST_WORDS.search(stderr)
    reason = said.group(0) if said else signal.Signals(number).name
    return ModelDamaged(
        f"{path} is damaged, or not made for this llama.cpp (which dies of it: {reason}); {FETCH}"
    )


def _no_memory(path: str) -> BackendUnavailable:
    return BackendUnavailable(f"there is not enough memory to run {os.path.basename(path)}; close something")


def _mark(path: str) -> str:
    """Return the file whose presence says that this very file was tried with this very library."""
    directory = os.path.join(paths.home(), "cache")
    with contextlib.suppress(OSError):
        os.makedirs(directory, mode=0o700, exist_ok=True)
    entry = os.stat(path)
    facts = (os.path.realpath(path), entry.st_size, entry.st_mtime_ns, entry.st_ino, build())
    return os.path.join(directory, f"tried-{hashlib.sha256(repr(facts).encode()).hexdigest()[:24]}")


def main(path: str) -> int:
    """Try the file at `path`; return what is known of it then."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # the dump would be as large as the model
    try:
        context = LlamaContext(path)
        tokens = context.tokenize(_SAMPLE, special=False)
        context.evaluate(tokens[-8:], sequence=0, start=0)
        for token in tokens:
            context.piece(token)
        (_, first), (_, second) = context.likeliest(-1, 2)
    except CaroError:
        return _REFUSED
    return _SOUND if first > second else _EMPTY  # which no number is, either
