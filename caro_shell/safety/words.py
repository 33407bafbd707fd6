"""What a word of the line will be when its program sees it: quotes, variables, braces, substitutions."""

from __future__ import annotations

import codecs
import fnmatch
import itertools
import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from caro_shell.safety.call import EVERY, PUT_BACK, SOMETHING, UNKNOWN, Call, Word
from caro_shell.safety.output import output_of
from caro_shell.safety.state import State

if TYPE_CHECKING:
    from tree_sitter import Node

#: Most words that one may become; what is beyond would add nothing to a verdict.
_MOST = 24
#: Characters that mean something to the shell only where they are not quoted; quoted ones are moved out of
#: the way, to a private plane of Unicode, until the word is put together.
_ACTIVE = "{},*?[]~ .-=/"
_AWAY = 0xF0000
_QUOTED = {ord(char): _AWAY + ord(char) for char in _ACTIVE}
_BACK = {_AWAY + ord(char): char for char in _ACTIVE}
_BRACES = re.compile(r"\{([^{}]*,[^{}]*|[^{}.]+\.\.[^{}]+)\}")
_SIMPLE = re.compile(r"\$\{?([A-Za-z_]\w*|[0-9@*#?$!-])\}?")
_EXPANSION = re.compile(r"\$\{([#!]?)([A-Za-z_]\w*|[0-9@*#?$!-])(\[[^]]*\])?(.*)\}", re.DOTALL)

_SWAP = re.compile(r"(//?)([\w.:,;@+-]+)(?:/([\w.:,;@+/ -]*))?")


class Expander:
    """Puts words together; `run` is given the node of a substitution, and returns the calls in it."""

    def __init__(self, source: bytes, state: State, run: Callable[[Node], tuple[Call, ...]]) -> None:
        self._source = source
        self.state = state
        self._run = run
        self._made_by: list[Call] = []

    def words(self, node: Node, start: int, end: int) -> list[Word]:
        """Return the words that `node` becomes, said to be the part of the line from `start` to `end`."""
        self._made_by = []
        texts = self._texts(node)
        made_by = tuple(self._made_by)
        split = [
            part
            for text in texts
            for part in (text.split(" ") if " " in text.strip(" ") else [text.strip(" ")])
        ]
        plain = list(itertools.islice(itertools.chain.from_iterable(map(_braces, split)), _MOST))
        return [_word(self._tilde(text), start, end, made_by) for text in plain]

    @contextmanager
    def apart(self) -> Iterator[None]:
        """Let what is read within leave nothing behind: a subshell, or a word in the middle of another."""
        outside, self.state, made_by = self.state, self.state.copy(), self._made_by
        yield
        self.state, self._made_by = outside, made_by

    def text(self, node: Node) -> str:
        """Return the one word that `node` is, or stands for."""
        found = self.words(node, 0, 0)
        return " ".join(word.text for word in found) if found else ""

    def _texts(self, node: Node) -> list[str]:
        kind, source = node.type, self._text(node)
        if kind == "raw_string":
            return [source[1:-1].translate(_QUOTED)]
        if kind == "ansi_c_string":
            return [ansi(source[2:-1]).translate(_QUOTED)]
        if kind in ("string", "translated_string"):
            return [text.translate(_QUOTED) for text in self._joined(node, quoted=True)]
        if kind in ("simple_expansion", "expansion"):
            return self._variable(node, source)
        if kind == "command_substitution":
            return [text.replace("\n", " ") for text in self._substituted(node)]
        if kind == "process_substitution":
            self._made_by += self._run(node)
            return ["/dev/fd/" + SOMETHING]
        if kind == "arithmetic_expansion":
            return [SOMETHING]
        if node.named_child_count and kind not in ("word", "number"):
            return self._joined(node, quoted=False)
        return [_unescaped(source)]

    def _joined(self, node: Node, *, quoted: bool) -> list[str]:
        """Return what the children of `node` and the text between them make together."""
        pieces: list[list[str]] = []
        at = node.start_byte
        for child in node.named_children:
            pieces.append([self._between(at, child.start_byte, quoted=quoted)])
            if child.type == "string_content":
                pieces.append([_in_double(self._text(child))])
            elif quoted and child.type == "command_substitution":
                pieces.append(self._substituted(child))
            else:
                pieces.append(self._texts(child))
            at = child.end_byte
        pieces.append([self._between(at, node.end_byte, quoted=quoted)])
        whole = ["".join(parts) for parts in itertools.islice(itertools.product(*pieces), _MOST)]
        if quoted:
            return whole
        return whole

    def _between(self, start: int, end: int, *, quoted: bool) -> str:
        text = self._source[start:end].decode("utf-8", "replace").translate(PUT_BACK)
        if quoted:
            return _in_double(text.strip('"').removeprefix('$"'))
        return _unescaped(text)

    def _variable(self, node: Node, source: str) -> list[str]:
        simple = _SIMPLE.fullmatch(source)
        if simple:
            self._made_by += self.state.made.get(simple[1], ())
            return list(self.state.value(simple[1]))
        found = _EXPANSION.fullmatch(source)
        if not found:
            return [UNKNOWN]
        sign, name, index, change = found.groups()
        if sign == "!" and not index and not change:
            return [value for held in self.state.value(name) for value in self.state.value(held)]
        if sign:
            return [SOMETHING if sign == "#" else UNKNOWN]
        values = list(self.state.value(name))
        self._made_by += self.state.made.get(name, ())
        if index and index[1:-1] not in ("@", "*"):
            values = values[int(index[1:-1]) :][:1] if index[1:-1].isdigit() else values[:1]
        return list(self._changed(node, name, values or [UNKNOWN], change))

    def _changed(self, node: Node, name: str, values: list[str], change: str) -> Iterator[str]:
        open_ = values == [UNKNOWN] and name not in self.state.variables
        if change.startswith((":?", "?")):
            yield from (SOMETHING if value == UNKNOWN else value for value in values)
        elif change.startswith((":-", "-", ":=", "=")) and open_:
            rest = [child for child in node.named_children if child.type != "variable_name"]
            default = "".join(self.text(child) for child in rest)
            yield default or UNKNOWN
        elif change.startswith((":+", "+")):
            yield UNKNOWN
        elif change.startswith(("%", "#")) and name == "PWD" and not values[0].startswith("/"):
            yield ".." if change.startswith("%/") else SOMETHING  # the directory above, or its name
        elif change.startswith(("%", "#")):
            yield from (_cut(value, change) for value in values)
        elif re.fullmatch(r"(?::[htraAP])+", change):  # zsh
            yield from (_modified(value, change) for value in values)
        elif swap := _SWAP.fullmatch(change):
            yield from (_swapped(value, swap) for value in values)
        elif change.startswith(("/", ":", "^", ",", "@")):
            yield from (value if value == UNKNOWN else SOMETHING for value in values)
        else:
            yield from values

    def _substituted(self, node: Node) -> list[str]:
        calls = self._run(node)
        self._made_by += calls[:-1] if calls and calls[-1].program == "psub" else calls  # of fish
        return [output_of(calls, self.state.cwd)]

    def _tilde(self, text: str) -> str:
        if not text.startswith("~"):
            return text
        name, slash, rest = text[1:].partition("/")
        if name in ("", "+"):
            base = self.state.home if not name else self.state.cwd
        elif name == "root":
            base = "/root"
        elif re.fullmatch(r"[a-z_][\w-]*", name):
            base = f"/home/{name}"
        else:
            return text
        return base + slash + rest

    def _text(self, node: Node) -> str:
        return self._source[node.start_byte : node.end_byte].decode("utf-8", "replace").translate(PUT_BACK)


