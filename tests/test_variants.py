"""Which form of the embedded model answers, on which machine; and who stands in where MLX fails."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from caro_shell.backends import Completion, Draft, identity, open_backend, standin, variants
from caro_shell.backends.atwork import AtWork
from caro_shell.backends.selection import Selection
from caro_shell.backends.standin import WithStandIn
from caro_shell.backends.variants import chosen, in_gguf
from caro_shell.catalog import find
from caro_shell.config import Config
from caro_shell.engine import Engine
from caro_shell.errors import (
    BackendError,
    BackendTimeout,
    BackendUnavailable,
    Cancelled,
    MlxFailed,
    ModelError,
    ModelMissing,
)
from caro_shell.manage import contest, trial
from caro_shell.prompt import Prompt
from caro_shell.reply import Request
from tests.aviary import install, know
from tests.daemons import SCRIPTED, Caller, caro_home, running, write_config
from tests.mlx_model import GGUF, NAME, copy_model, give_models, needs_mlx
from tests.person import Person
from tests.until import PATIENCE_S, until

TINY = "smollm2-135m-q4"


@pytest.fixture
def a_mac(monkeypatch):
    """A machine with Apple silicon and the library."""
    monkeypatch.setattr(variants, "on_apple_silicon", lambda: True)
    monkeypatch.setattr(variants, "has_library", lambda: True)


def describe(models, *, name=NAME, same_as=TINY):
    """Write the description of a converted model, without a model."""
    directory = models / name
    directory.mkdir(parents=True)
    for file in ("config.json", "model-00001.safetensors"):
        (directory / file).write_text("{}")
    about = {"id": name, "title": "converted", "licence": "MIT", "context": 8, "chat": "", "same_as": same_as}
    (directory / "caro.json").write_text(json.dumps(about))


@pytest.fixture
def converted(models):
    describe(models)


def settings(variant: str = "auto", model: str = TINY) -> Config:
    return Config(model=model, variant=variant)


def test_auto_takes_mlx_where_machine_library_and_model_are_there(a_mac, converted):
    assert chosen(settings()).model.id == NAME
    assert chosen(settings()).may_fall_back


def test_auto_takes_llama_cpp_where_there_is_no_mlx_form(a_mac):
    found = chosen(settings())
    assert (found.model.id, found.why) == (TINY, "there is no MLX form of it on this disk")


@pytest.mark.parametrize("lacking", ["on_apple_silicon", "has_library"])
def test_auto_takes_llama_cpp_elsewhere(a_mac, converted, monkeypatch, lacking):
    monkeypatch.setattr(variants, lacking, lambda: False)
    assert chosen(settings()).model.id == TINY


def test_cpu_is_llama_cpp_on_every_machine(a_mac, converted):
    assert chosen(settings("cpu")).model.id == TINY
    assert chosen(settings("cpu", NAME)).model.id == TINY, "the GGUF model with the same weights"


def test_mlx_is_what_was_asked_for_and_nothing_else(a_mac, converted, monkeypatch):
    monkeypatch.setattr(variants, "on_apple_silicon", lambda: False)
    found = chosen(settings("mlx"))
    assert found.model.id == NAME
    assert not found.may_fall_back


def test_mlx_without_the_library_is_a_sentence(converted, monkeypatch):
    monkeypatch.setattr(variants, "has_library", lambda: False)
    for asked in (settings("mlx"), settings(model=NAME)):
        with pytest.raises(BackendUnavailable, match=r"MLX is not installed; on Apple silicon install\.sh"):
            chosen(asked)


def test_mlx_without_a_model_for_it_is_a_sentence(a_mac):
    with pytest.raises(ModelMissing, match=f"make one with: caro model convert {TINY}"):
        chosen(settings("mlx"))


def test_a_model_for_mlx_may_be_named(a_mac, converted, monkeypatch):
    monkeypatch.setattr(variants, "on_apple_silicon", lambda: False)
    assert chosen(settings(model=NAME)).model.id == NAME
    assert chosen(settings(model=NAME)).may_fall_back


def test_a_model_for_mlx_alone_has_no_other_form(a_mac, converted, models):
    description = models / NAME / "caro.json"
    description.write_text(json.dumps({**json.loads(description.read_text()), "same_as": ""}))
    with pytest.raises(ModelError, match="is a model for MLX alone"):
        in_gguf(settings("cpu", NAME))


#: When an error comes, and which.
Errors = list[tuple[str, Exception]]


def test_a_model_that_is_converted_meanwhile_is_taken_with_the_next_request(a_mac, models):
    story: list[str] = []
    selection = Selection(lambda config, _env: Scripted(chosen(config).model.id, story, []))
    for _ in range(2):
        selection.open("embedded", settings(), Person())
    describe(models)
    selection.open("embedded", settings(), Person())
    assert story == [f"open {TINY}", f"close {TINY}", f"open {NAME}"]


class Scripted:
    """A backend that has `errors` instead of answers while there are some."""

    name = "embedded"

    def __init__(self, model: str, story: list[str], errors: Errors) -> None:
        self.model, self.story, self.errors = model, story, errors
        self._do("open")

    def _do(self, what: str) -> None:
        self.story.append(f"{what} {self.model}")
        if self.errors and self.errors[-1][0] == what:
            raise self.errors.pop()[1]

    def prepare(self, prompt, listener):
        self._do("prepare")

    def complete(self, prompt, listener):
        self._do("ask")
        return Completion(self.model, 1.0, 1.0, 1, 1, 1)

    def alternatives(self, prompt):
        self._do("more of")
        yield Draft("ls", finished=True)
        yield Draft("ls -l", finished=True)

    def improve(self, listener):
        self._do("improve")

    def close(self):
        self.story.append(f"close {self.model}")


PROMPT = Prompt("", (), "list")


def pair(errors: Errors = (), others: Errors = ()) -> tuple[WithStandIn, list[str]]:
    story: list[str] = []
    errors, others = [*errors], [*others]
    backend = WithStandIn(
        lambda: Scripted("mlx", story, errors), lambda: Scripted("gguf", story, others), AtWork(str(mark()))
    )
    return backend, story


def mark() -> Path:
    return caro_home() / "cache/mlx-at-work"


#: A process that ends in MLX's work.
CHILD = """
import os, sys
from caro_shell.backends.atwork import AtWork

