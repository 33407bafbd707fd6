"""The blocks of zsh that bash does not have: short loops, braces in the place of words, functions without a name."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from caro_shell.safety.dialects.text import Piecewise

_PIECE = re.compile(
    r"""(?P<gap>[ \t]+|\\\n)|(?P<quoted>\$?'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")
    |(?P<test>\(\((?:[^()]|\([^()]*\))*\)\)|\[\[\s.*?\s\]\])
    |(?P<word>\$\(\((?:[^()]|\([^()]*\))*\)\)|\$\{(?:[^{}]|\{[^{}]*\})*\})
    |(?P<open>[$<>=]?\()|(?P<close>\))
    |(?P<redirect>\d*(?:&>>?|>>?&?|<<<?-?|<&?|<>)(?:[!|](?=[^|]))?)
    |(?P<end>;;|;&|;\||&&|\|\||\|&|&[!|]|[;\n|&])
    |(?P<plain>(?:\\.|[^\s;()'"|&\\<>$]|\$(?![({'"]))+|.)""",
    re.VERBOSE | re.DOTALL,
)
_NAMES = r"(?P<name>[A-Za-z_]\w*)(?P<more>(?:\s+(?!in\s)[A-Za-z_]\w*)*)"
#: How a block begins, at the place of a command.
_HEADS = tuple(
    (kind, re.compile(pattern))
    for kind, pattern in (
        ("numbered", r"for\s*(?=\(\()"),
        ("listed", rf"(?:for|select|foreach)\s+{_NAMES}\s+in\s"),
        ("given", rf"(?P<word>for|select|foreach)\s+{_NAMES}\s*\((?!\()"),
        ("repeated", r"repeat\s+(?P<count>[^\s;]+)(?:\s*;)?(?=\s)"),
        ("asked", r"(?P<word>if|while|until)(?=\s|\()"),
        ("chosen", r"case\s+(?P<of>\S+)\s+\{"),
        ("nameless", r"(?:function\s*(?:\(\s*\))?|\(\s*\))\s*\{(?=\s)"),
        ("named", r"(?:function\s+(?P<one>[\w:.+-]+)(?P<others>(?:\s+[\w:.+-]+)*)\s*(?:\(\s*\)|(?=\{))|(?P<two>[\w:.+-]+)\s*\(\s*\))\s*(?P<brace>\{(?=\s))?(?!\()"),
    )
)  # fmt: skip
_GOES_ON = frozenset(["!", "do", "then", "else", "time", "coproc", "noglob", "nocorrect", "-", "always"])


@dataclass
class _Frame:
    """What is open: its kind ("brace", "paren", "header", "test", "short") and what is put where it ends."""

    kind: str
    end: str = ""
    tail: str = ""  # of a loop: what closes it


class Blocks:
    """Goes through a line of zsh piece by piece."""

    def __init__(self, line: str) -> None:
        self._line = line
        self._made = Piecewise()
        self._frames: list[_Frame] = []
        self._first = True  # a command may begin here
        self._ended = True  # nothing stands before that would have to be ended
        self._tested = False  # a test has just ended, which a brace may follow
        self._count = 0
        self._more = ""  # what gives the other variables of a loop their values

    def read(self) -> tuple[str, list[int]]:
        """Return the line as bash would have it, and the place in it of each character."""
        at = 0
        while at < len(self._line):
            at = self._step(at)
        self._shut(len(self._line))
        return self._made.whole(len(self._line))

    def _step(self, at: int) -> int:
        if self._first:
            for kind, pattern in _HEADS:
                head = pattern.match(self._line, at)
                if head and head.end() > at:
                    getattr(self, f"_{kind}")(head)
                    return head.end()
        found = _PIECE.match(self._line, at)
        if found is None:
            return len(self._line)
        kind, text = found.lastgroup or "plain", found[0]
        if kind == "gap":
            self._made.copy(text, at)
            return found.end()
        if self._tested and kind not in ("end", "close") and self._top() == "test":
            self._body(at, short=text != "{")
            if text == "{":
                return found.end()
        act: dict[str, Callable[[str, int], None]] = {
            "open": self._open, "close": self._close, "redirect": self._redirect, "end": self._end, "plain": self._plain,
        }  # fmt: skip
        act.get(kind, self._argument)(text, at)
        self._tested = kind == "test" or (kind == "close" and self._top() == "test")
        if kind == "plain" and text == "}":
            return self._behind_brace(found.end())
        return found.end()

    # What a piece does.

    def _argument(self, text: str, at: int) -> None:
        self._made.copy(text, at)
        self._first = self._ended = False

    def _open(self, text: str, at: int) -> None:
        self._made.copy(text, at)
        self._frames.append(_Frame("paren", ")"))
        self._first = self._ended = self._first or len(text) > 1

    def _close(self, text: str, at: int) -> None:
        self._shut(at)
        if self._top() == "paren":
            frame = self._frames.pop()
            self._made.put(frame.end, at)
            if frame.tail:
                self._loop(at, frame.tail)
                return
        else:
            self._made.copy(text, at)  # of a case's pattern
            self._first = self._ended = True
            return
        self._first = self._ended = False

    def _redirect(self, text: str, at: int) -> None:
        self._made.copy(re.sub(r"(?<=>)&?[!|]$", "" if ">>" in text or "&" in text else "|", text), at)
        self._ended = False

    def _end(self, text: str, at: int) -> None:
        if text in ("&&", "||", "|", "|&"):
            self._made.copy(text, at)
            self._first = self._ended = True
            return
        if text == ";" and self._ended and self._top() in ("foreach", "short"):
            return
        self._shut(at)
        if self._top() == "header":
            tail = self._frames.pop().tail
            self._made.copy(text, at)
            self._loop(at + 1, tail)
            return
        self._made.copy({"&!": "&", "&|": "&", ";|": ";;"}.get(text, text), at)
        self._first = self._ended = True

    def _plain(self, text: str, at: int) -> None:
        if text == "}" and any(frame.kind == "brace" for frame in self._frames):
            while self._top() != "brace":
                self._made.put(self._frames.pop().end, at)
            end = self._frames.pop().end
            self._made.put(end.removeprefix(";") if self._ended and end.startswith(";") else end, at)
            self._first = self._ended = False
        elif not self._first:
            self._argument(text, at)
        elif text == "{":
            self._made.copy(text, at)
            self._brace("; }")
        elif text == "coproc":
            self._made.put(" ", at)
        elif text in ("do", "then") and self._top() == "test":
            self._frames.pop()
            self._made.copy(text, at)
            self._ended = True
        elif text == "end" and self._top() == "foreach":
            self._made.put(self._frames.pop().end.removeprefix(";" if self._ended else " "), at)
            self._first = self._ended = False
        elif text == "elif":
            self._made.copy(text, at)
            self._frames.append(_Frame("test", tail="; fi"))
        else:
            self._argument(text, at)
            self._first = self._ended = text in _GOES_ON

    def _behind_brace(self, at: int) -> int:
        """Go over what goes on behind a brace: `} else {`, `} elif .. {`, `} always {`."""
        self._first = False
        more = re.compile(r"\s*(else|always)\s*\{|\s*(elif)\b").match(self._line, at)
        if not more:
            return at
        before = self._made.pieces[-1]
        if more[1] == "always":
            self._made.put("; {", at)
            self._brace("; }")
        elif before.strip("; ") == "fi":
            self._made.pieces[-1] = " " * len(before)
            self._made.put(f"; {more[1] or more[2]} ", at)
            if more[1]:
                self._brace("; fi")
            else:
                self._frames.append(_Frame("test", tail="; fi"))
                self._first = self._ended = True
        else:
            return at
        return more.end()

    # How a block begins.

    def _numbered(self, head: re.Match[str]) -> None:
        self._made.copy(head[0], head.start())
        self._frames.append(_Frame("test", tail="; done"))
        self._first = False

    def _listed(self, head: re.Match[str]) -> None:
        self._made.put(f"for {head['name']} in ", head.start())
        self._more = "".join(f"{one}=${head['name']}; " for one in head["more"].split())
        self._frames.append(_Frame("header", tail="; done"))
        self._first = False

    def _given(self, head: re.Match[str]) -> None:
        self._made.put(f"for {head['name']} in ", head.start())
        self._more = "".join(f"{one}=${head['name']}; " for one in head["more"].split())
        self._frames.append(_Frame("paren", ";", "end" if head["word"] == "foreach" else "; done"))
        self._first = False

    def _repeated(self, head: re.Match[str]) -> None:
        self._made.put(f"for REPLY in {head['count']};", head.start())
        self._loop(head.end(), "; done")

    def _asked(self, head: re.Match[str]) -> None:
        self._made.copy(head[0], head.start())
        self._frames.append(_Frame("test", tail="; fi" if head["word"] == "if" else "; done"))

    def _chosen(self, head: re.Match[str]) -> None:
        self._made.put(f"case {head['of']} in ", head.start())
        self._brace("; esac")

    def _nameless(self, head: re.Match[str]) -> None:
        self._count += 1
        name = f"nameless_{self._count}"
        self._made.put(f"{name}() {{ ", head.start())
        self._brace(f"; }}; {name}")

    def _named(self, head: re.Match[str]) -> None:
        name = head["one"] or head["two"]
        for other in (head["others"] or "").split():
            self._made.put(f'{other}() {{ {name} "$@"; }}; ', head.start())
        self._made.put(f"{name}() {{ ", head.start())
        if head["brace"]:
            self._brace("; }")
        else:
            self._frames.append(_Frame("short", "; }"))
            self._first = self._ended = True

    # What a body is put into.

    def _brace(self, end: str) -> None:
        self._frames.append(_Frame("brace", end))
        self._first = self._ended = True

    def _body(self, at: int, *, short: bool) -> None:
        tail = self._frames.pop().tail
        self._made.put("; then " if "fi" in tail else "; do ", at)
        self._frames.append(_Frame("short" if short else "brace", tail))
        self._first = self._ended = True

    def _loop(self, at: int, tail: str) -> None:
        """Begin the body of a loop, whose words end `at`."""
        self._first = self._ended = True
        if re.compile(r"\s*do\b").match(self._line, at):
            self._more = ""
            return
        self._made.put(f" do {self._more}", at)
        self._more = ""
        self._frames.append(_Frame("foreach", "; done") if tail == "end" else _Frame("short", tail))

    def _shut(self, at: int) -> None:
        """End what goes on to the end of a command."""
        while self._top() == "short":
            self._made.put(self._frames.pop().end, at)

    def _top(self) -> str:
        return self._frames[-1].kind if self._frames else ""
