"""`caro bench compare`: two saved runs, task by task."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any, cast

from caro_shell.bench.compare import NEEDED, Comparison, compared, remarks
from caro_shell.bench.report import percent
from caro_shell.bench.task import load_tasks
from caro_shell.errors import CaroError, ConfigError
from caro_shell.manage.table import table
from caro_shell.sanitise import escaped, printable

_HEADINGS = ("", "OF", "BEFORE", "AFTER", "GAINED", "LOST", "DIFFERENCE", "95 %", "P")


def compare(args: argparse.Namespace) -> int:
    """Compare two runs that `caro bench quality` has saved. Raises ConfigError for a file that is none."""
    before, after = _read(args.before), _read(args.after)
    found = compared(before["tasks"], after["tasks"], load_tasks(platform=before.get("platform", "linux")))
    differ = list(remarks(before, after))
    if args.json:
        classes = [{**one._asdict(), "interval": list(one.interval)} for one in found]
        print(escaped(json.dumps({"classes": classes, "remarks": differ}, ensure_ascii=False)))
        return 0
    for remark in differ:
        print(f"caro: {printable(remark)}", file=sys.stderr)
    if not found:
        raise CaroError("the two runs have no judged task in common, so there is nothing to compare")
    print(table([_HEADINGS, *map(_row, found)]))
    return 0


def _row(one: Comparison) -> tuple[str, ...]:
    low, high = (f"{100 * bound:+.1f}" for bound in one.interval)
    return (
        one.name,
        str(one.of),
        percent(one.before / one.of),
        percent(one.after / one.of),
        str(one.gained),
        str(one.lost),
        f"{100 * (one.after - one.before) / one.of:+.1f}",
        f"{low} to {high}",
        f"{one.p:.3g}",
    )


def _read(path: str) -> dict[str, Any]:
    try:
        with open(path, encoding="utf-8") as file:
            record = json.load(file)
    except (OSError, ValueError) as error:
        record, problem = {}, str(error)
    else:
        known = record if isinstance(record, dict) else {}
        lacks = [key for key, kind in NEEDED.items() if not isinstance(known.get(key), kind)]
        problem = f"it has no {', '.join(lacks)}" if lacks else ""
    if problem:
        raise ConfigError(
            f"{path} is no saved run ({problem}); make one with: caro bench quality --save FILE"
        )
    return cast("dict[str, Any]", record)
