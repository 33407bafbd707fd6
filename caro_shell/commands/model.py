"""`caro model`: see, fetch, try, change and remove the models that can answer on this machine."""

from __future__ import annotations

import argparse
import shlex
import sys
from typing import Any, NamedTuple

from caro_shell import catalog
from caro_shell.catalog.url import without_credentials
from caro_shell.commands import modelactions
from caro_shell.sanitise import printable

_DESCRIPTION = """\
The models that answer on this machine; once here, they need no network.

  caro model list              what there is, what is in use, and how fast
  caro model pull q8           fetch one; a pull that was broken off goes on
  caro model use q8            try it, and let it answer from now on
  caro model rollback          back to the one before
  caro model upgrade           fetch a better one; both are measured
"""

_NAME = "an id or short name from `caro model list`, or the path of a .gguf file"


class _Action(NamedTuple):
    """An action: what it does, an example, what more there is to say, and its arguments.

    `name` is `?` for one that may be left out, `!` for one that may not, "" for none; `flags` name
    those in `_FLAGS`.
    """

    summary: str
    example: str
    more: str = ""
    name: str = ""
    flags: tuple[str, ...] = ()


_FLAGS: dict[str, dict[str, Any]] = {
    "--json": {"action": "store_true", "help": "as JSON, for other programs"},
    "--quiet": {"action": "store_true", "help": "show nothing but errors"},
    "--yes": {"action": "store_true", "help": "do not ask"},
    "--force": {"action": "store_true", "help": "switch whatever the figures say"},
    "--quality": {
        "choices": ("standard", "high"),
        "help": "standard is quick, high more often right (default: model_quality in config.toml)",
    },
}

_SHORT_FLAGS = {"--quiet": "-q", "--yes": "-y"}

_ACTIONS = {
    "list": _Action("show the models, and which one answers", "caro model list", flags=("--json",)),
    "info": _Action("say all that is known about a model", "caro model info q8", name="?", flags=("--json",)),
    "pull": _Action(
        "fetch a model; a pull that was broken off goes on",
        "caro model pull q8\n  caro model pull https://example.com/some-model.gguf",
        "NAME may also be the URL of a .gguf file: its model is added to your own list,\n"
        "~/.caro/models.toml. A file that is here needs no pull: caro model use PATH",
        name="?",
        flags=("--quiet",),
    ),
    "use": _Action(
        "let another model answer, if it can",
        "caro model use q8\n  caro model use ~/Downloads/some-model.gguf",
        "It must be on this disk, whole, load, and answer one request: only then is\n"
        "config.toml changed. For one request alone there is a flag: caro -m q8 WORDS",
        name="!",
        flags=("--quiet",),
    ),
    "upgrade": _Action(
        "fetch a better model, and use it if it is not worse here",
        "caro model upgrade --quality high",
        "The next better model of the catalogue, or NAME, is fetched beside the one in\n"
        "use and verified. Both do the tasks of a short benchmark here. The new one takes\n"
        "over if it has at least as many of them right, and a press takes at most a\n"
        "second or twice as long as before; with more of them right, up to 5 seconds.\n"
        "Else, and whenever this is interrupted, the old one goes on answering.",
        name="?",
        flags=("--quality", "--force", "--quiet"),
    ),
    "rollback": _Action(
        "go back to the model before the last change; and forth again",
        "caro model rollback",
        "It must answer one request first, as with `use`.",
        flags=("--quiet",),
    ),
    "convert": _Action(
        "make the MLX form of a GGUF model, for Apple silicon",
        "caro model convert qwen2.5-coder-1.5b-q4",
        name="?",
        flags=("--quiet",),
    ),
    "verify": _Action(
        "check a model's file by its SHA-256",
        "caro model verify qwen2.5-coder-1.5b-q4",
        name="?",
        flags=("--quiet",),
    ),
    "remove": _Action(
        "delete a model's file, and what a pull of it has left",
        "caro model remove q8",
        "It asks before it deletes the model in use. A file of your own is left alone.",
        name="!",
        flags=("--yes", "--quiet"),
    ),
    "path": _Action("print where a model's file is", 'ls -l "$(caro model path)"', name="?"),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the actions."""
    parser.description = _DESCRIPTION
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    for name, action in _ACTIONS.items():
        sub = actions.add_parser(
            name,
            help=action.summary,
            description=f"{action.summary[0].upper()}{action.summary[1:]}.\n{action.more}",
            epilog=f"example:\n  {action.example}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        if action.name == "!":
            sub.add_argument("name", metavar="NAME", help=_NAME)
        elif action.name:
            default = "the next better one" if name == "upgrade" else "the model in use"
            sub.add_argument("name", nargs="?", metavar="NAME", help=f"{_NAME} (default: {default})")
        for flag in action.flags:
            sub.add_argument(*filter(None, (flag, _SHORT_FLAGS.get(flag))), **_FLAGS[flag])


def run(args: argparse.Namespace) -> int:
    """Carry out the action; return the exit status. Raises CaroError."""
    for problem in catalog.problems():
        print(f"caro: {printable(problem)}", file=sys.stderr)
    try:
        return modelactions.BY_NAME[args.action](args)
    except KeyboardInterrupt:
        name = without_credentials(getattr(args, "name", "") or "")
        again = f"caro model {args.action} {shlex.quote(name)}".removesuffix(" ''")
        before = _STOPPED.get(args.action, "start again with")
        print(f"\ncaro: stopped; {before}: {printable(again)}", file=sys.stderr)
        return 130


#: What is said of an action that was stopped, with the command behind it.
_STOPPED = {
    "pull": "what has arrived is kept, go on with",
    "use": "the model in use is the one that it was, start again with",
    "upgrade": "the model in use is the one that it was, and what has arrived is kept; go on with",
}
