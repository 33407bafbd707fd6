"""The words that client and daemon exchange. Imported on every key press: no imports of its own.

A record is `name=value` fields separated by 0x1f and ended by 0x1e, in UTF-8: JSON would cost the client
more than everything else it imports. A client sends one record; the daemon answers with
`accepted`, any number of `stage` and `text`, and one `reply` (or with `stale` alone: it is of another
version and has given up its socket). In between it may ask for some variables of the client's `environment`.
"""

from __future__ import annotations

#: Raised when the records change their meaning; the package's version is compared as well.
PROTOCOL = "3"
#: Longest record taken, in bytes.
RECORD_MAX = 65536
FIELD_END = "\x1f"
RECORD_END = "\x1e"


class Status:
    """Exit status of the client, and what a hook does with its standard output."""

    COMMAND = 0  # the new line; after a 0x1f a notice to show
    MESSAGE = 1  # a sentence to show; the line stays as it is
    TURN = 2  # as COMMAND, but what was on the line is no words: it is not for the history
    CANCELLED = 130  # nothing to say; the line stays as it is


class MalformedRecord(ValueError):
    """Bytes that are no record."""


def encode(**fields: str) -> bytes:
    """Return a record; the two separators inside a value become blanks."""
    parts = (
        name + "=" + value.replace(FIELD_END, " ").replace(RECORD_END, " ") for name, value in fields.items()
    )
    return (FIELD_END.join(parts) + RECORD_END).encode("utf-8", "replace")


def decode(record: bytes) -> dict[str, str]:
    """Return the fields of one record, given without its end. Raises MalformedRecord."""
    try:
        text = record.decode("utf-8")
    except UnicodeDecodeError:
        raise MalformedRecord("a record is no UTF-8 text") from None
    fields = {}
    for part in text.split(FIELD_END):
        name, equals, value = part.partition("=")
        if not equals:
            raise MalformedRecord("a field has no name")  # and is not quoted: this is logged
        fields[name] = value
    return fields


class Records:
    """Cuts a stream of bytes into records."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[dict[str, str]]:
        """Return the records that `data` completes. Raises MalformedRecord, also when one is too long."""
        *whole, self._rest = (self._rest + data).split(RECORD_END.encode())
        if len(self._rest) > RECORD_MAX or any(len(record) > RECORD_MAX for record in whole):
            raise MalformedRecord("a record is too long")
        return [decode(record) for record in whole]
