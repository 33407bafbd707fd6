"""Answers that were given before: the same words, shell, prompt, model and settings are answered at once.

A small sqlite file that only its owner can read. It holds commands and no words: the key is a hash.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import sqlite3
import time
from collections.abc import Callable
from typing import Any, TypeVar

from caro_shell import paths

log = logging.getLogger("caro.replycache")
T = TypeVar("T")

#: Answers kept; the least recently used go first.
ENTRIES_KEPT = 1000


def cache_file() -> str:
    """Return the path of the cache, whether or not it exists."""
    return os.path.join(paths.home(), "cache", "replies.sqlite3")


def entry_key(*parts: object) -> str:
    """Return the key of an answer: a hash of everything that it depends on."""
    return hashlib.sha256(repr(parts).encode("utf-8", "replace")).hexdigest()


class ReplyCache:
    """The cache. A damaged, locked, full or read-only file means no answer, never an error."""

    def get(self, key: str) -> dict[str, Any] | None:
        """Return the fields kept under `key`, or None."""

        def look(database: sqlite3.Connection) -> dict[str, Any] | None:
            row = database.execute("SELECT fields FROM replies WHERE key = ?", (key,)).fetchone()
            if row is None:
                return None
            fields: dict[str, Any] = json.loads(row[0])
            database.execute("UPDATE replies SET used = ? WHERE key = ?", (time.time(), key))
            return fields

        return _transact(look, None) if os.path.exists(cache_file()) else None

    def put(self, key: str, fields: dict[str, Any]) -> None:
        """Keep `fields`, JSON data, under `key`."""

        def keep(database: sqlite3.Connection) -> None:
            row = (key, json.dumps(fields), time.time())
            database.execute("INSERT OR REPLACE INTO replies VALUES (?, ?, ?)", row)
            database.execute(
                "DELETE FROM replies WHERE key NOT IN (SELECT key FROM replies ORDER BY used DESC LIMIT ?)",
                (ENTRIES_KEPT,),
            )

        _transact(keep, None)

    def add(self, key: str, fields: dict[str, Any]) -> None:
        """Keep `fields`, too, if there is an entry under `key`."""
        kept = self.get(key)
        if kept is not None:
            self.put(key, {**kept, **fields})

    def clear(self) -> int:
        """Forget everything; return how many answers there were."""

        def forget(database: sqlite3.Connection) -> int:
            count: int = database.execute("SELECT count(*) FROM replies").fetchone()[0]
            database.execute("DELETE FROM replies")
            return count

        return _transact(forget, 0) if os.path.exists(cache_file()) else 0


def _transact(work: Callable[[sqlite3.Connection], T], otherwise: T) -> T:
    """Do `work` in a transaction on the cache; return `otherwise` when sqlite or the disk will not."""
    path = cache_file()
    try:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        with contextlib.closing(sqlite3.connect(path, timeout=0.2)) as database, database:
            database.execute(
                "CREATE TABLE IF NOT EXISTS replies (key TEXT PRIMARY KEY, fields TEXT, used REAL)"
            )
            return work(database)
    except sqlite3.OperationalError as error:  # locked, or a full disk
        log.warning("the cache of answers is not used this time: %s", error)
    except (sqlite3.DatabaseError, ValueError) as error:
        log.warning("the cache of answers is damaged and made anew: %s", error)
        with contextlib.suppress(OSError):
            os.unlink(path)
    except OSError as error:
        log.warning("the cache of answers cannot be used: %s", error)
    return otherwise
