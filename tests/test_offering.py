"""What is put on the line for a command, and what is said beside it, by the setting safety.level."""

from __future__ import annotations

import subprocess
from functools import partial
from pathlib import Path

import pytest

from caro_shell import config, offering, safety
from caro_shell.reply import Offer
from caro_shell.safety import Level, Reason, Verdict

WIPE = Reason(Level.DANGER, "deletes the whole system", 3, 4, critical=True)
FORCE = Reason(Level.DANGER, "overwrites what others pushed", 0, 3)
KILL = Reason(Level.CAUTION, "ends every process of that name", 2, 5)
BLIND = Reason(Level.UNKNOWN, "runs what a variable holds", 0, 2)
SAFE = Verdict()


@pytest.mark.parametrize(
    ("reasons", "mode", "line", "note"),
    [
        ((), "strict", "cmd", ""),
        ((FORCE,), "normal", "cmd", "danger: overwrites what others pushed"),
        ((FORCE,), "strict", "# cmd", "danger: overwrites what others pushed; commented out"),
        ((WIPE,), "normal", "# cmd", "danger: deletes the whole system; commented out"),
        ((WIPE, FORCE), "normal", "# cmd", "danger: deletes the whole system (and 1 more); commented out"),
        ((WIPE, FORCE), "off", "cmd", ""),
        ((FORCE, KILL, BLIND), "normal", "cmd", "danger: overwrites what others pushed"),
        ((KILL, BLIND), "strict", "cmd", "caution: ends every process of that name (and 1 more)"),
        ((KILL, BLIND), "normal", "cmd", ""),
        ((BLIND,), "strict", "cmd", "unknown: runs what a variable holds"),
    ],
)
def test_line_and_note(reasons: tuple[Reason, ...], mode: str, line: str, note: str) -> None:
    offer = offering.offer("cmd", Verdict(reasons), mode)
    assert (offer.line, offer.note) == (line, note)


@pytest.mark.parametrize("mode", config.SAFETY)
def test_the_risk_is_told_in_every_mode(mode: str) -> None:
    assert offering.offer("cmd", Verdict((WIPE, KILL)), mode).risk == {
        "level": "danger",
        "critical": True,
        "reasons": [
            {"level": "danger", "text": "deletes the whole system", "start": 3, "end": 4},
            {"level": "caution", "text": "ends every process of that name", "start": 2, "end": 5},
        ],
    }
    assert offering.offer("cmd", SAFE, mode) == Offer(
        "cmd", risk={"level": "safe", "critical": False, "reasons": []}
    )


def test_a_reason_as_long_as_a_line_is_cut() -> None:
    note = offering.offer(
        "cmd", Verdict((Reason(Level.DANGER, "deletes " + "x" * 999, 0, 3),)), "normal"
    ).note
    assert len(note) == len("danger: ") + offering.REASON_MAX
    assert note.endswith("x...")


@pytest.mark.parametrize(
    ("mode", "note"), [("normal", "unknown: caro failed to judge"), ("strict", "unknown: caro"), ("off", "")]
)
def test_a_judge_that_fails_is_said_and_costs_no_answer(
    monkeypatch: pytest.MonkeyPatch, mode: str, note: str
) -> None:
    def broken(*_: object) -> Verdict:
        raise KeyError

    monkeypatch.setattr(safety, "judge", broken)
    offer = offering.judged("ls", "bash", mode)
    assert offer.line == "ls"
    assert offer.note.startswith(note)
    assert bool(offer.note) == bool(note)


def test_files_that_cannot_be_counted_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> str:
        raise KeyError

    monkeypatch.setattr(offering.radius, "said", broken)
    offer = offering.judged("rm -rf /", "bash", "normal", "/")
    assert (offer.line, offer.note[:8]) == ("# rm -rf /", "danger: ")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository that keeps build/kept.txt and ignores out/; "a" has something in it, "empty" nothing."""
    for name, text in (
        ("build/kept.txt", "x"),
        ("out/o", "x"),
        ("a", "x"),
        ("empty", ""),
        (".gitignore", "out\n"),
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    # On a busy machine git alone may take the time that a person is made to wait.
    monkeypatch.setattr(offering.radius, "said", partial(offering.radius.said, limit_s=60))
    return tmp_path


@pytest.mark.parametrize(
    ("command", "note"),
    [
        ("ls > a", "would write over a (1 byte)"),
        ("cp a out/o", "would write over out/o (1 byte)"),
        ("rm -rf build", "would delete 1 file (1 byte) in build, 1 of them not ignored by git"),
        ("rm -r notes src", ""),
        ("ls > empty", ""),
        ("ls > new", ""),
        ("ls >> a", ""),
        ("rm a", ""),
        ("rm -rf out", ""),
        ("sed -i s/x/y/ a", ""),
    ],
)
def test_a_quiet_command_is_noted_where_it_would_surprise(here: Path, command: str, note: str) -> None:
    assert offering.judged(command, "bash", "normal", str(here)).note == note
    assert offering.judged(command, "bash", "off", str(here)).note == ""


def test_what_caution_is_about_is_counted(here: Path) -> None:
    (here / "photos").mkdir()
    (here / "photos/1.jpg").write_bytes(b"12")
    found = offering.judged("chmod -R 777 photos", "bash", "normal", str(here))
    assert found.risk["level"] == "caution"
    assert found.note == "would change 1 file in photos"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_whole_way(shell: str) -> None:
    assert offering.judged("rm -rf /", shell, "normal").line == "# rm -rf /"
    assert offering.judged("rm -rf /var/www", shell, "normal") == Offer(
        "rm -rf /var/www",
        "danger: deletes everything under /var/www, not recoverable",
        offering.risk(safety.judge("rm -rf /var/www", shell)),
    )
    assert offering.judged("ls", shell, "normal").note == ""
