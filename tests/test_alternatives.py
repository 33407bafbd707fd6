"""Other commands through the daemon: written while nobody waits, interrupted by whoever comes."""

from __future__ import annotations

import pytest

from tests.daemons import Caller, ask, caro_home, running, status
from tests.until import until

pytestmark = pytest.mark.slow


@pytest.fixture
def daemon():
    with running() as process:
        yield process


def press(line: str, session: str = "1") -> tuple[str, str]:
    reply = ask("rewrite", shell="bash", line=line, session=session)
    return reply["status"], reply["line"]


def test_presses_go_round(daemon):
    turns = [press("# many ls")]
    for _ in range(4):
        turns.append(press(turns[-1][1]))
    assert turns == [("0", "ls"), ("2", "ls 2"), ("2", "ls 3"), ("2", "# many ls"), ("0", "ls")]


def test_a_request_interrupts_what_is_written_in_idle_time(daemon):
    assert press("slow ls") == ("0", "ls")
    until((caro_home() / "writing").exists, what="the other commands to be begun")
    assert press("say pwd", "2") == ("0", "pwd")
    assert not (caro_home() / "release").exists()


def test_a_press_waits_for_the_next_command(daemon):
    press("slow ls")
    with Caller() as caller:
        caller.send(kind="rewrite", shell="bash", line="ls", session="1")
        until((caro_home() / "writing").exists, what="the other commands to be begun")
        (caro_home() / "release").touch()
        assert caller.reply()["line"] == "ls 2"


def test_a_press_that_waits_may_be_cancelled(daemon):
    press("slow ls")
    with Caller() as caller:
        caller.send(kind="rewrite", shell="bash", line="ls", session="1")
    assert press("say pwd", "2") == ("0", "pwd"), "nobody waits for the other any more"
    (caro_home() / "release").touch()
    assert press("ls") == ("2", "ls 2"), "and it is not lost"


def test_idle_work_is_no_reason_to_stay(daemon):
    press("slow ls")
    until((caro_home() / "writing").exists, what="the other commands to be begun")
    assert status()["answered"] == 1
    ask("stop")
    daemon.wait(10)
