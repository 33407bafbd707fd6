"""The arms of `peers.py`, each answering a sentence: caro's key press, llama.cpp alone, a peer's command."""

from __future__ import annotations

import re
from dataclasses import astuple, dataclass
from typing import Callable

from lab import Lab
from lab.child import Raw

from peers_parts.peer import Peer

#: A first call does not count. It is none of the sentences: a server would have that one in its cache whole.
_FIRST = "show the calendar of this month"
_TIMING = re.compile(r"(\w+)=([\d.]+)")


@dataclass(frozen=True)
class Parts:
    """Where the milliseconds of one call went: the model's, the daemon's others, and all that is left."""

    client: float
    daemon: float
    prefill: float
    decode: float


@dataclass(frozen=True)
class Call:
    """One sentence answered: what came, what is wrong with it, the parts, and the tokens read and written."""

    text: str
    fault: str
    parts: Parts
    read: float
    written: float

    @property
    def ms(self) -> float:
        """The whole time, in milliseconds."""
        whole: float = sum(astuple(self.parts))
        return whole


Arm = Callable[[str], Call]


def caro(lab: Lab) -> Arm:
    """Return the arm that presses caro's key. The parts are what the daemon logged of that press."""
    lab.press(_FIRST)
    lab.settle()

    def call(words: str) -> Call:
        press = lab.press(words)
        with open(lab.log(), encoding="utf-8") as log:
            timings = [line for line in log if "Timings(" in line][-1]
        said = {name: float(value) for name, value in _TIMING.findall(timings)}
        prefill, decode = said["prefill_ms"], said["decode_ms"]
        total = said["total_ms"]
        parts = Parts(press.finished_ms - total, total - prefill - decode, prefill, decode)
        read = said["prompt_tokens"] - said["cached_tokens"]
        return Call(press.line, "", parts, read, said["generated_tokens"])

    return call


def alone(raw: Raw, like: dict[str, Call]) -> Arm:
    """Return the arm in which llama.cpp alone reads and writes as many tokens as in the calls `like`."""
    raw.time(_FIRST, 1)  # evaluates the prefix

    def call(words: str) -> Call:
        model = like[words]
        took = raw.time(words, int(model.written), int(model.read))
        parts = Parts(0, 0, took["first_ms"], took["total_ms"] - took["first_ms"])
        return Call(model.text, "", parts, model.read, model.written)

    return call


def theirs(peer: Peer) -> Arm:
    """Return the arm that runs the peer's command; what its server did not count is its client's."""
    peer.ask(_FIRST)  # starts whatisit's server, and puts the peer's prompt into its server's cache

    def call(words: str) -> Call:
        before = peer.server.spent()
        answer = peer.ask(words)
        spent = peer.server.spent() - before
        rest = answer.finished_ms - spent.prefill_ms - spent.decode_ms
        parts = Parts(rest, 0, spent.prefill_ms, spent.decode_ms)
        return Call(answer.text, answer.fault(), parts, spent.read_tokens, spent.written_tokens)

    return call
