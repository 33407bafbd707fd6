"""Other commands for the same words: what is another one, whose turn it is, what an interruption costs."""

from __future__ import annotations

import itertools
import time

import pytest

from caro_shell import mending
from caro_shell.backends import Completion, Draft
from caro_shell.engine import Engine
from caro_shell.errors import BackendError, Cancelled
from caro_shell.prompt import make_prompt
from caro_shell.reply import Request
from caro_shell.rounds import ROUNDS_KEPT, Round, Rounds
from tests.daemons import write_config
from tests.person import Person

NUMBERS = itertools.count()


class Model:
    """Answers `words`, then each of `others`, a letter a step; `steps` counts them."""

    name = model = "scripted"

    def __init__(self, *others: str) -> None:
        self.others = others
        self.answers = self.steps = self.starts = self.closed = 0
        self.improved_after = -1  # steps
        self.answer = str  # says nothing, so that the words are the answer

    def __call__(self, _config: object, _env: object) -> Model:
        return self

    def prepare(self, prompt, listener):
        raise AssertionError

    def complete(self, prompt, listener):
        self.answers += 1
        return Completion(self.answer() or prompt.request, 1.0, 1.0, 1, 1, 1)

    def alternatives(self, prompt):
        self.starts += 1
        self.asked = prompt
        for other in self.others:
            for end in range(1, len(other) + 1):
                self.steps += 1
                yield Draft(other[:end], finished=False)
            yield Draft(other, finished=True)

    def improve(self, listener):
        self.improved_after = self.steps

    def close(self):
        self.closed += 1


def engine_of(model: Model, *, cached: bool = False) -> Engine:
    return Engine(model, (lambda _: 0) if cached else (lambda _: next(NUMBERS)))


def answer(engine: Engine, line: str, session: str = "1", **kwargs):
    return engine.rewrite(Request(line, session=session, **kwargs), Person(), asked=time.monotonic())


def turn(engine: Engine, line: str, session: str = "1", person: Person | None = None):
    return engine.another(Request(line, session=session), person or Person())


def test_each_press_brings_another_command_and_then_the_words():
    engine = engine_of(Model("du -a", "ls -R", "pwd", "never"))
    assert answer(engine, "# du").command == "du"
    lines = ["du"]
    for _ in range(4):
        lines.append(turn(engine, lines[-1]).line)
    assert lines == ["du", "du -a", "ls -R", "pwd", "# du"]
    assert turn(engine, "# du") is None, "words: to be answered anew"


@pytest.fixture
def no_hurry(monkeypatch):
    """A busy machine may take longer for a look than a person is made to wait."""
    monkeypatch.setattr(mending, "LIMIT_S", 60.0)


def test_a_command_that_was_mended_for_its_directory_is_known_again(tmp_path, no_hurry):
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/motd").touch()
    model = Model("cat /etc/motd", "pwd")
    model.answer = lambda: "tail /etc/motd"
    engine = engine_of(model, cached=True)
    reply = answer(engine, "read etc/motd", cwd=str(tmp_path), count=2)
    assert (reply.command, reply.alternatives) == ("tail etc/motd", ("cat etc/motd",))
    assert [offer.line for offer in reply.offers] == ["tail etc/motd", "cat etc/motd"]
    assert turn(engine, "tail etc/motd").line == "cat etc/motd"
    assert turn(engine, "cat etc/motd").line == "pwd"
    elsewhere = answer(engine, "read etc/motd", cwd="/", count=2)
    assert elsewhere.cached, "what was written is kept as it was"
    assert (elsewhere.command, *elsewhere.alternatives) == ("tail etc/motd", "cat etc/motd")
    elsewhere = answer(engine, "read etc/motd", cwd=str(tmp_path / "etc"))
    assert elsewhere.command == "tail /etc/motd"


def test_commands_that_are_the_same_once_mended_are_one(tmp_path, no_hurry):
    (tmp_path / "notes.txt").touch()
    engine = engine_of(Model("cat notes.txt", "less notes.txt"))
    reply = answer(engine, "cat /path/to/notes.txt", cwd=str(tmp_path))
    assert reply.command == "cat /path/to/notes.txt", "the words name that path"
    engine = engine_of(model := Model("cat notes.txt", "less notes.txt"))
    model.answer = lambda: "cat /path/to/notes.txt"
    assert answer(engine, "show notes.txt", cwd=str(tmp_path)).command == "cat notes.txt"
    assert turn(engine, "cat notes.txt").line == "less notes.txt"
    assert turn(engine, "less notes.txt").line == "show notes.txt"


