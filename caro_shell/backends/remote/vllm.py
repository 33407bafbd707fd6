"""vLLM, and any other server with OpenAI's completions: llama.cpp's, LM Studio, TGI."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Mapping, Sequence
from typing import Any, Callable

from caro_shell import chat
from caro_shell.backends import Completion, Listener
from caro_shell.backends.remote import jsonlines, rendering, stream
from caro_shell.backends.remote.failures import TOO_LONG, Case, Failures
from caro_shell.backends.remote.server import Sampling, Server
from caro_shell.config import Config
from caro_shell.errors import HttpStatus, RemoteError
from caro_shell.prompt import Prompt

Body = Mapping[str, Any]

# What not every server knows: some ignore it, some refuse the whole request for it.
_COUNTS = {"stream_options": {"include_usage": True}}
_NO_THOUGHTS = {"chat_template_kwargs": {"enable_thinking": False}}
# Where a choice has its text: of a text, of a conversation, of one that was not streamed.
_TEXT = (("text",), ("delta", "content"), ("message", "content"))
_NO_MODEL = "{where} has no model {model}{others}; correct backend.vllm.model"

_WRONG_SERVER = "what answers at {where} has no completions as vLLM has them; check backend.vllm.url"
_FAILURES = Failures(
    refused="no server listens at {where}; start it, or correct backend.vllm.url",
    wrong_server=_WRONG_SERVER,
    cases=(
        Case((401, 403), "", "authentication failed at {where}: {key}"),
        Case((404,), "model", _NO_MODEL),
        Case((400,), "model.*not (found|exist|loaded)|(no|unknown|invalid) model", _NO_MODEL),
        Case((404, 405, 501), "", _WRONG_SERVER),
        Case((400, 422), "max_tokens", "{model} cannot write that much; lower generation.max_tokens"),
        Case((400, 413, 422), TOO_LONG, "the line is too long for {model} at {where}; say it in fewer words"),
        Case((400, 422), "", "{where} did not accept the request ({detail}); see the server's log"),
        Case((429, 503), "", "{where} is busy; try again {again}"),
        Case((500,), "", "inference failed at {where} ({detail}); see the server's log"),
        Case((502, 504), "", "what stands before the server at {where} gets no answer from it; does it run?"),
    ),
)


class VllmBackend(Server):
    """A model behind OpenAI's protocol; see `Backend` for the contract.

    A model whose chat format is known is sent text in it, which is then the very prompt that was tried and
    measured; others, and those of a server without that route, are sent the turns of a conversation.
    """

    name = "vllm"
    FAILURES = _FAILURES

    def __init__(self, config: Config, env: Mapping[str, str]) -> None:
        key = env.get(config.vllm_key_env, "").strip()
        super().__init__(config, env, url=_base(config.vllm_url), model=config.vllm_model, key=key)
        self._variant = 0  # the one of a request that was taken last

    def _answer(self, prompt: Prompt, sampling: Sampling, listener: Listener) -> Completion:
        self.model = self.model or self._first_model(listener.cancelled)
        form = chat.format_of(self.model)
        body = {
            "model": self.model,
            "max_tokens": self._config.max_tokens,
            "temperature": sampling.temperature,
            "seed": sampling.seed,
            "stream": True,
        }
        if form and not self._only_chats:
            stops = rendering.stops(form)
            text = {**body, "prompt": rendering.text(prompt, form), "stop": stops}
            parts = self._parts("/v1/completions", ({**text, **_COUNTS}, text), listener)
            try:
                answer = stream.read(parts, stops, listener)
            except HttpStatus as error:
                if not _is_missing_route(error):
                    raise
            else:
                if not stream.only_thinks(answer.text):
                    return answer
            self._only_chats, self._variant = True, 0
        chats = [{**body, "messages": rendering.messages(prompt, system=system)} for system in (True, False)]
        parts = self._parts(
            "/v1/chat/completions", ({**chats[0], **_COUNTS, **_NO_THOUGHTS}, *chats), listener
        )
        # No stops: what stands before a fence, or in a thought, is full of what would be one.
        return stream.read(parts, (), listener)

    def _parts(
        self, path: str, variants: Sequence[Body], listener: Listener
    ) -> Generator[stream.Part, None, None]:
        is_one = False
        for event in jsonlines.events(self._lines(path, variants, listener)):
            if event.get("error"):
                raise self._failed_midway(event)
            is_one = is_one or "choices" in event
            yield stream.Part(
                text="".join(jsonlines.text_in(event, "choices", 0, *place) for place in _TEXT),
                ends=event is jsonlines.DONE or bool(jsonlines.within(event, "choices", 0, "finish_reason")),
                prompt_tokens=jsonlines.count_in(event, "usage", "prompt_tokens"),
                cached_tokens=jsonlines.count_in(event, "usage", "prompt_tokens_details", "cached_tokens"),
                generated_tokens=jsonlines.count_in(event, "usage", "completion_tokens"),
            )
        if not is_one:
            raise self._wrong_server()

    def _lines(self, path: str, variants: Sequence[Body], listener: Listener) -> Iterator[bytes]:
        """Yield what is answered to the first of `variants`, each plainer than the last, that is accepted."""
        try:
            yield from self._http.post_lines(path, variants[self._variant], listener.cancelled)
        except HttpStatus as error:
            if error.status not in (400, 422) or re.search(TOO_LONG, error.detail):
                raise
            self._variant = (self._variant + 1) % len(variants)
            if self._variant == 0:
                raise
            yield from self._lines(path, variants, listener)

    def _first_model(self, cancelled: Callable[[], bool]) -> str:
        names = self._names(self.endpoint.connect_timeout_s, cancelled)
        if not names:
            raise RemoteError(
                f"{self.endpoint.where} has no model loaded; load one, or set backend.vllm.model"
            )
        return names[0]

    def _names(self, limit_s: float | None, cancelled: Callable[[], bool]) -> list[str]:
        models = self._look_up("/v1/models", limit_s, cancelled).get("data")
        if not isinstance(models, list):
            raise self._wrong_server()
        names = [jsonlines.text_in(model, "id") for model in models]
        return [name for name in names if name and name.isprintable()]

    def _facts(self) -> dict[str, str]:
        variable = self._config.vllm_key_env
        if self.endpoint.key:
            return {"key": f"the key in {variable} is not accepted; correct it"}
        if variable == Config.vllm_key_env:
            missing = (
                f"{variable} is not set; export the key under that name, or set backend.vllm.api_key_env"
            )
        elif variable:  # which is not named: it may be the key itself, put into the wrong place
            missing = (
                "the variable that backend.vllm.api_key_env names is not set; export the key under its name"
            )
        else:
            missing = (
                "no key was sent; export it, and set backend.vllm.api_key_env to the name of its variable"
            )
        return {"key": missing}


def _base(url: str) -> str:
    """Return the address of the server, which many write as other clients want it, ending in /v1."""
    url = url.strip()
    return re.sub(r"(/v1)?/*$", "", url if "://" in url else f"http://{url}")


def _is_missing_route(error: HttpStatus) -> bool:
    """Tell whether the server lacks the route, not the model."""
    about_route = "chat/completions" in error.detail or "model" not in error.detail.lower()
    return error.status in (404, 405, 501) and about_route
