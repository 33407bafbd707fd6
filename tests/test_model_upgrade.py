"""`caro model upgrade`: a better model takes over, a worse one does not, an interruption changes nothing."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys

import pytest

from caro_shell import measured, pressure
from caro_shell.bench import Result, Score, sandbox
from caro_shell.bench.judge import Verdict
from caro_shell.bench.run import Written
from caro_shell.bench.task import load_tasks
from caro_shell.catalog import find
from caro_shell.errors import ModelError
from caro_shell.manage import contest
from caro_shell.manage.candidate import candidate
from caro_shell.manage.contest import objection
from caro_shell.manage.trial import WORDS
from tests.aviary import SAYS, answer, config, install, know, left, offer
from tests.daemons import caro_home, write_config
from tests.hub_server import hub
from tests.until import PATIENCE_S, until

CAN_JUDGE = pytest.mark.skipif(bool(sandbox.unavailable()), reason=sandbox.unavailable())


@pytest.fixture(autouse=True)
def aviary_known():
    know()


@pytest.fixture
def server(tmp_path, monkeypatch):
    offer(tmp_path / "hub", "new", "prose")
    with hub(str(tmp_path / "hub")) as served:
        monkeypatch.setenv("HF_ENDPOINT", served.url)
        yield served


@pytest.fixture
def unjudged(tmp_path, monkeypatch):
    """Make the benchmark quick: with no sandbox nothing is run."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "bash").symlink_to(str(shutil.which("bash")))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    sandbox.unavailable.cache_clear()
    yield
    sandbox.unavailable.cache_clear()


# -- which one, and whether it is worse


@pytest.mark.parametrize(
    ("old", "quality", "new"),
    [
        ("q4", "standard", ""),
        ("nl2sh", "standard", "q4"),
        ("starcoder2", "standard", "q4"),
        ("smollm2-135m-q4", "standard", "q4"),
        ("q8", "standard", ""),
        ("q4", "high", "q8"),
        ("nl2sh", "high", "q8"),
        ("q8", "high", "7b"),
        ("7b", "high", ""),
    ],
)
def test_the_candidate_is_the_next_better_one_of_that_quality(old, quality, new, monkeypatch):
    (caro_home() / "models.toml").unlink()
    monkeypatch.setattr(pressure, "total", lambda: 4096 * (8 << 20))
    found = candidate(find(old), quality)
    assert (found.short if found else "") == new


def test_one_that_memory_cannot_hold_is_no_candidate(monkeypatch):
    monkeypatch.setattr(pressure, "total", lambda: 4096 * (1 << 18))
    sentence = r"memory \(1\.07 GB\) is too small for .*-q8 \(1\.89 GB\); .*-q4 goes on answering"
    with pytest.raises(ModelError, match=sentence):
        candidate(find("q4"), "high")


def score(right: int, press_s: float = 0.4, *, of: int = 24, answered: int = 24) -> Score:
    task = load_tasks(short=True)[0]
    return Score(
        tuple(
            Result(
                task,
                Written("ls", 5, 100.0),
                press_s,
                number < answered,
                Verdict(right=number < right if number < of else None, why=""),
            )
            for number in range(24)
        )
    )


@pytest.mark.parametrize(
    ("old", "new", "worse"),
    [
        (score(20), score(20), ""),
        (score(20), score(21), ""),
        (score(20), score(19), "it had 19 answers right where the old one had 20"),
        (score(20, 0.4), score(20, 0.9), ""),
        (score(20, 0.4), score(20, 1.1), "a press takes 1.1 s, and 1.0 s are the limit here"),
        (score(20, 0.8), score(20, 1.5), ""),
        (score(20, 0.8), score(20, 1.7), "a press takes 1.7 s, and 1.6 s are the limit here"),
        (score(20, 0.4), score(21, 4.9), ""),
        (score(20, 0.4), score(21, 5.1), "a press takes 5.1 s, and 5.0 s are the limit here"),
        (score(20, 4.0), score(21, 7.9), ""),
        (score(0, of=0, answered=20), score(0, of=0, answered=20), ""),
        (
            score(0, of=0, answered=20),
            score(0, of=0, answered=19),
            "it wrote 19 commands that a shell can read where the old one wrote 20",
        ),
    ],
)
def test_worse_is_fewer_right_answers_or_a_press_that_takes_too_long(old, new, worse):
    assert objection(old, new) == worse


