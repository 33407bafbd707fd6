"""The second attempt with the real default model: it takes what it is told, and only that is read anew."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from caro_shell import check, config
from caro_shell.attempt import Target, Writer
from caro_shell.prompt import make_prompt
from tests.daemons import caro_home
from tests.person import Person

pytestmark = [pytest.mark.model, pytest.mark.slow]

HOME = Path(os.environ.get("CARO_TEST_MODELS", Path.home() / ".cache/caro/test-home"))
SETTINGS = config.Config(model="qwen2.5-coder-1.5b-q4", max_tokens=40)


class Stubborn:
    """The model, which at first gives an answer of ours; `spent` is what each of its own cost."""

    def __init__(self, backend, first: str) -> None:
        self._backend = backend
        self._first = first
        self.spent = []

    def complete(self, prompt, listener):
        self.spent.append(self._backend.complete(prompt, listener))
        return self.spent[-1] if prompt.objections else replace(self.spent[-1], text=self._first)


@pytest.fixture
def backend():
    from caro_shell.backends.llamacpp import LlamaCppBackend  # noqa: PLC0415 - the library is heavy

    caro_home().mkdir()
    for name in ("models", "cache"):
        (caro_home() / name).symlink_to(HOME / name)
    opened = LlamaCppBackend(SETTINGS)
    yield opened
    opened.close()


def test_the_model_mends_what_it_is_told(backend):
    words = "sort the lines of names.txt by their length"
    bad = "sort --by-length names.txt"
    model = Stubborn(backend, bad)
    person = Person()
    found = Writer(model, Target("bash", "linux"), SETTINGS, person).write(
        make_prompt(words, "bash", "linux")
    )
    assert person.stages[-1] == "looking again: sort has no option --by-length"
    assert found.answer.command != bad
    assert "--by-length" not in found.answer.command
    assert check.findings(found.answer.command, words, "bash", "linux", path=os.environ["PATH"]) == ()
    first, second = model.spent
    assert second.prompt_tokens - second.cached_tokens < 80, "the examples and the words had been read"
    assert second.prompt_tokens > first.prompt_tokens