with AtWork(sys.argv[1]).marked():
    os.abort()
"""


def test_a_process_that_mlx_ended_is_a_failure_too():
    limits = (resource.RLIMIT_CORE, (0, 0))
    ended = subprocess.run(
        [sys.executable, "-c", CHILD, mark()], check=False, preexec_fn=lambda: resource.setrlimit(*limits)
    )
    assert ended.returncode == -signal.SIGABRT
    backend, story = pair()
    answer = backend.complete(PROMPT, Person())
    notice = "MLX failed while answering: it ended the process; used llama.cpp on the processor"
    assert answer.notices == (notice,)
    assert story == ["open gguf", "ask gguf"]
    backend, story = pair()
    assert backend.complete(PROMPT, Person()).notices == (), "told once"
    assert story == ["open mlx", "ask mlx"]


@pytest.mark.parametrize("content", ["", "not a number", str(os.getpid())])
def test_a_mark_of_one_who_lives_or_of_nobody_means_nothing(content):
    mark().parent.mkdir(parents=True)
    mark().write_text(content)
    assert pair()[1] == ["open mlx"]


def test_an_old_mark_means_nothing():
    ended = subprocess.Popen(["true"])
    ended.wait()
    mark().parent.mkdir(parents=True)
    mark().write_text(str(ended.pid))
    os.utime(mark(), (0, 0))
    assert pair()[1] == ["open mlx"]


@pytest.mark.parametrize("error", [None, MlxFailed("thinking"), BackendTimeout("too slow"), Cancelled()])
def test_what_ends_as_python_has_it_leaves_no_mark(error):
    backend, _ = pair([("ask", error)] if error else [])
    with contextlib.suppress(BackendTimeout, Cancelled):
        backend.complete(PROMPT, Person())
    assert not mark().exists()


def test_while_nothing_fails_nobody_else_is_heard_of():
    backend, story = pair()
    assert backend.complete(PROMPT, Person()).notices == ()
    assert (backend.model, story) == ("mlx", ["open mlx", "ask mlx"])


@pytest.mark.parametrize("at", ["open", "prepare", "ask"])
def test_a_failure_is_stood_in_for_and_told(at):
    backend, story = pair([(at, MlxFailed("thinking"))])
    backend.prepare(PROMPT, Person())
    answers = [backend.complete(PROMPT, Person()) for _ in range(2)]
    assert [answer.text for answer in answers] == ["gguf", "gguf"]
    notice = "MLX failed while thinking; used llama.cpp on the processor"
    assert [answer.notices for answer in answers] == [(notice,), (notice,)]
    assert backend.model == "gguf"
    assert story.count("open mlx") == story.count("open gguf") == 1
    if at != "open":
        assert story.index("close mlx") < story.index("open gguf"), "two may not fit in memory"


def test_after_a_while_mlx_is_tried_again(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(standin.time, "monotonic", lambda: now[0])
    backend, story = pair([("ask", MlxFailed("thinking"))])
    backend.complete(PROMPT, Person())
    now[0] += standin.LEFT_ALONE_S - 1
    assert backend.complete(PROMPT, Person()).text == "gguf"
    now[0] += 2
    again = backend.complete(PROMPT, Person())
    assert (again.text, again.notices, backend.model) == ("mlx", (), "mlx")
    assert story[-3:] == ["close gguf", "open mlx", "ask mlx"]


def test_idle_work_stays_with_whoever_answered():
    backend, story = pair([("ask", MlxFailed("thinking"))])
    backend.complete(PROMPT, Person())
    list(backend.alternatives(PROMPT))
    backend.improve(Person())
    assert story[-2:] == ["more of gguf", "improve gguf"]
    backend.close()
    assert story[-1] == "close gguf"


def test_where_mlx_fails_in_idle_work_there_are_no_other_answers():
    backend, story = pair([("more of", MlxFailed("thinking"))])
    assert list(backend.alternatives(PROMPT)) == []
    assert not mark().exists()
    assert backend.complete(PROMPT, Person()).text == "mlx"
    assert "open gguf" not in story


def test_a_draft_is_not_gone_on_with_by_one_that_is_closed():
    backend, _ = pair([("ask", MlxFailed("thinking"))])
    drafts = backend.alternatives(PROMPT)
    assert next(drafts).text == "ls"
    backend.complete(PROMPT, Person())
    assert list(drafts) == []


class Watching(Scripted):
    """A backend that notes whether there is a mark while it works."""

    def _do(self, what: str) -> None:
        self.story.append(f"{what}: {mark().exists()}")

    def alternatives(self, prompt):
        for _ in range(2):
            self._do("more")
            yield Draft("ls", finished=True)


def test_the_mark_is_there_while_a_step_is_done_and_not_between_two():
    story: list[str] = []
    backend = WithStandIn(lambda: Watching("mlx", story, []), None, AtWork(str(mark())))
    backend.prepare(PROMPT, Person())
    backend.complete(PROMPT, Person())
    for _ in backend.alternatives(PROMPT):
        assert not mark().exists(), "it may be left for hours"
    backend.improve(Person())
    assert story == [f"{what}: True" for what in ("open", "prepare", "ask", "more", "more", "improve")]


#: A daemon whose model is at work as long as it is held; the arguments are the scripted one and the mark.
HELD = (
    "-c",
    """
