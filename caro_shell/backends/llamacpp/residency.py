"""Gives back the memory of a mapped model file.

Where llama.cpp has repacked weights, the file's own pages are not read again; the others come back from the
page cache when they are.
"""

from __future__ import annotations

import ctypes
import os
import sys

#: Whether `drop_mapped` does anything: it needs Linux's /proc.
CAN_DROP = sys.platform == "linux" and os.path.exists("/proc/self/maps")

_MADV_DONTNEED = 4  # <asm-generic/mman-common.h>; the pages are the file's, so nothing is lost


def drop_mapped(path: str) -> None:
    """Drop the resident pages of every mapping of the file at `path` in this process."""
    if not CAN_DROP:
        return
    real = os.path.realpath(path)
    libc = ctypes.CDLL(None, use_errno=True)
    with open("/proc/self/maps", encoding="utf-8", errors="surrogateescape") as maps:
        for line in maps:
            fields = line.rstrip("\n").split(
                maxsplit=5
            )  # addresses, permissions, offset, device, inode, path
            if fields[5:] == [real] and "w" not in fields[1]:
                begin, end = (int(address, 16) for address in fields[0].split("-"))
                libc.madvise(ctypes.c_void_p(begin), ctypes.c_size_t(end - begin), _MADV_DONTNEED)
