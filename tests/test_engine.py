"""The engine with a model that repeats what it is told: when it opens, what it passes on, what it says."""

from __future__ import annotations

import itertools
import os
import sys
import time
from dataclasses import dataclass, field

import pytest

from caro_shell import measured
from caro_shell.backends import Completion
from caro_shell.bank import Bank
from caro_shell.engine import Engine, Request
from caro_shell.errors import BackendError, CaroError, ConfigError, NoCommandFound
from tests.daemons import write_config
from tests.person import Person

NUMBERS = itertools.count()


def each_another(_config: object) -> int:
    """Let no request be answered from the cache."""
    return next(NUMBERS)


@dataclass
class Script:
    """A model whose answer is the words; `story` is all that happened to it."""

    story: list[str] = field(default_factory=list)
    pieces: tuple[str, ...] = ()
    error: Exception | None = None
    name = "scripted"
    model = ""
    says = ""
    prompt = None

    def open(self, config, env=None):
        self.model = config.model or "the best"
        self.story.append(f"open {self.model}")
        return self

    def complete(self, prompt, listener):
        self.story.append("complete")
        self.prompt = prompt
        if self.error:
            raise self.error
        for piece in self.pieces:
            listener.text(piece)
        if listener.cancelled():
            self.story.append("heard that it is cancelled")
        return Completion(self.says or prompt.request, 2.04, 1.0, 30, 20, 5)

    def improve(self, listener):
        self.story.append("improve")

    def close(self):
        self.story.append("close")


def ask(engine: Engine, line: str = "ls -l", person: Person | None = None, **kwargs):
    return engine.rewrite(Request(line, **kwargs), person or Person(), asked=time.monotonic())


@pytest.fixture
def script():
    return Script()


@pytest.fixture
def engine(script):
    return Engine(script.open, each_another)


def test_the_model_is_opened_by_the_first_request_and_only_once(engine, script):
    assert engine.model == ""
    assert script.story == []
    person = Person()
    assert ask(engine, person=person).command == "ls -l"
    assert ask(engine, "pwd", person).command == "pwd"
    assert script.story == ["open the best", "complete", "complete"]
    assert person.stages == ["loading the model"]
    assert engine.model == "the best"


@pytest.mark.parametrize("change", ["file", "env", "flag"])
def test_other_settings_close_the_model_before_they_open_another(engine, script, change):
    ask(engine)
    if change == "file":
        write_config("[backend.embedded]\nmodel = 'smollm2-135m-q4'")
    env = {"CARO_MODEL": "smollm2-135m-q4"} if change == "env" else {}
    flags = {"backend.embedded.model": "smollm2-135m-q4"} if change == "flag" else {}
    assert ask(engine, env=env, flags=flags).model == "smollm2-135m-q4"
    assert script.story[2:] == ["close", "open smollm2-135m-q4", "complete"]


@pytest.mark.parametrize("text", ["[generation]\nmax_tokens = 50", "[generation]\ntimeout_s = 5"])
def test_the_limits_reach_the_model(engine, script, text):
    ask(engine)
    write_config(text)
    ask(engine)
    assert "close" in script.story


def test_settings_that_are_not_the_models_do_not_reopen_it(engine, script):
    ask(engine)
    write_config("[shell]\nkey = 'alt-g'\n[daemon]\nrelease_after_s = 1")
    ask(engine)
    assert "close" not in script.story
    assert engine.config.release_after_s == 1.0


def test_a_model_that_does_not_open_is_tried_again(script):
    errors = [BackendError("no memory; close something")]

    def opener(config, env):
        if errors:
            raise errors.pop()
        return script.open(config)

    engine = Engine(opener, each_another)
    with pytest.raises(BackendError, match="no memory"):
        ask(engine)
    assert ask(engine).command == "ls -l"


def test_release_gives_the_model_back_until_it_is_needed(engine, script):
    engine.release()
    ask(engine)
    engine.release()
    engine.release()
    assert engine.model == ""
    assert script.story == ["open the best", "complete", "close"]
    ask(engine)
    assert script.story[3:] == ["open the best", "complete"]


def test_a_broken_configuration_is_a_notice_beside_the_command(engine):
    write_config("colour = 1\n[backend")
    reply = ask(engine)
    assert reply.command == "ls -l"
    assert len(reply.notices) == 1
    assert "is not valid TOML" in reply.notices[0]


def test_a_bad_variable_of_the_client_is_an_error(engine, script):
    with pytest.raises(ConfigError, match="CARO_BACKEND"):
        ask(engine, env={"CARO_BACKEND": "cloud"})
    assert script.story == []