import runpy, sys
from caro_shell import daemon, engine
from caro_shell.backends.atwork import AtWork
from caro_shell.backends.standin import WithStandIn

scripted = runpy.run_path(sys.argv.pop(1))["ScriptedBackend"]
work = AtWork(sys.argv.pop(1))
opened = lambda config, env: WithStandIn(lambda: scripted(config, env), None, work)
daemon.Engine = lambda: engine.Engine(opened, lambda _: 0)
sys.exit(daemon.main(sys.argv[1:]))
""",
)


@pytest.mark.slow
def test_a_daemon_that_is_told_to_end_leaves_no_mark():
    with running((*HELD, *SCRIPTED, str(mark()))) as process, Caller() as caller:
        caller.send(kind="rewrite", shell="bash", line="hold pwd")
        until((caro_home() / "held").exists, what="the model to be at work")
        assert mark().read_text() == str(process.pid)
        process.terminate()
        assert process.wait(PATIENCE_S) == 0
    assert not mark().exists()


@pytest.mark.parametrize(
    "measured",
    [lambda: trial.tried(find("old")), lambda: contest.scored(find("old"), quiet=True)],
    ids=["tried", "scored"],
)
def test_a_stand_ins_figures_are_not_taken_for_mlxs(a_mac, models, measured):
    know()
    install("old")
    describe(models, name="old-mlx-converted", same_as="old")
    said = r"MLX .*; used llama\.cpp on the processor; set backend\.embedded\.variant to cpu"
    with pytest.raises(BackendError, match=said):
        measured()


def test_where_nobody_can_stand_in_the_first_failure_is_the_answer():
    with pytest.raises(MlxFailed, match="MLX failed while thinking"):
        pair([("open", MlxFailed("thinking"))], [("open", ModelMissing("pull it"))])


def test_an_error_that_is_not_mlxs_is_not_stood_in_for():
    backend, story = pair([("ask", BackendTimeout("too slow"))])
    with pytest.raises(BackendTimeout):
        backend.complete(PROMPT, Person())
    assert "open gguf" not in story


@pytest.fixture
def both_forms(monkeypatch):
    """A machine as if it were a Mac, with the small model in both forms."""
    monkeypatch.setattr(variants, "on_apple_silicon", lambda: True)
    give_models(caro_home())
    write_config(f"[backend.embedded]\nmodel = '{TINY}'\n[generation]\nmax_tokens = 40\nalternatives = 0\n")


@needs_mlx
@pytest.mark.model
@pytest.mark.slow
def test_llama_cpp_answers_for_a_model_that_mlx_cannot_load(both_forms):
    weights = copy_model(caro_home()) / "model-00001.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    engine = Engine()
    flags = {"backend.embedded.variant": "auto"}
    request = Request("show the current directory", flags=flags)
    try:
        reply = engine.rewrite(request, Person(), asked=time.monotonic())
        assert reply.model == TINY
        assert len(reply.notices) == 1
        assert reply.notices[0].startswith("MLX failed while loading")
        assert reply.notices[0].endswith("; used llama.cpp on the processor")
        again = engine.rewrite(request, Person(), asked=time.monotonic())
        assert not again.cached, "it is not kept as MLX's answer"
        assert again.notices == reply.notices
        required = Request("list files", flags={"backend.embedded.variant": "mlx"})
        with pytest.raises(MlxFailed, match=r"set backend\.embedded\.variant to cpu"):
            engine.rewrite(required, Person(), asked=time.monotonic())
    finally:
        engine.release()


@needs_mlx
@pytest.mark.model
@pytest.mark.slow
def test_the_two_forms_are_two_backends_with_answers_of_their_own(both_forms):
    as_mlx, on_cpu = settings("mlx"), settings("cpu")
    assert identity(as_mlx) != identity(on_cpu)
    opened = [open_backend(config, {}) for config in (settings(), as_mlx, on_cpu)]
    try:
        assert [backend.model for backend in opened] == [NAME, NAME, TINY]
        assert {backend.name for backend in opened} == {"embedded"}
    finally:
        for backend in opened:
            backend.close()


def test_the_files_of_both_forms_are_called_as_the_catalogue_calls_them():
    from caro_shell import catalog  # noqa: PLC0415

    assert catalog.find(TINY).file == GGUF
