"""A command with faults is written once more, and the better one is given: with a model that has a script."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass, field, replace

import pytest

from caro_shell import config, paths
from caro_shell.answer import Answers
from caro_shell.backends import Completion
from caro_shell.backends.selection import Selection
from caro_shell.engine import Engine, Request
from caro_shell.errors import BackendError, Cancelled, NoCommandFound
from caro_shell.prompt import make_prompt
from tests.daemons import write_config
from tests.person import Person


@dataclass
class Script:
    """A model that gives its answers one after the other; `told` are the prompts."""

    answers: list[object]
    told: list[object] = field(default_factory=list)
    name = "scripted"
    model = "the script"

    def complete(self, prompt, listener):
        self.told.append(prompt)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        listener.text(answer)
        return Completion(answer, 2.0, 3.0, 30, 20, 5, probabilities=(0.9,) * len(answer))

    def close(self):
        """Do nothing."""


def ask(script, words="sort a by size", person=None, platform="linux", near=()):
    """Return the answer of a model with that script, which may be shown pairs that come near."""
    answers = Answers(Selection(lambda *_: script), lambda _: "the script")
    settings = config.load(paths.config_file(), env={})
    prompt = replace(make_prompt(words, "bash", platform), nearest=near)
    return answers.find(prompt, "bash", settings, person or Person(), platform=platform)


def command(answer):
    return answer.said["command"]


def texts(answer):
    return [check["text"] for check in answer.said["checks"]]


def test_a_command_without_faults_is_given_at_once():
    script, person = Script(["sort -n a"]), Person()
    answer = ask(script, person=person)
    assert (command(answer), texts(answer)) == ("sort -n a", [])
    assert len(script.told) == 1
    assert person.stages == ["loading the model"]


def test_the_model_is_told_what_is_wrong_and_writes_another():
    script, person = Script(["sort --by-size a", "ls -S a"]), Person()
    answer = ask(script, person=person)
    assert (command(answer), texts(answer)) == ("ls -S a", [])
    first, second = script.told
    assert first.objections == ()
    assert second.objections == (("sort --by-size a", "sort has no option --by-size. sort a by size"),)
    assert second.request == first.request
    assert person.stages == ["loading the model", "looking again: sort has no option --by-size"]


def test_all_faults_are_told_at_once():
    script = Script(["sort --by-size b", "sort a.csv"])
    ask(script, "sort a.csv by size")
    told = "sort has no option --by-size; it leaves out a.csv. sort a.csv by size"
    assert script.told[1].objections[0][1] == told


@pytest.mark.parametrize(
    ("second", "given"),
    [
        ("sort --by-name a", "sort --by-size a"),
        ("sort --by-size --up a", "sort --by-size a"),
        ("I cannot do that, sorry.", "sort --by-size a"),
        (BackendError("out of sorts"), "sort --by-size a"),
        ("sort -n a", "sort -n a"),
    ],
)
def test_the_better_one_is_given_and_of_equals_the_first(second, given):
    script = Script(["sort --by-size a", second])
    answer = ask(script)
    assert command(answer) == given
    assert len(script.told) == 2, "and there is no third"
    assert texts(answer) == (["sort has no option --by-size"] if "size" in given else [])


def test_what_is_left_is_part_of_the_reply_with_its_kind():
    write_config("[generation]\nexamples = 0")
    script = Script(["sort --by-size a", "sort --by-name a"])
    engine = Engine(lambda *_: script, lambda _: None)
    reply = engine.rewrite(Request("sort a"), Person(), asked=time.monotonic())
    assert reply.as_dict()["checks"] == [{"kind": "option", "text": "sort has no option --by-size"}]


def test_who_leaves_meanwhile_is_given_nothing():
    with pytest.raises(Cancelled):
        ask(Script(["sort --by-size a", Cancelled()]))


def test_no_answer_at_all_is_not_tried_again():
    script = Script(["I cannot do that, sorry."])
    with pytest.raises(NoCommandFound):
        ask(script)


NEAR = (("sort b by size", "ls -S b"),)


class Doubter(Script):
    """A script that sees how likely its tokens are, here letters: the shares behind an answer."""

    is_trained = True
    prepare = alternatives = improve = Script.close

    def complete_if_sure(self, prompt, listener, least):
        self.told.append(prompt)
        answer, *shares = self.answers.pop(0)
        known = [share for end, share in enumerate(shares) if all(one >= least for one in shares[:end])]
        return Completion(answer[: len(known)] if len(known) < len(shares) else answer, 1.0, 1.0, 5, 4, 2,
                          probabilities=tuple(known))  # fmt: skip


@pytest.mark.parametrize(
    ("first", "asked", "given"),
    [
        (("sort -n a", 0.9, 0.5), 1, "sort -n a"),
        (("sort -n a", 0.9, 0.3, 0.9), 2, "ls -S a"),
        (("sort --by-size a", 0.9), 2, "ls -S a"),
        (("That cannot be done, sorry.", 0.9), 2, "ls -S a"),
    ],
)
def test_the_nearest_examples_are_read_where_the_model_is_in_doubt_without_them(first, asked, given):
    script = Doubter([first, "ls -S a"])
    answer = ask(script, near=NEAR)
    assert command(answer) == given
    assert [prompt.nearest for prompt in script.told] == [(), NEAR][:asked]
    assert answer.completion.generated_tokens == (2 if asked == 1 else 7), "all of it is paid for"
    assert answer.prompt.nearest == NEAR, "others are written with them"


def test_a_note_is_no_reason_to_begin_again():
    script = Doubter([("frobnicate a", 0.9)])
    person = Person()
    answer = ask(script, "frobnicate a", person, near=NEAR)
    assert (command(answer), len(script.told)) == ("frobnicate a", 1)
    assert "looking at similar commands" not in person.stages


@pytest.mark.parametrize(
    "second", ["I cannot do that, sorry.", BackendError("out of sorts"), "sort --up --by-x a"]
)
def test_a_sure_answer_with_a_fault_is_better_than_none_and_than_a_worse_one(second):
    write_config("[generation]\nretry = false")
    answer = ask(Doubter([("sort --by-size a", 0.9), second]), near=NEAR)
    assert command(answer) == "sort --by-size a"


def test_a_model_that_was_not_trained_is_shown_them_at_once():
    script = Doubter(["ls -S a"])
    script.is_trained = False
    ask(script, near=NEAR)
    assert [prompt.nearest for prompt in script.told] == [NEAR]


def test_without_examples_there_is_nothing_to_doubt():
    script = Doubter(["ls -S a"])
    assert command(ask(script)) == "ls -S a"


def test_one_may_want_no_second_try():
    write_config("[generation]\nretry = false")
    script = Script(["sort --by-size a"])
    answer = ask(script)
    assert (command(answer), texts(answer)) == ("sort --by-size a", ["sort has no option --by-size"])


def test_the_answer_is_kept_with_what_is_said_against_it():
    write_config("[generation]\nretry = false")
    ask(Script(["sort --by-size a"]))
    kept = ask(Script([]))
    assert kept.completion is None
    assert texts(kept) == ["sort has no option --by-size"]
    write_config("[generation]\nretry = true")
    assert ask(Script(["sort -n a"])).completion, "it was not looked at again"


def test_both_are_paid_for():
    done = ask(Script(["sort --by-size a", "ls -S a"])).completion
    assert (done.prefill_ms, done.decode_ms, done.generated_tokens) == (4.0, 6.0, 10)
    assert (done.prompt_tokens, done.cached_tokens) == (60, 40)


def test_a_second_answer_without_a_command_is_paid_for_too():
    answer = ask(Script(["sort --by-size a", "I would rather not."]))
    assert command(answer) == "sort --by-size a"
    assert answer.completion.generated_tokens == 10
    assert len(answer.completion.probabilities) == len("sort --by-size a"), "those of the command given"


def test_what_a_better_second_answer_was_told_is_known():
    assert ask(Script(["sort --by-size a", "ls -S a"])).prompt.objections
    assert not ask(Script(["sort --by-size a", "sort --by-age a"]), "sort a by age").prompt.objections


def test_the_command_is_checked_for_the_platform_it_is_for():
    assert texts(ask(Script(["date -v+1d"]), "tomorrow", platform="darwin")) == []
    assert texts(ask(Script(["date -d 1", "date -d 2"]), "the next day", platform="darwin"))


@pytest.fixture
def programs(tmp_path):
    """Return a search path with one program that this process does not have."""
    (tmp_path / "programs").mkdir()
    (tmp_path / "programs/of-their-own").write_text("#!/bin/sh\n")
    (tmp_path / "programs/of-their-own").chmod(0o755)
    return str(tmp_path / "programs")


def test_a_program_is_looked_for_on_the_persons_own_path(programs):
    person = Person(env={"PATH": programs})
    assert texts(ask(Script(["of-their-own a"]), person=person)) == []
    assert person.asked == ["PATH"]


def test_the_path_is_asked_for_only_where_a_program_is_missing(programs):
    person = Person(env={"PATH": programs})
    ask(Script(["sort -n a"]), person=person)
    assert person.asked == []


def test_a_person_without_a_path_has_that_of_the_daemon():
    answer = ask(Script(["no-such-program", "sort a"]))
    assert command(answer) == "sort a"


def test_a_program_that_the_person_named_is_no_reason_to_try_again():
    answer = ask(Script(["no-such-program a"]), "use no-such-program on a")
    assert [check["kind"] for check in answer.said["checks"]] == ["note"]


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_a_line_that_the_shell_does_not_read_is_written_again():
    script = Script(["if true; fi", "ls *"])
    assert command(ask(script, "list")) == "ls *"
    assert "bash cannot read it" in script.told[1].objections[0][1]


def test_what_the_shell_cannot_read_is_worse_than_two_faults():
    script = Script(["ls a.txt | sort --by-size --by-age", "sort a.txt | | cat"])
    assert command(ask(script, "sort a.txt")) == "ls a.txt | sort --by-size --by-age"
