"""What programs that pick some of their input, or that are told a text, print: `cut`, `tail`, `grep`, `perl -e 'print ..'`."""

from __future__ import annotations

import re
from collections.abc import Callable

from caro_shell.safety.arguments import split
from caro_shell.safety.call import SOMETHING, UNKNOWN, Call

#: A program of another language that prints one text, and nothing else.
_SAYS = re.compile(
    r"\s*(?:BEGIN\s*\{\s*)?(?:print|puts|console\.log|say|echo|printf|putStr(?:Ln)?)\s*\(?\s*"
    r"(?P<by>[\"'])(?P<text>[^\"'$\\#{}%]*)(?P=by)\s*\)?\s*;?\s*\}?\s*"
)
_TOLD = re.compile(r"(?:python|perl|ruby|node|php|lua)[\d.]*|[gmn]?awk")


def printed(call: Call, read: Callable[[Call], str | None]) -> str | None:
    """Return what `call` prints of what it reads (`read`); None where that cannot be told."""
    program = call.program
    if _TOLD.fullmatch(program):
        found = next((one for text in call.texts if (one := _SAYS.fullmatch(text))), None)
        if found:
            return found["text"] + "\n"
    if program == "jq":
        found = next((one for text in call.texts if (one := re.fullmatch(r'"([^"\\]*)"', text))), None)
        return found[1] + "\n" if found and "n" in call.texts[0] else None
    pick = _PICKS.get(program)
    text = read(call) if pick else None
    if pick is None or text is None or UNKNOWN in text or SOMETHING in text:
        return None
    lines = pick(call, text.rstrip("\n").split("\n"))
    return None if lines is None else "".join(line + "\n" for line in lines)


def _tail(call: Call, lines: list[str]) -> list[str] | None:
    found = split(call.words, "-n --lines -c --bytes")
    count = found.values.get("-n") or found.values.get("--lines")
    text = count.text if count else next((one[1:] for one in call.texts if re.fullmatch(r"-\d+", one)), "10")
    if found.has("-c", "--bytes") or not re.fullmatch(r"[-+]?\d+", text):
        return None
    if text.startswith("+"):
        return lines[max(int(text) - 1, 0) :]
    return lines[-abs(int(text)) :] if int(text) else []


def _cut(call: Call, lines: list[str]) -> list[str] | None:
    found = split(call.words, "-d -f -c -b --delimiter --fields")
    field = found.values.get("-f") or found.values.get("--fields")
    mark = found.values.get("-d") or found.values.get("--delimiter")
    between = mark.text if mark else "\t"
    if field is None or found.operands or not field.text.isdigit() or not between:
        return None
    at = int(field.text) - 1
    parted = [line.split(between) for line in lines]
    return [parts[at] if at < len(parts) else "" if len(parts) > 1 else parts[0] for parts in parted]


def _grep(call: Call, lines: list[str]) -> list[str] | None:
    found = split(call.words, "-m -A -B -C -e")
    plain = found.operands[0].text if len(found.operands) == 1 else ""
    if not re.fullmatch(r"[\w/ -]+", plain) or found.options - {"-F", "-E", "-w"}:
        return None
    return [line for line in lines if plain in line]


def _awk(call: Call, lines: list[str]) -> list[str] | None:
    found = split(call.words, "-F")
    mark = found.values.get("-F")
    field = re.fullmatch(r"\{\s*print\s+\$(\d)\s*;?\s*\}", found.operands[0].text if found.operands else "")
    if field is None or len(found.operands) > 1 or (mark and not re.fullmatch(r"[:,;/|]", mark.text)):
        return None
    at = int(field[1])
    parted = [[line, *line.split(mark.text if mark else None)] for line in lines]
    return [parts[at] if at < len(parts) else "" for parts in parted]


_PICKS: dict[str, Callable[[Call, list[str]], list[str] | None]] = {
    "tail": _tail, "cut": _cut, "grep": _grep, "awk": _awk, "gawk": _awk, "mawk": _awk,
}  # fmt: skip
