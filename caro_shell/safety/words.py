"""What a word of the line will be when its program sees it: quotes, variables, braces, substitutions."""

from __future__ import annotations

import codecs
import itertools
import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from caro_shell.safety.call import EVERY, LONGEST, PUT_BACK, SOMETHING, UNKNOWN, Call, Word
from caro_shell.safety.expansions import CASES, SLICE, SWAP, cut, modified, sliced, swapped
from caro_shell.safety.output import outputs_of
from caro_shell.safety.state import State

if TYPE_CHECKING:
    from tree_sitter import Node

#: Most words that one may become; what is beyond would add nothing to a verdict.
_MOST = 32
#: Characters that mean something to the shell only where they are not quoted; quoted ones are moved out of
#: the way, to a private plane of Unicode, until the word is put together.
_ACTIVE = "{},*?[]~ .-=/"
_AWAY = 0xF0000
_QUOTED = {ord(char): _AWAY + ord(char) for char in _ACTIVE}
_BACK = {_AWAY + ord(char): char for char in _ACTIVE}
_BRACES = re.compile(r"\{([^{}]*,[^{}]*|[^{}.]+\.\.[^{}]+)\}")
_SIMPLE = re.compile(r"\$\{?([A-Za-z_]\w*|[0-9@*#?$!-])\}?")
_EXPANSION = re.compile(r"\$\{([#!]?)([A-Za-z_]\w*|[0-9@*#?$!-])(\[[^]]*\])?(.*)\}", re.DOTALL)

#: Letters of `$'..'` that are written as numbers, two or more in a row.
_SPELT = re.compile(
    r"(?:\\(?:x[2-7][0-9a-fA-F]|0?[01][0-7]{2}|u00[2-7][0-9a-fA-F]|U000000[2-7][0-9a-fA-F])){2}"
)


