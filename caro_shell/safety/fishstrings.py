"""What fish's `string` prints, where its text is known."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable

from caro_shell.safety.arguments import Arguments, split
from caro_shell.safety.call import UNKNOWN, Call

_VALUED = {
    "sub": "-s -l -e --start --length --end",
    "repeat": "-n -m --count --max",
    "trim": "-c --chars",
    "split": "-m -f --max --fields",
    "replace": "",
    "pad": "-c -w --char --width",
    "shorten": "-c -m --char --max",
    "match": "-m --max-matches",
}
#: How many operands stand before the texts.
_BEFORE = {"join": 1, "replace": 2, "split": 1, "match": 1}
_ESCAPED = re.compile(r"\\[xX]([0-9a-fA-F]{1,2})|\\u([0-9a-fA-F]{1,4})|\\([0-7]{1,3})|\\(.)")


def printed(call: Call, arriving: Callable[[Call], str | None]) -> str | None:
    """Return what `string ..` prints; `arriving` is asked for what it reads where it is given no text."""
    verb = call.texts[0] if call.texts else ""
    act = _VERBS.get(verb)
    if act is None:
        return None
    found = split(call.words[1:], _VALUED.get(verb, ""), ends=True)
    texts = [word.text for word in found.operands]
    before, texts = texts[: _BEFORE.get(verb, 0)], texts[_BEFORE.get(verb, 0) :]
    texts = texts[1:] if texts[:1] == ["--"] else texts
    if not texts:
        read = arriving(call)
        if read is None:
            return None
        texts = read.rstrip("\n").split("\n")
    if UNKNOWN in "".join((*before, *texts)):
        return None
    return "\n".join(act(found, before, texts)) + "\n"


def _number(found: Arguments, short: str, long: str, other: int) -> int:
    word = found.values.get(short) or found.values.get(long)
    return int(word.text) if word and re.fullmatch(r"-?\d{1,4}", word.text) else other


def _sub(found: Arguments, _: list[str], texts: list[str]) -> list[str]:
    start = _number(found, "-s", "--start", 1)
    length, end = _number(found, "-l", "--length", 9999), _number(found, "-e", "--end", 9999)
    return [text[max(start - 1, 0) if start > 0 else start :][:length][:end] for text in texts]


def _endless(pattern: str, texts: list[str]) -> bool:
    """Say whether the search for `pattern` might take long: it repeats groups, or much in a long text."""
    repeats = len(re.findall(r"[*+{]", pattern))
    return bool(re.search(r"\)[*+{]", pattern)) or repeats > 3 or max(map(len, texts), default=0) > 200


def _replace(found: Arguments, before: list[str], texts: list[str]) -> list[str]:
    old, new = [*before, "", ""][:2]
    if not found.has("-r", "--regex"):
        return [text.replace(old, new, -1 if found.has("-a", "--all") else 1) for text in texts]
    if _endless(old, texts):
        return [UNKNOWN]
    try:
        form = re.sub(r"\$(\d)", r"\\\1", new)
        return [re.sub(old, form, text, count=0 if found.has("-a", "--all") else 1) for text in texts]
    except (re.error, IndexError):
        return [UNKNOWN]


def _trim(found: Arguments, _: list[str], texts: list[str]) -> list[str]:
    word = found.values.get("-c") or found.values.get("--chars")
    return [text.strip(word.text if word else None) for text in texts]


def _repeat(found: Arguments, _: list[str], texts: list[str]) -> list[str]:
    count = _number(found, "-n", "--count", 1)
    return [text * min(count, 200) for text in texts]


def _match(found: Arguments, before: list[str], texts: list[str]) -> list[str]:
    """Return what matches: a text as a whole for a glob, for a regular expression its part and groups."""
    if found.has("-q", "--quiet"):
        return []
    pattern = (before or [""])[0]
    pattern = pattern if found.has("-r", "--regex") else rf"(?:{fnmatch.translate(pattern)})"
    if found.has("-r", "--regex") and _endless(pattern, texts):
        return [UNKNOWN]
    flags = re.IGNORECASE if found.has("-i", "--ignore-case") else 0
    try:
        matches = [(text, re.search(pattern, text, flags)) for text in texts]
    except re.error:
        return [UNKNOWN]
    if found.has("-v", "--invert"):
        return [text for text, match in matches if not match]
    if found.has("-e", "--entire"):
        return [text for text, match in matches if match]
    whole = not found.has("-g", "--groups-only")
    return [part for _, match in matches if match for part in (match[0],) * whole + match.groups("")]


def _unescaped(_: Arguments, __: list[str], texts: list[str]) -> list[str]:
    def char(one: re.Match[str]) -> str:
        digits = one[1] or one[2]
        code = int(digits, 16) if digits else int(one[3], 8) if one[3] else 0
        return chr(code % 0xD800) if code else {"n": "\n", "t": "\t"}.get(one[4] or "", one[4] or "")

    return [_ESCAPED.sub(char, text) for text in texts]


def _same(_: Arguments, __: list[str], texts: list[str]) -> list[str]:
    return texts


_VERBS: dict[str, Callable[[Arguments, list[str], list[str]], list[str]]] = {
    "join": lambda _, before, texts: [(before or [""])[0].join(texts)],
    "replace": _replace,
    "trim": _trim,
    "sub": _sub,
    "repeat": _repeat,
    "split": lambda _, before, texts: [
        part for text in texts for part in (text.split(before[0]) if before and before[0] else list(text))
    ],
    "lower": lambda _, __, texts: [text.lower() for text in texts],
    "upper": lambda _, __, texts: [text.upper() for text in texts],
    "split0": lambda _, __, texts: [part for text in texts for part in text.split("\0")],
    "join0": lambda _, __, texts: ["\0".join(texts)],
    "match": _match,
    "pad": _same,
    "shorten": _same,
    "collect": _same,
    "escape": _same,
    "unescape": _unescaped,
}