# -- the whole of it


@pytest.fixture
def few_tasks(monkeypatch):
    """Let a contest have two tasks instead of 24: one that `new` does right, one that it does not."""
    few = [task for task in load_tasks(short=True) if task.id in ("guests-once", "top-of-table")]
    assert len(few) == 2
    monkeypatch.setattr(contest, "load_tasks", lambda **_: few)


@CAN_JUDGE
@pytest.mark.slow
def test_a_better_model_is_fetched_measured_and_takes_over(caro, server):
    install("old")
    write_config("# mine\n")
    code, out, err = caro("model", "upgrade", "new")
    assert code == 0
    assert "new is fetched and verified" in out
    assert re.search(r"^ +RIGHT +COMMANDS +A PRESS +SPEED$", out, re.MULTILINE)
    assert re.search(r"^old  old +0 of 24 +24 of 24 +\d\.\d\d s +\d+ tokens/s$", out, re.MULTILINE)
    assert re.search(r"^new  new +1 of 24 +24 of 24 +\d\.\d\d s +\d+ tokens/s$", out, re.MULTILINE)
    assert "new answers from now on.\nBack to old: caro model rollback\n" in out
    assert "caro: benchmark of new: 24 tasks\n" in err
    assert config() == '# mine\n\n[backend.embedded]\nmodel = "new"\n'
    assert answer(caro) == SAYS["new"]
    assert (measured.of("new").right, measured.of("old").right, measured.of("new").of) == (1, 0, 24)
    caro("model", "rollback")
    assert (answer(caro), config()) == (SAYS["old"], "# mine\n\n[backend.embedded]\n")


@CAN_JUDGE
@pytest.mark.slow
def test_a_worse_one_does_not_and_is_still_there_to_be_taken(caro, tmp_path, server, few_tasks):
    offer(tmp_path / "hub", "old")
    install("new")
    code, _, err = caro("model", "upgrade", "old")
    assert code == 1
    assert "caro: old is worse on this machine (it had 0 answers right where the old one had 1), so" in err
    assert "so new goes on answering; take it anyway with: caro model use old\n" in err
    assert answer(caro) == SAYS["new"], "though the other stands first in the list"
    assert caro("model", "use", "old")[0] == 0
    assert answer(caro) == SAYS["old"]


@CAN_JUDGE
@pytest.mark.slow
def test_a_worse_one_is_taken_when_asked(caro, server, few_tasks):
    install("new", "old")
    write_config("backend.embedded.model = 'new'")
    code, out, _ = caro("model", "upgrade", "old", "--force")
    assert code == 0
    assert "old is worse (it had 0 answers right where the old one had 1), and taken as you asked." in out
    assert answer(caro) == SAYS["old"]


def test_one_that_writes_no_command_is_not_even_measured(caro, server):
    install("old")
    code, _, err = caro("model", "upgrade", "prose")
    assert code == 1
    assert f'worse on this machine (for "{WORDS}" it wrote no command), so old goes on answering' in err
    assert "benchmark" not in err
    assert answer(caro) == SAYS["old"]
    assert config().strip() == "[backend.embedded]", "the best installed answers, as before"


def test_quietly_only_a_refusal_is_said(caro, server):
    install("old")
    code, out, err = caro("model", "upgrade", "prose", "--quiet")
    assert (code, out) == (1, "")
    assert err.startswith("caro: prose is worse on this machine (for ")
    assert err.count("\n") == 1


def test_the_model_in_use_is_no_upgrade(caro):
    install("old")
    assert caro("model", "upgrade", "old") == (0, "old is in use already.\n", "")


def test_where_there_is_no_better_one_the_other_quality_is_named(caro):
    know(old="high")
    install("old")
    sentence = "the catalogue has no better model of quality {} than old"
    hint = "; for one of higher quality: caro model upgrade --quality high"
    assert caro("model", "upgrade") == (0, sentence.format("standard") + hint + "\n", "")
    assert caro("model", "upgrade", "--quality", "high") == (0, sentence.format("high") + "\n", "")


def test_with_no_model_to_upgrade_one_is_to_be_fetched(caro):
    code, _, err = caro("model", "upgrade")
    assert code == 1
    assert err.endswith("no model is in use that could be upgraded; fetch one with: caro model pull\n")


