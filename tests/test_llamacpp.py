"""llama.cpp with a small real model: what it keeps in its cache changes the time, never the text.

What every backend promises is in tests/test_contract.py.
"""

from __future__ import annotations

import itertools
import os
from pathlib import Path

import pytest

from caro_shell import config
from caro_shell.backends import Completion
from caro_shell.backends.embedded.prefixstate import PrefixStates
from caro_shell.errors import Cancelled
from caro_shell.prompt import Prompt
from tests.daemons import caro_home
from tests.person import Person

pytestmark = pytest.mark.model

MODELS = Path(os.environ.get("CARO_TEST_MODELS", Path.home() / ".cache/caro/test-home")) / "models"

EXAMPLES = tuple((f"show file number {number}", f"cat file{number}.txt") for number in range(12))
OTHERS = tuple((f"remove file number {number}", f"rm file{number}.txt") for number in range(12))


def prompt(words: str, examples: tuple[tuple[str, str], ...] = EXAMPLES) -> Prompt:
    return Prompt("You write shell commands.", examples, words)


@pytest.fixture
def open_backend():
    """Return a function that opens the small model with some settings."""
    from caro_shell.backends.llamacpp import LlamaCppBackend  # noqa: PLC0415 - the library is heavy

    (caro_home() / "models").parent.mkdir()
    (caro_home() / "models").symlink_to(MODELS)
    opened = []

    def opener(**settings: object) -> LlamaCppBackend:
        backend = LlamaCppBackend(config.Config(model="smollm2-135m-q4", **settings))
        opened.append(backend)
        return backend

    yield opener
    for backend in opened:
        backend.close()


@pytest.fixture
def backend(open_backend):
    return open_backend(max_tokens=12)


def answer(backend, words: str, examples=EXAMPLES, person: Person | None = None) -> Completion:
    return backend.complete(prompt(words, examples), person or Person())


def others(backend, words: str, count: int = 3) -> list[str]:
    finished = (draft.text for draft in backend.alternatives(prompt(words)) if draft.finished)
    return list(itertools.islice(finished, count))


def test_a_request_reads_only_what_is_new(backend):
    person = Person()
    first = answer(backend, "show file number 7", person=person)
    assert first.cached_tokens == 0
    assert person.stages[0] == "reading the examples, once only: 0 %"
    assert person.texts[-1] == first.text
    assert [text[:1] for text in person.texts] == [first.text[:1]] * len(person.texts), "it grows"
    second = answer(backend, "show file number 8")
    assert second.prompt_tokens - second.cached_tokens < 20
    third = answer(backend, "show file number 8")
    assert third.prompt_tokens - third.cached_tokens == 1, "the last token, for its logits"
    assert third.text == second.text


def test_what_is_shared_with_the_last_request_does_not_change_the_answer(backend, open_backend):
    words = ["show file number 3", "show file number 31", "list", "show file number 3"]
    texts = [answer(backend, line).text for line in words]
    for line, text in zip(words, texts):
        assert answer(open_backend(max_tokens=12), line).text == text
    assert texts[0] == texts[3]


@pytest.mark.parametrize("damage", ["a byte", "the end", "all"])
def test_a_damaged_state_is_made_anew(open_backend, damage):
    text = answer(open_backend(), "show file number 5").text
    (state,) = (caro_home() / "cache").glob("prefix-*.kv")
    content = bytearray(state.read_bytes())
    content[len(content) // 2] ^= 1
    state.write_bytes({"a byte": bytes(content), "the end": bytes(content[:-1]), "all": b""}[damage])
    assert answer(open_backend(), "show file number 5").text == text
    person = Person()
    answer(open_backend(), "show file number 5", person=person)
    assert person.stages == []


def test_repacking_the_weights_loses_nothing(backend):
    """In mid-answer, too: another one is being written meanwhile."""
    before = answer(backend, "show file number 5")
    found = others(backend, "show all files")
    drafts = backend.alternatives(prompt("show all files"))
    head = next(draft.text for draft in drafts if draft.finished)
    backend.improve(Person())
    assert [head, *itertools.islice((draft.text for draft in drafts if draft.finished), 2)] == found
    after = answer(backend, "show file number 5")
    assert after.text == before.text
    assert after.prompt_tokens - after.cached_tokens < 20, "the prefix is still held"
    backend.improve(Person())  # once is enough


@pytest.mark.parametrize("patience", [0, 5, 100])
def test_repacking_gives_way_to_a_request(backend, patience):
    before = answer(backend, "show file number 5")
    with pytest.raises(Cancelled):
        backend.improve(Person(patience=patience))
    assert answer(backend, "show file number 5").text == before.text
    backend.improve(Person())
    assert answer(backend, "show file number 5").text == before.text


def test_alternatives_of_a_very_long_line(backend):
    long = " ".join(["file"] * 225)
    answer(backend, long)
    answer(backend, "show file number 5")
    assert others(backend, long, 1)


def test_a_prefix_left_half_read_is_read_again(backend, monkeypatch):
    monkeypatch.setattr(PrefixStates, "save", lambda *_: None)
    expected = answer(backend, "remove file number 5", OTHERS).text
    backend.prepare(prompt("", ()), Person())
    half = backend._desk.cache.hold_prefix(backend._writing(prompt("remove file number 5", OTHERS)).prefix)
    next(half), next(half)
    backend.prepare(prompt("", EXAMPLES), Person())
    list(half)
    assert answer(backend, "remove file number 5", OTHERS).text == expected


def test_more_room_than_there_is_may_be_allowed(open_backend):
    words = "show file number 5"
    assert (
        answer(open_backend(max_tokens=100_000), words).text
        == answer(open_backend(max_tokens=160), words).text
    )
