"""Times a key press and its parts on this machine, each against its budget: `make bench`.

Every figure is a ratio or a difference within one run, its two arms taking turns. The models are found
where caro finds them (`CARO_HOME`), or in `--model-dir`; everything else happens in a throw-away home.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import version

import client_start
import hook_start
import key_press
import psutil
from lab import Lab, model_file


@dataclass(frozen=True)
class Row:
    """One line of the table. `limit` is empty for a row that is there for comparison only."""

    what: str
    measured: str
    figure: str
    limit: str = ""
    met: bool | None = None

    def cells(self) -> tuple[str, ...]:
        """Return what the table shows."""
        return (
            self.what,
            self.measured,
            self.figure,
            self.limit,
            {True: "yes", False: "NO", None: ""}[self.met],
        )


def main() -> int:
    """Measure, print the table; exit status 0 when every limit is met."""
    args = _arguments()
    model = model_file(args.model_dir)
    rows: list[Row] = []
    load = os.getloadavg()[0]
    try:
        with Lab(model) as lab:
            for row in measure(lab, model, args):
                rows.append(row)
                print(f"{row.what}: {row.measured}, {row.figure}", file=sys.stderr)
    except KeyboardInterrupt:
        print("benchmark: interrupted; everything it started was ended", file=sys.stderr)
        return 130
    _print_table(rows)
    print(f"\n{args.rounds} rounds of {len(key_press.REQUESTS)} requests; medians (quartiles)\n{_machine()}")
    print(f"load average before: {load:.1f}" + "; run it again on a quiet machine" * (load > 0.5))
    if args.json:
        with open(args.json, "w", encoding="utf-8") as file:
            json.dump(
                {"machine": _machine(), "rounds": args.rounds, "rows": [asdict(r) for r in rows]},
                file,
                indent=1,
            )
    return 0 if all(row.met is not False for row in rows) else 1


def measure(lab: Lab, model: str, args: argparse.Namespace) -> Iterator[Row]:
    """Yield the rows of the table, as they are known."""
    for what, pairs in client_start.measure(8 * args.rounds):
        ratio = pairs.ratio()
        yield Row(what, str(pairs), ratio.text("x"), "2x", ratio.median <= 2)
    for shell, pairs, processes in hook_start.measure(lab.home, lab.env, 4 * args.rounds):
        added = pairs.difference()
        met = added.median <= 3 and processes.startswith(("0 ", "processes not looked at"))
        yield Row(
            f"{shell}: start with the hook, over without",
            str(pairs),
            f"{added.text(' ms')}, {processes}",
            "3 ms, 0",
            met,
        )

    lab.press(key_press.REQUESTS[0])  # evaluates the prefix and saves its state
    raw = key_press.Raw(model, lab.env)
    pairs, beyond = key_press.warm(lab, raw, args.rounds)
    raw.end()
    ratio = pairs.ratio()
    yield Row(
        "warm key press, over raw llama.cpp", str(pairs), ratio.text("x"), "1.15x", ratio.median <= 1.15
    )
    yield Row(
        "first character, beyond prefill and a step", "", beyond.text(" ms"), "50 ms", beyond.median <= 50
    )

    rss, size = key_press.memory(lab, model)
    yield Row(
        "daemon's memory, over the model's file",
        f"{rss:.0f} MB against {size:.0f} MB",
        f"{rss / size:.2f}x",
        "1.25x",
        rss <= 1.25 * size,
    )

    again = key_press.repeat(lab, args.rounds)
    yield Row("exact repeat of a recent request", "", again.text(" ms"), "60 ms", again.median <= 60)
    pairs = key_press.cold(lab, args.rounds)
    ratio = pairs.ratio()
    yield Row("no daemon running, over warm", str(pairs), ratio.text("x"), "3x", ratio.median <= 3)
    pairs = key_press.busy(lab, args.rounds)
    ratio = pairs.ratio()
    yield Row("every core busy, over idle", str(pairs), ratio.text("x"), "3x", ratio.median <= 3)
    if args.openmp_default:
        pairs = key_press.spinning(lab, 2)
        yield Row("the same, OpenMP spinning as by default", str(pairs), pairs.ratio().text("x"))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--rounds", type=int, default=5, help="rounds of the key presses (default: %(default)s)"
    )
    parser.add_argument("--quick", action="store_true", help="two rounds: to see that it works")
    parser.add_argument("--json", metavar="FILE", help="write the table there, too")
    parser.add_argument("--model-dir", metavar="DIR", help="where the default model's file is")
    parser.add_argument(
        "--openmp-default", action="store_true", help="also time a busy machine with OpenMP's default"
    )
    args = parser.parse_args()
    args.rounds = 2 if args.quick else args.rounds
    return args


def _machine() -> str:
    name = platform.processor() or platform.machine()
    if os.path.exists("/proc/cpuinfo"):
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            names = [line.partition(":")[2].strip() for line in file if line.startswith("model name")]
        name = names[0] if names else name
    memory = psutil.virtual_memory().total / 2**30
    return (
        f"{psutil.cpu_count(logical=False)} cores, {name}, {memory:.0f} GiB, {platform.system()}; "
        f"Python {platform.python_version()}, llama-cpp-python {version('llama-cpp-python')}"
    )


def _print_table(rows: list[Row]) -> None:
    table = [("what", "measured", "figure", "limit", "met"), *(row.cells() for row in rows)]
    widths = [max(map(len, column)) for column in zip(*table)]
    table.insert(1, tuple("-" * width for width in widths))
    for cells in table:
        print("| " + " | ".join(cell.ljust(width) for cell, width in zip(cells, widths)) + " |")


if __name__ == "__main__":
    sys.exit(main())
