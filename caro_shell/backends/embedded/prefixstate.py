"""The fixed prefix's KV state on disk: one small file a prefix, so that a cold start need not prefill."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import mmap
import os
import zlib

log = logging.getLogger("caro.prefix")

#: Files kept, the least recently used go first (some 18 MB each for the default model).
FILES_KEPT = 6
_MAGIC = b"caro-kv1"


class PrefixStates:
    """The directory of saved states."""

    def __init__(self, directory: str) -> None:
        self._directory = directory

    def load(self, key: str) -> memoryview | None:
        """Return the state saved under `key`, or None when there is none or it is damaged.

        The file is mapped, not read: a cold start has no time to copy 28 MB.
        """
        path = self._path(key)
        try:
            with open(path, "rb") as file, contextlib.suppress(ValueError):  # an empty file has no map
                content = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY))
                state = content[len(_MAGIC) + 4 :]
                if content[: len(_MAGIC) + 4] == _MAGIC + _checksum(state):
                    with contextlib.suppress(OSError):  # a read-only disk keeps no order of use
                        os.utime(path)
                    return state
        except OSError:
            return None
        log.warning("%s is damaged; it is made anew", path)
        return None

    def save(self, key: str, state: bytes) -> None:
        """Keep `state` under `key`. A full or read-only disk costs speed next time, nothing else."""
        path = self._path(key)
        draft = f"{path}.{os.getpid()}"
        try:
            os.makedirs(self._directory, mode=0o700, exist_ok=True)
            with open(draft, "wb") as file:
                file.write(_MAGIC + _checksum(state))
                file.write(state)
            os.replace(draft, path)
        except OSError as error:
            log.warning("the prefix state cannot be kept: %s", error)
            with contextlib.suppress(OSError):
                os.unlink(draft)
        else:
            self._forget_oldest()

    def _path(self, key: str) -> str:
        return os.path.join(self._directory, f"prefix-{key}.kv")

    def _forget_oldest(self) -> None:
        with contextlib.suppress(OSError):
            entries = [entry for entry in os.scandir(self._directory) if entry.name.startswith("prefix-")]
            entries.sort(key=lambda entry: entry.stat().st_mtime, reverse=True)
            for entry in entries[FILES_KEPT:]:
                os.unlink(entry.path)


def state_key(*parts: object) -> str:
    """Return the name of a state: a hash of everything that it depends on."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:24]


def _checksum(state: bytes | memoryview) -> bytes:
    return zlib.crc32(state).to_bytes(4, "big")
