"""A run of the benchmark: what it counts, with and without a sandbox, and with a real small model."""

from __future__ import annotations

import os
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from caro_shell import bench
from caro_shell.backends import Completion
from caro_shell.bench import run, sandbox
from caro_shell.bench.judge import Verdict
from caro_shell.bench.run import Score, Written, results
from caro_shell.bench.task import load_tasks
from caro_shell.engine import Engine
from caro_shell.errors import BackendTimeout, Cancelled, NoCommandFound, RemoteUnreachable
from tests.daemons import caro_home, write_config
from tests.person import Person
from tests.sandboxed import needs_sandbox

pytestmark = pytest.mark.slow

MODELS = Path(os.environ.get("CARO_TEST_MODELS", Path.home() / ".cache/caro/test-home")) / "models"
BY_ID = {task.id: task for task in load_tasks(short=True)}
TASKS = [BY_ID[name] for name in ("top-of-table", "count-errors", "guests-once", "nested-folders")]
COMMANDS = {
    "top-of-table": "awk 'NR <= 3' sales.csv",
    "count-errors": "wc -l server.log",
    "guests-once": "sort guests.txt |",
}


def write(words: str, shell: str, cwd: str = "") -> Written:
    """Answer the first three tasks: right, wrong, and with what is no command."""
    assert shell == "bash"
    (name,) = (task.id for task in TASKS if task.words == words)
    if name not in COMMANDS:
        raise NoCommandFound("nothing comes to mind")
    return Written(COMMANDS[name], 10, 500.0)


@needs_sandbox
def test_right_answers_commands_and_speed_are_counted():
    score = Score(tuple(results(TASKS, write)))
    assert [result.verdict.right for result in score.results] == [True, False, False, False]
    assert [result.parses for result in score.results] == [True, True, False, False]
    assert (score.right, score.of, score.answered) == (1, 4, 2)
    assert score.tokens_per_s == 20.0
    assert 0 < score.press_s < 1
    reasons = [result.verdict.why for result in score.results]
    assert reasons == ["", "its output is another", "it is no command", "nothing comes to mind"]


def test_without_a_sandbox_nothing_is_run_and_only_commands_are_counted(monkeypatch):
    monkeypatch.setattr(sandbox, "unavailable", lambda: "there is none")
    monkeypatch.setattr(sandbox, "run", lambda *_: pytest.fail("a command was run"))
    score = Score(tuple(results(TASKS, write)))
    assert (score.right, score.of, score.answered, len(score.results)) == (0, 0, 2, 4)


