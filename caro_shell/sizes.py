"""Sizes as people read them."""

from __future__ import annotations


def readable(size: float) -> str:
    """Return a number of bytes as `98.4 MB` or `1.12 GB` (powers of ten, three digits)."""
    for unit in ("bytes", "kB", "MB"):
        if size < 999.5:
            return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.2f} GB"
