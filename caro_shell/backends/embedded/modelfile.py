"""A look at a model's file before a library is given it: what it is, and whether there is memory for it."""

from __future__ import annotations

import os
import stat

from caro_shell import pressure
from caro_shell.errors import BackendUnavailable, ModelDamaged, ModelMissing
from caro_shell.sizes import readable

#: What is left to do with a file that is of no use.
CHOOSE = "choose another: caro model list"
FETCH = f"fetch it again, or {CHOOSE}"

#: Bytes that are read of a file's beginning.
_HEAD_BYTES = 512

_ARCHIVE = "is an archive; unpack it, and name the .gguf file that was in it"
_OLD = f"is in a format of 2023 that llama.cpp reads no more; get the model as GGUF, or {CHOOSE}"

#: What a file is that begins so, and what to do about it.
_BEGINNINGS = (
    (b"<", f"is a web page, perhaps one to sign in at or a proxy's, and not the model; {FETCH}"),
    (b"{", f"is a text in JSON, perhaps a server's error, and not the model; {FETCH}"),
    (b"version https://git-lfs", "only stands for a model in git; fetch the model itself with: git lfs pull"),
    (b"PK\x03\x04", _ARCHIVE),
    (b"\x1f\x8b", _ARCHIVE),
    (b"\xfd7zXZ", _ARCHIVE),
    (b"7z\xbc\xaf", _ARCHIVE),
    (b"\x28\xb5\x2f\xfd", _ARCHIVE),
    (b"BZh", _ARCHIVE),
    (b"lmgg", _OLD),
    (b"tjgg", _OLD),
    (b"algg", _OLD),
)


def check(path: str) -> None:
    """Look whether the file at `path` can be read and begins as a GGUF file does.

    Raises ModelMissing when there is none, ModelDamaged when it is something else; the sentence says what.
    """
    try:
        entry = os.stat(path)
        if not stat.S_ISREG(entry.st_mode):  # to open a FIFO would be to wait for ever
            kind = "a directory" if stat.S_ISDIR(entry.st_mode) else "a device, a pipe or a socket"
            raise ModelDamaged(f"{path} is {kind} and no model; name a .gguf file, or {CHOOSE}")
        with open(path, "rb") as file:
            head = file.read(_HEAD_BYTES)
    except FileNotFoundError:
        raise ModelMissing(f"there is no file {path}; {CHOOSE}") from None
    except PermissionError as error:
        raise ModelDamaged(f"{path} cannot be read ({error.strerror}); see to its permissions") from error
    except OSError as error:
        raise ModelDamaged(f"{path} cannot be read ({error.strerror}); {FETCH}") from error
    if not head.startswith(b"GGUF"):
        raise ModelDamaged(f"{path} {_what_it_is(head)}")


def _what_it_is(head: bytes) -> str:
    """Say what a file that begins with `head` is, and what to do; to be read behind its name."""
    if not head:
        return f"is empty; {FETCH}"
    if b"GGUF".startswith(head):
        return f"is cut off; {FETCH}"
    if not head.strip(b"\0"):
        return f"begins with zeros, so it was not written to its end; {FETCH}"
    if head[8:9] == b"{":  # behind the length of that JSON
        return f"holds weights as safetensors, which llama.cpp does not read; get them as GGUF, or {CHOOSE}"
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    kinds = (what for beginning, what in _BEGINNINGS if text.startswith(beginning))
    return next(kinds, f"is not a GGUF file, which a model for llama.cpp is; {FETCH}")


def check_memory(path: str, wanted: int, *, mapped: int = 0) -> None:
    """Look whether `wanted` bytes can be had to run the model at `path`. Raises BackendUnavailable if not.

    The `mapped` ones of its file come on top, but can be dropped and read again: so they need not be free, if
    only this machine, and what limits caro there, could ever hold them.
    """
    everything, free = pressure.total(), pressure.available()
    if wanted + mapped > everything:
        raise BackendUnavailable(
            f"{os.path.basename(path)} needs about {readable(wanted + mapped)} of memory, and there are "
            f"{readable(everything)} in all; use a smaller model: caro model list"
        )
    if wanted > free:
        raise BackendUnavailable(
            f"{os.path.basename(path)} needs about {readable(wanted)} of memory, and {readable(free)} are "
            "free; close something, or use a smaller model: caro model list"
        )
