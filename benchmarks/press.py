"""Times a key press and its parts on this machine, each against its budget: `make bench`.

Every figure is a ratio or a difference within one run, its two arms taking turns. The models are found
where caro finds them (`CARO_HOME`), or in `--model-dir`; everything else happens in a throw-away home.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from lab import REQUESTS, Lab, model_file, report
from lab.child import Raw
from press_parts import client_start, hook_start, key_press


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
    parser = report.parser(__doc__)
    parser.add_argument(
        "--openmp-default", action="store_true", help="also time a busy machine with OpenMP's default"
    )
    run = report.Report(parser, rounds=5)
    model = model_file(run.options.model_dir)
    rows: list[Row] = []
    with Lab(model) as lab:
        for row in measure(lab, model, run.rounds, openmp_default=run.options.openmp_default):
            rows.append(row)
            print(f"{row.what}: {row.measured}, {row.figure}", file=sys.stderr)
    print(report.table([("what", "measured", "figure", "limit", "met"), *(row.cells() for row in rows)]))
    run.close(f"{len(REQUESTS)} requests", {"rows": [asdict(row) for row in rows]})
    return 0 if all(row.met is not False for row in rows) else 1


def measure(lab: Lab, model: str, rounds: int, *, openmp_default: bool) -> Iterator[Row]:
    """Yield the rows of the table, as they are known."""
    for what, pairs in client_start.measure(8 * rounds):
        ratio = pairs.ratio()
        yield Row(what, str(pairs), ratio.text("x"), "2x", ratio.median <= 2)
    for shell, pairs, processes in hook_start.measure(lab.home, lab.env, 4 * rounds):
        added = pairs.difference()
        met = added.median <= 3 and processes.startswith(("0 ", "processes not looked at"))
        yield Row(
            f"{shell}: start with the hook, over without",
            str(pairs),
            f"{added.text(' ms')}, {processes}",
            "3 ms, 0",
            met,
        )

    lab.press(REQUESTS[0])  # evaluates the prefix and saves its state
    lab.settle()
    raw = Raw(model, lab.env)
    pairs, beyond = key_press.warm(lab, raw, rounds)
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

    again = key_press.repeat(lab, rounds)
    yield Row("exact repeat of a recent request", "", again.text(" ms"), "60 ms", again.median <= 60)
    pairs = key_press.cold(lab, 2 * rounds)
    ratio = pairs.ratio()
    yield Row("no daemon running, over warm", str(pairs), ratio.text("x"), "3x", ratio.median <= 3)
    pairs = key_press.busy(lab, 2 * rounds)
    ratio = pairs.ratio()
    yield Row("every core busy, over idle", str(pairs), ratio.text("x"), "3x", ratio.median <= 3)
    if openmp_default:
        pairs = key_press.spinning(lab, 2 * rounds)
        yield Row("the same, OpenMP spinning as by default", str(pairs), pairs.ratio().text("x"))


if __name__ == "__main__":
    sys.exit(main())
