"""The Ollama backend against the Ollama at CARO_TEST_OLLAMA_URL, which has a model."""

from __future__ import annotations

import os

import pytest

from caro_shell.backends.remote.ollama import OllamaBackend
from caro_shell.config import Config
from caro_shell.errors import HttpStatus
from tests.person import Person
from tests.real_scenarios import *  # noqa: F403 - all of them
from tests.real_scenarios import PROMPT
from tests.until import PATIENCE_S

URL = os.environ.get("CARO_TEST_OLLAMA_URL", "")

pytestmark = [pytest.mark.ollama, pytest.mark.skipif(not URL, reason="CARO_TEST_OLLAMA_URL names no Ollama")]


@pytest.fixture
def opened():
    backends = []

    def opener(**settings: object) -> OllamaBackend:
        config = Config(**{"max_tokens": 24, "timeout_s": PATIENCE_S, **settings})
        backends.append(OllamaBackend(config, {"OLLAMA_HOST": URL}))
        return backends[-1]

    yield opener
    for backend in backends:
        backend.close()


def test_greedy_answers_are_the_same(opened):
    first, second = (opened().complete(PROMPT, Person()) for _ in range(2))
    assert first.text == second.text


@pytest.mark.parametrize("name", ["qwen-of-another", "mystery:7b"])
def test_a_wrong_name(opened, name):
    with pytest.raises(HttpStatus, match=f"pull it with: ollama pull {name}") as caught:
        opened(ollama_model=name).complete(PROMPT, Person())
    assert f"(it has {opened().check(5.0)[0]}" in str(caught.value)


def test_a_conversation(opened):
    backend = opened()
    backend._only_chats = True
    assert backend.complete(PROMPT, Person()).text
