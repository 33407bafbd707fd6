"""`upgrade`: a better model is fetched beside the one in use, and takes its place if it is not worse here."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Callable

from caro_shell.catalog import Model, find
from caro_shell.errors import ModelError
from caro_shell.manage import choice
from caro_shell.manage.candidate import candidate
from caro_shell.manage.contest import compared, objection, scored
from caro_shell.manage.switching import note, switch_to
from caro_shell.manage.trial import WORDS, tried
from caro_shell.pull import pull


def upgrade(
    name: str, quality: str, say: Callable[[str], None], *, force: bool = False, quiet: bool = False
) -> None:
    """Try the model `name`, or the next better one of `quality`, and switch to it if it is not worse.

    `say` is told sentences and a table on the way; `force` is to switch whatever the figures say. Until the
    one write that switches, whatever ends this leaves the old model answering. Raises ModelError, also for a
    new model that is worse, BackendError or ConfigError.
    """
    before = choice.current()
    if before is None:
        raise ModelError("no model is in use that could be upgraded; fetch one with: caro model pull")
    old = find(before.id)
    new = find(name) if name else candidate(old, quality)
    if new is None or new.id == old.id:
        say(_nothing_to_do(old, new, quality))
        return
    with _held(before):
        path, fetched = pull(new, choice.settings_in_file().model_sources, quiet=quiet)
        new = find(new.id)  # with its hash, if that was known to its source alone
        say(f"{new.id} is {'fetched and verified' if fetched else 'here, whole'}: {path}")
        against = _contest(old, new, say, quiet=quiet)
        if against and not force:
            raise ModelError(
                f"{new.id} is worse on this machine ({against}), so {old.id} goes on answering; "
                f"take it anyway with: caro model use {shlex.quote(new.id)}"
            )
        if against:
            say(f"{new.id} is worse ({against}), and taken as you asked.")
        for sentence in switch_to(new, before):
            say(sentence)


def _contest(old: Model, new: Model, say: Callable[[str], None], *, quiet: bool) -> str:
    """Return why the new model is worse, or nothing."""
    seen = tried(new, quiet=quiet)
    note(new, seen)
    if not seen.command:
        return f'for "{WORDS}" it wrote no command'
    old_score, new_score = scored(old, quiet=quiet), scored(new, quiet=quiet)
    if new_score.notice:
        say(new_score.notice)
    say(compared(old, old_score, new, new_score))
    return objection(old_score, new_score)


@contextmanager
def _held(before: choice.Choice) -> Iterator[None]:
    """Meanwhile, and after a kill, the file names the old model, lest a better one that is fetched be used.

    At the end the setting is as it was, but for a switch, or where it would now lead to the new model.
    """
    choice.hold(before)
    try:
        yield
    finally:
        now = choice.current()
        if now is not None and now.id == before.id:
            choice.restore(before)


def _nothing_to_do(old: Model, new: Model | None, quality: str) -> str:
    if new is not None:
        return f"{old.id} is in use already."
    other = "; for one of higher quality: caro model upgrade --quality high" if quality == "standard" else ""
    return f"the catalogue has no better model of quality {quality} than {old.id}{other}"