def _swapped(text: str, swap: re.Match[str]) -> str:
    """Return `text` with one text in it put in the place of another: `${x/a/b}`, `${x//a/b}`."""
    if UNKNOWN in text or SOMETHING in text:
        return SOMETHING if UNKNOWN not in text else UNKNOWN
    return text.replace(swap[2], swap[3] or "", -1 if swap[1] == "//" else 1)


def _modified(text: str, changes: str) -> str:
    """Return `text` as zsh's modifiers change it: `:h` is the directory, `:t` the name, `:r` without its end."""
    if UNKNOWN in text:
        return text
    for change in changes[1::2]:
        head, _, tail = text.rstrip("/").rpartition("/")
        if change == "h":
            text = head or ("/" if text.startswith("/") else ".")
        elif change == "t":
            text = tail
        elif change == "r":
            text = re.sub(r"(?<=[^/])\.[^/.]*$", "", text)
    return text


def _word(text: str, start: int, end: int, made_by: tuple[Call, ...]) -> Word:
    glob = bool(re.search(rf"[*?{EVERY}]|\[[^]]+\]", text))
    return Word(text.translate(_BACK).replace(EVERY, "*"), start, end, glob=glob, made_by=made_by)


def _braces(text: str) -> Iterator[str]:
    """Yield what the braces in `text` make of it. A list or a range; of a range the first ten."""
    found = _BRACES.search(text)
    if not found:
        yield text
        return
    inner = found[1]
    if "," in inner:
        parts = inner.split(",")
    else:
        first, last = inner.split("..")[:2]
        if not (first.isdigit() and last.isdigit()):
            parts = [first, last]
        else:
            low, high = sorted((int(first), int(last)))
            parts = [str(number) for number in range(low, min(high, low + 9) + 1)]
    for part in parts:
        yield from _braces(text[: found.start()] + part + text[found.end() :])


def _cut(value: str, change: str) -> str:
    """Return `value` without what `%pattern`, `%%pattern`, `#pattern` or `##pattern` takes from it."""
    if value == UNKNOWN or re.search(r"[$'\"\\`]", change):
        return value if value == UNKNOWN else SOMETHING
    if re.search(f"[{UNKNOWN}{SOMETHING}{EVERY}*?]", value):
        return SOMETHING
    greedy, pattern = change[0] == change[1:2], change.lstrip(change[0])
    cuts = range(len(value) + 1) if (change[0] == "%") == greedy else range(len(value), -1, -1)
    for at in cuts:
        head, tail = value[:at], value[at:]
        if fnmatch.fnmatchcase(tail if change[0] == "%" else head, pattern):
            return head if change[0] == "%" else tail
    return value


def _unescaped(text: str) -> str:
    """Return unquoted `text` without its backslashes."""
    return re.sub(r"\\(\n|.)", lambda found: "" if found[1] == "\n" else found[1].translate(_QUOTED), text)


def _in_double(text: str) -> str:
    return re.sub(r'\\([$`"\\])', r"\1", text).translate(_QUOTED)


def ansi(text: str) -> str:
    """Return the inside of `$'..'`, decoded."""
    try:
        with warnings.catch_warnings():  # of escapes that there are not
            warnings.simplefilter("ignore")
            text = re.sub(r"(\\[abfnrtvxuU0-7\\'\"])|\\", lambda one: one[1] or r"\\", text)
        return codecs.decode(text.encode("latin-1", "backslashreplace"), "unicode_escape").replace("\0", "")
    except UnicodeDecodeError:
        return UNKNOWN
