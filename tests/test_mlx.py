"""MLX with the small model that caro converted itself: the same tokens as llama.cpp's, memory, damage.

On a processor, for which MLX was not made: so the prompts are short. What all backends have in common is in
tests/test_contract.py.
"""

from __future__ import annotations

import pytest

from caro_shell import catalog, config
from caro_shell.backends import Completion
from caro_shell.errors import MlxFailed
from caro_shell.prompt import Prompt
from tests.daemons import caro_home
from tests.mlx_model import GGUF, NAME, copy_model, give_models, needs_mlx
from tests.person import Person

pytestmark = [pytest.mark.model, pytest.mark.slow, needs_mlx]

EXAMPLES = tuple((f"show file number {number}", f"cat file{number}.txt") for number in range(3))


def prompt(words: str) -> Prompt:
    return Prompt("You write shell commands.", EXAMPLES, words)


@pytest.fixture
def open_backend():
    """Return a function that opens the small model with some settings."""
    from caro_shell.backends.mlx import MlxBackend  # noqa: PLC0415 - the library is heavy

    give_models(caro_home())
    opened = []

    def opener(**settings: object) -> MlxBackend:
        settings = {"max_tokens": 8, **settings}
        backend = MlxBackend(config.Config(**settings), catalog.find(NAME))
        opened.append(backend)
        return backend

    yield opener
    for backend in opened:
        backend.close()


@pytest.fixture
def backend(open_backend):
    return open_backend()


def answer(backend, words: str, person: Person | None = None) -> Completion:
    return backend.complete(prompt(words), person or Person())


def test_a_request_reads_only_what_is_new(backend):
    person = Person()
    first = answer(backend, "show file number 7", person=person)
    assert first.cached_tokens == 0
    assert person.stages[0] == "reading the examples, once only: 0 %"
    assert len(person.stages) > 1, "in pieces, between which one may leave"
    assert person.texts[-1] == first.text
    assert [text[:1] for text in person.texts] == [first.text[:1]] * len(person.texts), "it grows"
    second = answer(backend, "show file number 8")
    assert second.prompt_tokens - second.cached_tokens < 20
    third = answer(backend, "show file number 8")
    assert third.prompt_tokens - third.cached_tokens == 1, "the last token, for its logits"
    assert third.text == second.text


def test_it_writes_what_llama_cpp_writes(backend):
    """Where the model is sure of it: of two tokens that are all but equally likely it may write the other."""
    from caro_shell.backends.llamacpp import LlamaCppBackend  # noqa: PLC0415 - the library is heavy

    other = LlamaCppBackend(config.Config(model="smollm2-135m-q4", max_tokens=8))
    try:
        for words in ("show file number 7", "show file number 12", "show file number 345"):
            assert answer(backend, words).text == answer(other, words).text
    finally:
        other.close()


def test_every_token_is_the_one_that_llama_cpp_means(backend):
    from caro_shell.backends.llamacpp.context import LlamaContext  # noqa: PLC0415 - the library is heavy

    ours, theirs = backend._desk.context, LlamaContext(str(caro_home() / "models" / GGUF))
    try:
        assert [ours.piece(token) for token in range(49152)] == [theirs.piece(t) for t in range(49152)]
        assert {t for t in range(49152) if ours.is_end(t)} == {t for t in range(49152) if theirs.is_end(t)}
    finally:
        theirs.close()


def test_what_is_shared_with_the_last_request_does_not_change_the_answer(backend, open_backend):
    words = ["show file number 3", "show file number 31", "show file number 3"]
    texts = [answer(backend, line).text for line in words]
    other = open_backend()
    assert [answer(other, line).text for line in reversed(words)] == texts[::-1]
    assert texts[0] == texts[2]


def test_a_prompt_cache_that_mlx_does_not_take_is_made_anew(open_backend):
    backend = open_backend()
    text = answer(backend, "show file number 5").text
    (state,) = (caro_home() / "cache").glob("prefix-*.kv")
    backend._desk.cache._states.save(state.name[7:-3], b"no safetensors at all")
    assert answer(open_backend(), "show file number 5").text == text
    person = Person()
    answer(open_backend(), "show file number 5", person=person)
    assert person.stages == []


def test_closing_gives_the_memory_back(open_backend):
    import mlx.core as mx  # noqa: PLC0415 - the library is heavy

    before = mx.get_active_memory() + mx.get_cache_memory()
    backend = open_backend()
    answer(backend, "show file number 5")
    assert mx.get_active_memory() > before + 100e6
    backend.close()
    assert mx.get_active_memory() + mx.get_cache_memory() < before + 1e6


def test_what_mlx_raises_is_a_sentence_of_ours_and_nothing_of_it_stays(backend):
    text = answer(backend, "show file number 5").text
    context = backend._desk.context
    model = context._model
    context._model = lambda *_, **__: model.no_such_layer
    with pytest.raises(MlxFailed, match=r"reading the prompt: .*no_such_layer.*; set backend"):
        answer(backend, "show all files")
    context._model = model
    assert answer(backend, "show file number 5").text == text


@pytest.mark.parametrize("damage", ["weights", "config.json", "tokenizer.json"])
def test_a_damaged_directory_is_a_sentence(open_backend, damage):
    directory = copy_model(caro_home())
    file = directory / ("model-00001.safetensors" if damage == "weights" else damage)
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    with pytest.raises(MlxFailed, match=f"MLX failed while .*{NAME}.*; set backend.embedded.variant to cpu"):
        open_backend()
