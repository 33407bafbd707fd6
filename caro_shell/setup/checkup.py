"""How the servers are that may answer: reached, with the model, fit to send words to; with the remedies."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import NamedTuple

from caro_shell import config, paths
from caro_shell.config import Config
from caro_shell.errors import CaroError, ConfigError
from caro_shell.setup import candidate, particulars
from caro_shell.setup.candidate import Candidate
from caro_shell.setup.exposed import exposed
from caro_shell.transport.endpoint import is_loopback, without_login


class Finding(NamedTuple):
    """One thing looked at: is it well, and a sentence that names the remedy when it is not."""

    well: bool
    sentence: str


def servers() -> Iterator[Finding]:
    """Look at the servers that are enabled or preferred, and contact no other."""
    try:
        settings = config.load(paths.config_file())
    except CaroError:
        return  # said above
    enabled = {"ollama": settings.ollama_enabled, "vllm": settings.vllm_enabled}
    used = [name for name in enabled if enabled[name] or settings.backend == name]
    for name in used:
        yield from _server(name, settings)


def _server(name: str, settings: Config) -> Iterator[Finding]:
    try:
        backend = candidate.opened(name, settings)
    except CaroError as error:
        yield Finding(well=False, sentence=str(error))
        return
    url = backend.endpoint.url
    try:
        models = backend.check(settings.connect_timeout_s)
    except CaroError as error:
        yield Finding(well=False, sentence=str(error))
    else:
        yield _model_there(Candidate(name, without_login(url), backend.model), models)
    finally:
        backend.close()
    if name == "vllm":
        yield _server_key(settings.vllm_key_env)
    yield from _way(name, url, settings)


def _way(name: str, url: str, settings: Config) -> Iterator[Finding]:
    """Look whether the address says only where the server is, and whether others can read along."""
    try:
        particulars.checked_url(url)
    except ConfigError as error:
        yield Finding(well=False, sentence=f"the address of {name}: {error}; mend it with: caro init")
        return
    if url.startswith("http:") and not is_loopback(url):
        yield Finding(
            well=False,
            sentence=f"words for {name} go to {url} without https and can be read on the way; give it a "
            f"certificate, then: caro init --backend {name}",
        )
    if url.startswith("https:") and not settings.verify:
        yield Finding(
            well=False,
            sentence=f"nobody checks that {url} is who it says; name its certificate in backend.ca_bundle, "
            "then: caro config unset backend.verify",
        )


def _model_there(server: Candidate, models: list[str]) -> Finding:
    """Say which model will answer; none is named where the server's first is to be taken."""
    here, model, there = f"{server.name} at {server.url}", server.model, ", ".join(models[:5])
    if not models:
        return Finding(well=False, sentence=candidate.NO_MODELS[server.name])
    if model and model not in models:
        again = f"choose again with: caro init --backend {server.name}"
        return Finding(well=False, sentence=f"{here} has no model {model}, but {there}; {again}")
    which = f"and has {model}" if model else f"with the first that writes of: {there}"
    return Finding(well=True, sentence=f"{here} answers, {which}")


def _server_key(variable: str) -> Finding:
    """Say where the key for vLLM comes from, and nothing of the key."""
    if not variable:
        return Finding(well=True, sentence="no key is sent to vllm (backend.vllm.api_key_env is empty)")
    if particulars.looks_like_a_key(variable):
        return Finding(
            well=False,
            sentence="backend.vllm.api_key_env is to name a variable, and holds a key perhaps; put the key "
            "into a variable, and its name there with: caro init --backend vllm",
        )
    state = "set" if os.environ.get(variable) else "not set here, so no key is sent"
    return Finding(well=True, sentence=f"the key for vllm is taken from {variable}, which is {state}")


def files() -> Iterator[Finding]:
    """Look whether others than the person can read where words go, change it, or find a secret there."""
    for sentence in exposed():
        yield Finding(well=False, sentence=sentence)
