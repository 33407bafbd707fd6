"""Put the training data together: the bank, and the best of other pairs of request and command.

    python models/train/dataset.py --output data.jsonl --pairs PAIRS.jsonl... --away-from FILE...

A line of PAIRS is an object with `nl`, `cmd` and, if need be, `source` and `platform` (linux, osx, common).
A file to keep away from holds a text on each line: whatever is like one of them stays out, the bank's pairs
included. Beside the data a summary is written, with how many pairs each filter took.

A line of the data is an object: `shell` and `platform` as the prompt takes them, `turns` (pairs of words and
command that come near to each other) and `held_out`. The same arguments give the same bytes.
"""

from __future__ import annotations

import argparse
import json
import random
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

import conversations
import selection
from conversations import Row

from caro_shell.bank import pairs
from caro_shell.bank.embedding import Embedding
from caro_shell.bench.likeness import normalised

#: Shares of conversations with 1, 2, 3 ... turns; a key press shows four pairs before the request.
TURNS = (0.15, 0.1, 0.15, 0.2, 0.4)
ROOT = Path(__file__).resolve().parents[2]
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


def main() -> None:
    """Read the arguments, put together, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--bank", type=Path, default=ROOT / "models/bank")
    parser.add_argument("--embedding", type=Path, default=ROOT / "models/embedding.npz")
    parser.add_argument("--pairs", type=Path, nargs="*", default=[], metavar="PAIRS.jsonl")
    parser.add_argument("--most", type=int, default=2000, help="pairs that are taken of those files")
    parser.add_argument("--away-from", type=Path, nargs="*", default=[], metavar="FILE")
    parser.add_argument("--requests", type=int, default=1, help="requests for each command of the bank")
    parser.add_argument("--in-full", nargs="*", default=[], metavar="TOPIC",
                        help="files of the bank of which all requests are taken")  # fmt: skip
    parser.add_argument("--share", type=float, default=1.0, help="share of the other files' commands")
    parser.add_argument("--held-out-of", type=Path, metavar="DATA.jsonl",
                        help="hold out what another training's data does, and nothing else")  # fmt: skip
    parser.add_argument("--turns", type=float, nargs="+", default=TURNS, metavar="SHARE",
                        help="shares of conversations with 1, 2, 3 ... turns")  # fmt: skip
    parser.add_argument("--held-out", type=int, default=150, help="pairs to measure with")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path, required=True)
    given = parser.parse_args()
    taken: Counter[str] = Counter()
    chance = random.Random(given.seed)
    texts = [line for path in given.away_from for line in path.read_text(encoding="utf-8").splitlines()]
    own = selection.kept_away(pairs.read(str(given.bank)), texts, taken, "bank")
    in_full = {pair for topic in given.in_full for pair in pairs.read_file(str(given.bank / f"{topic}.toml"))}
    others = [pair for path in given.pairs for pair in read(path)]
    others = selection.select(others, own, texts, given.most, chance, taken)
    fewer_own = fewer([pair for pair in own if pair not in in_full], given.requests, given.share, chance)
    rows = [placed(pair, chance, "bank") for pair in fewer_own]
    rows += [placed(pair, chance, "bank, in full") for pair in own if pair in in_full]
    rows += [placed(pair, chance, "other") for pair in others]
    before = held_before(given.held_out_of) if given.held_out_of else []
    rows = without(rows, before)
    chance.shuffle(rows)
    vectors = Embedding(str(given.embedding)).vectors([row.words for row in rows])
    apart = frozenset() if before else held_out(rows, given.held_out, chance)
    kept = [number for number in range(len(rows)) if number not in apart]
    data = conversations.grouped([rows[one] for one in kept], vectors[kept], given.turns, chance)
    data += conversations.held(rows, sorted(apart), vectors, len(given.turns) - 1)
    with given.output.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(asdict(row), ensure_ascii=False) + "\n" for row in data)
        file.writelines(before)
    summary = {**summarised(rows, taken), "conversations": len(data), "held_out": len(apart) + len(before)}
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
    words = " ".join(pair.words.split())  # as a prompt has them
    return Row(words, pair.command, shells[number], platforms[number], source)


def fewer(found: list[pairs.Pair], requests: int, share: float, chance: random.Random) -> list[pairs.Pair]:
    """Return the pairs of a `share` of the commands, with at most so many `requests` for each."""
    by_command: dict[tuple[str, str], list[pairs.Pair]] = defaultdict(list)
    for pair in found:
        by_command[pair.table, pair.command].append(pair)
    kept = [those for those in by_command.values() if share >= 1 or chance.random() < share]
    return [pair for those in kept for pair in chance.sample(those, min(requests, len(those)))]


def held_before(path: Path) -> list[str]:
    """Return the lines of the data at `path` that are held out there."""
    return [
        line + "\n" for line in path.read_text(encoding="utf-8").splitlines() if json.loads(line)["held_out"]
    ]


def without(rows: list[Row], held: list[str]) -> list[Row]:
    """Return the rows that have neither words nor command of what is `held` out."""
    last = [json.loads(line)["turns"][-1] for line in held]
    words, commands = {normalised(turn[0]) for turn in last}, {turn[1] for turn in last}
    return [row for row in rows if normalised(row.words) not in words and row.command not in commands]


def held_out(rows: list[Row], count: int, chance: random.Random) -> frozenset[int]:
    """Return the numbers of at least `count` rows to hold out: with each all of the same command or words."""
    alike: dict[str, list[int]] = defaultdict(list)
    for number, row in enumerate(rows):
        alike[row.command].append(number)
        alike[normalised(row.words)].append(number)
    commands = list(dict.fromkeys(row.command for row in rows))
    chance.shuffle(commands)
    held: set[int] = set()
    for command in commands:
        if len(held) >= count:
            break
        new = [command]
        while new:  # what has the same words may have other commands, and those other words
            for number in alike[new.pop()]:
                if number not in held:
                    held.add(number)
                    new += [rows[number].command, normalised(rows[number].words)]
    return frozenset(held)


def summarised(rows: list[Row], taken: Counter[str]) -> dict[str, object]:
    """Return what the data holds and what each filter took."""
    programs = Counter(selection.program(row.command) for row in rows)
    return {
        "rows": len(rows),
        "commands": len({row.command for row in rows}),
        "by_source": dict(Counter(row.source for row in rows)),
        "by_place": dict(Counter(f"{row.shell} {row.platform}" for row in rows)),
        "programs": dict(programs.most_common(40)),
        "filtered": dict(taken),
    }


if __name__ == "__main__":
    main()
