"""`caro bench`, with small models and tasks of its own: what it prints, saves, and keeps to itself."""

from __future__ import annotations

import argparse
import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from caro_shell.bench import portability, sandbox
from caro_shell.commands import bench
from tests.aviary import config, install, know
from tests.daemons import write_config
from tests.sandboxed import needs_sandbox
from tests.task_files import SECRETS, use_tasks
from tests.until import PATIENCE_S, until

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def aviary(own_home, tmp_path, monkeypatch):
    """Have few tasks and two models: one always says `true`, one always `sort -u guests.txt`."""
    know()
    install("old", "new")
    write_config("# mine\n")
    use_tasks(tmp_path / "tasks", monkeypatch)


@pytest.fixture
def run(caro, tmp_path):
    """Return a function that runs `caro bench quality --json`: the printed object, and the saved one."""

    def quality(*arguments: str) -> tuple[dict, dict]:
        saved = tmp_path / "saved.json"
        code, out, err = caro("bench", "quality", "--json", "--save", str(saved), *arguments)
        assert code == 0, err
        return json.loads(out), json.loads(saved.read_text())

    return quality


@needs_sandbox
def test_what_is_right_is_counted_by_class(run):
    record, saved = run("--model", "new")
    counted = {name: (share["right"], share["of"]) for name, share in record["accuracy"].items()}
    assert counted == {
        "all": (1, 3),
        "everyday": (1, 2),
        "level easy": (1, 1),
        "level medium": (0, 1),
        "level hard": (0, 1),
        "topic files": (0, 1),
        "topic guests": (1, 2),
    }
    assert list(counted)[:5] == ["all", "everyday", "level easy", "level medium", "level hard"]
    assert record["accuracy"]["all"]["low"] < 1 / 3 < record["accuracy"]["all"]["high"]
    assert saved["tasks"] == {"guests-sorted": True, "guests-counted": False, "guests-gone": False}
    assert {**record, "tasks": saved["tasks"]} == saved
    assert (record["commands"]["right"], record["commands"]["of"]) == (3, 3)
    assert record["harmful"]["right"] == 0
    assert record["latency_s"]["p95"] >= record["latency_s"]["median"] > 0
    assert record["startup_ms"] > 0
    assert record["opened_s"] > 0
    assert record["complete"] is True
    assert config() == "# mine\n"


def test_what_was_measured_can_be_traced(run):
    record, _ = run("--model", "old", "--topic", "files")
    other, _ = run("--model", "new", "--topic", "guests")
    assert record["model"]["id"] == "old"
    assert record["model"]["form"] == "gguf"
    assert record["model"]["bytes"] > 1000
    assert re.fullmatch("[0-9a-f]{64}", record["model"]["sha256"])
    assert record["model"]["sha256"] != other["model"]["sha256"]
    assert record["tasks_sha256"] != other["tasks_sha256"]
    assert record["prefix_sha256"] == other["prefix_sha256"]
    assert record["settings"] == {"backend.embedded.model": "old"}
    changed, _ = run(
        "--topic", "files", "--set", "generation.max_tokens=99", "--set", "backend.embedded.model=old"
    )
    assert changed["settings"] == {"backend.embedded.model": "old", "generation.max_tokens": 99}
    assert run("--model", "old", "--shell", "fish")[0]["prefix_sha256"] != record["prefix_sha256"]


@pytest.mark.parametrize(
    ("flags", "ids"),
    [
        ((), ["guests-gone", "guests-sorted", "guests-counted"]),
        (("--split", "test"), ["secret-one", "secret-two"]),
        (
            ("--split", "all"),
            ["guests-gone", "guests-sorted", "guests-counted", "secret-one", "secret-two"],
        ),
        (("--short",), ["guests-sorted"]),
        (("--everyday",), ["guests-gone", "guests-sorted"]),
        (("--everyday", "--split", "all"), ["guests-gone", "guests-sorted", "secret-one"]),
        (("--topic", "files"), ["guests-gone"]),
        (("--topic", "files", "--topic", "guests", "--everyday"), ["guests-gone", "guests-sorted"]),
        (("--shell", "fish"), ["guests-in-fish"]),
    ],
)
def test_the_tasks_that_are_asked_for(run, flags, ids):
    _, saved = run("--model", "new", *flags)
    assert list(saved["tasks"]) == ids


