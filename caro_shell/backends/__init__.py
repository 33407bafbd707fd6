"""What a backend is, and the one place that opens one. A library is imported only when its backend is."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol, runtime_checkable

from caro_shell import paths
from caro_shell.backends.variants import chosen
from caro_shell.catalog import Model, disk
from caro_shell.config import Config
from caro_shell.errors import BackendError
from caro_shell.prompt import Prompt

#: What ends an answer besides the end of the turn: an empty line, a closing fence.
STOPS = ("\n\n", "\n```")


@dataclass(frozen=True)
class Completion:
    """What a model wrote, and what it cost. Times in milliseconds, sizes in tokens.

    `probabilities` are those of the tokens, the end of the turn included, where they are known. `notices` are
    sentences to show beside it: another model than the one asked for has answered.
    """

    text: str
    prefill_ms: float
    decode_ms: float
    prompt_tokens: int
    cached_tokens: int
    generated_tokens: int
    probabilities: tuple[float, ...] = ()
    notices: tuple[str, ...] = ()

    def is_sure(self, least: float) -> bool:
        """Say whether no token of it was less likely than `least`."""
        return all(probability >= least for probability in self.probabilities)

    def own(self) -> Completion:
        """Return it if the model that was asked for wrote it. Raises BackendError where another stood in."""
        if self.notices:
            raise BackendError(f"{self.notices[0]}; set backend.embedded.variant to cpu to go on with that")
        return self


class Draft(NamedTuple):
    """An answer while it is written, or when it is `finished`."""

    text: str
    finished: bool


class Listener(Protocol):
    """Who waits for an answer, as a backend sees them."""

    def stage(self, what: str) -> None:
        """Hear what takes its time before the first word ("loading the model")."""

    def text(self, so_far: str) -> None:
        """Hear the whole answer so far, each time it grows."""

    def cancelled(self) -> bool:
        """Say whether the answer is still wanted; asked between tokens."""

    def environment(self, names: Sequence[str]) -> Mapping[str, str]:
        """Return those of the named environment variables that the person has set."""


class Backend(Protocol):
    """A model that can answer: five methods, and two names to show."""

    name: str
    model: str

    def prepare(self, prompt: Prompt, listener: Listener) -> None:
        """Do beforehand what can be done for requests like `prompt`. Raises as `complete` does."""

    def complete(self, prompt: Prompt, listener: Listener) -> Completion:
        """Answer `prompt`.

        Raises Cancelled when the listener says so, BackendError when there can be no answer.
        """

    def alternatives(self, prompt: Prompt) -> Iterator[Draft]:
        """Write other answers to `prompt`, the best first, some perhaps the same one again.

        Each step yields a draft; between two steps the caller may do other work with this backend, or
        go away. Raises BackendError.
        """

    def improve(self, listener: Listener) -> None:
        """Make later answers faster, in time that nobody waits for. Raises Cancelled."""

    def close(self) -> None:
        """Give back the memory; the backend is not used again."""


@runtime_checkable
class DoubtingBackend(Backend, Protocol):
    """A backend that sees how likely each token is while it writes.

    `is_trained` says whether its model was trained for caro: then it knows what it need not be shown.
    """

    is_trained: bool

    def complete_if_sure(self, prompt: Prompt, listener: Listener, least: float) -> Completion:
        """Answer `prompt`, but give up behind the first token whose probability is below `least`.

        What is given up ends there; see `Completion.is_sure`. Raises as `complete` does.
        """


class Place(Protocol):
    """Where a server is."""

    url: str


class RemoteBackend(Backend, Protocol):
    """A backend that asks a server."""

    endpoint: Place

    def check(self, limit_s: float | None = None) -> list[str]:
        """Return the names of the server's models; within `limit_s` seconds, if given. Raises RemoteError."""


def own_environment(names: Sequence[str]) -> dict[str, str]:
    """Return those of the named variables that this process has: a listener's answer without a client."""
    return {name: os.environ[name] for name in names if name in os.environ}


def identity(config: Config) -> tuple[object, ...] | None:
    """Return what an answer of the backend that `config` names depends on besides the prompt.

    None where that is not known beforehand: which model a server has, or to which one OLLAMA_HOST leads.
    Raises ModelMissing or ModelDamaged.
    """
    limits = (config.backend, config.max_tokens, config.temperature)
    if config.backend == "ollama":
        known = config.ollama_model and "backend.ollama.url" in config.sources
        return (*limits, config.ollama_url, config.ollama_model) if known else None
    if config.backend == "vllm":
        return (*limits, config.vllm_url, config.vllm_model) if config.vllm_model else None
    model = chosen(config).model
    return (
        *limits,
        disk.weights(model, disk.locate(model)),
        disk.stamp(disk.adapter(model) if config.adapter else ""),
    )


def open_backend(config: Config, env: Mapping[str, str]) -> Backend:
    """Open the backend that `config` names; for the embedded one this loads the model.

    `env` holds the environment variables that a remote one may want. Raises ModelMissing, ModelDamaged or
    BackendError.
    """
    # Late: each brings a library that the others need not wait for.
    if config.backend == "ollama":
        from caro_shell.backends.remote.ollama import OllamaBackend  # noqa: PLC0415

        return OllamaBackend(config, env)
    if config.backend == "vllm":
        from caro_shell.backends.remote.vllm import VllmBackend  # noqa: PLC0415

        return VllmBackend(config, env)
    variant = chosen(config)
    if variant.model.form != "mlx":
        return _on_processor(config)
    if not variant.may_fall_back:
        return _on_gpu(config, variant.model)
    from caro_shell.backends.atwork import AtWork  # noqa: PLC0415
    from caro_shell.backends.standin import WithStandIn  # noqa: PLC0415

    work = AtWork(os.path.join(paths.home(), "cache", "mlx-at-work"))
    return WithStandIn(lambda: _on_gpu(config, variant.model), lambda: _on_processor(config), work)


def _on_gpu(config: Config, model: Model) -> Backend:
    from caro_shell.backends.mlx import MlxBackend  # noqa: PLC0415

    return MlxBackend(config, model)


def _on_processor(config: Config) -> Backend:
    from caro_shell.backends.llamacpp import LlamaCppBackend  # noqa: PLC0415

    return LlamaCppBackend(config)