def test_this_process_own_environment_is_not_consulted(script, monkeypatch):
    monkeypatch.setenv("CARO_MODEL", "mine")
    monkeypatch.setenv("CARO_BACKEND", "nonsense")
    assert ask(Engine(script.open, each_another)).model == "the best"
    assert os.environ["CARO_MODEL"] == "mine"


@pytest.mark.parametrize("line", ["", "  ", "\n\t", "# ", " #  \n"])
def test_empty_words_reach_no_model(engine, script, line):
    with pytest.raises(CaroError, match="nothing to rewrite yet"):
        ask(engine, line)
    assert script.story == []


def test_an_error_of_the_model_passes_through_and_the_model_stays(engine, script):
    script.error = BackendError("out of sorts")
    with pytest.raises(BackendError, match="out of sorts"):
        ask(engine)
    script.error = None
    ask(engine)
    assert script.story == ["open the best", "complete", "complete"]


@pytest.mark.parametrize("answer", ["I am sorry, but I cannot help you with that.", "ls \x1b[2J", "echo a\\"])
def test_an_answer_that_is_no_command_is_refused(engine, answer):
    with pytest.raises(NoCommandFound):
        ask(engine, answer)


def test_the_listener_hears_printable_text_only(engine, script):
    script.pieces = ("l", "ls \x1b[2J", "ls \x1b[2J\u202e\n\x07")
    person = Person()
    ask(engine, person=person)
    assert person.texts == ["l", "ls ^[[2J", "ls ^[[2J<U+202E> ^G"]


def test_the_model_can_ask_whether_it_is_still_wanted(engine, script):
    ask(engine, person=Person(patience=0))
    assert "heard that it is cancelled" in script.story
    script.story.clear()
    ask(engine)
    assert script.story == ["complete"]


@pytest.mark.parametrize(
    ("asked", "used"), [("zsh", "zsh"), ("fish", "fish"), ("tcsh", "bash"), ("", "bash")]
)
def test_the_shell_is_one_we_know(engine, asked, used):
    assert ask(engine, shell=asked).shell == used


def test_a_reply_says_where_the_time_went(engine):
    reply = engine.rewrite(Request("ls"), Person(), asked=time.monotonic() - 5)
    data = reply.as_dict()
    timings = data["timings"]
    assert timings["queue_ms"] >= 5000
    assert timings["total_ms"] >= timings["queue_ms"] + timings["load_ms"]
    assert (timings["prefill_ms"], timings["decode_ms"]) == (2.0, 1.0)
    assert (timings["prompt_tokens"], timings["cached_tokens"], timings["generated_tokens"]) == (30, 20, 5)
    assert data["command"] == data["generated_command"] == "ls"
    assert (data["backend"], data["model"], data["shell"]) == ("scripted", "the best", "bash")


def test_a_command_that_was_cut_off_is_none(engine):
    write_config("[generation]\nmax_tokens = 5")  # as many as the script says that it wrote
    with pytest.raises(NoCommandFound, match="cut off after 5 tokens; ask for less at once, or raise"):
        ask(engine, "ls -l")
    assert ask(engine, "```\nls -l\n```\nIt lists the").command == "ls -l", "what was cut off was only talk"


def test_the_speed_of_presses_is_noted_in_an_idle_moment(engine, script):
    script.name = "embedded"
    for _ in range(4):  # the first may have to wait for other things than the model
        ask(engine)
    assert measured.of("the best") is None
    engine.idle(Person())
    assert measured.of("the best").tokens_per_s == 5000.0, "5 tokens in a millisecond, the script says"


@pytest.mark.parametrize(("shell", "end"), [("bash", "done"), ("fish", "end")])
def test_the_model_is_shown_what_others_asked_that_comes_near(engine, script, shell, end):
    write_config("[generation]\nexamples = 3\n")
    script.says = "ls"
    ask(engine, "a loop over all csv files that prints each name", shell=shell)
    assert len(script.prompt.nearest) == 3
    nearest = Bank().nearest(script.prompt.request, shell, sys.platform, 1)[0].pair
    assert script.prompt.nearest[-1] == (nearest.words, nearest.command), "just before the words"
    assert nearest.command.endswith(f"; {end}")


def test_no_example_is_sought_where_none_is_wanted(engine, script):
    write_config("[generation]\nexamples = 0\n")
    script.says = "ls"
    ask(engine, "show the newest file")
    assert script.prompt.nearest == ()
