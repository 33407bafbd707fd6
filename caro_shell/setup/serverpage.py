"""The page of a server: its address, key and model are asked for, then it is tried."""

from __future__ import annotations

import os
from dataclasses import replace

from caro_shell.config import Config
from caro_shell.errors import BackendError, Cancelled, CaroError, NoCommandFound
from caro_shell.setup import candidate, choice, particulars
from caro_shell.setup.candidate import SERVERS, Candidate
from caro_shell.setup.dialogue import BAD, CAUTION, GOOD, HEADING, agree, ask, choose, say
from caro_shell.setup.waiting import wait
from caro_shell.transport.endpoint import is_loopback

#: At most so many of a server's models are named without being asked for.
_NAMED = 8


def asked(given: Candidate, settings: Config) -> Candidate:
    """Ask for a server and try it, until it answers or the person wants it as it is; return what was said.

    `given` holds the defaults of the questions. Nothing is sent to another machine before a yes to that.
    Raises Cancelled.
    """
    given = _without_a_guess(given, settings)
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


def _without_a_guess(given: Candidate, settings: Config) -> Candidate:
    """Return `given` without the usual name for the key's variable, if it is neither set nor in the file."""
    usual = given.key_env == Config.vllm_key_env and "backend.vllm.api_key_env" not in settings.sources
    return replace(given, key_env="") if usual and not os.environ.get(given.key_env) else given


def _with_key(given: Candidate) -> Candidate:
    say("A key, if it wants one, is read from an environment variable, never stored.")
    question = "Name of that variable, - for none"
    name = ask(question, given.key_env or "-", check=particulars.checked_variable)
    if name and not os.environ.get(name):
        say(f"{name} is not set here, so no key is sent for now.", CAUTION)
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
        count = f"{len(models)} models" if len(models) > 1 else "one model"
        say(f"It has {count}{', among them' if len(models) > _NAMED else ''}: {', '.join(models[:_NAMED])}")
        if default not in models and f"{default}:latest" not in models:
            default = particulars.suggested(models)
    name = ask("Model", default, check=particulars.checked_model, completions=models, mend=True)
    if particulars.runs_elsewhere(name):
        say(f"{name} is run by Ollama's makers: your words leave this machine for theirs.", CAUTION)
        if not agree("Is that what you want?", default=False):
            return _with_model(given, models)
    return replace(given, model=name)


def _models(server: Candidate) -> list[str]:
    return wait(f"asking {server.url} for its models", lambda _gone: server.models())


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
    wish = choose(
        ["ask me again, to change an answer or to try the same", "keep these answers anyway", "stop"]
    )
    if wish == 3:
        raise Cancelled
    return wish == 2