def test_an_answer_that_takes_too_long_is_wrong_and_what_was_waited_counts(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(run.time, "monotonic", lambda: now[0])

    def late(words: str, shell: str, cwd: str) -> Written:
        now[0] += 30.0
        if words == TASKS[0].words:
            now[0] -= 29.0
            return write(words, shell, cwd)
        raise BackendTimeout("the model did not finish within 30 s")

    monkeypatch.setattr(sandbox, "unavailable", lambda: "")
    monkeypatch.setattr(run, "_verdict", lambda *_: Verdict(right=False))  # a sandbox has a clock, too
    score = Score(tuple(results(TASKS, late)))
    assert [result.seconds for result in score.results] == [1.0, 30.0, 30.0, 30.0]
    assert [bool(result.written) for result in score.results] == [True, False, False, False]
    assert (score.press_s, score.of, score.right) == (30.0, 4, 0)


def test_a_score_of_nothing():
    score = Score(())
    assert (score.right, score.of, score.answered, score.press_s, score.tokens_per_s) == (0, 0, 0, 0.0, 0.0)


class Scripted:
    """A model that notes what it is asked, and says `ls` where it has no other answer."""

    name = "scripted"
    model = "script"

    def __init__(self) -> None:
        self.opened: list[object] = []
        self.asked: list[str] = []
        self.answers = {
            TASKS[0].words: "```bash\nawk 'NR <= 3' sales.csv\n```",
            TASKS[1].words: "wc server.log",
        }

    def open(self, settings, _env):
        self.opened.append(settings)
        return self

    def complete(self, prompt, listener):
        self.asked.append(prompt.request)
        listener.text("ls")
        return Completion(self.answers.get(prompt.request, "ls"), 3.0, 500.0, 30, 20, 10)

    def improve(self, listener):
        self.asked.append("(to become faster)")

    def close(self):
        self.asked.append("(to close)")


@pytest.fixture
def scripted():
    return Scripted()


@pytest.fixture
def engine(scripted):
    return Engine(scripted.open, lambda _: 0)  # the same model each time: kept answers would be given again


def test_tasks_are_answered_as_on_key_presses_by_a_model_that_is_warm(scripted, engine, monkeypatch):
    monkeypatch.setattr(sandbox, "unavailable", lambda: "there is none")
    write_config("generation.max_tokens = 99\n")
    flags = {"generation.timeout_s": "7"}
    score = bench.score(flags, TASKS[:2], Person(), engine=engine)
    words = [task.words for task in TASKS[:2]]
    assert scripted.asked[1:] == ["(to become faster)", *words, "(to close)"]
    assert scripted.asked[0] not in words
    assert [(one.max_tokens, one.timeout_s) for one in scripted.opened] == [(99, 7.0)]
    commands = [result.written.command for result in score.results]
    assert commands == ["awk 'NR <= 3' sales.csv", "wc server.log"]
    assert score.results[0].written.reply.timings.prefill_ms == 3.0
    assert score.tokens_per_s == 20.0
    assert score.notice == "no command was run to see whether it is right: there is none"


def test_commands_for_macos_are_asked_for_as_there_and_compared_without_a_sandbox(monkeypatch):
    class Mac(Scripted):
        def complete(self, prompt, listener):
            macos = "macOS" in prompt.system
            return Completion("date -v -1d '+%F'" if macos else "date -d -1day +%F", 3.0, 500.0, 30, 20, 10)

    task = replace(TASKS[0], platform="darwin", accept=("date -v-1d +%Y-%m-%d",), also=())
    monkeypatch.setattr(sandbox, "unavailable", lambda: "there is none")
    score = bench.score({}, [task], Person(), engine=Engine(Mac().open, lambda _: 0))
    assert [result.verdict for result in score.results] == [Verdict(right=True)]
    assert score.notice == ""
    with_gnu = next(results([task], lambda *_: Written("date -d yesterday +%F", 1, 1.0)))
    assert with_gnu.verdict == Verdict(right=False, why="date has no option -d")


def test_no_answer_is_one_that_was_kept(scripted, engine, monkeypatch):
    monkeypatch.setattr(sandbox, "unavailable", lambda: "there is none")
    for _ in range(2):
        score = bench.score({}, TASKS[:1] * 2, Person(), engine=engine)
        assert not any(result.written.reply.cached for result in score.results)
    assert scripted.asked.count(TASKS[0].words) == 4


def test_a_server_that_fails_ends_the_run_though_another_could_answer(monkeypatch):
    monkeypatch.setattr(sandbox, "unavailable", lambda: "there is none")
    write_config("[backend.ollama]\nenabled = true\nurl = 'http://127.0.0.1:9'\n")
    with pytest.raises(RemoteUnreachable):
        bench.score({"backend.preferred": "ollama"}, TASKS, Person())


@pytest.fixture
def small_model(own_home):
    (caro_home() / "models").parent.mkdir()
    (caro_home() / "models").symlink_to(MODELS)
    return {"backend.embedded.model": "smollm2-135m-q4", "generation.max_tokens": "32"}


@pytest.mark.model
def test_a_model_is_scored(small_model):
    told = []
    score = bench.score(small_model, TASKS, Person(), told.append)
    assert [result.task for result in score.results] == TASKS
    assert told == list(score.results)
    assert score.of == (0 if sandbox.unavailable() else 4)
    assert bool(score.notice) == bool(sandbox.unavailable())
    assert score.press_s > 0
    assert score.opened_s > 0


@pytest.mark.model
def test_a_run_can_be_left(small_model):
    leaves, told = threading.Event(), []
    with pytest.raises(Cancelled):
        bench.score(
            small_model, TASKS, Person(leaves=leaves), lambda result: (told.append(result), leaves.set())
        )
    assert len(told) == 1
