"""`caro bench`: how often a model is right, measured by running what it writes."""

from __future__ import annotations

import argparse

from caro_shell.bench.task import PLATFORMS
from caro_shell.commands.benchcompare import compare
from caro_shell.commands.benchquality import quality
from caro_shell.config import BACKENDS
from caro_shell.prompt import SHELLS

#: Whoever `auto` finds is not the same each time.
_BACKENDS = tuple(name for name in BACKENDS if name != "auto")

_DESCRIPTION = """\
How often a model is right, measured: each command runs in a sandbox and is judged.

  caro bench quality --short                  two dozen tasks, a minute
  caro bench quality --model q8 --save q8.json
  caro bench compare q4.json q8.json          is the difference more than chance?
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the actions."""
    parser.description = _DESCRIPTION
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    measure = actions.add_parser("quality", help="let a model do the tasks", description=_QUALITY)
    measure.add_argument(
        "--split",
        choices=("dev", "test", "all"),
        default="dev",
        help="dev may be looked at, of test only figures are shown (default: %(default)s)",
    )
    measure.add_argument("--short", action="store_true", help="only the two dozen of the short set")
    measure.add_argument("--everyday", action="store_true", help="only what people ask for every day")
    measure.add_argument(
        "--topic", action="append", default=[], metavar="NAME", help="only this topic; may be repeated"
    )
    measure.add_argument("-m", "--model", default="", help="a model's name, or the path of a GGUF file")
    measure.add_argument("-b", "--backend", choices=_BACKENDS, default="", help="(default: the file's)")
    measure.add_argument("--shell", choices=SHELLS, default="bash", help="(default: %(default)s)")
    measure.add_argument(
        "--platform",
        choices=PLATFORMS,
        default="linux",
        help="whose tools; commands for darwin (macOS) are compared with known ones, not run "
        "(default: %(default)s)",
    )
    measure.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="a setting, as in `caro config set`"
    )
    measure.add_argument("--json", action="store_true", help="print one JSON object")
    measure.add_argument(
        "--save", default="", metavar="FILE", help="write the figures, for `caro bench compare`"
    )
    measure.add_argument(
        "--answers", default="", metavar="FILE", help="write words, command and verdict of each task"
    )
    measure.add_argument("--markdown", default="", metavar="FILE", help="write a summary for a pull request")
    measure.add_argument(
        "--gate", action="store_true", help="exit with 1 where accuracy or speed is not that of a default"
    )
    contrast = actions.add_parser("compare", help="compare two runs that were saved", description=_COMPARE)
    contrast.add_argument("before", metavar="BEFORE", help="written by --save")
    contrast.add_argument("after", metavar="AFTER", help="the same tasks, otherwise answered")
    contrast.add_argument("--json", action="store_true", help="print one JSON object")


_ACTIONS = {"quality": quality, "compare": compare}
_QUALITY = "Let a model answer the tasks of the benchmark as key presses, run each command, and count."
_COMPARE = "Compare two runs task by task: McNemar's exact test, and the difference with its interval."


def run(args: argparse.Namespace) -> int:
    """Carry out the action; return the exit status. Raises CaroError."""
    return _ACTIONS[args.action](args)
