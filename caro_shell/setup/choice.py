"""What a choice of who answers changes in the file of settings: shown beforehand, then done."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from caro_shell import config, consent, paths
from caro_shell.catalog import disk
from caro_shell.catalog.wanted import wanted
from caro_shell.config import SETTINGS, Config
from caro_shell.errors import ModelError
from caro_shell.setup.candidate import SERVERS, WORDS, Candidate, Trial
from caro_shell.setup.particulars import looks_like_a_key
from caro_shell.transport.endpoint import is_loopback, without_login

#: Settings by their keys, with the values that they are to have.
Changes = Mapping[str, Any]


#: What is said when there is nothing to save.
UNCHANGED = "There is nothing to change: that is how it is set already."


def without_servers(settings: Config) -> Changes:
    """Return what makes the embedded model answer alone."""
    wanted: dict[str, Any] = {}
    if settings.backend != "embedded":
        wanted["backend.preferred"] = "embedded"
    wanted.update({key: False for key in map(_enabled, SERVERS) if _value(key, settings)})
    return wanted


def changes(wanted: Changes, settings: Config) -> Changes:
    """Return those of the `wanted` values that the file, read as `settings`, does not have."""
    return {
        key: value
        for key, value in wanted.items()
        if _value(key, settings) != value or (key not in settings.sources and value != "")
    }


def review(changed: Changes, settings: Config) -> list[str]:
    """Return a line for each key that changes: the new value, behind the one in the file if there is one."""
    return [f"{key}: {_old(key, settings)}{_spelt(value)}" for key, value in changed.items()]


def where() -> str:
    """Return the sentence about the file that is written."""
    path = paths.config_file()
    if os.path.exists(path):
        return f"The rest of {path} stays as it is."
    return f"This goes into a new file, {path}, that only you can read."


def save(changed: Changes, server: Candidate | None) -> list[str]:
    """Write the changes; return sentences about that.

    Where the words go is noted as known to the person. Raises ConfigError when the file cannot be changed.
    """
    remarks = _written(changed) if changed else []
    if server and not is_loopback(server.url):
        consent.give(server.url)
    return remarks


def _written(changed: Changes) -> list[str]:
    from caro_shell import configfile  # noqa: PLC0415 - brings tomlkit, which only this needs

    path = paths.config_file()
    existed = os.path.exists(path)
    edit = configfile.edit(path, changed)
    remarks = [f"Saved{f'; what was there is kept in {path}.bak' if existed else f' in {path}'}."]
    if edit.was_open:
        remarks.append(f"It was open to others (mode {edit.was_open:04o}); it is yours alone now (0600).")
    return remarks


def works(trial: Trial) -> tuple[str, str]:
    """Return the line about a server that has answered, and the command to stand below it."""
    return f'It works. For "{WORDS}" {trial.model} wrote, in {trial.seconds:.1f} s:', trial.command


def leaving(server: Candidate) -> str:
    """Return the sentence to agree to before words go to a server that is not on this machine."""
    parts = urlsplit(server.url)
    what = "they and the key" if os.environ.get(server.key_env) else "they"
    plain = f", and {what} can be read on the way, since it is not https" if parts.scheme == "http" else ""
    return f"Your words will leave this machine: they go to {parts.netloc}{plain}."


def next_steps(settings: Config, server: Candidate | None) -> list[str]:
    """Return what to type now."""
    key = os.environ.get("CARO_KEY", settings.key)
    keys = f"type {WORDS}, then press {key.title()}" if key else ""
    steps = [] if server else _missing(settings)
    steps += [f"In zsh, bash or fish: {keys}"] if keys else []
    steps.append(f"At any prompt:        caro {WORDS}")
    if server:
        steps.append(f"Embedded, this once:  caro -b embedded {WORDS}")
        steps.append("Another choice:       caro init")
    if server and server.key_env:
        steps.append(f"{server.key_env} must be exported where you type: in your shell's start-up file.")
    variable = config.variable("backend.preferred", os.environ)
    if variable:
        steps.append(f"The variable {variable} is set and wins over the file; unset it to go by that.")
    return steps


def _missing(settings: Config) -> list[str]:
    """Return what must be done before the embedded model can answer."""
    try:
        disk.locate(wanted(settings).model)
    except ModelError as error:
        return [f"First: {error}"]
    return []


def _enabled(name: str) -> str:
    return f"backend.{name}.enabled"


def _value(key: str, settings: Config) -> Any:
    return getattr(settings, SETTINGS[key].name)


def _old(key: str, settings: Config) -> str:
    value = _value(key, settings)
    if key not in settings.sources:
        return ""
    if key.endswith(".api_key_env") and looks_like_a_key(value):
        return "a key, not shown -> "
    if key.endswith(".url") and without_login(value) != value:
        return "one with a login, not shown -> "
    return f"{_spelt(value)} -> "


def _spelt(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
