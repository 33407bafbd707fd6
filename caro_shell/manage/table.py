"""A table for people."""

from __future__ import annotations

from collections.abc import Sequence

from caro_shell.sanitise import printable


def table(rows: Sequence[Sequence[str]]) -> str:
    """Return the rows, the headings first, in columns two blanks apart, fit for the screen."""
    shown = [list(map(printable, row)) for row in rows]
    widths = [max(map(len, column)) for column in zip(*shown)]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in shown)
    return "\n".join(lines)