@needs_sandbox
@pytest.mark.parametrize("as_json", [True, False])
def test_of_the_split_test_nothing_is_shown_but_figures(caro, tmp_path, as_json):
    files = [tmp_path / "saved.json", tmp_path / "summary.md"]
    flags = ["--json"] if as_json else []
    code, out, err = caro(
        *("bench", "quality", "--split", "test", "--model", "new", *flags),
        *("--save", str(files[0]), "--markdown", str(files[1])),
    )
    assert code == 0
    shown = [out, err, *(file.read_text() for file in files)]
    for secret in (*SECRETS, "sort -u"):
        assert not [text for text in shown if secret in text]
    assert json.loads(files[0].read_text())["tasks"] == {"secret-one": False, "secret-two": True}
    for text in (out, err, files[1].read_text()):
        assert "secret-" not in text
    assert "right" not in err, "how many were right so far would tell which one was"


@pytest.mark.parametrize("split", ["test", "all"])
def test_answers_are_for_the_split_dev_alone(caro, tmp_path, split):
    file = tmp_path / "answers"
    code, out, err = caro("bench", "quality", "--split", split, "--answers", str(file))
    assert (code, out) == (2, "")
    assert err == "caro: --answers shows what was asked, so it is for --split dev alone\n"
    assert not file.exists()


@needs_sandbox
def test_answers_are_written_with_words_command_and_verdict(run, tmp_path):
    file = tmp_path / "answers.jsonl"
    run("--model", "new", "--topic", "guests", "--answers", str(file))
    first, second = (json.loads(line) for line in file.read_text().splitlines())
    assert (first["id"], first["words"], first["command"]) == (
        "guests-sorted",
        "every guest once",
        "sort -u guests.txt",
    )
    assert (first["right"], first["why"], second["right"]) == (True, "", False)
    assert second["why"] == "its output is another"
    assert first["reply"]["timings"]["generated_tokens"] > 0
    assert set(first["accepted_by"]) == set(portability.PROGRAMS) - set(portability.missing())
    assert all(first["accepted_by"].values())


def test_for_people_there_are_tables(caro):
    code, out, err = caro("bench", "quality", "--model", "new", "--everyday")
    assert code == 0
    assert re.search(r"^ +right +of +share +95 %$", out, re.MULTILINE)
    assert re.search(r"^an answer, median +0\.\d\d s$", out, re.MULTILINE)
    assert re.search(r"^model +new gguf \(embedded\)$", out, re.MULTILINE)
    assert re.search(r"^its SHA-256 +[0-9a-f]{64}$", out, re.MULTILINE)
    assert err.startswith("caro: benchmark: 2 tasks\n")
    if not sandbox.unavailable():
        assert re.search(r"^everyday +1 +2 +50\.0 % +9\.5 to 90\.5$", out, re.MULTILINE)


def test_without_a_sandbox_it_says_so_and_counts_commands(caro, monkeypatch):
    monkeypatch.setattr(sandbox, "unavailable", lambda: "there is none")
    code, out, err = caro("bench", "quality", "--model", "new", "--json")
    record = json.loads(out)
    assert code == 0
    assert "caro: no command was run to see whether it is right: there is none\n" in err
    assert record["accuracy"]["all"] == {"right": 0, "of": 0, "share": None, "low": None, "high": None}
    assert record["commands"]["right"] == 3


@needs_sandbox
def test_a_gate_that_is_missed_is_exit_status_1_and_a_sentence(caro, tmp_path):
    summary = tmp_path / "summary.md"
    code, _, err = caro("bench", "quality", "--model", "new", "--gate", "--markdown", str(summary))
    sentence = "1 of 2 everyday tasks were right; the gate is 85 %"
    assert code == 1
    assert f"caro: gate missed: {sentence}\n" in err
    assert f"- gate missed: {sentence}" in summary.read_text()
    assert caro("bench", "quality", "--model", "new", "--gate", "--short")[0] == 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--topic", "gusets"), "there is no topic gusets here; there are: files, guests"),
        (("--shell", "zsh"), "there is no such task for zsh in this split; ask for less"),
        (("--short", "--topic", "files"), "there is no topic files here; there are: guests"),
        (("--set", "generation.tokens=9"), "there is no setting generation.tokens; caro config show"),
        (
            ("--set", "generation.max_tokens"),
            "the command line: generation.max_tokens must be a whole number",
        ),
        (("--save", "/no/where.json"), "/no/where.json cannot be written; name another file"),
        (("--answers", "/no/where"), "/no/where cannot be written; name another file"),
    ],
)
def test_a_wish_that_cannot_be_met_is_usage(caro, arguments, sentence):
    code, out, err = caro("bench", "quality", "--model", "new", *arguments)
    assert (code, out) == (2, "")
    assert err.startswith(f"caro: {sentence}")


