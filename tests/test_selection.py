"""Who answers: what was chosen, what falls back to what, what is remembered, what never leaves unasked."""

from __future__ import annotations

import time
from dataclasses import dataclass

import pytest

from caro_shell import config
from caro_shell.backends import Completion, Draft, identity, selection
from caro_shell.consent import WordsWouldLeave
from caro_shell.engine import Engine
from caro_shell.errors import (
    BackendError,
    Cancelled,
    ConfigError,
    ModelMissing,
    RemoteError,
    RemoteTimeout,
    RemoteUnreachable,
)
from caro_shell.reply import Request
from tests.daemons import write_config
from tests.person import Person


@dataclass
class Place:
    url: str


class World:
    """All backends there are; `errors` are what those that are named have instead of an answer."""

    def __init__(self) -> None:
        self.story: list[str] = []
        self.errors: dict[str, Exception] = {}
        self.envs: list[dict[str, str]] = []

    def open(self, config, env):
        name = config.backend
        if name == "embedded" and name in self.errors:
            raise self.errors[name]
        self.story.append(f"open {name}")
        self.envs.append(dict(env))
        return Scripted(self, name, {"ollama": config.ollama_url, "vllm": config.vllm_url}.get(name, ""))


class Scripted:
    def __init__(self, world: World, name: str, url: str) -> None:
        self.world, self.name, self.model, self.endpoint = world, name, f"{name}'s", Place(url)

    def _do(self, what: str) -> None:
        self.world.story.append(f"{what} {self.name}")
        if self.name in self.world.errors:
            raise self.world.errors[self.name]

    def prepare(self, prompt, listener):
        self._do("prepare")

    def complete(self, prompt, listener):
        self._do("ask")
        return Completion(f"echo {self.name}", 1.0, 1.0, 1, 1, 1)

    def alternatives(self, prompt):
        self._do("more of")
        yield Draft("ls", finished=True)

    def improve(self, listener):
        self._do("improve")

    def check(self, limit_s=None):
        self._do("check")
        return []

    def close(self):
        self.world.story.append(f"close {self.name}")


@pytest.fixture
def world():
    return World()


@pytest.fixture
def engine(world):
    return Engine(world.open, lambda config: config.backend)


def prefer(name: str, more: str = "") -> None:
    write_config(
        f"cache = false\n[backend]\npreferred = '{name}'\n{more}\n"
        "[backend.ollama]\nenabled = true\n[backend.vllm]\nenabled = true\n"
    )


def ask(engine, person=None, **flags: str):
    keys = {f"backend.{name}": value for name, value in flags.items()}
    request = Request("list files", session="1", flags=keys)
    return engine.rewrite(request, person or Person(), asked=time.monotonic())


def test_the_embedded_model_answers_and_no_server_is_heard_of(engine, world):
    person = Person()
    reply = ask(engine, person)
    assert (reply.backend, reply.fallback_from) == ("embedded", None)
    assert world.story == ["open embedded", "ask embedded"]
    assert person.asked == []


@pytest.mark.parametrize("name", ["ollama", "vllm"])
def test_a_server_answers_when_it_is_preferred_and_enabled(engine, world, name):
    prefer(name)
    assert ask(engine).backend == name
    assert world.story == [f"open {name}", f"ask {name}"]


@pytest.mark.parametrize("name", ["ollama", "vllm"])
def test_a_server_that_is_not_enabled_is_not_contacted(engine, world, name):
    write_config(f"[backend]\npreferred = '{name}'")
    assert ask(engine).backend == "embedded"
    assert world.story == ["open embedded", "ask embedded"]


def test_a_flag_wins_over_the_file_and_enables_for_this_once(engine):
    assert ask(engine, preferred="vllm").backend == "vllm"
    prefer("vllm")
    assert ask(engine, preferred="embedded").backend == "embedded"
    assert ask(engine, preferred="ollama").backend == "ollama"


@pytest.mark.parametrize(
    ("error", "notice"),
    [
        (RemoteUnreachable("refused"), "ollama not reachable, used the embedded model"),
        (RemoteTimeout("late"), "ollama did not answer in time, used the embedded model"),
        (RemoteError("no such model; pull it"), "no such model; pull it; used the embedded model"),
    ],
)
def test_a_server_that_fails_is_stood_in_for(engine, world, error, notice):
    prefer("ollama")
    world.errors["ollama"] = error
    reply = ask(engine)
    assert (reply.command, reply.backend, reply.fallback_from) == ("echo embedded", "embedded", "ollama")
    assert reply.notices == (notice,)


@pytest.mark.parametrize("way", ["flag", "file"])
def test_without_fallback_the_servers_error_is_the_answer(engine, world, way):
    prefer("ollama", "fallback = false" if way == "file" else "")
    world.errors["ollama"] = RemoteUnreachable("ollama cannot be reached")
    with pytest.raises(RemoteUnreachable, match="ollama cannot be reached"):
        ask(engine, **({"fallback": "false"} if way == "flag" else {}))
    assert "open embedded" not in world.story


