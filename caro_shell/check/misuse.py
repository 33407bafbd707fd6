"""Pure: calls that the program takes, or seems to, and that never come to what anybody wants of them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from caro_shell.check.calls import Call

_SED_SCRIPT = re.compile(r"[\d$,]*(?:s(\W).*\1.*\1|/.*/|[\d$]+[dpq]$)")
_COMPRESSED = re.compile(r".*\.(?:gz|tgz|bz2|tbz2?|xz|txz|zst|Z)")
_ADDS = re.compile(r"--(?:append|update)|-?(?!\w*[cdtx])\w*[ru]\w*")


def said(call: Call, platform: str) -> Iterator[str]:
    """Yield what is wrong with `call`, each a sentence without its full stop."""
    about = _ABOUT.get(call.program)
    if about:
        yield from about([word.text for word in call.arguments], platform)


def _find(texts: list[str], _: str) -> Iterator[str]:
    for at, text in enumerate(texts):
        if text in ("-exec", "-execdir") and not {";", "+"} & set(texts[at + 1 :]):
            yield f"{text} has no end, ; or +; a pipe in it takes: sh -c"
    if "-size" in texts and "-o" not in texts and _pair(texts, "-type", "d"):
        yield "-size of a folder is not what is in it: du says that"


def _sed(texts: list[str], platform: str) -> Iterator[str]:
    """`sed -i`, whose suffix is a word of its own on a Mac, and never with GNU."""
    behind = texts[texts.index("-i") + 1 :] if "-i" in texts else []
    if behind and platform == "darwin" and (_SED_SCRIPT.match(behind[0]) or behind[0] == "-e"):
        yield "sed -i takes a suffix here, which may be empty: sed -i ''"
    if behind and platform.startswith("linux") and not behind[0]:
        yield "sed -i takes no '' here"


def _tar(texts: list[str], _: str) -> Iterator[str]:
    adds = bool(texts) and _ADDS.fullmatch(texts[0]) is not None
    behind = [then for text, then in zip(texts, texts[1:]) if re.fullmatch(r"--file|-?\w*f", text)]
    if adds and any(_COMPRESSED.fullmatch(text) for text in behind):
        yield "tar adds nothing to a compressed archive: let it make one of all at once"


def _pair(texts: list[str], *pair: str) -> bool:
    return pair in [*zip(texts, texts[1:])]


_ABOUT = {"find": _find, "sed": _sed, "tar": _tar}
