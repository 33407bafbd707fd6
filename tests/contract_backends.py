"""The backends that the contract is tried with, and what each can show: data for tests/test_contract.py.

A new one is a row of `SUBJECTS`: a context manager that gets a directory to use as CARO_HOME and gives a
function which opens the backend with the given settings.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Callable

import pytest

from caro_shell.backends import Backend
from caro_shell.config import Config
from tests import mlx_model
from tests.llama_server import served
from tests.server_doubles import ollama_double, vllm_double
from tests.until import PATIENCE_S

MODELS = Path(os.environ.get("CARO_TEST_MODELS", Path.home() / ".cache/caro/test-home")) / "models"
TINY, DEFAULT = "smollm2-135m-q4", "qwen2.5-coder-1.5b-q4"

#: How long an answer may be: time is what these tests are made of.
MAX_TOKENS = 12

#: What a subject can show beyond what all can. MODEL: a real model writes, so that its counts and limits
#: are its own. LOCAL: in this process, so that what it keeps of a prompt is its own business. MAPPED: with
#: its `file` mapped into memory.
MODEL, LOCAL, MAPPED = "model", "local", "mapped"

Opener = Callable[..., Backend]
Serving = Callable[[Path], "contextlib.AbstractContextManager[Opener]"]


@dataclass(frozen=True)
class Subject:
    """A backend to try, `can` being what it can show; `file` is what it maps into memory, if anything."""

    name: str
    serving: Serving
    can: frozenset[str] = frozenset()
    file: str = ""
    marks: tuple[pytest.MarkDecorator, ...] = ()


def _llama_cpp(model: str) -> Serving:
    @contextlib.contextmanager
    def serving(home: Path) -> Iterator[Opener]:
        from caro_shell.backends.llamacpp import LlamaCppBackend  # noqa: PLC0415 - the library is heavy

        (home / "models").symlink_to(MODELS)

        def opener(**settings: Any) -> Backend:
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv("CARO_HOME", str(home))
                return LlamaCppBackend(Config(**{"model": model, "max_tokens": MAX_TOKENS, **settings}))

        yield opener

    return serving


@contextlib.contextmanager
def _mlx(home: Path) -> Iterator[Opener]:
    from caro_shell import catalog  # noqa: PLC0415
    from caro_shell.backends.mlx import MlxBackend  # noqa: PLC0415 - the library is heavy

    mlx_model.give_models(home)

    def opener(**settings: Any) -> Backend:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("CARO_HOME", str(home))
            fixed = {"max_tokens": MAX_TOKENS, "timeout_s": PATIENCE_S}
            return MlxBackend(Config(**{**fixed, **settings}), catalog.find(mlx_model.NAME))

    yield opener


@contextlib.contextmanager
def _ollama_double(_: Path) -> Iterator[Opener]:
    from caro_shell.backends.remote.ollama import OllamaBackend  # noqa: PLC0415

    with ollama_double() as url:
        fixed = {"ollama_url": url, "ollama_model": "qwen2.5-coder:1.5b", "timeout_s": PATIENCE_S}
        yield lambda **settings: OllamaBackend(Config(**{**fixed, **settings}), {})


@contextlib.contextmanager
def _vllm_double(_: Path) -> Iterator[Opener]:
    from caro_shell.backends.remote.vllm import VllmBackend  # noqa: PLC0415

    with vllm_double() as url:
        fixed = {"vllm_url": url, "vllm_model": "qwen", "timeout_s": PATIENCE_S}
        yield lambda **settings: VllmBackend(Config(**{**fixed, **settings}), {})


@contextlib.contextmanager
def _llama_server(_: Path) -> Iterator[Opener]:
    from caro_shell.backends.remote.vllm import VllmBackend  # noqa: PLC0415

    if not find_spec("xllamacpp"):  # not imported: it brings a llama.cpp of its own
        pytest.skip("there is a wheel of xllamacpp for Linux only")
    with served(str(MODELS / "SmolLM2-135M-Instruct.Q4_1.gguf"), key="k3y") as url:
        fixed = {"vllm_url": url, "vllm_model": "smollm2", "max_tokens": MAX_TOKENS, "timeout_s": PATIENCE_S}
        yield lambda **settings: VllmBackend(Config(**{**fixed, **settings}), {"VLLM_API_KEY": "k3y"})


SUBJECTS = (
    Subject(
        "llama.cpp, tiny model",
        _llama_cpp(TINY),
        frozenset({MODEL, LOCAL, MAPPED}),
        "SmolLM2-135M-Instruct.Q4_1.gguf",
        (pytest.mark.model,),
    ),
    Subject(
        "llama.cpp, default model",
        _llama_cpp(DEFAULT),
        frozenset({MODEL, LOCAL, MAPPED}),
        "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
        (pytest.mark.model,),
    ),
    Subject(
        "MLX, tiny model",
        _mlx,
        frozenset({MODEL, LOCAL}),
        "",
        (pytest.mark.model, pytest.mark.slow, mlx_model.needs_mlx),
    ),
    Subject("Ollama, a double", _ollama_double),
    Subject("vLLM, a double", _vllm_double),
    Subject("llama.cpp's server", _llama_server, frozenset({MODEL}), "", (pytest.mark.model,)),
)
