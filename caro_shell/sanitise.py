"""The gate: what may reach a person's line or screen. It refuses, it never repairs. Standard library only."""

from __future__ import annotations

from caro_shell.errors import NoCommandFound

#: The longest command that may be offered, in characters.
LONGEST = 4096

# Letters, marks and symbols by their Unicode class, yet nothing on the screen (or, for the last one, a mark
# that bytes were lost): `str.isprintable` lets them through.
_UNSEEN = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0\ufffd"
    + "".join(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)))),
)
_JOINER, _EMOJI_STYLE = "\u200d", "\ufe0f"
_EMOJI = (
    ("\u2190", "\u21ff"),
    ("\u2300", "\u23ff"),
    ("\u25a0", "\u27bf"),
    ("\u2b00", "\u2bff"),
    ("\U0001f000", "\U0001faff"),
)


def command(text: str) -> str:
    """Return `text` without its outer blanks, if it may stand on a shell line.

    Every other character is handed back as it came. Raises NoCommandFound, with the reason, for a text that
    is empty, has more than one line, is longer than `LONGEST` or holds a character that is not plainly
    visible: controls, the tab among them, direction marks, zero-width and private characters, any space but
    the ordinary one. Joiners are let through only where they build one emoji out of several.
    """
    line = text.strip(" \t\r\n")
    if not line:
        raise NoCommandFound("the answer is empty; nothing was changed")
    if len(line) > LONGEST:
        raise NoCommandFound(f"the answer is longer than {LONGEST:,} characters; nothing was changed")
    if "\n" in line or "\r" in line:
        raise NoCommandFound("the answer does not fit on one line; nothing was changed")
    for at, char in enumerate(line):
        if not _visible(line, at):
            unseen = f"a character that cannot be seen (U+{ord(char):04X})"
            raise NoCommandFound(f"the answer holds {unseen}; nothing was changed")
    if (len(line) - len(line.rstrip("\\"))) % 2:
        raise NoCommandFound("the answer ends in a backslash, so it is not all there; nothing was changed")
    return line


def printable(text: str) -> str:
    """Return `text` fit for a one-line message: what could not be seen is spelt out, as `^[` or `<U+202E>`.

    Line breaks and tabs become a space. Never raises, whatever the string holds; the result is always
    printable and can be encoded as UTF-8.
    """
    line = text.replace("\r\n", " ").replace("\n", " ").replace("\t", " ")
    if line.isascii() and line.isprintable():
        return line
    return "".join(char if _visible(line, at) else _spelt(char) for at, char in enumerate(line))


def _visible(line: str, at: int) -> bool:
    char = line[at]
    if char == _EMOJI_STYLE:
        return at > 0 and _is_emoji(line[at - 1])
    if char == _JOINER:
        before = at - 2 if line[at - 1] == _EMOJI_STYLE else at - 1
        return before >= 0 and _is_emoji(line[before]) and at + 1 < len(line) and _is_emoji(line[at + 1])
    return char.isprintable() and char not in _UNSEEN


def _is_emoji(char: str) -> bool:
    return char.isprintable() and any(first <= char <= last for first, last in _EMOJI)


def _spelt(char: str) -> str:
    code = ord(char)
    if code < 0x20 or code == 0x7F:
        return "^" + chr(code ^ 0x40)
    return f"<U+{code:04X}>"
