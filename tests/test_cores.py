"""Thread counts by the load of the moment."""

from __future__ import annotations

import os

import pytest

from caro_shell.backends.embedded import cores


@pytest.fixture
def others(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Let a test say how many others are running, on a machine of four cores."""
    running = [0.0]
    monkeypatch.setattr(cores, "_others_running", lambda: running[0])
    monkeypatch.setattr(cores, "physical_cores", lambda: 4)
    return running


@pytest.mark.parametrize(("running", "threads"), [(0, 4), (1, 3), (3, 1), (4, 1), (90, 1)])
def test_others_get_their_cores(others: list[float], running: int, threads: int) -> None:
    others[0] = running
    assert cores.Cores().begin() == threads


def test_a_moment_alone_changes_little(others: list[float]) -> None:
    watched = cores.Cores()
    assert watched.begin() == 4
    others[0] = 1
    assert watched.next() == 4
    others[0] = 0
    assert watched.next() == 4


def test_lasting_load_is_followed_and_forgotten(others: list[float]) -> None:
    watched = cores.Cores()
    watched.begin()
    others[0] = 3
    assert [watched.next() for _ in range(6)][-1] == 1
    others[0] = 0
    assert [watched.next() for _ in range(6)][-1] == 4


def test_this_machine_can_be_looked_at() -> None:
    assert 1 <= cores.physical_cores() <= (os.cpu_count() or 1)
    assert cores._others_running() >= 0
