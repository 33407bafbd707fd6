"""`caro doctor`: what is installed, running and in the way, each with its remedy."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator
from typing import Callable

from caro_shell import __version__, catalog, config, paths
from caro_shell.backends import variants
from caro_shell.catalog import disk
from caro_shell.catalog.wanted import wanted
from caro_shell.commands.daemon import ask
from caro_shell.errors import CaroError
from caro_shell.prompt import SHELLS
from caro_shell.sanitise import printable
from caro_shell.setup import checkup
from caro_shell.setup.checkup import Finding


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the verb is for; it has no flags."""
    parser.epilog = "The exit status is 1 when something needs attention."


def run(args: argparse.Namespace) -> int:  # noqa: ARG001 - the verbs' common shape
    """Print every finding; return 1 when one of them is not well."""
    findings = [finding for check in CHECKS for finding in check()]
    for finding in findings:
        print(("  ok  " if finding.well else "  !!  ") + printable(finding.sentence))
    return 0 if all(finding.well for finding in findings) else 1


def _program() -> Iterator[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    yield Finding(well=True, sentence=f"caro {__version__} with Python {version} at {sys.executable}")


def _settings() -> Iterator[Finding]:
    try:
        settings = config.load(paths.config_file())
    except CaroError as error:
        yield Finding(well=False, sentence=str(error))
        return
    for notice in settings.notices:
        yield Finding(well=False, sentence=notice)
    for source in sorted(set(settings.sources.values())):
        keys = ", ".join(key for key, where in settings.sources.items() if where == source)
        yield Finding(well=True, sentence=f"settings from {source}: {keys}")
    yield from _model(settings)


def _model(settings: config.Config) -> Iterator[Finding]:
    try:
        for problem in catalog.problems():
            yield Finding(well=False, sentence=problem)
        why = wanted(settings).why
        model, why_so, _ = variants.chosen(settings)
        path = disk.locate(model)
    except CaroError as error:
        yield Finding(well=False, sentence=str(error))
        return
    if model.sha256 and not disk.verified(path, model):
        yield Finding(
            well=False, sentence=f"{path} was never verified; do so with: caro model verify {model.id}"
        )
    else:
        yield Finding(well=True, sentence=f"model {model.id} at {path}: {why}")
    library = "MLX" if model.form == "mlx" else "llama.cpp"
    yield Finding(well=True, sentence=f"{library} runs it: {why_so}")


def _daemon() -> Iterator[Finding]:
    try:
        answer = ask("status")
    except CaroError as error:
        yield Finding(well=False, sentence=str(error))
        return
    if answer is None:
        yield Finding(well=True, sentence="no daemon is running; the next key press starts one")
        return
    state = json.loads(answer)
    if state["version"] != __version__:
        yield Finding(
            well=True, sentence=f"the daemon is of version {state['version']}; a key press replaces it"
        )
    else:
        yield Finding(well=True, sentence=f"daemon {state['pid']} is running, {state['memory_mb']} MB")


def _hooks() -> Iterator[Finding]:
    directory = os.path.join(os.path.dirname(sys.prefix), "hooks")
    for shell in SHELLS:
        try:
            with open(os.path.join(directory, f"caro.{shell}"), encoding="utf-8") as file:
                first = file.readline()
        except OSError:
            continue
        current = f" {__version__} " in first
        remedy = "" if current else " is of another version; write it again with: ./install.sh --only-hooks"
        yield Finding(current, f"{shell} hook in {directory}{remedy}")


def _key() -> Iterator[Finding]:
    """Look for a terminal that keeps the key to itself: VS Code's has Ctrl-G for a list of directories."""
    if os.environ.get("TERM_PROGRAM") == "vscode" and os.environ.get("CARO_KEY", "ctrl-g") == "ctrl-g":
        yield Finding(
            well=False,
            sentence="VS Code's terminal keeps Ctrl-G to itself; set CARO_KEY=alt-g before the hook, or "
            'add "-workbench.action.terminal.goToRecentDirectory" to terminal.integrated.commandsToSkipShell',
        )


#: In the order in which they are printed.
CHECKS: tuple[Callable[[], Iterator[Finding]], ...] = (
    _program,
    _settings,
    checkup.servers,
    checkup.files,
    _daemon,
    _hooks,
    _key,
)
