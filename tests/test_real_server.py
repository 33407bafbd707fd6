"""The vLLM backend against llama.cpp's own server with the small model, beside tests/test_contract.py."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

import pytest

from caro_shell.backends.remote.vllm import VllmBackend
from caro_shell.config import Config
from caro_shell.errors import HttpStatus
from tests.llama_server import served
from tests.person import Person
from tests.real_scenarios import PROMPT, test_it_names_its_models  # noqa: F401 - a test
from tests.until import PATIENCE_S

pytestmark = pytest.mark.model

MODELS = Path(os.environ.get("CARO_TEST_MODELS", Path.home() / ".cache/caro/test-home")) / "models"


@pytest.fixture(scope="module")
def url():
    if not find_spec("xllamacpp"):  # not imported: it brings a llama.cpp of its own
        pytest.skip("there is a wheel of xllamacpp for Linux only")
    with served(str(MODELS / "SmolLM2-135M-Instruct.Q4_1.gguf"), key="k3y") as url:
        yield url


@pytest.fixture
def opened(url):
    backends = []

    def opener(key: str = "k3y", **settings: object) -> VllmBackend:
        config = Config(**{"vllm_url": url, "max_tokens": 24, "timeout_s": PATIENCE_S, **settings})
        backends.append(VllmBackend(config, {"VLLM_API_KEY": key}))
        return backends[-1]

    yield opener
    for backend in backends:
        backend.close()


def test_what_was_read_for_the_last_request_is_not_read_again(opened):
    backend = opened(vllm_model="smollm2")
    backend.complete(PROMPT, Person())
    again = backend.complete(PROMPT, Person())
    assert again.cached_tokens > again.prompt_tokens - 30


def test_a_wrong_key(opened):
    with pytest.raises(HttpStatus, match=r"failed at .*: the key in VLLM_API_KEY is not accepted"):
        opened("other", vllm_model="smollm2").complete(PROMPT, Person())
    with pytest.raises(HttpStatus, match="VLLM_API_KEY is not set"):
        opened("").check(5.0)


def test_a_wrong_name_is_all_the_same_to_it(opened):
    assert opened(vllm_model="qwen-of-another").complete(PROMPT, Person()).text


def test_a_model_whose_format_is_not_known_is_sent_a_conversation(opened):
    done = opened(vllm_model="mystery").complete(PROMPT, Person())
    assert done.text
    assert done.prompt_tokens > 40
