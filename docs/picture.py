"""Makes the README's picture, docs/press.svg: `make picture`.

A real zsh on a pseudo-terminal, the real daemon and the default model: what is drawn is what pyte, a
terminal emulator, holds on its screen at three moments of one key press.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import pyte.graphics
from drawing import CELL_H, CELL_W, SIZE, Shape, png, svg

_ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(_ROOT), str(_ROOT / "benchmarks")]
from lab import Lab, model_file  # noqa: E402

from caro_shell import config, hooks  # noqa: E402
from tests.terminal import CTRL_G, PtyTerminal  # noqa: E402

_WORDS = "the ten largest files under /var/log"
_CAPTIONS = ("type what you want", "press Ctrl-G", "read it, change it, run it with Enter")
_ROWS, _COLUMNS = 2, 68  # what is drawn: the terminal has more rows, all empty
_BAR, _SMALL = 30, 13  # a window's title bar, the letters in it
_PAD, _GAP = 14, 14  # the room around a window's text, and between windows
_WIDTH, _HEIGHT = _COLUMNS * CELL_W + 2 * _PAD, _BAR + 2 * _PAD + _ROWS * CELL_H
_PAGE, _EDGE, _QUIET, _CURSOR = "#1b1f27", "#414959", "#a3acba", "#8fd3a9"
_TEXT, _DIM = "#e8ebf0", "#98a1b0"
_COLOURS = {
    "brightblack": _DIM,
    "red": "#f0868d",
    "green": "#8fd3a9",
    "blue": "#86b3f0",
    "cyan": "#7fd0d8",
    "brown": "#e5c07b",
}

# pyte knows no dim text. Its "blink" stands for it here: nothing on these screens blinks.
pyte.graphics.TEXT[2] = "+blink"


class Window(PtyTerminal):
    """A terminal that gives its screen away."""

    def shapes(self, top: float) -> list[Shape]:
        """Return what is on the screen, `top` being where its first row begins."""
        row, column = self.cursor()
        found = [Shape(_PAD + column * CELL_W, top + row * CELL_H + 1, CELL_W, CELL_H - 2, _CURSOR, round=1)]
        for y in range(_ROWS):
            cells = [self._screen.buffer[y][x] for x in range(_COLUMNS)]
            start = 0
            for x in range(1, _COLUMNS + 1):
                if x < _COLUMNS and cells[x][1:] == cells[start][1:]:
                    continue
                text, look = "".join(cell.data for cell in cells[start:x]).rstrip(), cells[start]
                if text:
                    colour = _DIM if look.blink else _COLOURS.get(look.fg, _TEXT)
                    left, baseline = _PAD + start * CELL_W, top + y * CELL_H + SIZE
                    found.append(Shape(left, baseline, len(text) * CELL_W, 0, colour, text, look.bold))
                start = x
        return found


def session(lab: Lab) -> tuple[list[Shape], float]:
    """Press the key once; return the three screens, each drawn as a window, and the height of all."""
    hook = Path(lab.home, "caro.zsh")
    hook.write_text(hooks.render("zsh", config.Config()), encoding="utf-8")
    lab.press(_WORDS)  # from now on the daemon runs, as it does after a person's first key press
    window = Window("zsh", f"source {hook}\n", Path(lab.home), size=(8, _COLUMNS))
    frames: list[list[Shape]] = []

    def keep() -> None:
        top = len(frames) * (_HEIGHT + _GAP)
        caption = f"{len(frames) + 1}  {_CAPTIONS[len(frames)]}"
        width = len(caption) * CELL_W * _SMALL / SIZE
        box = [
            Shape(0, top, _WIDTH, _HEIGHT, _EDGE, round=9),
            Shape(1, top + 1, _WIDTH - 2, _HEIGHT - 2, _PAGE, round=8),
            Shape(1, top + _BAR, _WIDTH - 2, 1, _EDGE),
            *(Shape(14 + 16 * i, top + 10, 10, 10, _EDGE, round=5) for i in range(3)),
            Shape(76, top + 20, width, 0, _QUIET, caption, size=_SMALL),
        ]
        frames.append(box + window.shapes(top + _BAR + _PAD))

    window.send(_WORDS)
    window.wait_for(lambda: window.row(0) == f"$ {_WORDS}", "the words")
    keep()
    window.send(CTRL_G)
    window.wait_for(lambda: len(window.row(1)) > 30, "half of the command")
    keep()
    window.wait_for(lambda: _WORDS not in window.row(0) and not window.row(1), "the command")
    window.state()  # zsh reads keys again: its line is drawn to the end
    keep()
    window.close()
    return [shape for frame in frames for shape in frame], len(frames) * (_HEIGHT + _GAP) - _GAP


def main() -> None:
    """Make the picture."""
    parser = argparse.ArgumentParser(description="Make the README's picture from a real session.")
    parser.add_argument("--png", metavar="FILE", help="draw it there, too")
    parser.add_argument("--model-dir", metavar="DIR", help="where the default model's file is")
    args = parser.parse_args()
    with Lab(model_file(args.model_dir)) as lab:
        shapes, height = session(lab)
    drawn = svg(shapes, _WIDTH, height, f"{_WORDS}: typed, Ctrl-G pressed, rewritten")
    (_ROOT / "docs" / "press.svg").write_text(drawn, encoding="utf-8")
    if args.png:
        png(shapes, _WIDTH, height, args.png)


if __name__ == "__main__":
    main()
