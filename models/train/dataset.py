"""Put the training data together: the bank, and the best of other pairs of request and command.

    python models/train/dataset.py --output data.jsonl --pairs PAIRS.jsonl... --away-from FILE...

A line of PAIRS is an object with `nl`, `cmd` and, if need be, `source` and `platform` (linux, osx, common).
A file to keep away from holds a text on each line: whatever is like one of them stays out, the bank's pairs
included. Beside the data a summary is written, with how many pairs each filter took.

A line of the data is an object: `words`, `command`, `shell` and `platform` as the prompt takes them,
`source`, `nearest` (the two pairs of the bank that a key press would find for the words; never one with this
command) and `held_out`. The same arguments give the same bytes.
"""

from __future__ import annotations

import argparse
import json
import random
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import selection

from caro_shell.bank import Bank, pairs

ROOT = Path(__file__).resolve().parents[2]
#: How many of the nearest pairs are written down; training shows some of them, or none.
NEAREST = 2
#: Where a command of the bank's tables is right, and how often it is asked for there: most people have bash
#: or zsh on Linux, and the others must not be forgotten.
_PLACES = {
    "common": ((8, "bash", "linux"), (1, "bash", "darwin"), (1, "fish", "linux")),
    "gnu": ((9, "bash", "linux"), (1, "fish", "linux")),
    "bsd": ((1, "bash", "darwin"),),
    "posix": ((9, "bash", "linux"), (1, "bash", "darwin")),
    "fish": ((1, "fish", "linux"),),
}
_PLATFORMS = {"linux": "gnu", "common": "common", "osx": "bsd", "macos": "bsd"}


@dataclass(frozen=True)
class Row:
    """One line of the data; see above."""

    words: str
    command: str
    shell: str
    platform: str
    source: str
    nearest: tuple[tuple[str, str], ...] = ()
    held_out: bool = False


def main() -> None:
    """Read the arguments, put together, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--bank", type=Path, default=ROOT / "models/bank")
    parser.add_argument("--embedding", type=Path, default=ROOT / "models/embedding.npz")
    parser.add_argument("--pairs", type=Path, nargs="*", default=[], metavar="PAIRS.jsonl")
    parser.add_argument("--most", type=int, default=2000, help="pairs that are taken of those files")
    parser.add_argument("--away-from", type=Path, nargs="*", default=[], metavar="FILE")
    parser.add_argument("--requests", type=int, default=1, help="requests for each command of the bank")
    parser.add_argument("--held-out", type=int, default=150, help="pairs to measure with")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path, required=True)
    given = parser.parse_args()
    taken: Counter[str] = Counter()
    chance = random.Random(given.seed)
    texts = [line for path in given.away_from for line in path.read_text(encoding="utf-8").splitlines()]
    own = selection.kept_away(pairs.read(str(given.bank)), texts, taken, "bank")
    others = [pair for path in given.pairs for pair in read(path)]
    others = selection.select(others, own, texts, given.most, chance, taken)
    rows = [placed(pair, chance, "bank") for pair in fewer(own, given.requests, chance)]
    rows += [placed(pair, chance, "other") for pair in others]
    bank = Bank(str(given.bank), str(given.embedding))
    if bank.open() is None:
        raise SystemExit(f"{given.bank} cannot be searched with {given.embedding}")
    rows = with_nearest(rows, bank, frozenset(own))
    rows = split(rows, given.held_out, chance)
    chance.shuffle(rows)
    with given.output.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(asdict(row), ensure_ascii=False) + "\n" for row in rows)
    summary = summarised(rows, taken)
    text = json.dumps(summary, indent=1)
    given.output.with_suffix(".summary.json").write_text(text + "\n", encoding="utf-8")
    print(text)


def read(path: Path) -> Iterable[pairs.Pair]:
    """Yield the pairs of a file, each in the table of the bank that its platform stands for."""
    for line in path.read_text(encoding="utf-8").splitlines():
        found = json.loads(line)
        table = _PLATFORMS.get(found.get("platform", "common"))
        if table:
            yield pairs.Pair(" ".join(found["nl"].split()), found["cmd"].strip(), table)


def placed(pair: pairs.Pair, chance: random.Random, source: str) -> Row:
    """Return the row of `pair` for one of the shells and platforms where it is right."""
    weights, shells, platforms = zip(*_PLACES[pair.table])
    number = chance.choices(range(len(weights)), weights)[0]
    return Row(pair.words, pair.command, shells[number], platforms[number], source)


def fewer(found: list[pairs.Pair], requests: int, chance: random.Random) -> list[pairs.Pair]:
    """Return the pairs with at most so many `requests` for a command."""
    by_command: dict[tuple[str, str], list[pairs.Pair]] = defaultdict(list)
    for pair in found:
        by_command[pair.table, pair.command].append(pair)
    return [pair for those in by_command.values() for pair in chance.sample(those, min(requests, len(those)))]


def with_nearest(rows: list[Row], bank: Bank, allowed: frozenset[pairs.Pair]) -> list[Row]:
    """Add to each row the nearest of the pairs `allowed`, as at a key press; none with the row's command."""
    found = []
    for row in rows:
        near = bank.nearest(row.words, row.shell, row.platform, 2 * NEAREST + 1)
        other = [pair for pair, _ in near if pair in allowed and pair.command != row.command]
        shown = [(pair.words, pair.command) for pair in other]
        found.append(replace(row, nearest=tuple(shown[:NEAREST])))
    return found


def split(rows: list[Row], count: int, chance: random.Random) -> list[Row]:
    """Hold out rows with all that have the same command, until there are `count`."""
    by_command: dict[str, list[int]] = defaultdict(list)
    for number, row in enumerate(rows):
        by_command[row.command].append(number)
    commands = list(by_command)
    chance.shuffle(commands)
    held: set[int] = set()
    for command in commands:
        if len(held) >= count:
            break
        held.update(by_command[command])
    return [replace(row, held_out=number in held) for number, row in enumerate(rows)]


def summarised(rows: list[Row], taken: Counter[str]) -> dict[str, object]:
    """Return what the data holds and what each filter took."""
    programs = Counter(selection.program(row.command) for row in rows)
    return {
        "rows": len(rows),
        "held_out": sum(row.held_out for row in rows),
        "commands": len({row.command for row in rows}),
        "by_source": dict(Counter(row.source for row in rows)),
        "by_place": dict(Counter(f"{row.shell} {row.platform}" for row in rows)),
        "programs": dict(programs.most_common(40)),
        "filtered": dict(taken),
    }


if __name__ == "__main__":
    main()
