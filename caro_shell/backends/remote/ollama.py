"""Ollama: its own protocol, which loads the model that is named, and says which there are."""

from __future__ import annotations

import logging
import re
from collections.abc import Generator, Mapping
from typing import Any, Callable

from caro_shell import chat
from caro_shell.backends import Completion, Listener
from caro_shell.backends.remote import jsonlines, rendering, stream
from caro_shell.backends.remote.failures import TOO_LONG, Case, Failures
from caro_shell.backends.remote.ollamahost import server_url
from caro_shell.backends.remote.server import ASIDE_S, Sampling, Server
from caro_shell.config import Config
from caro_shell.errors import HttpStatus, RemoteError, RemoteMalformed
from caro_shell.prompt import Prompt
from caro_shell.sanitise import printable

log = logging.getLogger("caro.ollama")

#: Tokens of context: our prefix of about 1,000, the longest line, the longest answer. Always the same, since
#: for another figure the model is loaded anew; it is Ollama's default too.
CONTEXT_TOKENS = 4096
#: How long the model stays in memory after an answer.
KEEP_ALIVE = "30m"
#: The oldest version that is spoken to, and the last major version that is known.
OLDEST, KNOWN_MAJOR = (0, 1, 0), 0

_NO_MODEL = "Ollama has no model that writes text; pull one with: ollama pull qwen2.5-coder:1.5b"
_EMBEDS = re.compile(r"embed|(^|/)(all-minilm|bge-|paraphrase-)")

_WRONG_SERVER = "what answers at {where} is no Ollama; check {setting}"
_FAILURES = Failures(
    refused="Ollama does not run at {where}; start it with: ollama serve (or correct {setting})",
    wrong_server=_WRONG_SERVER,
    cases=(
        Case((404,), "model", "Ollama has no model {model}{others}; pull it with: ollama pull {model}"),
        Case((404, 405), "", _WRONG_SERVER),
        Case((400,), "does not support", "{model} writes no text; correct backend.ollama.model{others}"),
        Case((400, 500), TOO_LONG, "the line is too long for {model} at Ollama; say it in fewer words"),
        Case((400, 422), "", "Ollama refused the request ({detail}); update it, or take another model"),
        Case((401,), "", "{where} wants a key; set it up as backend.vllm, which sends one"),
        Case((403,), "^$", "Ollama lets in only who calls it localhost; start it with OLLAMA_HOST=0.0.0.0"),
        Case((403,), "", "{where} refused the request ({detail}); see to whom it lets in"),
        Case((429, 503), "", "Ollama is busy; try again {again}"),
        Case((500,), "", "inference failed at Ollama ({detail}); see the server's log"),
        Case((502, 504), "", "what stands before Ollama at {where} gets no answer from it; does it run?"),
    ),
)


class OllamaBackend(Server):
    """A model of an Ollama server; see `Backend` for the contract."""

    name = "ollama"
    FAILURES = _FAILURES

    def __init__(self, config: Config, env: Mapping[str, str]) -> None:
        host = "" if "backend.ollama.url" in config.sources else env.get("OLLAMA_HOST", "")
        self._setting = "OLLAMA_HOST" if host else "backend.ollama.url"
        url = server_url(host or config.ollama_url)
        super().__init__(config, env, url=url, model=tagged(config.ollama_model))
        self._known = False  # which version it is

    def _answer(self, prompt: Prompt, sampling: Sampling, listener: Listener) -> Completion:
        if not self._known:
            self._check_version(listener.cancelled)
        self.model = self.model or self._first_model(listener.cancelled)
        form = None if self._only_chats else chat.format_of(self.model)
        stops = rendering.stops(form) if form else (rendering.NEXT_REQUEST,)
        system, request = rendering.system_and_request(prompt)
        told = (
            {"prompt": rendering.text(prompt, form), "raw": True}
            if form
            else {"system": system, "prompt": request, "think": False}
        )
        body = {
            "model": self.model,
            **told,
            "stream": True,
            "truncate": False,
            "keep_alive": KEEP_ALIVE,
            "options": {
                "num_ctx": CONTEXT_TOKENS,
                "num_predict": self._config.max_tokens,
                "temperature": sampling.temperature,
                "seed": sampling.seed,
                "stop": list(stops),
            },
        }
        answer = stream.read(self._parts(body, listener), stops, listener)
        if form and stream.only_thinks(answer.text):
            self._only_chats = True
            return self._answer(prompt, sampling, listener)
        return answer

    def _parts(self, body: Mapping[str, Any], listener: Listener) -> Generator[stream.Part, None, None]:
        for line in filter(None, self._http.post_lines("/api/generate", body, listener.cancelled)):
            found = jsonlines.json_object(line)
            if found.get("error"):
                raise self._failed_midway(found)
            yield stream.Part(
                text=jsonlines.text_in(found, "response"),
                ends=found.get("done") is True,
                prompt_tokens=jsonlines.count_in(found, "prompt_eval_count"),
                generated_tokens=jsonlines.count_in(found, "eval_count"),
            )

    def _check_version(self, cancelled: Callable[[], bool]) -> None:
        """Look whether this is an Ollama that can be spoken to. Raises RemoteError if not, and Cancelled.

        What else may go wrong is left to the question itself, which is asked with more patience.
        """
        try:
            version = jsonlines.text_in(self._look_up("/api/version", ASIDE_S, cancelled), "version")
        except RemoteError as error:
            if isinstance(error, RemoteMalformed) or (
                isinstance(error, HttpStatus) and error.status in (404, 405)
            ):
                raise
            return
        numbers = tuple(map(int, re.findall(r"\d+", version)[:3]))
        if len(numbers) < 3 or numbers == (0, 0, 0) or numbers[0] > KNOWN_MAJOR:
            log.warning("Ollama has a version that caro does not know, %s", printable(version)[:40])
        elif numbers < OLDEST:
            raise RemoteError(f"Ollama {printable(version)[:40]} is too old; update it")
        self._known = True

    def _first_model(self, cancelled: Callable[[], bool]) -> str:
        """Return the first model that writes text, on that very machine. Raises RemoteError or Cancelled."""
        models = filter(_writes, self._models(self.endpoint.connect_timeout_s, cancelled))
        try:
            return _name(next(models))
        except StopIteration:
            raise RemoteError(_NO_MODEL) from None

    def _models(self, limit_s: float | None, cancelled: Callable[[], bool]) -> list[jsonlines.Object]:
        models = self._look_up("/api/tags", limit_s, cancelled).get("models", "missing")
        if not isinstance(models or [], list):
            raise self._wrong_server()
        return [model for model in models or [] if _name(model).isprintable()]

    def _names(self, limit_s: float | None, cancelled: Callable[[], bool]) -> list[str]:
        return [_name(model) for model in self._models(limit_s, cancelled)]

    def _facts(self) -> dict[str, str]:
        return {"setting": self._setting}


def tagged(name: str) -> str:
    """Return the whole name of a model: without a tag, "latest" is meant."""
    return f"{name}:latest" if name and ":" not in name.rpartition("/")[2] else name


def _name(model: Any) -> str:
    return jsonlines.text_in(model, "name")


def _writes(model: jsonlines.Object) -> bool:
    """Tell whether `model` writes text and runs there: some only embed, and some are run by ollama.com."""
    capabilities = jsonlines.within(model, "capabilities") or ["completion"]
    family = jsonlines.text_in(model, "details", "family")
    embeds = "bert" in family or _EMBEDS.search(_name(model).lower())
    return "completion" in capabilities and not embeds and not jsonlines.text_in(model, "remote_host")
