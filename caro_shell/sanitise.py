"""The gate: what may reach a person's line or screen. It refuses, it never repairs. Standard library only.

Whoever makes a line or a message lets it through here, and so does the client at its last step: a daemon, a
cache or a server that went bad has no way around. Imported on every key press.
"""

from __future__ import annotations

from caro_shell.errors import NoCommandFound

#: The longest command that may be offered, in characters, and the most blanks in a row that may be in it: a
#: screen full of them would leave nothing to be seen of what stands before.
LONGEST = 4096
MOST_BLANKS = 40

# Letters, marks and symbols by their Unicode class, yet nothing on the screen (or, for the last two, a mark
# that something was lost): `str.isprintable` lets them through.
_UNSEEN = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u2d7f\u3164\uffa0\ufffc\ufffd"
    "\U0001107f\U00011a47\U00011a99\U00013441\U00013442\U00016fe4\U0001bc9d\U0001d159\U0001da7f\U0001da80"
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
    is empty, has more than one line, is longer than `LONGEST`, has more than `MOST_BLANKS` in a row or holds
    a character that is not plainly visible: controls, the tab among them, direction marks, zero-width and
    private characters, any space but the ordinary one. Joiners are let through only where they build one
    emoji out of several. Refused are also heaps of marks, and names of programs, options, variables and hosts
    that look like ASCII and are not, or mix scripts: see `lookalikes`.
    """
    line = text.strip(" \t\r\n")
    if not line:
        raise NoCommandFound("the answer is empty; nothing was changed")
    if len(line) > LONGEST:
        raise NoCommandFound(f"the answer is longer than {LONGEST:,} characters; nothing was changed")
    if "\n" in line or "\r" in line:
        raise NoCommandFound("the answer does not fit on one line; nothing was changed")
    if " " * (MOST_BLANKS + 1) in line:
        raise NoCommandFound(f"the answer has more than {MOST_BLANKS} blanks in a row; nothing was changed")
    unseen = _first_unseen(line)
    if unseen:
        raise NoCommandFound(f"the answer holds {unseen}; nothing was changed")
    if (len(line) - len(line.rstrip("\\"))) % 2:
        raise NoCommandFound("the answer ends in a backslash, so it is not all there; nothing was changed")
    seeming = _first_seeming(line)
    if seeming:
        raise NoCommandFound(f"the answer holds {seeming}; nothing was changed")
    return line


def words(text: str) -> str:
    """Return `text`, a person's own words that go back to their line: it may have line breaks and tabs.

    Raises NoCommandFound for any other character that is not plainly visible.
    """
    unseen = _first_unseen(text.replace("\n", " ").replace("\t", " "))
    if unseen:
        raise NoCommandFound(f"your words hold {unseen}, so they were not put back; undo brings them")
    return text


def printable(text: str) -> str:
    """Return `text` fit for a one-line message: what could not be seen is spelt out, as `^[` or `<U+202E>`.

    Line breaks and tabs become a space. Never raises, whatever the string holds; the result is always
    printable and can be encoded as UTF-8.
    """
    line = text.replace("\r\n", " ").replace("\n", " ").replace("\t", " ")
    if line.isascii() and line.isprintable():
        return line
    return "".join(char if _visible(line, at) else _spelt(char) for at, char in enumerate(line))


def escaped(json_text: str) -> str:
    """Return JSON that says the same, with each character that could not be seen written as an escape.

    Such a character can only stand in a string there. A program reads what was meant, a terminal obeys none.
    """
    if json_text.isascii():
        return json_text.replace("\x7f", "\\u007f")
    return "".join(
        char if _visible(json_text, at) or char == "\n" else _utf16(char) for at, char in enumerate(json_text)
    )


def _utf16(char: str) -> str:
    units = char.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))


def _first_unseen(line: str) -> str:
    """Name the first character of `line` that is not plainly visible; "" where there is none."""
    if line.isascii() and line.isprintable():
        return ""
    found = (char for at, char in enumerate(line) if not _visible(line, at))
    return next((f"a character that cannot be seen (U+{ord(char):04X})" for char in found), "")


def _first_seeming(line: str) -> str:
    """Name what of `line` is not what it seems, by letters or marks; "" where there is nothing."""
    if line.isascii():
        return ""
    from caro_shell import lookalikes  # noqa: PLC0415 - brings tables that few lines need

    mark = lookalikes.covering(line)
    if mark:
        return f"marks that cover other characters (U+{ord(mark):04X})"
    name = lookalikes.first(line)
    which = " ".join(f"U+{ord(char):04X}" for char in name if not char.isascii())[:40]
    return f"letters that only look like others ({printable(name[:40])}: {which})" if name else ""


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