def test_without_an_embedded_model_the_servers_error_is_the_answer(engine, world):
    prefer("ollama")
    world.errors = {"ollama": RemoteUnreachable("start it"), "embedded": ModelMissing("pull it")}
    with pytest.raises(RemoteUnreachable, match="start it"):
        ask(engine)


def test_an_embedded_model_that_fails_says_so(engine, world):
    prefer("ollama")
    world.errors = {"ollama": RemoteUnreachable("start it"), "embedded": BackendError("no memory")}
    with pytest.raises(BackendError, match="no memory"):
        ask(engine)


def test_a_server_out_of_reach_is_left_alone_for_a_while(engine, world, monkeypatch):
    prefer("ollama")
    world.errors["ollama"] = RemoteUnreachable("refused")
    ask(engine)
    world.story.clear()
    assert ask(engine).notices == ("ollama not reachable, used the embedded model",)
    assert world.story == ["ask embedded"]
    assert ask(engine, preferred="ollama").fallback_from == "ollama", "asked for by name it is tried"
    assert "ask ollama" in world.story
    world.errors.clear()
    monkeypatch.setattr(selection, "REMEMBERED_S", 0.0)
    assert ask(engine).backend == "ollama"


def test_a_server_with_another_fault_is_asked_again(engine, world):
    prefer("ollama")
    world.errors["ollama"] = RemoteError("no such model")
    ask(engine)
    world.errors.clear()
    assert ask(engine).backend == "ollama"


def test_auto_is_the_first_that_answers_a_check(engine, world):
    prefer("auto")
    world.errors["ollama"] = RemoteUnreachable("refused")
    reply = ask(engine)
    assert (reply.backend, reply.fallback_from, reply.notices) == ("vllm", None, ())
    assert [step for step in world.story if "check" in step] == ["check ollama", "check vllm"]
    world.story.clear()
    assert ask(engine).backend == "vllm"
    assert world.story == ["ask vllm"], "remembered"


def test_auto_without_a_server_is_the_embedded_model_and_no_failure(engine, world):
    prefer("auto")
    world.errors = {name: RemoteTimeout("late") for name in ("ollama", "vllm")}
    reply = ask(engine)
    assert (reply.backend, reply.fallback_from, reply.notices) == ("embedded", None, ())


def test_auto_contacts_only_what_is_enabled(engine, world):
    write_config("[backend]\npreferred = 'auto'\n[backend.vllm]\nenabled = true")
    assert ask(engine).backend == "vllm"
    assert not [step for step in world.story if "ollama" in step]


def test_a_server_that_answered_the_check_and_then_fails_is_stood_in_for(engine, world):
    prefer("auto")
    assert ask(engine).backend == "ollama"
    world.errors["ollama"] = RemoteUnreachable("refused")
    reply = ask(engine)
    assert (reply.backend, reply.fallback_from) == ("embedded", "ollama")
    assert ask(engine).backend == "vllm", "and is known to be out of reach"


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("https://gpu.example:8000/v1", "words go to https://gpu.example:8000:"),
        ("http://10.0.0.7:8000", "words go to http://10.0.0.7:8000, readable for everyone on the way"),
        ("https://me:secret@gpu.example", "words go to https://gpu.example:"),
    ],
)
def test_a_host_is_named_before_words_go_there(engine, world, url, words):
    prefer("vllm")
    flags = {"vllm.url": url}
    with pytest.raises(WordsWouldLeave) as told:
        ask(engine, **flags)
    assert words in str(told.value)
    assert "secret" not in str(told.value)
    assert not {"ask vllm", "open embedded"} & set(world.story), "it is a sentence to be read, and no command"
    assert [ask(engine, **flags).backend for _ in range(2)] == ["vllm", "vllm"], "once is enough"
    other = ask(Engine(world.open, lambda config: config.backend), **flags)
    assert other.backend == "vllm", "also for the next daemon"


@pytest.mark.parametrize(
    "url", ["http://localhost:1", "http://127.0.0.1", "http://[::1]:9/x", "http://127.9.9.9"]
)
def test_this_very_machine_is_no_other_host(engine, url):
    prefer("vllm")
    assert ask(engine, **{"vllm.url": url}).backend == "vllm"


def test_a_stand_ins_answer_is_not_kept_as_the_servers(engine, world):
    prefer("ollama")
    write_config("[backend]\npreferred = 'ollama'\n[backend.ollama]\nenabled = true")
    world.errors["ollama"] = RemoteError("busy")
    assert ask(engine).command == "echo embedded"
    world.errors.clear()
    assert [(reply.command, reply.cached) for reply in (ask(engine), ask(engine))] == [
        ("echo ollama", False),
        ("echo ollama", True),
    ]


def test_nobody_asks_a_server_for_more_in_idle_time(engine, world):
    prefer("ollama")
    ask(engine)
    engine.idle(Person())
    assert world.story == ["open ollama", "ask ollama"]
    turn = engine.another(Request("echo ollama", session="1"), Person())
    assert turn.line == "ls"
    assert world.story[-1] == "more of ollama"