def test_a_model_that_cannot_be_fetched_leaves_everything_as_it_was(caro, server, tmp_path):
    install("old")
    write_config("# mine\n")
    (tmp_path / "hub" / "aviary" / "new" / "new.gguf").unlink()
    code, _, err = caro("model", "upgrade", "new")
    assert code == 1
    assert "new could not be fetched" in err
    assert config() == "# mine\n\n[backend.embedded]\n"
    assert answer(caro) == SAYS["old"]


def test_where_nothing_can_be_judged_commands_that_can_be_read_count(caro, server, unjudged):
    install("old")
    code, out, _ = caro("model", "upgrade", "new")
    assert code == 0
    assert sandbox.unavailable() in out
    assert re.search(r"^new  new +- +24 of 24 ", out, re.MULTILINE)
    assert answer(caro) == SAYS["new"]


# -- interrupted

#: `caro model upgrade new`, which sends itself a signal when it comes to call a function for the `at`th time.
CHILD = """
import importlib, os, sys
from caro_shell import cli

module, name, at, number = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
module = importlib.import_module("caro_shell." + module)
real = getattr(module, name)
calls = 0

def call(*args, **kwargs):
    global calls
    calls += 1
    if calls == at:
        os.kill(os.getpid(), number)
    return real(*args, **kwargs)

setattr(module, name, call)
sys.exit(cli.main(["model", "upgrade", "new", "--force"]))
"""


def interrupted(module: str, name: str, at: int, number: int) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", CHILD, module, name, str(at), str(int(number))],
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_S,
    )


#: From the beginning to the end: what is called next.
POINTS = [
    ("manage.upgrading", "pull", 1),
    ("pull.staging", "PartFile", 1),
    ("manage.upgrading", "tried", 1),
    ("manage.upgrading", "scored", 1),
    ("manage.upgrading", "scored", 2),
    ("manage.choice", "_remember", 1),
    ("manage.choice", "_write", 2),
    ("configfile", "_edit", 2),
]


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT], ids=lambda number: number.name)
@pytest.mark.parametrize("point", POINTS, ids=str)
def test_interrupted_anywhere_the_old_model_goes_on_answering(caro, server, unjudged, point, number):
    know(new="standard", old="high")  # so the new one would be the best installed as soon as it is there
    install("old")
    stopped = interrupted(*point, number)
    if number == signal.SIGINT:
        assert stopped.returncode == 130
        assert stopped.stderr.endswith("go on with: caro model upgrade new\n")
    else:
        assert stopped.returncode == -signal.SIGKILL
    assert answer(caro) == SAYS["old"]
    code, out, _ = caro("model", "upgrade", "new", "--force")
    assert code == 0
    assert "new answers from now on.\nBack to old: caro model rollback\n" in out
    assert answer(caro) == SAYS["new"]
    assert left() == ["new.gguf", "new.gguf.verified", "old.gguf", "pins.json", "previous.json"]


@pytest.mark.slow
def test_ctrl_c_on_the_terminal_is_heard_in_the_middle_of_the_benchmark(caro, server):
    install("old", "new")
    write_config("backend.embedded.model = 'old'")
    log = caro_home() / "stderr"
    with log.open("w") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-m", "caro_shell", "model", "upgrade", "new"],
            stdout=subprocess.DEVNULL,
            stderr=stderr,
            start_new_session=True,
        )
    until(lambda: "benchmark of old: 6 of 24" in log.read_text(), what="the benchmark to be on its way")
    process.send_signal(signal.SIGINT)
    assert process.wait(PATIENCE_S) == 130
    assert answer(caro) == SAYS["old"]


# -- from the hub to the bin


@CAN_JUDGE
@pytest.mark.slow
def test_a_full_cycle(caro, server):
    install("old")
    assert caro("model", "pull", "n", "-q") == (0, "", "")
    code, out, _ = caro("model", "verify", "n")
    assert code == 0
    assert re.match(r"new is whole, its SHA-256 is [0-9a-f]{64}: ", out)
    for action, says in (("use", "new"), ("rollback", "old"), ("upgrade", "new"), ("rollback", "old")):
        names = [] if action == "rollback" else ["n"]
        assert caro("model", action, *names)[0] == 0
        assert answer(caro) == SAYS[says]
    assert caro("model", "remove", "n")[0] == 0
    assert left() == ["old.gguf", "pins.json", "previous.json"]
    assert answer(caro) == SAYS["old"]
