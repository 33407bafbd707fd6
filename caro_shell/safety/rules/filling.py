"""Output without an end that would fill the disk or the memory."""

from __future__ import annotations

import re
from collections.abc import Iterator

from caro_shell.safety.arguments import split
from caro_shell.safety.call import Call
from caro_shell.safety.rules.table import said
from caro_shell.safety.verdict import Level, Reason

_ENDLESS = re.compile(r"/dev/(?:zero|urandom|random|full)")


def _fills(call: Call, home: str) -> Iterator[Reason]:
    """Output without an end that goes into a file, or into a program that keeps it all."""
    del home
    texts = call.texts
    if call.program == "dd":
        source = next((text[3:] for text in texts if text.startswith("if=")), "")
        target = next((text[3:] for text in texts if text.startswith("of=")), "")
        ends = any(re.match(r"(?:count|iflag=.*count)", text) for text in texts)
        if _ENDLESS.fullmatch(source) and target and not target.startswith(("/dev/", "/swap")) and not ends:
            yield said(Level.DANGER, f"fills the disk: {source} never ends", call)
        return
    endless = call.program == "yes" and not {"--help", "--version"} & set(texts)
    if call.program in ("cat", "cp", "tail", "base64", "xxd", "sort", "grep"):
        endless = any(_ENDLESS.fullmatch(word.text) for word in split(call.words).operands[:1])
    for one in call.redirects if endless else ():
        if (one.writes or one.appends) and not one.target.text.startswith("/dev/") and one.fd != "2":
            yield said(Level.DANGER, "fills the disk: what is written never ends", call)
    into_file = call.program == "cp" and len(texts) > 1 and not texts[-1].startswith("/dev/")
    if endless and (into_file or call.program in ("tail", "sort")):
        yield said(Level.DANGER, "fills the disk or the memory: what is read never ends", call)


def _to_file(call: Call, home: str) -> Iterator[Reason]:
    """`yes | tee file`."""
    del home
    source = call.stdin.calls[-1] if call.stdin.calls else None
    if source is None or len(call.stdin.calls) > 1:
        return
    endless = source.program == "yes" or (
        source.program == "cat" and any(_ENDLESS.fullmatch(text) for text in source.texts)
    )
    writes = any(
        (one.writes or one.appends) and not one.target.text.startswith("/dev/") for one in call.redirects
    )
    if call.program == "tee":
        writes = any(not word.text.startswith("/dev/") for word in split(call.words).operands)
    if endless and writes and call.program in ("tee", "cat", "tr", "base64"):
        yield said(Level.DANGER, "fills the disk: what is written never ends", call)


RULES = {
    **dict.fromkeys(("dd", "yes", "cp", "tail", "sort", "grep", "xxd", "cat", "base64"), _fills),
    **dict.fromkeys(("tee", "tr"), _to_file),
}
