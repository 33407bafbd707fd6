"""Draws docs/speed.svg for the README from the figures of `benchmarks/peers.py`.

compare.py FIGURES.json [--png FILE]
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from drawing import Shape, png, svg

#: Each part of a bar: its name in the figures, its colour, and what the legend says.
_PARTS = (
    ("client", "#86b3f0", "client; of the peers, all but the model"),
    ("daemon", "#e5c07b", "daemon and queue"),
    ("prefill", "#4e9a78", "prefill"),
    ("decode", "#8fd3a9", "decode"),
)
_PAGE, _EDGE, _GRID = "#1b1f27", "#414959", "#2e3542"
_TEXT, _QUIET = "#e8ebf0", "#a3acba"
_WIDTH, _PAD = 760.0, 26.0
_LEFT, _RIGHT = 202.0, 626.0  # where the bars begin, and where the longest ends
_FIRST, _PITCH, _BAR = 126.0, 50.0, 18.0  # the first bar, from one to the next, and its height
_LETTER = 0.6  # the width of a letter for each unit of its size


def picture(figures: Mapping[str, Any]) -> tuple[list[Shape], float]:
    """Return the shapes of the picture, and its height."""
    arms = figures["arms"]
    bottom = _FIRST + len(arms) * _PITCH
    height = bottom + 72
    box = [
        Shape(0, 0, _WIDTH, height, _EDGE, round=9),
        Shape(1, 1, _WIDTH - 2, height - 2, _PAGE, round=8),
    ]
    return [*box, *_head(figures), *_axis(arms, bottom), *_bars(arms), *_foot(figures, bottom)], height


def _head(figures: Mapping[str, Any]) -> Iterator[Shape]:
    yield _text(_PAD, 40, "From the key press to the finished line", 17, bold=True)
    told = f"medians of {figures['rounds']} rounds of {figures['sentences']} sentences in turn; "
    yield _text(_PAD, 63, told + "one model file, each its own prompt; x: over caro", 12, _QUIET)
    x = _PAD
    for _, colour, label in _PARTS:
        yield Shape(x, 83, 11, 11, colour, round=2)
        words = _text(x + 17, 93, label, 12, _QUIET)
        yield words
        x += words.width + 17 + 24


def _axis(arms: list[Mapping[str, Any]], bottom: float) -> Iterator[Shape]:
    longest = _longest(arms)
    step = next(step for step in (0.1, 0.2, 0.5, 1, 2, 5, 10, 60) if longest / step <= 7)
    for i in range(int(longest / step) + 1):
        x = _LEFT + i * step / longest * (_RIGHT - _LEFT)
        yield Shape(x, _FIRST - 12, 1, bottom - _FIRST + 6, _GRID)
        label = f"{i * step:g} s"
        yield _text(x - len(label) * 11 * _LETTER / 2, bottom + 10, label, 11, _QUIET)


def _bars(arms: list[Mapping[str, Any]]) -> Iterator[Shape]:
    scale = (_RIGHT - _LEFT) / _longest(arms) / 1e3
    for i, arm in enumerate(arms):
        y, x = _FIRST + i * _PITCH, _LEFT
        yield _text(_PAD, y + 13, arm["name"], 14, bold=not i)
        yield _text(_PAD, y + 30, arm["detail"], 11, _QUIET)
        parts = [(part, colour) for part, colour, _ in _PARTS if arm["parts_ms"][part]]
        # Medians do not add up: the bar is the median of the whole, shared out as the parts' medians are.
        share = arm["ms"]["median"] / sum(arm["parts_ms"].values())
        for part, colour in parts:
            width = arm["parts_ms"][part] * share * scale
            yield Shape(x, y, max(1, width - (part != "decode")), _BAR, colour, round=min(1.5, width / 3))
            x += width
        value = _text(x + 9, y + 14, _time(arm["ms"]["median"]), 14, bold=not i)
        yield value
        if i:
            yield _text(value.x + value.width + 8, y + 14, f"{arm['over_caro']['median']:.1f}x", 12, _QUIET)
        told = "   ".join(f"{part} {_time(arm['parts_ms'][part])}" for part, _ in parts)
        yield _text(_LEFT + 1, y + 32, told, 11, _QUIET)


def _foot(figures: Mapping[str, Any], bottom: float) -> Iterator[Shape]:
    machine, _, versions = figures["machine"].partition("; ")
    told = (f"{machine}; {figures['model']}", f"{versions}; the peers' server: {figures['server']}")
    for i, line in enumerate(told):
        yield _text(_PAD, bottom + 37 + 17 * i, line, 11, _QUIET)


def _longest(arms: list[Mapping[str, Any]]) -> float:
    longest: float = max(arm["ms"]["median"] for arm in arms)
    return longest / 1e3


def _time(ms: float) -> str:
    return f"{ms / 1e3:.2f} s" if ms >= 100 else f"{ms:.0f} ms"


def _text(x: float, y: float, text: str, size: float, colour: str = _TEXT, *, bold: bool = False) -> Shape:
    return Shape(x, y, len(text) * size * _LETTER, 0, colour, text, bold, size=size)


def write(figures: Mapping[str, Any], path: str) -> None:
    """Draw `figures`, as `benchmarks/peers.py` writes them, into the SVG file `path`."""
    shapes, height = picture(figures)
    said = ", ".join(f"{arm['name']} {arm['ms']['median'] / 1e3:.2f} s" for arm in figures["arms"])
    drawn = svg(shapes, _WIDTH, height, f"From the key press to the finished line: {said}")
    Path(path).write_text(drawn, encoding="utf-8")


def main() -> None:
    """Draw the figures in a file."""
    parser = argparse.ArgumentParser(description="Draw docs/speed.svg.")
    parser.add_argument("figures", metavar="FIGURES.json", help="what benchmarks/peers.py --json wrote")
    parser.add_argument("--png", metavar="FILE", help="draw it there, too")
    args = parser.parse_args()
    figures = json.loads(Path(args.figures).read_text(encoding="utf-8"))
    write(figures, str(Path(__file__).with_name("speed.svg")))
    if args.png:
        shapes, height = picture(figures)
        png(shapes, _WIDTH, height, args.png)


if __name__ == "__main__":
    main()
