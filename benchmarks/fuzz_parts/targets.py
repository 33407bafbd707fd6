"""What is given the fuzzer's bytes, and what must hold for whatever they are."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

from caro_shell import lookalikes, parse, protocol, safety, sanitise
from caro_shell.errors import NoCommandFound
from caro_shell.safety import dialects
from caro_shell.safety.rules import FAILED
from fuzz_parts import settings

SHELLS = ("bash", "zsh", "fish")
HOME = "/home/user"
#: Longest that one input may take, in seconds of the processor; an uninstrumented run takes a third of it.
SLOWEST = 1.0


class TooSlowError(AssertionError):
    """An input took longer than a person would wait."""


def _text(data: bytes) -> str:
    """Return any string there is: bytes that are no UTF-8 become lone surrogates, as in a file's name."""
    return data.decode("utf-8", "surrogateescape")


def _shell_and_text(data: bytes) -> tuple[str, str]:
    return SHELLS[data[0] % len(SHELLS)] if data else "bash", _text(data[1:])


def judge(data: bytes) -> None:
    """Any verdict, of the level of its reasons, about parts of the line, and the same one each time."""
    shell, line = _shell_and_text(data)
    found = safety.judge(line, shell, home=HOME)
    levels = [reason.level for reason in found.reasons]
    assert found.level == max(levels, default=safety.Level.SAFE)
    assert found.critical == any(reason.critical for reason in found.reasons)
    for reason in found.reasons:
        assert 0 <= reason.start <= reason.end <= len(line), reason
        assert reason.level > safety.Level.SAFE, reason
        assert reason.text not in ("", FAILED), reason
        assert sanitise.printable(reason.text) == reason.text, reason
    assert safety.judge(line, shell, home=HOME) == found


def plain(data: bytes) -> None:
    """A text, and for each character of it, and for its end, a place in the line."""
    shell, line = _shell_and_text(data)
    text, places = dialects.plain(line, shell)
    assert len(places) == len(text) + 1
    assert all(0 <= place <= len(line) for place in places)


def answer(data: bytes) -> None:
    """A command that may stand on the line, or NoCommandFound with a sentence that may be shown."""
    shell, text = _shell_and_text(data)
    try:
        found = parse.read_answer(text, shell)
    except NoCommandFound as error:
        _may_be_shown(error)
        return
    assert sanitise.command(found.command) == found.command
    assert "\n" not in found.command
    assert found.explanation is None or sanitise.printable(found.explanation) == found.explanation
    assert found.confidence is None or 0 <= found.confidence <= 1


def gate(data: bytes) -> None:
    """The text as it came, or a refusal; what is shown can be seen, and says the same where it is JSON."""
    text = _text(data)
    lookalikes.first(text)
    _passes(text.strip(" \t\r\n"), sanitise.command)
    _passes(text, sanitise.words)
    shown = sanitise.printable(text)
    shown.encode("utf-8")
    assert sanitise.printable(shown) == shown
    assert all(char.isprintable() or char == "\u200d" for char in shown)
    escaped = sanitise.escaped(json.dumps(text, ensure_ascii=False))
    assert json.loads(escaped) == text
    assert sanitise.printable(escaped) == escaped


def _passes(text: str, gate_of: Callable[[str], str]) -> None:
    try:
        passed = gate_of(text)
    except NoCommandFound as error:
        _may_be_shown(error)
        return
    assert passed == text
    assert sanitise.printable(text) == text.replace("\n", " ").replace("\t", " ")
    assert "\x1b" not in text


def _may_be_shown(error: Exception) -> None:
    assert sanitise.printable(str(error)) == str(error)


def records(data: bytes) -> None:
    """MalformedRecord, or the same records in whatever slices; two bytes say how long, and how often."""
    size, times = (1 + data[0], 1 << data[1] % 16) if len(data) > 1 else (1, 1)
    stream = (data[2:] * times)[: protocol.RECORD_MAX + 4096]
    size = max(size, len(stream) // 20)
    outcomes: list[list[dict[str, str]] | None] = []
    for step in (size, len(stream) or 1):
        reader = protocol.Records()
        found: list[dict[str, str]] = []
        try:
            for at in range(0, len(stream), step):
                found += reader.feed(stream[at : at + step])
        except protocol.MalformedRecord:
            outcomes.append(None)
        else:
            outcomes.append(found)
    assert outcomes[0] == outcomes[1]
    for fields in outcomes[0] or ():
        assert protocol.decode(protocol.encode(**fields)[:-1]) == fields


def timed(target: Callable[[bytes], None]) -> Callable[[bytes], None]:
    """Return `target` that also fails for an input that takes too long."""

    def run(data: bytes) -> None:
        start = time.process_time()
        target(data)
        took = time.process_time() - start
        if took > SLOWEST:
            raise TooSlowError(f"took {took:.1f} s")

    return run


#: By name: the target, and the most bytes it is given.
TARGETS: dict[str, tuple[Callable[[bytes], None], int]] = {
    "judge": (judge, 4096),
    "dialects": (plain, 4096),
    "parse": (answer, 4096),
    "sanitise": (gate, 8192),
    "protocol": (records, 4096),
    "config": (settings.target, 2048),
}
