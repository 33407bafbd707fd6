"""What every benchmark asks for on its command line, and says at its end."""

from __future__ import annotations

import argparse
import json
import os
import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any

import psutil


class Report:
    """One run of a benchmark: its options, and the machine it began on."""

    def __init__(self, parser: argparse.ArgumentParser, rounds: int) -> None:
        """Read the command line: what `parser` knows, and the options that all have."""
        parser.add_argument("--rounds", type=int, default=rounds, help="how often (default: %(default)s)")
        parser.add_argument("--quick", action="store_true", help="two rounds: to see that it works")
        parser.add_argument("--json", metavar="FILE", help="write the figures there, too")
        parser.add_argument("--model-dir", metavar="DIR", help="where the default model's file is")
        self.options = parser.parse_args()
        self.rounds: int = 2 if self.options.quick else self.options.rounds
        self.load = os.getloadavg()[0]

    def close(self, repeated: str, figures: Mapping[str, Any]) -> dict[str, Any]:
        """Say what the figures depend on, `repeated` being what was done in each round, and write them.

        Return them with what they depend on.
        """
        whole = {"machine": machine(), "rounds": self.rounds, "load": round(self.load, 1), **figures}
        print(f"\n{self.rounds} rounds of {repeated}; medians (quartiles)\n{whole['machine']}")
        noisy = "; run it again on a quiet machine" * (self.load > 0.5)
        print(f"load average before: {self.load:.1f}{noisy}")
        if self.options.json:
            with open(self.options.json, "w", encoding="utf-8") as file:
                json.dump(whole, file, indent=1)
        return whole


def parser(description: str | None) -> argparse.ArgumentParser:
    """Return the parser of a benchmark whose docstring is `description`."""
    return argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )


def machine() -> str:
    """Return the machine and the versions that a figure depends on, in one line."""
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


def table(rows: Sequence[Sequence[str]]) -> str:
    """Return `rows`, the first of them the headings, as a Markdown table."""
    widths = [max(map(len, column)) for column in zip(*rows)]
    lines = [rows[0], ["-" * width for width in widths], *rows[1:]]
    return "\n".join(
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(cells, widths)) + " |" for cells in lines
    )
