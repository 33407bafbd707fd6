"""`use` and `rollback`: another model answers, once it has shown that it can."""

from __future__ import annotations

import os
import textwrap

from caro_shell import config, measured
from caro_shell.catalog import Model, disk, find
from caro_shell.errors import ModelError
from caro_shell.manage import choice, trial
from caro_shell.pull.digest import verify

#: Characters of a command that is shown in a sentence.
_LONGEST = 60


def use(model: Model, *, quiet: bool = False) -> list[str]:
    """Make `model` the one that answers: if it is here, whole, loads, and answers one request.

    Returns sentences about that. Raises ModelError, BackendError or ConfigError; then all is as it was.
    """
    check_whole(model, quiet=quiet)
    seen = trial.tried(model, quiet=quiet)
    note(model, seen)
    return [_told(model, seen), *switch_to(model, choice.current())]


def check_whole(model: Model, *, quiet: bool) -> None:
    """Raise ModelMissing or ModelDamaged if the model is not here, or not what the catalogue says."""
    path = disk.locate(model)
    if model.sha256 and not disk.verified(path, model):
        verify(model, quiet=quiet)


def note(model: Model, seen: trial.Trial) -> None:
    """Keep the speed of a trial, where nothing better is known: it was one request."""
    form = trial.form_of(model)
    if measured.of(form) is None:
        measured.note(form, tokens_per_s=seen.tokens_per_s, press_s=seen.press_s)


def switch_to(model: Model, before: choice.Choice | None) -> list[str]:
    """Write `model` into the file of settings, with the way back to `before` remembered.

    Returns sentences about that. Raises ConfigError or ModelError.
    """
    choice.switch_to(model, before)
    if before is None or before.id == model.id:
        return [f"{model.id} answers from now on.", *remarks()]
    return [f"{model.id} answers from now on.", f"Back to {before.id}: caro model rollback", *remarks()]


def rollback(*, quiet: bool = False) -> list[str]:
    """Go back to the model before the last change, if it can still answer; return sentences about that.

    Raises ModelError when there is none, ModelError or BackendError when it cannot answer any longer; then
    all is as it was.
    """
    before, now = choice.previous(), choice.current()
    if before is None or (now is not None and before.id == now.id):
        raise ModelError("there is no other model to go back to; choose one with: caro model use NAME")
    trial.tried(find(before.id), quiet=quiet)
    choice.switch_back(before)
    again = [f"Forth to {now.id}: caro model rollback"] if now else []
    return [f"{before.id} answers again.", *again, *remarks()]


def remarks() -> list[str]:
    """Return what stands in the way of the file's model."""
    variable = config.variable(choice.KEY, os.environ)
    settings = choice.settings_in_file()
    found = []
    if variable:
        found.append(f"The variable {variable} is set and wins over the file; unset it to go by that.")
    server = choice.asked_first(settings)
    if server:
        found.append(f"{server} is asked first (backend.preferred); this model by: caro -b embedded WORDS")
    return found


def _told(model: Model, seen: trial.Trial) -> str:
    if not seen.command:
        return f'{model.id} loads and answers, but for "{trial.WORDS}" it wrote no command.'
    command = textwrap.shorten(seen.command, _LONGEST, placeholder=" ...")
    return f'For "{trial.WORDS}" {model.id} wrote, in {seen.press_s:.1f} s: {command}'
