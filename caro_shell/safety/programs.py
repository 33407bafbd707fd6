"""The name of a program that is spelt so that the shell alone puts it together: `/b?n/r?`, `r${nothing}m`."""

from __future__ import annotations

import fnmatch
from dataclasses import replace

from caro_shell.safety.call import UNKNOWN, Word

#: Programs whose names are worth hiding, those first that do most harm.
_WORTH = (
    "rm dd mkfs shred sh bash zsh dash wipefs chmod chown mv cp cat tee kill killall curl wget nc ncat find"
    " truncate ln python3 python perl ruby node php base64 sudo su passwd"
)
_WHERE = ("/bin/", "/usr/bin/", "/sbin/", "/usr/sbin/")


def named(word: Word) -> Word:
    """Return the name of a program as what the shell would find by it."""
    if word.glob and "/" in word.text:
        name = next(
            (one for one in _WORTH.split() if any(fnmatch.fnmatchcase(at + one, word.text) for at in _WHERE)),
            None,
        )
        return replace(word, text=word.text.rpartition("/")[0] + "/" + name, glob=False) if name else word
    bare = word.text.replace(UNKNOWN, "")
    return replace(word, text=bare) if bare in _WORTH.split() and not word.text.startswith(UNKNOWN) else word