def test_a_line_that_was_edited_is_words():
    engine = engine_of(Model("du -a"))
    answer(engine, "du")
    assert turn(engine, "du -h") is None


def test_undo_goes_back_in_the_round_too():
    engine = engine_of(Model("du -a", "pwd"))
    answer(engine, "du")
    assert [turn(engine, line).line for line in ("du", "du -a")] == ["du -a", "pwd"]
    assert turn(engine, "du -a").line == "pwd", "undone once"
    assert turn(engine, "du").line == "du -a", "and twice more"
    assert turn(engine, "pwd").line == "du", "the words"
    assert turn(engine, "pwd").line == "du", "and undone again"


def test_sessions_do_not_hear_of_each_other():
    engine = engine_of(Model("du -a"))
    answer(engine, "du", "1")
    answer(engine, "ls", "2")
    assert turn(engine, "du", "2") is None
    assert turn(engine, "du", "1").line == "du -a"
    assert turn(engine, "du", "3") is None
    assert turn(engine, "du", "") is None


@pytest.mark.parametrize(
    "again", ["du", " du ", "```\ndu\n```", "du\n\n", "I am sorry, but I cannot help you with that.", ""]
)
def test_the_same_command_or_none_is_no_other(again):
    engine = engine_of(Model(again, "ls", again))
    answer(engine, "du")
    assert turn(engine, "du").line == "ls"
    assert turn(engine, "ls").line == "du"


def test_a_difference_in_quotes_or_blanks_is_none():
    engine = engine_of(Model("echo  'a'", "echo b"))
    answer(engine, 'echo "a"')
    assert turn(engine, 'echo "a"').line == "echo b"


@pytest.mark.parametrize("other", ["sort --by-size a", "du | | sort", "echo 'a"])
def test_a_command_with_a_fault_is_no_other(other):
    engine = engine_of(Model(other, "ls"))
    answer(engine, "du")
    assert turn(engine, "du").line == "ls"


@pytest.mark.parametrize("cached", [False, True])
def test_others_go_on_from_the_better_answer_and_never_to_the_one_that_was_refused(cached):
    write_config("[generation]\nalternatives = 0")
    model = Model("sort --by-size a", "ls")
    model.answer = iter(["sort --by-size a", "sort -n a"] * 2).__next__
    engine = engine_of(model, cached=cached)
    assert answer(engine, "sort a").command == "sort -n a"
    reply = answer(engine, "sort a", count=3)
    assert (reply.cached, reply.command, reply.alternatives) == (cached, "sort -n a", ("ls",))
    assert model.asked.objections[0][0] == "sort --by-size a"


def test_what_is_commented_out_goes_on_to_the_next_with_its_mark_or_without():
    engine = engine_of(Model("rm -rf /*", "rm -rf /var/www", "pwd"))
    reply = answer(engine, "rm -rf /")
    assert (reply.command, reply.offers[0].line) == ("rm -rf /", "# rm -rf /")
    again = turn(engine, "# rm -rf /")
    assert again.line == "# rm -rf /*"
    assert again.notice.startswith("danger: ")
    assert turn(engine, "rm -rf /") == again, "a mark that was taken away is no edit"
    there = turn(engine, again.line)
    assert (there.line, there.notice[:8]) == ("rm -rf /var/www", "danger: ")
    assert turn(engine, there.line) == ("pwd", "")
    assert turn(engine, "pwd") == ("rm -rf /", ""), "a person's own words are not judged"


def test_a_round_keeps_to_the_setting_that_it_began_with():
    engine = engine_of(Model("pwd"))
    off = {"CARO_SAFETY": "off"}
    assert answer(engine, "rm -rf /", env=off).offers[0].line == "rm -rf /"
    assert turn(engine, "rm -rf /").line == "pwd"


def test_nothing_else_is_said_once():
    engine = engine_of(Model("du"))
    answer(engine, "du")
    assert turn(engine, "du") == ("du", "no other command comes to mind; here are your words")


def test_idle_time_writes_them_and_a_press_needs_the_model_no_more():
    model = Model("du -a", "pwd")
    engine = engine_of(model)
    answer(engine, "du")
    engine.idle(Person())
    steps = model.steps
    assert steps == model.improved_after == 8
    assert [turn(engine, "du").line, turn(engine, "du -a").line] == ["du -a", "pwd"]
    assert (model.steps, model.starts) == (steps, 1)
    engine.idle(Person())
    assert model.starts == 1


