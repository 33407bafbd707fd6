"""`caro init` on a terminal: who is to answer, page by page. Nothing is written before the last yes."""

from __future__ import annotations

import os
from dataclasses import replace

from caro_shell import catalog, paths
from caro_shell.config import Config
from caro_shell.errors import BackendError, Cancelled, CaroError, ConfigError, NoCommandFound
from caro_shell.setup import candidate, choice, particulars
from caro_shell.setup.candidate import SERVERS, Candidate
from caro_shell.setup.dialogue import BAD, CAUTION, GOOD, HEADING, agree, ask, choose, say, wait
from caro_shell.sizes import readable
from caro_shell.transport.endpoint import is_loopback

#: Who can answer, in the order of `SERVERS`.
_WHO = (
    "Ollama, on this machine or another",
    "vLLM, or another server that speaks OpenAI's protocol",
    "the embedded model only",
)

#: At most so many of a server's models are named without being asked for.
_NAMED = 8


def run(settings: Config, backend: str | None, given: Candidate | None) -> None:
    """Ask, try, show what changes and save.

    `settings` are those of the file. `backend` is the one to begin with, and `given` its server, with the
    defaults of the questions; without a backend it is asked who is to answer. Raises Cancelled, with nothing
    written.
    """
    _welcome(settings)
    chosen = given if backend else _chosen(settings)
    server = _server(chosen) if chosen else None
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
    say()
    for notice in settings.notices:
        say(notice, CAUTION)
    try:
        model = catalog.find(settings.model)
        path = catalog.locate(model)
    except CaroError as error:
        say(f"The embedded model is not ready: {error}", CAUTION)
    else:
        where = f", in {os.path.dirname(path)}" if model.id != path else ""
        say(f"The embedded model is ready: {model.id}, {readable(model.size)}{where}.", GOOD)
    say("It needs no network, and no words leave this machine.")


def _chosen(settings: Config) -> Candidate | None:
    """Ask who is to answer; return the server that is to be asked, None for the embedded model alone."""
    say()
    say("A server can answer instead, with a larger model perhaps.")
    if settings.fallback:
        say("While it cannot be reached, the embedded model answers.")
    say()
    names = [*SERVERS, "embedded"]
    default = names.index(settings.backend) + 1 if settings.backend in names else len(names)
    name = names[choose(_WHO, default) - 1]
    return None if name == "embedded" else candidate.current(name, settings)


def _server(given: Candidate) -> Candidate:
    """Ask for a server and try it, until it answers or the person wants it as it is."""
    while True:
        say()
        say(SERVERS[given.name], HEADING, indent="")
        given = replace(given, url=ask("URL", given.url, check=particulars.checked_url, mend=True))
        if given.name == "vllm":
            given = _with_key(given)
        if not _agreed(given):
            continue
        try:
            models = _models(given)
        except BackendError as error:
            if _goes_on(error):
                return _with_model(given, [])
            continue
        given = _with_model(given, models)
        if _answers(given):
            return given


def _with_key(given: Candidate) -> Candidate:
    say("Is a key needed? caro takes it from an environment variable, and never stores it.")
    question = "Variable with the key, - for none"
    name = ask(question, given.key_env or "-", check=particulars.checked_variable)
    if name and not os.environ.get(name):
        say(f"{name} is not set here, so no key is sent.", CAUTION)
    return replace(given, key_env=name)


def _agreed(given: Candidate) -> bool:
    """Ask whether words may leave this machine, where they would."""
    if is_loopback(given.url):
        return True
    say(choice.leaving(given), CAUTION)
    return agree("Is that what you want?", default=False)


def _with_model(given: Candidate, models: list[str]) -> Candidate:
    default = given.model
    if models:
        more = f", and {len(models) - _NAMED} more" if len(models) > _NAMED else ""
        say(f"It has {', '.join(models[:_NAMED])}{more}.")
        if default not in models and f"{default}:latest" not in models:
            default = particulars.suggested(models)
    question = "Model (TAB completes)" if models else "Model"
    name = ask(question, default, check=particulars.checked_model, completions=models, mend=True)
    return replace(given, model=name)


def _models(server: Candidate) -> list[str]:
    return wait(f"asking {server.url}", lambda _gone: server.models())


def _answers(server: Candidate) -> bool:
    """Have one small request answered; return whether the server is to be taken."""
    try:
        trial = wait(f"asking {server.model or 'it'} to {candidate.WORDS}", server.tried)
    except (BackendError, NoCommandFound) as error:
        return _goes_on(error)
    said, command = choice.works(trial)
    say(said, GOOD)
    say(command, indent="    ")
    return True


def _goes_on(error: CaroError) -> bool:
    """Say what went wrong; return False to ask again, True to go on in spite of it. Raises Cancelled."""
    say(str(error), BAD)
    wish = choose(["ask again: another URL, key or model, or the same", "go on anyway", "stop"])
    if wish == 3:
        raise Cancelled
    return wish == 2


def _review(changes: choice.Changes, settings: Config) -> None:
    say()
    say("What changes", HEADING, indent="")
    say(f"in {paths.config_file()}, where all else stays as it is:")
    for line in choice.review(changes, settings):
        say(line, indent="    ")
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
