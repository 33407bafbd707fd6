"""fish in the words of bash."""

from __future__ import annotations

import re
from collections.abc import Callable

from caro_shell.safety.dialects.fishwords import COMMANDS, PARAMETER, inside, parameter
from caro_shell.safety.dialects.text import Piecewise

#: What opens a block of fish: its word in bash, the word that ends it, and what ends its header.
_HEADS = {
    "for": ("for", "done", "; do"),
    "while": ("while", "done", "; do"),
    "if": ("if", "fi", "; then"),
    "begin": ("{", "}", ""),
    "switch": (":", ":", ""),
}
_WORDS = {"else": "else", "case": ":", "not": "!", "and": "", "or": ""}
_GO_ON = ("if", "while", "begin")
_PIECE = re.compile(
    r"""(?P<gap>[ \t]+)|(?P<single>'(?:[^'\\]|\\.)*')|(?P<double>"(?:[^"\\]|\\.)*")
    |(?P<function>function[ ]+(?P<name>[^\s;'"]+)(?P<rest>(?:'[^']*'|"[^"]*"|[^;\n'"])*))
    |(?P<open>\()|(?P<close>\)(?:\[[^]\s]*\])?)|(?P<end>&>>?(?=\s)|&\||[;\n]|&&|\|\||\||\d?>\?|(?<![<>&])&(?![>&|]))
    |(?P<word>(?:\\.|[^\s;()'"|&\\<>]|(?<=[<>])&)+|.)""",
    re.VERBOSE | re.DOTALL,
)
_ARGUMENTS = re.compile(r"(?:-a|--argument(?:-names)?)[ =]((?:\s*[A-Za-z_]\w*)+)")


def plain(line: str) -> tuple[str, list[int]]:
    """Return `line` as bash would have it, and the place in it of each character."""
    return _Fish().read(line)


class _Fish:
    """Goes through a line of fish piece by piece."""

    def __init__(self) -> None:
        self._made = Piecewise()
        self._ends: list[str] = []
        self._header = ""  # what is put at the end of the header that is being read
        self._first = True  # a command may begin here
        self._opened = False  # a block has just begun, and nothing stands in it yet
        self._kinds: dict[str, Callable[[str, int], None]] = {
            "gap": self._made.copy,
            "single": self._single,
            "double": self._double,
            "open": self._open,
            "close": self._close,
            "end": self._end,
            "word": self._word,
        }

    def read(self, line: str) -> tuple[str, list[int]]:
        at = 0
        while found := _PIECE.match(line, at):
            if self._first and (end := self._command(line, at)):
                at = end
                continue
            if found["function"] is not None:
                at = self._function(found)
                continue
            self._kinds[found.lastgroup or "word"](found[0], found.start())
            if found.lastgroup != "gap":
                self._opened = self._first and found[0] in ("else", "begin")
            at = found.end()
        return self._made.whole(len(line))

    def _command(self, line: str, at: int) -> int:
        """Put a command that is another one in bash; return where it ends, or 0 for none."""
        for pattern, form in COMMANDS:
            if found := pattern.match(line, at):
                self._argument(found.expand(form), at)
                return found.end()
        return 0

    def _argument(self, text: str, at: int) -> None:
        self._made.put(text, at)
        self._first = False

    def _function(self, found: re.Match[str]) -> int:
        """A function's name and options; elsewhere it is a word."""
        if not self._first:
            self._argument("function", found.start())
            return found.start() + len("function")
        named = _ARGUMENTS.search(found["rest"])
        names = named[1].split() if named else []
        given = "".join(f"{name}=${number}; " for number, name in enumerate(names, 1))
        self._made.put(f"{found['name']}() {{ {given}:", found.start())
        self._ends.append("}")
        return found.end()

    def _single(self, text: str, at: int) -> None:
        """A string, in which fish knows two escapes."""
        inner = re.sub(r"\\(['\\])", lambda one: "'\\''" if one[1] == "'" else "\\", text[1:-1])
        self._argument(f"'{inner}'", at)

    def _double(self, text: str, at: int) -> None:
        self._argument(PARAMETER.sub(parameter, text).replace("`", "\\`"), at)

    def _open(self, _: str, at: int) -> None:
        bare = bool(self._made.pieces) and self._made.pieces[-1].endswith("$")
        self._made.put("(" if bare else "$(", at)
        self._first = True

    def _close(self, _: str, at: int) -> None:
        self._argument(")", at)

    def _end(self, text: str, at: int) -> None:
        if ">" in text:
            self._made.put(text.removesuffix("?"), at)
            return
        if text in (";", "\n") and self._opened:
            self._made.put(" ", at)
            return
        if text == ";" and "".join(self._made.pieces[-2:]).rstrip().endswith("&"):
            self._made.put(" ", at)
            return
        header = self._header if text in (";", "\n") else ""
        self._made.put(f" {header} " if header else text.removeprefix("&") if text == "&|" else text, at)
        self._header = "" if header else self._header
        self._first = True

    def _word(self, text: str, at: int) -> None:
        if not self._first:
            self._made.put(inside(text), at)
        elif text == "if" and self._made.pieces and "".join(self._made.pieces).rstrip().endswith("else"):
            self._header = "; then"
            self._made.put("if", at)
            if self._ends:
                self._ends[-1] += "; fi"
        elif text in _HEADS:
            opening, end, self._header = _HEADS[text]
            self._ends.append(end)
            self._made.put(opening, at)
            self._first = text in _GO_ON
        elif text in _WORDS:
            self._made.put(_WORDS[text], at)
            self._first = text != "case"
        elif text == "end" and self._ends:
            self._argument(self._ends.pop(), at)
        else:
            self._argument(inside(text), at)