def test_an_interruption_loses_nothing():
    model = Model("du -a", "pwd")
    engine = engine_of(model)
    answer(engine, "du")
    with pytest.raises(Cancelled):
        engine.idle(Person(patience=2))
    assert (model.steps, model.improved_after) == (3, -1)
    person = Person()
    assert turn(engine, "du", person=person).line == "du -a"
    assert (model.steps, model.starts) == (5, 1)
    assert person.texts == ["du -", "du -a"]


def test_a_cancelled_press_stays_where_it_was():
    engine = engine_of(Model("du -a"))
    answer(engine, "du")
    with pytest.raises(Cancelled):
        turn(engine, "du", person=Person(patience=1))
    assert turn(engine, "du").line == "du -a"


def test_without_a_model_in_memory_idle_time_opens_none():
    model = Model("du -a")
    engine = engine_of(model)
    answer(engine, "du")
    engine.release()
    engine.idle(Person())
    assert model.starts == 0
    assert turn(engine, "du").line == "du -a", "a press does"
    assert model.closed == 1


def test_a_model_released_half_way_is_asked_anew():
    model = Model("du -a", "pwd")
    engine = engine_of(model)
    answer(engine, "du")
    assert turn(engine, "du").line == "du -a"
    engine.release()
    assert turn(engine, "du -a").line == "pwd"
    assert model.starts == 2


def test_a_cached_answer_has_its_others_with_it():
    model = Model("du -a")
    first = engine_of(model, cached=True)
    answer(first, "du")
    first.idle(Person())
    second = engine_of(model, cached=True)
    assert answer(second, "du").cached
    assert turn(second, "du").line == "du -a"
    assert turn(second, "du -a").line == "du"
    assert (model.answers, model.starts) == (1, 1)


def test_none_are_written_when_none_are_wanted():
    write_config("[generation]\nalternatives = 0")
    model = Model("du -a")
    engine = engine_of(model)
    answer(engine, "du")
    engine.idle(Person())
    assert turn(engine, "du").line == "du"
    assert model.starts == 0


@pytest.mark.parametrize(("count", "others"), [(1, ()), (2, ("du -a",)), (4, ("du -a", "ls", "pwd"))])
@pytest.mark.parametrize("cached", [False, True])
def test_a_caller_may_want_several_at_once(count, others, cached):
    write_config("[generation]\nalternatives = 1")
    engine = engine_of(Model("du -a", "ls", "pwd", "id"), cached=cached)
    if cached:
        answer(engine, "du")
        engine.idle(Person())
    assert answer(engine, "du", "", count=count).alternatives == others


def test_more_than_there_are_is_as_many_as_there_are():
    reply = answer(engine_of(Model("du -a")), "du", "", count=9)
    assert reply.as_dict()["alternatives"] == ("du -a",)


def test_old_sessions_are_forgotten():
    rounds = Rounds()
    for number in range(ROUNDS_KEPT + 1):
        rounds.begin(
            str(number),
            Round("words", make_prompt("words", "bash"), "bash", "embedded", "scripted", "", ["ls"], 2),
        )
    assert rounds.of("0", "ls") is None
    assert rounds.of("1", "ls") is not None


def test_another_model_does_not_write_on():
    first, second = Model("du -a"), Model("pwd")
    second.model = "another"
    models = iter([first, second])
    engine = Engine(lambda _config, _env: next(models), lambda _: next(NUMBERS))
    answer(engine, "du")
    engine.release()
    answer(engine, "df", session="")
    engine.idle(Person())
    assert second.starts == 0
    assert turn(engine, "du").line == "du", "the words again"


def test_a_failure_is_not_the_end_of_what_comes_to_mind():
    model = Model("du -a")
    failures = iter([BackendError("no memory")])
    write = model.alternatives

    def alternatives(prompt):
        for failure in failures:
            yield Draft("", finished=False)
            raise failure
        yield from write(prompt)

    model.alternatives = alternatives
    engine = engine_of(model, cached=True)
    answer(engine, "du")
    with pytest.raises(BackendError):
        turn(engine, "du")
    assert turn(engine, "du").line == "du -a"


def test_more_may_be_wanted_of_a_line_that_is_in_the_cache():
    model = Model("du -a", "pwd", "id")
    engine = engine_of(model, cached=True)
    write_config("[generation]\nalternatives = 1")
    answer(engine, "du")
    engine.idle(Person())
    assert model.steps == 5
    write_config("[generation]\nalternatives = 3")
    answer(engine, "du")
    assert [turn(engine, line).line for line in ("du", "du -a", "pwd")] == ["du -a", "pwd", "id"]