def test_the_workflow_asks_for_what_there_is():
    workflow = (Path(__file__).parents[1] / ".github/workflows/model-benchmark.yml").read_text()
    (call,) = re.findall(r"make bench-quality (.*?)\n\n?      - ", workflow, re.DOTALL)
    parser = argparse.ArgumentParser()
    bench.add_arguments(parser)
    flags = re.findall(r"--[a-z]+", call)
    assert "--gate" in flags
    for flag in flags:
        value = [] if flag in ("--everyday", "--gate") else ["x"]
        assert parser.parse_args(["quality", flag, *value])


def test_a_model_that_is_not_here_is_an_error(caro):
    code, out, err = caro("bench", "quality", "--model", "prose")
    assert (code, out) == (1, "")
    assert "prose is not on this disk" in err


@needs_sandbox
def test_ctrl_c_shows_what_was_done_so_far(tmp_path):
    answers, saved = tmp_path / "answers", tmp_path / "saved"
    command = [sys.executable, "-m", "caro_shell", "bench", "quality", "-m", "old", "--json"]
    process = subprocess.Popen(
        [*command, "--answers", str(answers), "--save", str(saved)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        until(lambda: answers.exists() and answers.read_text().count("\n") > 1, what="two answers")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE_S)
    finally:
        process.kill()
        process.wait()
    record = json.loads(out)
    assert process.returncode == 130
    assert record["complete"] is False
    assert record["asked"] == len(answers.read_text().splitlines())
    assert re.search(r"^caro: stopped after \d+ of \d+ tasks; nothing is saved$", err, re.MULTILINE)
    assert not saved.exists()


# -- compare


@pytest.fixture
def two(run, tmp_path):
    """Return the paths of two saved runs, of the model `old` and of the model `new`."""
    paths = [tmp_path / name for name in ("old.json", "new.json")]
    for path in paths:
        _, saved = run("--model", path.stem)
        path.write_text(json.dumps(saved))
    return paths


MODELS_DIFFER = (
    "caro: the settings differ: backend.embedded.model = old; then backend.embedded.model = new\n"
    "caro: the models, or their adapters, differ\n"
)


@needs_sandbox
def test_two_runs_are_compared_task_by_task(caro, two):
    code, out, err = caro("bench", "compare", *map(str, two))
    assert (code, err) == (0, MODELS_DIFFER)
    lines = out.splitlines()
    assert lines[0].split() == ["OF", "BEFORE", "AFTER", "GAINED", "LOST", "DIFFERENCE", "95", "%", "P"]
    assert re.match(r"all +3 +0\.0 % +33\.3 % +1 +0 +\+33\.3 +-\d+\.\d to \+\d+\.\d +1$", lines[1])
    assert [line.split("  ")[0] for line in lines[2:]] == [
        "everyday",
        "level easy",
        "level medium",
        "level hard",
        "topic files",
        "topic guests",
    ]
    code, out, _ = caro("bench", "compare", "--json", *map(str, reversed(two)))
    whole = json.loads(out)["classes"][0]
    assert (whole["gained"], whole["lost"], whole["p"]) == (0, 1, 1.0)


@needs_sandbox
def test_what_differs_beside_the_answers_is_said(caro, two):
    change(two[1], tasks={"guests-sorted": True, "other": True}, machine="another")
    code, out, err = caro("bench", "compare", *map(str, two))
    assert code == 0
    assert out.splitlines()[1].split()[:2] == ["all", "1"]
    assert err == (
        "caro: the sets differ: 2 in the first alone, 1 in the second; compared are the 1 of both\n"
        + MODELS_DIFFER
        + "caro: the machines differ, so times say nothing\n"
    )
    change(two[1], tasks={"other": True})
    assert caro("bench", "compare", *map(str, two))[0] == 1


def change(path: Path, **fields: object) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **fields}))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{", "Expecting property name"),
        ("[]", "it has no tasks"),
        ('{"tasks": []}', "it has no tasks, tasks_sha256, shell, machine"),
    ],
)
def test_what_is_no_saved_run_is_refused(caro, tmp_path, text, problem):
    path = tmp_path / "some.json"
    path.write_text(text)
    code, out, err = caro("bench", "compare", str(path), str(path))
    assert (code, out) == (2, "")
    assert err.startswith(f"caro: {path} is no saved run ({problem}")
    assert err.endswith("; make one with: caro bench quality --save FILE\n")
