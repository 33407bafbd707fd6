"""`caro init` on a terminal: who is to answer, page by page. Nothing is written before the last yes."""

from __future__ import annotations

import os

from caro_shell.catalog import disk
from caro_shell.catalog.wanted import wanted
from caro_shell.config import Config
from caro_shell.errors import Cancelled, CaroError, ConfigError
from caro_shell.setup import candidate, choice, serverpage
from caro_shell.setup.candidate import SERVERS, Candidate
from caro_shell.setup.dialogue import BAD, CAUTION, GOOD, HEADING, agree, choose, say
from caro_shell.sizes import readable

#: Who can answer, in the order of `SERVERS`.
_WHO = (
    "Ollama",
    "vLLM, or another server that speaks OpenAI's protocol",
    "skip: the embedded model alone",
)


def run(settings: Config, backend: str | None, given: Candidate | None) -> None:
    """Ask, try, show what changes and save.

    `settings` are those of the file. `backend` is the one to begin with, and `given` its server, with the
    defaults of the questions; without a backend it is asked who is to answer. Raises Cancelled, with nothing
    written.
    """
    _welcome(settings)
    chosen = given if backend else _chosen(settings)
    server = serverpage.asked(chosen, settings) if chosen else None
    changes = choice.changes(server.wanted() if server else choice.without_servers(settings), settings)
    if changes:
        _review(changes, settings)
    else:
        say()
        say(choice.UNCHANGED)
    _save(changes, server)
    _farewell(settings, server)


def _welcome(settings: Config) -> None:
    say("caro: who writes the commands?", HEADING, indent="")
    say("Nothing is written before you say so at the end; Ctrl-C leaves.")
    say()
    for notice in settings.notices:
        say(notice, CAUTION)
    try:
        model = wanted(settings).model
        path = disk.locate(model)
    except CaroError as error:
        say(f"The embedded model is not ready: {error}", CAUTION)
    else:
        where = f", in {os.path.dirname(path)}" if model.id != path else ""
        say(f"The embedded model is ready: {model.id}, {readable(model.size)}{where}.", GOOD)
    say("It works without a network, and no words leave this machine.")


def _chosen(settings: Config) -> Candidate | None:
    """Ask who is to answer; return the server that is to be asked, None for the embedded model alone."""
    say()
    unreached = " While it cannot be reached, the embedded model answers." if settings.fallback else ""
    say(f"A server can answer instead, with a larger model perhaps.{unreached}")
    say()
    names = [*SERVERS, "embedded"]
    default = names.index(settings.backend) + 1 if settings.backend in names else len(names)
    name = names[choose(_WHO, default) - 1]
    return None if name == "embedded" else candidate.current(name, settings)


def _review(changes: choice.Changes, settings: Config) -> None:
    say()
    say("To be saved", HEADING, indent="")
    for line in choice.review(changes, settings):
        say(line)
    say()
    say(choice.where())
    if not agree("Save?", default=True):
        raise Cancelled


def _save(changes: choice.Changes, server: Candidate | None) -> None:
    while not _saved(changes, server):
        if not agree("Try again?", default=True):
            raise Cancelled


def _saved(changes: choice.Changes, server: Candidate | None) -> bool:
    try:
        remarks = choice.save(changes, server)
    except ConfigError as error:
        say(str(error), BAD)
        return False
    for remark in remarks:
        say(remark)
    return True


def _farewell(settings: Config, server: Candidate | None) -> None:
    say()
    say("What to type now", HEADING, indent="")
    for line in choice.next_steps(settings, server):
        say(line)
