"""Times caro's key press against the commands of its peers, on the same model file: `make bench-peers`.

All answer the same sentences and take turns within one run, after a first call that does not count; beside
them, llama.cpp alone writes as many tokens as caro did. No cache of answers is on. The peers are installed
from the package index at the first run; from then on only this machine is spoken to.
"""

from __future__ import annotations

import itertools
import os
import random
import statistics
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import psutil
from lab import REQUESTS, Lab, model_file, report
from lab.child import Raw
from lab.paired import Pairs, Spread, seconds
from peers_parts import server
from peers_parts.arms import Arm, Call, Parts, alone, caro, theirs
from peers_parts.install import install
from peers_parts.peer import Peer
from peers_parts.programs import LlmCmdComp, ShellGpt, WhatIsIt

from caro_shell import __version__

sys.path.append(str(Path(__file__).resolve().parent.parent / "docs"))
import compare

_PEERS: tuple[type[Peer], ...] = (WhatIsIt, ShellGpt, LlmCmdComp)
_SERVER = (server.PACKAGE,)
_HEADINGS = (
    "what",
    "key press to line",
    "over caro",
    "client",
    "daemon",
    "prefill",
    "decode",
    "tokens in, out",
)


def main() -> int:
    """Install, measure, print; write what is asked for."""
    parser = report.parser(__doc__)
    parser.add_argument("--svg", metavar="FILE", help="draw them there")
    run = report.Report(parser, rounds=5)
    model = model_file(run.options.model_dir)
    programs = {packages: install(packages) for packages in (_SERVER, *(peer.packages for peer in _PEERS))}
    with Lab(model) as lab:
        arms = measure(lab, model, programs, run.rounds)
    print(report.table([_HEADINGS, *(_row(arm) for arm in arms)]))
    for arm in arms:
        for fault in arm["faults"]:
            print(f"{arm['name']}: {fault}")
    print(f"the peers' server: {server.PACKAGE}; model: {os.path.basename(model)}")
    about = {"server": server.PACKAGE, "model": os.path.basename(model), "sentences": len(REQUESTS)}
    figures = run.close(f"{len(REQUESTS)} sentences", {**about, "arms": arms})
    if run.options.svg:
        compare.write(figures, run.options.svg)
    return 0


def measure(lab: Lab, model: str, programs: dict[tuple[str, ...], str], rounds: int) -> list[dict[str, Any]]:
    """Measure in `lab`; `programs` says where those of some packages are. Return the figures of each arm."""
    press = caro(lab)
    first = {words: press(words) for words in REQUESTS}
    python = os.path.join(programs[_SERVER], "python")
    shared = server.start(python, model, lab.env)
    cores = psutil.cpu_count(logical=False) or 1
    peers: list[Peer] = [
        WhatIsIt(programs[WhatIsIt.packages], lab.env, python, model, cores),
        ShellGpt(programs[ShellGpt.packages], lab.env, shared),
        LlmCmdComp(programs[LlmCmdComp.packages], lab.env, shared),
    ]
    arms: dict[tuple[str, str], Arm] = {
        ("caro", __version__): press,
        ("llama.cpp alone", "for caro's tokens"): alone(Raw(model, lab.env), first),
        **{peer.title(): theirs(peer) for peer in peers},
    }
    calls = take_turns(list(arms.values()), rounds)
    return [
        {"name": name, "detail": detail, **_figures(those, calls[0])}
        for (name, detail), those in zip(arms, calls)
    ]


def take_turns(arms: Sequence[Arm], rounds: int) -> list[list[Call]]:
    """Return each arm's calls, sentence after sentence and round after round; who goes first is drawn."""
    calls: list[list[Call]] = [[] for _ in arms]
    draw = random.Random(7)
    for turn in range(rounds):
        for words in REQUESTS:
            for i in draw.sample(range(len(arms)), len(arms)):
                calls[i].append(arms[i](words))
        print(f"round {turn + 1} of {rounds}", file=sys.stderr)
    return calls


def _figures(calls: Sequence[Call], ours: Sequence[Call]) -> dict[str, Any]:
    """Return what the report says about one arm, `ours` being caro's calls on the same sentences."""
    whole = [call.ms for call in calls]
    parts = {
        name: statistics.median(getattr(call.parts, name) for call in calls) for name in Parts.__annotations__
    }
    faults = {f"{words}: {call.fault}" for words, call in zip(itertools.cycle(REQUESTS), calls) if call.fault}
    return {
        "ms": asdict(Spread.of(whole)),
        "every_ms": [round(ms, 1) for ms in whole],
        "over_caro": asdict(Pairs(whole, [call.ms for call in ours]).ratio()),
        "parts_ms": parts,
        "tokens_in": statistics.median(call.read for call in calls),
        "tokens_out": statistics.median(call.written for call in calls),
        "answers": dict(zip(REQUESTS, [call.text for call in calls[-len(REQUESTS) :]])),
        "faults": sorted(faults),
    }


def _row(arm: dict[str, Any]) -> tuple[str, ...]:
    return (
        f"{arm['name']} {arm['detail']}",
        seconds(arm["ms"]["median"]),
        Spread(**arm["over_caro"]).text("x"),
        *(seconds(part) if part else "" for part in arm["parts_ms"].values()),
        f"{arm['tokens_in']:.0f}, {arm['tokens_out']:.0f}",
    )


if __name__ == "__main__":
    sys.exit(main())
