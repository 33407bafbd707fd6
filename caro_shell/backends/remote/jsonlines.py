"""Pure: the lines of a server's answer as JSON objects, and what stands in them, whatever they hold."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from caro_shell.errors import RemoteMalformed

Object = Mapping[str, Any]

#: The event that ends a stream.
DONE: Object = {}

_LONGEST_COMPLAINT = 300


def events(lines: Iterable[bytes]) -> Iterator[Object]:
    """Yield the objects of server-sent events, DONE for the last; or what a server says that does not stream.

    Raises RemoteMalformed.
    """
    for line in lines:
        field, _, value = line.partition(b":")
        if field == b"data" and value.strip() == b"[DONE]":
            yield DONE
            return
        if field == b"data":
            yield json_object(value)
        elif field == b"error":
            yield {"error": json_object(value)}
        elif line.startswith(b"{"):
            yield json_object(line)


def json_object(line: bytes) -> Object:
    """Return the JSON object in `line`. Raises RemoteMalformed."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise malformed() from error
    if not isinstance(found, dict):
        raise malformed()
    return found


def within(value: Any, *path: str | int) -> Any:
    """Return what stands at `path`, keys of objects and places in lists, in `value`; None for nothing."""
    with contextlib.suppress(KeyError, IndexError, TypeError):
        for step in path:
            value = value[step]
        return value
    return None


def text_in(value: Any, *path: str | int) -> str:
    """Return the text at `path`, "" where there is none. Raises RemoteMalformed when it is something else."""
    found = within(value, *path)
    if found is None:
        return ""
    if not isinstance(found, str):
        raise malformed()
    return found


def count_in(value: Any, *path: str | int) -> int:
    """Return the number at `path`, 0 where there is none that counts something."""
    found = within(value, *path)
    return found if isinstance(found, int) and found > 0 else 0


def complaint(error: Any) -> str:
    """Return a server's own words about an error within a stream: a text, an object, or one in the other."""
    with contextlib.suppress(ValueError, TypeError, RecursionError):
        error = json.loads(error)
    for key in ("error", "message", "detail"):
        if within(error, key):
            return complaint(error[key])
    return " ".join(str(error).split())[:_LONGEST_COMPLAINT]


def malformed() -> RemoteMalformed:
    """Return the error for an answer that is JSON of an unknown shape, or none."""
    return RemoteMalformed("the server's answer cannot be read; see its log")
