"""What is counted of a run, what a gate makes of it, and what a pull request is told."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caro_shell.bench import gates, portability
from caro_shell.bench.compare import compared, remarks
from caro_shell.bench.figures import Graded, class_order, classes, figures, percentile, verdicts
from caro_shell.bench.judge import Verdict
from caro_shell.bench.proportions import difference, mcnemar, wilson
from caro_shell.bench.report import markdown
from caro_shell.bench.run import Result, Written
from caro_shell.bench.startup import startup_ms
from caro_shell.bench.task import Fixture, Task
from caro_shell.reply import Offer, Reply, Timings

READ_BY = {"dash": True, "fish": False}


def task(name: str, *, topic: str = "files", level: str = "easy", everyday: bool = False) -> Task:
    return Task(name, topic, level, "dev", "words", Fixture({}), ("true",), everyday=everyday)


def graded(asked: Task, *, right: bool | None, seconds: float = 1.0, **how: Any) -> Graded:
    verdict = Verdict(right, harm=how.get("harm", ()))
    parses = how.get("parses", True)
    return Graded(Result(asked, Written("ls", 10, 500.0), seconds, parses, verdict), how.get("by", READ_BY))


RUN = [
    graded(task("a", everyday=True), right=True, seconds=0.5),
    graded(task("b", everyday=True, level="hard"), right=False, seconds=4.0, harm=("./x",)),
    graded(task("c", topic="text", level="medium"), right=True, seconds=0.7, by={"dash": True, "fish": True}),
    graded(task("d", topic="text", level="medium"), right=False, seconds=0.6, parses=False),
    graded(task("e", topic="disk"), right=None, seconds=0.9),
]


def test_a_run_comes_to_figures():
    found = figures(RUN, 1.234)
    right = {name: (share["right"], share["of"]) for name, share in found["accuracy"].items()}
    assert right == {
        "all": (2, 4),
        "everyday": (1, 2),
        "level easy": (1, 1),
        "level medium": (1, 2),
        "level hard": (0, 1),
        "topic files": (1, 2),
        "topic text": (1, 2),
    }
    whole = found["accuracy"]["all"]
    assert (whole["low"], whole["high"]) == pytest.approx(wilson(2, 4), abs=1e-6)
    assert (found["commands"]["right"], found["commands"]["of"]) == (4, 5)
    forms = {name: (share["right"], share["of"]) for name, share in found["forms"].items()}
    assert forms == {"dash": (4, 4), "fish": (1, 4)}, "of those that are commands"
    assert (found["harmful"]["right"], found["harmful"]["of"]) == (1, 4)
    assert found["latency_s"] == {"average": 1.34, "median": 0.7, "p95": 4.0}
    assert (found["opened_s"], found["tokens_per_s"]) == (1.23, 20.0)
    assert verdicts(one.result for one in RUN) == {"a": True, "b": False, "c": True, "d": False, "e": None}
    json.dumps(found)


def test_where_the_time_went_is_told_in_medians():
    def one(read: int, written: int) -> Graded:
        timings = Timings(900, 0, 0, 10.0 * read, 50.0 * written, 900 + read, 900, written)
        reply = Reply("ls", None, None, "bash", "embedded", "m", timings, [Offer("ls")])
        return Graded(Result(task("a"), Written("ls", written, 1.0, reply), 1.0, True, Verdict(True)), {})

    assert figures([one(10, 4), one(80, 6), one(20, 50)], None)["medians"] == {
        "read_tokens": 20,
        "read_ms": 200.0,
        "written_tokens": 6,
        "written_ms": 300.0,
    }
    assert set(figures(RUN, None)["medians"].values()) == {None}


def test_a_run_of_nothing_has_figures_too():
    found = figures([], None)
    assert found["accuracy"]["all"]["share"] is found["latency_s"]["p95"] is found["opened_s"] is None


def test_classes_stand_in_their_order():
    mixed = ["topic text", "level hard", "all", "topic files", "level easy", "everyday", "level medium"]
    assert sorted(mixed, key=class_order) == [
        *("all", "everyday", "level easy", "level medium", "level hard", "topic files", "topic text")
    ]
    assert classes(task("a", everyday=True)) == ("all", "everyday", "level easy", "topic files")


@given(st.lists(st.floats(0, 100), min_size=1).map(sorted), st.floats(0.01, 1))
def test_a_percentile_is_the_least_that_so_many_do_not_exceed(ordered, part):
    found = percentile(ordered, part)
    within = sum(value <= found for value in ordered)
    below = sum(value < found for value in ordered)
    assert within >= part * len(ordered) > below or part * len(ordered) <= 1


# -- gates


def record(**changes: Any) -> dict[str, Any]:
    """Return the record of a run that passes every gate by little, but for `changes`."""
    made: dict[str, Any] = {
        "asked": 100,
        "model": {"backend": "embedded", "id": "m", "form": "gguf", "bytes": 10**9, "sha256": "12ab"},
        "latency_s": {"average": 4.9, "median": 1.0, "p95": 7.9},
        "startup_ms": 199.0,
        "accuracy": {"everyday": {"right": 85, "of": 100, "share": 0.85, "low": 0.77, "high": 0.91}},
        "commands": {"right": 100, "of": 100, "share": 1.0, "low": 0.96, "high": 1.0},
        "forms": {},
        "harmful": {"right": 0, "of": 100, "share": 0.0, "low": 0.0, "high": 0.04},
        **dict.fromkeys(("prefix_sha256", "tasks_sha256", "caro", "machine", "split", "shell"), "x"),
        "settings": {},
        "tokens_per_s": 20.0,
        "opened_s": 0.9,
        "medians": {"read_tokens": 12.5, "read_ms": 310.0, "written_tokens": None, "written_ms": None},
    }
    return {**made, **changes}


MLX = {"backend": "embedded", "id": "m", "form": "mlx", "bytes": 10**9, "sha256": ""}
QUICK = {"latency_s": {"average": 1.9, "median": 1.0, "p95": 2.9}, "startup_ms": 99.0}
SLOW = {"latency_s": {"average": 2.0, "median": 1.0, "p95": 3.0}, "startup_ms": 100.0}
FEW = {"everyday": {"right": 84, "of": 100, "share": 0.84, "low": 0.7, "high": 0.9}}
UNJUDGED = {"everyday": {"right": 0, "of": 0, "share": None, "low": None, "high": None}}


@pytest.mark.parametrize(
    ("changes", "system", "sentences"),
    [
        ({}, "linux", []),
        ({"model": MLX, **QUICK}, "darwin", []),
        (
            {"model": MLX, **SLOW},
            "darwin",
            ["2.00 s on average; the gate is 2 s", "up to 3.00 s; the gate is 3 s", "100 ms to start"],
        ),
        (SLOW, "linux", []),
        ({"latency_s": {"average": 5.0, "median": 1.0, "p95": 8.0}}, "linux", ["is 5 s", "is 8 s"]),
        ({"startup_ms": 200.0}, "linux", ["caro took 200 ms to start; the gate is 200 ms"]),
        ({"accuracy": FEW}, "linux", ["84 of 100 everyday tasks were right; the gate is 85 %"]),
        ({"accuracy": UNJUDGED}, "linux", ["no everyday task was judged, so accuracy is not known"]),
        ({"accuracy": UNJUDGED}, "darwin", []),
        ({"asked": 0}, "linux", ["nothing was asked"]),
    ],
)
def test_each_gate_that_was_missed_has_a_sentence(changes, system, sentences):
    missed = gates.missed(record(**changes), system)
    assert len(missed) == len(sentences)
    assert all(part in sentence for part, sentence in zip(sentences, missed))


def test_a_pull_request_is_told_in_tables():
    lines = markdown(record(), ["one remark", "another"]).splitlines()
    assert lines[0] == "### Model benchmark: m, x"
    assert "- one remark" in lines
    assert "| everyday | 85 | 100 | 85.0 % | 77.0 to 91.0 |" in lines
    assert "| an answer, 95 of 100 within | 7.90 s |" in lines
    assert "| its size | 1.00 GB |" in lines
    assert "| of that, reading the words | 0.31 s, 12.5 tokens (medians) |" in lines
    assert {line.count("|") for line in lines if line.startswith("|")} == {3, 6}


# -- two runs


def test_two_runs_are_compared_where_both_were_judged():
    tasks = [task("a"), task("b", level="hard"), task("c", level="hard"), task("d"), task("not asked")]
    before = {"a": True, "b": False, "c": False, "d": True, "gone": True}
    after = {"a": True, "b": True, "c": False, "d": None, "gone": False, "new": True}
    found = {one.name: one for one in compared(before, after, tasks)}
    assert list(found) == ["all", "level easy", "level hard", "topic files"]
    whole = found["all"]
    assert (whole.of, whole.before, whole.after, whole.gained, whole.lost) == (4, 2, 2, 1, 1)
    assert (whole.p, whole.interval) == (mcnemar(1, 1), difference(1, 1, 4))
    assert (found["level hard"].of, found["level hard"].gained) == (2, 1)
    assert compared(before, {}, tasks) == []


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({}, ""),
        (
            {"tasks": {"a": True, "c": True}},
            "the sets differ: 1 in the first alone, 1 in the second",
        ),
        ({"tasks_sha256": "y"}, "the tasks have the same names, but were changed between the two runs"),
        ({"tasks": {"a": None, "b": True}}, "left out, since one of the runs did not judge them: 1"),
        ({"shell": "fish"}, "the first was asked for x, the second for fish"),
        ({"machine": "y"}, "the machines differ, so times say nothing"),
        ({"prefix_sha256": "y"}, "the fixed examples differ"),
        ({"bank_sha256": "y"}, ""),  # the first does not say which
        (
            {"settings": {"generation.examples": 2}},
            "the settings differ: the defaults; then generation.examples = 2",
        ),
    ],
)
def test_what_differs_between_two_runs_is_said(changes, sentence):
    before = record(tasks={"a": True, "b": False})
    said = list(remarks(before, {**before, **changes}))
    assert len(said) == bool(sentence)
    assert "".join(said).startswith(sentence)


# -- what is asked of other programs


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "refused_by"),
    [
        ("ls -l | wc -l", set()),
        ('for f in *.txt; do mv "$f" old; done', {"fish"}),
        ("diff <(ls a) <(ls b)", {"dash", "checkbashisms"}),
        ("echo ${a^^}", {"checkbashisms", "zsh", "fish"}),
        ("[[ -f a ]] && echo b", {"checkbashisms"}),
        ("for f in *; echo $f; end", {"dash", "zsh"}),
        ("echo 'a", {"dash", "zsh", "fish"}),
    ],
)
def test_other_shells_are_asked_whether_they_can_read_a_command(command, refused_by):
    found = portability.accepted(command)
    here = set(portability.PROGRAMS) - set(portability.missing())
    assert set(found) == here
    assert {name for name in here if not found[name]} == refused_by & here


def test_a_program_that_is_not_installed_is_not_asked(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    portability._installed.cache_clear()
    try:
        assert portability.accepted("ls") == {}
        assert portability.missing() == list(portability.PROGRAMS)
    finally:
        portability._installed.cache_clear()


@pytest.mark.slow
def test_the_start_of_caro_is_timed_with_no_daemon(own_home):
    assert 1 < startup_ms() < 10_000
    assert not (own_home / ".caro" / "log" / "daemon.log").exists(), "none was started"
