"""The vLLM backend against the vLLM at CARO_TEST_VLLM_URL, with the key in CARO_TEST_VLLM_KEY."""

from __future__ import annotations

import os

import pytest

from caro_shell.backends.remote.vllm import VllmBackend
from caro_shell.config import Config
from caro_shell.errors import HttpStatus
from tests.person import Person
from tests.real_scenarios import *  # noqa: F403 - all of them
from tests.real_scenarios import PROMPT
from tests.until import PATIENCE_S

URL = os.environ.get("CARO_TEST_VLLM_URL", "")
KEY = os.environ.get("CARO_TEST_VLLM_KEY", "")

pytestmark = [pytest.mark.vllm, pytest.mark.skipif(not URL, reason="CARO_TEST_VLLM_URL names no vLLM")]


@pytest.fixture
def opened():
    backends = []

    def opener(key: str = KEY, **settings: object) -> VllmBackend:
        config = Config(**{"vllm_url": URL, "max_tokens": 24, "timeout_s": PATIENCE_S, **settings})
        backends.append(VllmBackend(config, {"VLLM_API_KEY": key}))
        return backends[-1]

    yield opener
    for backend in backends:
        backend.close()


def test_greedy_answers_are_the_same(opened):
    first, second = (opened().complete(PROMPT, Person()) for _ in range(2))
    assert first.text == second.text


@pytest.mark.skipif(not KEY, reason="without CARO_TEST_VLLM_KEY there is no wrong key")
def test_a_wrong_key(opened):
    with pytest.raises(HttpStatus, match=r"failed at .*: the key in VLLM_API_KEY is not accepted"):
        opened("other", vllm_model="smollm2").complete(PROMPT, Person())
    with pytest.raises(HttpStatus, match="VLLM_API_KEY is not set"):
        opened("").check(5.0)


@pytest.mark.parametrize("name", ["qwen-of-another", "mystery"])
def test_a_wrong_name(opened, name):
    (only, *_) = opened().check(5.0)
    with pytest.raises(HttpStatus) as caught:
        opened(vllm_model=name).complete(PROMPT, Person())
    assert f" has no model {name} (it has {only}" in str(caught.value)


def test_an_answer_of_more_tokens_than_there_are(opened):
    with pytest.raises(HttpStatus, match=r"cannot write that much; lower generation\.max_tokens"):
        opened(max_tokens=10_000_000).complete(PROMPT, Person())


def test_a_conversation(opened):
    backend = opened()
    backend._only_chats = True
    done = backend.complete(PROMPT, Person())
    assert done.text
    assert done.prompt_tokens > 40
    assert backend._variant == 0, "nothing of the request was refused"