#: In a substitution: what makes its commands alternatives.
_EITHER = re.compile(r"\b(?:if|case|else)\b|\|\|")
#: `$@`, `${a[*]}`: words that are meant to be several.
_ALL_OF_THEM = re.compile(r"[$\[{][@*]")


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
        found = [_word(self._tilde(text), start, end, made_by) for text in plain]
        several = len(texts) == len(found) > 1 and not _ALL_OF_THEM.search(self._text(node))
        return [*found[:1], *(replace(word, also=True) for word in found[1:])] if several else found

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

    def _texts(self, node: Node) -> list[str]:  # noqa: C901, PLR0912
        kind, source = node.type, self._text(node)
        if source[:1] in (" ", "\t") and kind in (
            "simple_expansion",
            "expansion",
        ):  # the blank before is no part of it
            lead = source[: len(source) - len(source.lstrip(" \t"))]
            return [lead.translate(_QUOTED) + text for text in self._variable(node, source.lstrip(" \t"))]
        if kind == "raw_string":
            return [source[1:-1].translate(_QUOTED)]
        if kind == "ansi_c_string":
            if _SPELT.search(source):  # letters that nobody can read: as if printf had made them
                self._made_by.append(Call(Word("printf"), (Word(source),)))
            return [ansi(source[2:-1]).translate(_QUOTED)]
        if kind == "translated_string" and node.named_children:
            return self._texts(node.named_children[0])
        if kind == "string":
            return [text.translate(_QUOTED) for text in self._joined(node, quoted=True)]
        if kind in ("simple_expansion", "expansion"):
            return self._variable(node, source)
        if kind == "command_substitution":
            return [text.replace("\n", " ") for text in self._substituted(node)]
        if kind == "process_substitution":
            self._made_by += self._run(node)
            return ["/dev/fd/" + SOMETHING]
        if kind == "arithmetic_expansion":
            for child in node.named_children:
                if child.type == "command_substitution":
                    self._substituted(child)
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
        if sum(max(map(len, piece), default=0) for piece in pieces) > LONGEST:
            return [UNKNOWN]  # a variable that is doubled again and again
        return ["".join(parts) for parts in itertools.islice(itertools.product(*pieces), _MOST)]

    def _between(self, start: int, end: int, *, quoted: bool) -> str:
        text = self._source[start:end].decode("utf-8", "replace").translate(PUT_BACK)
        if quoted:
            return _in_double(text.strip('"').removeprefix('$"'))
        return _unescaped(text)

    def _variable(self, node: Node, source: str) -> list[str]:
        simple = _SIMPLE.fullmatch(source)
        if simple:
            self._made_by += self.state.made.get(simple[1], ())
            between = self.state.variables.get("IFS", ("",))[0].strip(" \t\n/" + UNKNOWN + SOMETHING)
            apart = str.maketrans(between, " " * len(between))  # at which the shell parts what is not quoted
            return [value.translate(apart) for value in self.state.value(simple[1])]
        found = _EXPANSION.fullmatch(source)
        if not found:
            return [UNKNOWN]
        sign, name, index, change = found.groups()
        if sign == "!" and name == "#":
            return list(self.state.value("@")[-1:])
        if sign == "!" and not index and not change:
            return [value for held in self.state.value(name) for value in self.state.value(held)]
        if sign:
            return [SOMETHING if sign == "#" else UNKNOWN]
        self._in_index(node, index or "")
        values = list(self.state.value(name))
        self._made_by += self.state.made.get(name, ())
        many = name in ("@", "*") or (index or "")[1:-1] in ("@", "*")
        if index and not many:
            held = self.state.variables.get(name + index.replace('"', "").replace("'", ""))
            if re.fullmatch(r"\[-?\d+\]", index):
                held = held or tuple(values[int(index[1:-1]) :][:1])
            values = list(held or values)
        part = SLICE.fullmatch(change)
        if part:
            return sliced(values, int(part[1]), part[2], whole=not many, first=int(name in ("@", "*")))
        return list(self._changed(node, name, values or [UNKNOWN], change))

    def _in_index(self, node: Node, index: str) -> None:
        """Read the substitutions in the index of an array."""
        for child in node.named_children if "$(" in index else ():
            for one in child.named_children:
                if one.type == "command_substitution":
                    self._substituted(one)

    def _changed(self, node: Node, name: str, values: list[str], change: str) -> Iterator[str]:  # noqa: C901
        open_ = (values == [UNKNOWN] and name not in self.state.variables) or (
            values == [""] and change[:1] == ":"
        )
        if change.startswith((":?", "?")):
            yield from (SOMETHING if value == UNKNOWN else value for value in values)
        elif change.startswith((":-", "-", ":=", "=")) and open_:
            rest = [child for child in node.named_children if child.type != "variable_name"]
            default = "".join(self.text(child) for child in rest)
            if "=" in change[:2] and default:
                self.state.variables[name] = (default,)
            yield default or UNKNOWN
        elif change.startswith((":-", "-", ":=", "=")) and values != [""]:
            yield from values
        elif change.startswith((":+", "+")):
            rest = [
                child for child in node.named_children if child.type not in ("variable_name", "subscript")
            ]
            other = "".join(self.text(child) for child in rest)
            yield "" if values == [""] else other.replace(UNKNOWN, SOMETHING) or UNKNOWN
        elif change in CASES:
            yield from (CASES[change](value) for value in values)
        elif change.startswith(("%", "#")) and name == "PWD" and not values[0].startswith("/"):
            yield ".." if change.startswith("%/") else SOMETHING  # the directory above, or its name
        elif change.startswith(("%", "#")):
            yield from (cut(value, change) for value in values)
        elif re.fullmatch(r"(?::[htraAP])+", change):  # zsh
            yield from (modified(value, change) for value in values)
        elif swap := SWAP.fullmatch(change):
            yield from (swapped(value, swap) for value in values)
        elif change.startswith(("/", ":", "^", ",", "@")):
            yield from (value if value == UNKNOWN else SOMETHING for value in values)
        else:
            yield from values

    def _substituted(self, node: Node) -> list[str]:
        calls = self._run(node)
        self._made_by += calls[:-1] if calls and calls[-1].program == "psub" else calls  # of fish
        return outputs_of(calls, self.state.cwd, either=bool(_EITHER.search(self._text(node))))

    def _tilde(self, text: str) -> str:
        if not text.startswith("~"):
            return text
        name, slash, rest = text[1:].partition("/")
        if name in ("", "+"):
            base = self.state.home if not name else self.state.cwd
        elif name == "-":
            base = self.state.variables.get("OLDPWD", (UNKNOWN,))[0]
        elif name == "root":
            base = "/root"
        elif re.fullmatch(r"[a-z_][\w-]*", name):
            base = f"/home/{name}"
        else:
            return text
        return base + slash + rest

    def _text(self, node: Node) -> str:
        return self._source[node.start_byte : node.end_byte].decode("utf-8", "replace").translate(PUT_BACK)


def _word(text: str, start: int, end: int, made_by: tuple[Call, ...]) -> Word:
    glob = bool(re.search(rf"[*?{EVERY}]|\[[^]]+\]", text))
    return Word(text.translate(_BACK).replace(EVERY, "*"), start, end, glob=glob, made_by=made_by)


def _braces(text: str) -> Iterator[str]:
    """Yield what the braces in `text` make of it. A list or a range; of a range of numbers the first ten."""
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
            one = len(first) == len(last) == 1
            parts = (
                [chr(code) for code in range(ord(first), ord(last) + 1)]
                if one and first < last
                else [first, last]
            )
        else:
            low, high = sorted((int(first), int(last)))
            parts = [str(number) for number in range(low, min(high, low + 9) + 1)]
    for part in parts:
        yield from _braces(text[: found.start()] + part + text[found.end() :])


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
