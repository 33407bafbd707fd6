"""Draws boxes and rows of letters: as SVG for the README, as PNG to look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

#: A cell of the terminal, and the size of its letters, in SVG units.
CELL_W, CELL_H, SIZE = 9.6, 23, 16
_FONT = "ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', 'Liberation Mono', monospace"


@dataclass(frozen=True)
class Shape:
    """A box (`text` empty) or a run of letters whose baseline begins at x, y."""

    x: float
    y: float
    width: float
    height: float
    colour: str
    text: str = ""
    bold: bool = False
    round: float = 0.0
    size: float = SIZE


def svg(shapes: Sequence[Shape], width: float, height: float, title: str) -> str:
    """Return the shapes as an SVG document."""
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" role="img"',
        f'  width="{width:g}" height="{height:g}" font-family="{_FONT}">',
        f"<title>{escape(title)}</title>",
    ]
    for s in shapes:
        place = f'x="{s.x:g}" y="{s.y:g}" fill="{s.colour}"'
        if s.text:
            # The length keeps letters in their cells, whatever font the reader has.
            fit = f'textLength="{s.width:g}" lengthAdjust="spacingAndGlyphs" xml:space="preserve"'
            look = f'font-size="{s.size:g}"' + ' font-weight="bold"' * s.bold
            lines.append(f"<text {place} {look} {fit}>{escape(s.text)}</text>")
        else:
            lines.append(f'<rect {place} width="{s.width:g}" height="{s.height:g}" rx="{s.round:g}"/>')
    return "\n".join([*lines, "</svg>\n"])


def png(shapes: Sequence[Shape], width: float, height: float, path: str) -> None:
    """Draw the shapes into a PNG file, at twice the size. Needs pillow and the DejaVu fonts."""
    from PIL import Image, ImageDraw, ImageFont  # noqa: PLC0415 - needed only here

    image = Image.new("RGB", (round(width * 2), round(height * 2)), "white")
    draw = ImageDraw.Draw(image)
    for s in shapes:
        for i, letter in enumerate(s.text):
            # Braille, the spinner, is in the proportional font alone.
            face = "DejaVuSans.ttf" if "\u2800" <= letter <= "\u28ff" else "DejaVuSansMono.ttf"
            font = ImageFont.truetype(face, round(s.size * 2))
            draw.text(((s.x + i * s.width / len(s.text)) * 2, s.y * 2), letter, s.colour, font, anchor="ls")
        if not s.text:
            edges = [s.x * 2, s.y * 2, (s.x + s.width) * 2 - 1, (s.y + s.height) * 2 - 1]
            draw.rounded_rectangle(edges, s.round * 2, s.colour)
    image.save(path)
