"""What a backend does with a real server: the same scenarios for each.

A file of tests imports them all and brings the fixture `opened`: a function that takes settings and returns
an open backend, whose server is the real one.
"""

from __future__ import annotations

import threading

import pytest

from caro_shell.errors import Cancelled, HttpStatus
from caro_shell.prompt import Prompt
from tests.person import Person

EXAMPLES = tuple((f"show file number {number}", f"cat file{number}.txt") for number in range(6))
PROMPT = Prompt("You write shell commands.", EXAMPLES, "show file number 7")


def test_it_completes_and_streams(opened):
    person = Person()
    done = opened().complete(PROMPT, person)
    assert done.text
    assert person.texts[-1] == done.text
    assert len(person.texts) > 1
    assert all(done.text.startswith(text) for text in person.texts)
    assert done.prompt_tokens > 40
    assert 0 < done.generated_tokens <= 24
    assert done.decode_ms > 0


def test_it_names_its_models(opened):
    backend = opened()
    backend.complete(PROMPT, Person())
    assert backend.model in backend.check(5.0)


def test_one_can_leave_and_come_back(opened):
    heard = threading.Event()
    person = Person(leaves=heard)
    person.text = lambda _so_far: heard.set()
    backend = opened(max_tokens=1000)
    with pytest.raises(Cancelled):
        backend.complete(Prompt("", (), "tell a very long story"), person)
    assert opened().complete(PROMPT, Person()).text


def test_it_writes_alternatives(opened):
    finished = [draft.text for draft in opened().alternatives(PROMPT) if draft.finished]
    assert len(finished) == 3
    assert any(finished)


def test_a_line_that_is_too_long(opened):
    words = Prompt("", (), "list and " * 4000)
    with pytest.raises(HttpStatus, match=r"the line is too long for .*; say it in fewer words"):
        opened().complete(words, Person())
