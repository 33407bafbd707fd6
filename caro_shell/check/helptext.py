"""Pure: which options a program takes, read off what it says of itself: its `--help`, its manual page.

A `--help` in GNU's form says what takes a value. A manual page is read generously: whatever looks like an
option anywhere in it is one, and letters may have a value unless they stand at the head of a paragraph.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from caro_shell.check.arguments import Options

_VALUE = (
    r"(?:\[=?[^\]]*\]|=<[^>]*>|=[^\s,]+|[ ](?:<[^>]*>|\[[^\]]*\]|[A-Z][A-Z0-9_/:.-]*(?=[\s,]|$)"
    r"|[a-z-]+(?=,|$|[ ]{2})))"
)
_HEAD = re.compile(
    rf"[ \t]{{0,12}}(?=-)((?:(?:-[\w?@#$]|--?[\w][\w-]*|\w)(?:{_VALUE})?(?:,[ ]|[ ]\|[ ]|$|(?=\s)))+)"
)
_ITEM = re.compile(rf"(--?[\w?@#$][\w-]*)({_VALUE})?")
_ANYWHERE = re.compile(r"(?<![\w-])--?[A-Za-z0-9?@#][\w-]*")
_BUNDLE = re.compile(r"\[-([A-Za-z0-9@%]{2,})")
_RUNS_OTHERS = re.compile(
    r"\b(?:sub)?commands?\b|\b(?:action|verb|program|utility|script|operation|cmd)s?\b|\{[a-z-]+[ ]?\|",
    re.IGNORECASE,
)


def from_help(text: str) -> Options:
    """Return the options that the text of a `--help` lists."""
    takes: dict[str, str] = {}
    for line in text.split("\n"):
        for name, value in _at_head(line):
            takes.setdefault(name, value)
    return Options(takes)


def from_page(source: str) -> Options:
    """Return the options named in a manual page, given in the language of troff."""
    text = _plain(source)
    takes = {"--help": "", "--version": "", "-h": "?", "-V": "?"}
    for line in text.split("\n"):
        for name, value in _at_head(line):
            takes.setdefault(name, value or ("?" if len(name) == 2 else ""))
    text = text.replace("--[no-]", "--").replace("--[no]", "--")
    for name in _ANYWHERE.findall(text):
        takes.setdefault(name.rstrip("-"), "?" if len(name) == 2 else "")
    for letters in _BUNDLE.findall(text):
        for letter in letters:
            takes.setdefault(f"-{letter}", "?")
    synopsis = re.search(
        r"^\.?SH \"?SYNOPSIS\"?\n(.*?)^\.?SH ", text, re.DOTALL | re.MULTILINE | re.IGNORECASE
    )
    return Options(takes, ends=bool(synopsis and _RUNS_OTHERS.search(synopsis[1])), vague=True)


def _at_head(line: str) -> Iterator[tuple[str, str]]:
    """Yield the options that a line begins with, each with what follows it; they share the value of one."""
    head = _HEAD.match(line)
    if not head:
        return
    items = [(name, _kind(value)) for name, value in _ITEM.findall(head[1])]
    shared = next((kind for name, kind in reversed(items) if name.startswith("--")), items[-1][1])
    if len({name for name, _ in items}) < len(items):
        shared = "?"  # "--check, --check=quiet"
    for name, kind in items:
        yield name, kind or shared


def _kind(value: str) -> str:
    return "" if not value else "?" if value.lstrip().startswith("[") else ":"


_ESCAPE = re.compile(r"\\(?:f(?:\(..|\[[^]]*\]|.)|[&,/|^:%]|s[+-]?\d|[mF]\[[^]]*\]|\*(?:\(..|\[[^]]*\]|.))")
_GLYPHS = {r"\-": "-", r"\(hy": "-", r"\ ": " ", r"\~": " ", r"\(aq": "'", r"\(dq": '"', r"\e": "\\"}
_GLYPH = re.compile("|".join(map(re.escape, _GLYPHS)))
_MACRO = re.compile(r"^\.[ ]*(SH|[A-Za-z]{1,2})[ ]?(.*)$", re.MULTILINE)
_FLAG = re.compile(r"\bFl[ ]((?:(?!Ar\b|Op\b|Fl\b|Ns\b|Oc\b|Cm\b|Xo\b)[^\s|,]+[ ]?)*)")


def _plain(source: str) -> str:
    """Return a page's text, without fonts and most macros."""
    text = _GLYPH.sub(lambda glyph: _GLYPHS[glyph[0]], _ESCAPE.sub("", source))
    text = re.sub(r"^[.']\\\".*\n", "", text, flags=re.MULTILINE)
    return _MACRO.sub(_expanded, text)


def _expanded(macro: re.Match[str]) -> str:
    """Return the text of a line with a macro; mdoc's flags get their dash."""
    name, rest = macro[1], macro[2]
    if name in ("SH", "Sh"):
        return f"SH {rest}"
    flags = " ".join(f"-{flag}" for found in _FLAG.findall(f"{name} {rest}") for flag in found.split())
    bundles = " ".join(f"[{flag}]" for flag in flags.split() if len(flag) > 2 and flag[1] != "-")
    if flags:
        return f"{flags} {bundles}\n{rest}"
    if name in ("BR", "RB", "BI", "IB", "IR", "RI"):  # words in two fonts in turn, nothing between them
        words = re.findall(r'"[^"]*"|\S+', rest)
        return "".join(word.strip('"') for word in words)
    return rest.replace('"', "")
