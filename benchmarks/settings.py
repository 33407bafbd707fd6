"""Tries llama.cpp's settings against caro's own, in turns within one run, and prints how they compare.

What is compared is a ratio to caro's own setting, round by round: the median, and the quartiles. More than 1
is better where tokens/s are meant, worse for times and memory. A group's settings are loaded all at once, a
process for each, so that all see the same machine: up to 7 GB of memory. With `--python`, the same settings
also run in an interpreter whose llama-cpp-python was built differently (it needs psutil, too).
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Sequence
from typing import Any

from lab import Lab, model_file, report
from lab.paired import Pairs
from settings_parts import turns
from settings_parts.groups import Group, groups
from settings_parts.turns import Figures

#: What is compared: its name, its unit, and whether it belongs to a process and not to a question.
MEASURES = {
    "load": ("load", "ms", True),
    "cold": ("load and first token", "ms", True),
    "prefix": ("prefix", "tokens/s", False),
    "prefill": ("request", "tokens/s", False),
    "decode": ("decoding", "tokens/s", False),
    "memory": ("memory", "MB", True),
}


def comparison(name: str, group: Group, figures: Sequence[Figures]) -> list[list[str]]:
    """Return the table of one group: caro's own setting in figures, the others as ratios to it."""
    own_processes = len({arm.process() for arm in group.arms}) == len(group.arms)
    base = figures[0]
    shown = [key for key, (*_, process) in MEASURES.items() if key in base and (own_processes or not process)]
    rows = [[name, *(f"{MEASURES[key][0]}, {MEASURES[key][1]}" for key in shown)]]
    for arm, measured in zip(group.arms, figures):
        ratios = [Pairs(measured[key], base[key]).ratio().text("x") for key in shown]
        figures_of_base = [f"{statistics.median(base[key]):.0f}" for key in shown]
        rows.append([arm.name, *(figures_of_base if measured is base else ratios)])
    if "answer" in base:
        columns = [
            "same answers",
            "",
            *(_same(measured["answer"], base["answer"]) for measured in figures[1:]),
        ]
        rows = [[*row, cell] for row, cell in zip(rows, columns)]
    if "guessed" in base:
        columns = ["guessed right", *(f"{sum(arm['right'])} of {sum(arm['guessed'])}" for arm in figures)]
        rows = [[*row, cell] for row, cell in zip(rows, columns)]
    return rows


def _same(answers: Sequence[Any], base: Sequence[Any]) -> str:
    return f"{sum(map(str.__eq__, answers, base))} of {len(base)}"


def main() -> int:
    """Measure what is asked for, and print a table for each group."""
    parser = report.parser(__doc__)
    parser.add_argument("--only", action="append", metavar="NAME", help="this group; may be given repeatedly")
    parser.add_argument("--python", metavar="PATH", help="an interpreter with another build of llama.cpp")
    run = report.Report(parser, rounds=3)
    model = model_file(run.options.model_dir)
    record: dict[str, Any] = {}
    with Lab(model) as lab:
        known = groups(lab, run.options.python)
        unknown = set(run.options.only or ()) - set(known)
        if unknown:
            parser.error(f"no such group: {', '.join(unknown)}; there are: {', '.join(known)}")
        for name in run.options.only or known:
            figures = turns.measure(known[name], run.rounds, model, lab)
            print(f"{report.table(comparison(name, known[name], figures))}\n", flush=True)
            record[name] = [{"setting": arm.name, **got} for arm, got in zip(known[name].arms, figures)]
    run.close("each group", {"groups": record})
    return 0


if __name__ == "__main__":
    sys.exit(main())