def test_a_server_hears_of_the_variables_that_concern_it(engine, world):
    prefer("vllm")
    ask(engine, Person(env={"VLLM_API_KEY": "k", "OLLAMA_HOST": "h", "HTTPS_PROXY": "p", "HOME": "mine"}))
    assert world.envs == [{"VLLM_API_KEY": "k", "OLLAMA_HOST": "h", "HTTPS_PROXY": "p"}]


def test_another_key_is_another_session_with_the_server(engine, world):
    prefer("vllm")
    ask(engine, Person(env={"VLLM_API_KEY": "old"}))
    ask(engine, Person(env={"VLLM_API_KEY": "new"}))
    assert world.story == ["open vllm", "ask vllm", "close vllm", "open vllm", "ask vllm"]


def test_both_may_be_open_and_the_model_alone_is_released(engine, world):
    prefer("ollama")
    ask(engine, preferred="embedded")
    ask(engine)
    assert engine.model == "embedded's"
    engine.release()
    assert world.story[-1] == "close embedded"
    ask(engine)
    assert world.story[-1] == "ask ollama"


def test_an_unknown_name_is_usage(engine):
    with pytest.raises(ConfigError, match="must be one of embedded, ollama, vllm, auto"):
        ask(engine, preferred="cloud")


def test_a_server_is_left_alone_no_longer_for_being_asked_for_meanwhile(engine, world, monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(selection.time, "monotonic", lambda: now[0])
    prefer("ollama")
    world.errors["ollama"] = RemoteUnreachable("refused")
    ask(engine)
    world.errors.clear()
    now[0] += 40
    assert ask(engine).backend == "embedded"
    now[0] += 40
    assert ask(engine).backend == "ollama"


@pytest.mark.parametrize("why", ["fallback is off", "there is no embedded model"])
def test_a_server_that_nobody_stands_in_for_is_asked_each_time(engine, world, why):
    prefer("ollama", "fallback = false" if why == "fallback is off" else "")
    world.errors = {"ollama": RemoteUnreachable("start it"), "embedded": ModelMissing("pull it")}
    for _ in range(2):
        with pytest.raises(RemoteUnreachable, match="start it"):
            ask(engine)
    world.errors.pop("ollama")
    assert ask(engine).backend == "ollama"


def test_what_a_server_said_is_no_longer_shown_while_the_stand_in_is_asked(engine, world):
    prefer("ollama")
    world.errors["ollama"] = RemoteUnreachable("refused")
    ask(engine, preferred="embedded")
    person = Person()
    ask(engine, person)
    assert person.stages == ["asking the embedded model"]


def test_looking_whether_a_server_answers_is_announced_too(engine, world):
    write_config(
        "cache = false\n[backend]\npreferred = 'auto'\nvllm = {enabled = true, url = 'https://gpu.example'}"
    )
    with pytest.raises(WordsWouldLeave):
        ask(engine)
    assert "check vllm" not in world.story
    assert ask(engine).backend == "vllm"


def test_a_url_that_is_set_stands_against_the_environment_though_it_is_the_default(engine, world):
    prefer("ollama")
    ask(engine)
    ask(engine, **{"ollama.url": "http://localhost:11434"})
    assert world.story.count("open ollama") == 2


def test_a_corrected_address_is_asked_at_once(engine, world):
    prefer("ollama")
    world.errors["ollama"] = RemoteUnreachable("refused")
    ask(engine)
    world.errors.clear()
    assert ask(engine).backend == "embedded"
    assert ask(engine, **{"ollama.url": "http://localhost:5"}).backend == "ollama"


def test_a_server_that_is_no_longer_wanted_is_told_nothing_more(engine, world):
    prefer("ollama")
    ask(engine)
    prefer("embedded")
    turn = engine.another(Request("echo ollama", session="1"), Person())
    assert turn.line == "list files", "the words again"
    assert "more of ollama" not in world.story


def test_without_a_person_to_ask_for_the_environment_nothing_is_sent(engine, world):
    prefer("vllm")
    person = Person()

    def nobody(names):
        raise Cancelled

    person.environment = nobody
    with pytest.raises(Cancelled):
        ask(engine, person)
    assert world.story == []


@pytest.mark.parametrize(
    ("settings", "known"),
    [
        ("[backend.ollama]\nurl = 'http://localhost:1'\nmodel = 'm'", True),
        ("[backend.ollama]\nmodel = 'm'", False),
        ("[backend.ollama]\nurl = 'http://localhost:1'", False),
    ],
)
def test_an_answer_is_kept_only_if_it_is_known_whose_it_is(tmp_path, settings, known):
    file = tmp_path / "settings.toml"
    file.write_text(settings)
    found = config.load(str(file), env={}, flags={"backend.preferred": "ollama"})
    assert (identity(found) is not None) == known
