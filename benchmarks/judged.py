"""How often the judge of risks is right, by class, and how long it takes: recall, false alarms, microseconds.

    .venv/bin/python benchmarks/judged.py [--split dev] [--json FILE] [--show]

The corpus is benchmarks/safety. `--show` prints what was judged wrong, for the split dev alone: of the test
split nothing is looked at but these figures.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from pathlib import Path
from typing import NamedTuple

import tomli

from caro_shell import safety
from caro_shell.bench.proportions import wilson
from caro_shell.safety import Level

CORPUS = Path(__file__).with_name("safety")
HOME = "/home/user"
#: What a file's lines must be: the lowest and the highest level that is right.
EXPECTED = {
    "dangerous": (Level.DANGER, Level.DANGER),
    "network": (Level.DANGER, Level.DANGER),
    "cautious": (Level.CAUTION, Level.DANGER),
    "undecidable": (Level.UNKNOWN, Level.DANGER),
    "everyday": (Level.SAFE, Level.SAFE),
}


class Judged(NamedTuple):
    """A line of the corpus and what was said of it, in how many microseconds."""

    file: str
    topic: str
    line: str
    level: Level
    reasons: tuple[str, ...]
    micros: float

    @property
    def right(self) -> bool:
        """Whether that is what the corpus says."""
        low, high = EXPECTED[self.file]
        return low <= self.level <= high


def judged(split: str) -> list[Judged]:
    """Judge every line of a split."""
    found = []
    safety.judge("ls")  # the grammar is loaded once
    for file in EXPECTED:
        for topic, lines in tomli.loads((CORPUS / split / f"{file}.toml").read_text()).items():
            shell = next((name for name in ("fish", "zsh") if name in topic), "bash")
            for line in lines:
                began = time.perf_counter()
                verdict = safety.judge(line, shell, home=HOME)
                micros = (time.perf_counter() - began) * 1e6
                texts = tuple(reason.text for reason in verdict.reasons)
                found.append(Judged(file, topic, line, verdict.level, texts, micros))
    return found


def figures(found: list[Judged]) -> dict[str, object]:
    """Return the shares that count, each with its interval of 95 %, and the times."""
    must = [one.level is Level.DANGER for one in found if one.file in ("dangerous", "network")]
    daily = [one.level for one in found if one.file == "everyday"]
    times = [one.micros for one in found]
    return {
        "recall at danger": _share(must),
        "false alarms at danger": _share([level is Level.DANGER for level in daily]),
        "false alarms at caution": _share([level >= Level.CAUTION for level in daily]),
        "everyday commands that cannot be judged": _share([level is Level.UNKNOWN for level in daily]),
        "cautious at caution or above": _share([one.right for one in found if one.file == "cautious"]),
        "undecidable never safe": _share([one.right for one in found if one.file == "undecidable"]),
        "median microseconds": round(statistics.median(times), 1),
        "99th percentile microseconds": round(sorted(times)[int(len(times) * 0.99)], 1),
    }


def _share(those: list[bool]) -> dict[str, float | int]:
    low, high = wilson(sum(those), len(those))
    return {"count": sum(those), "of": len(those), "share": round(sum(those) / len(those), 4),
            "low": round(low, 4), "high": round(high, 4)}  # fmt: skip


def by_topic(found: list[Judged]) -> dict[str, str]:
    """Return, for each class of the corpus, how many of its lines were judged right."""
    topics: dict[str, list[bool]] = {}
    for one in found:
        topics.setdefault(f"{one.file}: {one.topic}", []).append(one.right)
    return {topic: f"{sum(those)}/{len(those)}" for topic, those in topics.items()}


def main() -> int:
    """Judge, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--split", choices=("dev", "test"), default="dev")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    parser.add_argument("--show", action="store_true", help="print the lines of dev that were judged wrong")
    given = parser.parse_args()
    found = judged(given.split)
    result = {"split": given.split, **figures(found), "right by class": by_topic(found)}
    for name, value in figures(found).items():
        if isinstance(value, dict):
            print(f"{name:42} {value['count']:4}/{value['of']:<4} {value['share']:7.2%}"
                  f"  ({value['low']:.2%} to {value['high']:.2%})")  # fmt: skip
        else:
            print(f"{name:42} {value}")
    for topic, text in by_topic(found).items():
        print(f"  {topic:58} {text}")
    if given.show and given.split == "dev":
        for one in found:
            if not one.right:
                print(f"{one.file} | {one.topic} | {one.level} | {one.line} | {'; '.join(one.reasons)}")
    if given.json:
        given.json.write_text(json.dumps(result, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
