"""When memory counts as short: the kernel's own files, written as a machine in that state has them."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from caro_shell import pressure
from tests.machine import GB, MB, Machine


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """Return a machine of 16 GB that is well."""
    return Machine(tmp_path)


def short(machine: Machine) -> bool:
    return pressure.is_short(str(machine.root))


def test_a_machine_that_is_well_is_not_short(machine):
    assert not short(machine)


@pytest.mark.parametrize(
    ("total", "available", "expected"),
    [
        (16 * GB, 900 * MB, False),
        (16 * GB, 800 * MB, True),  # below 5 %
        (4 * GB, 257 * MB, False),
        (4 * GB, 255 * MB, True),  # above 5 %, below 256 MB
        (16 * GB, 0, True),
    ],
)
def test_available_memory(machine, total, available, expected):
    machine.memory(total=total, available=available)
    assert short(machine) == expected


@pytest.mark.parametrize(("wanted", "expected"), [(1 * GB, False), (2 * GB, True)])
def test_what_is_wanted_counts_as_taken(machine, wanted, expected):
    machine.memory(total=16 * GB, available=2 * GB)
    assert pressure.is_short(str(machine.root), wanted=wanted) == expected


def test_what_is_wanted_must_fit_the_limit_of_a_control_group(machine):
    machine.group("/a", used=1 * GB, max=4 * GB)
    assert not pressure.is_short(str(machine.root), wanted=1 * GB)
    assert pressure.is_short(str(machine.root), wanted=3 * GB)


@pytest.mark.parametrize(("percent", "expected"), [("0.00", False), ("9.87", False), ("10.01", True)])
def test_tasks_that_stand_still(machine, percent, expected):
    machine.stalled(percent)
    assert short(machine) == expected


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ({}, False),
        ({"max": 2120 * MB}, False),
        ({"max": 2010 * MB}, True),
        ({"max": 8 * GB, "high": 2010 * MB}, True),
        ({"max": 1 * GB}, True),
    ],
)
@pytest.mark.parametrize("group", ["/", "/user.slice/user@1.service/app.slice/caro.service", "/a b"])
def test_the_limit_of_a_control_group(machine, group, limits, expected):
    machine.group(group, used=2000 * MB, **limits)
    assert short(machine) == expected


def test_pages_of_files_do_not_count_against_a_limit(machine):
    machine.group("/a", used=2000 * MB, droppable=150 * MB, max=2010 * MB)
    assert not short(machine)


def test_the_limit_of_a_group_around_it_counts(machine):
    machine.group("/a", used=2000 * MB, max=2010 * MB)
    machine.group("/a/b", used=1000 * MB, max=4 * GB)
    assert short(machine)


def test_the_limit_of_a_group_beside_it_does_not(machine):
    machine.group("/a/other", used=2000 * MB, max=2010 * MB)
    machine.group("/a/b", used=1000 * MB, max=4 * GB)
    assert not short(machine)


@pytest.mark.parametrize(
    "path",
    [
        "proc/self/cgroup",
        "proc/pressure/memory",
        "sys/fs/cgroup/a/memory.max",
        "sys/fs/cgroup/a/memory.current",
        "sys/fs/cgroup/a/memory.stat",
    ],
)
@pytest.mark.parametrize("content", [None, "", "nonsense\n", "some avg10=x\n0:: \nfile\n", "0::/../..\n"])
def test_what_cannot_be_read_says_nothing(machine, path, content):
    machine.group("/a", used=1000 * MB, max=4 * GB)
    if content is None:
        (machine.root / path).unlink()
    else:
        (machine.root / path).write_text(content)
    assert not short(machine)


@pytest.mark.parametrize(("available", "expected"), [(900 * MB, False), (800 * MB, True)])
def test_a_system_without_such_files_is_asked_by_psutil(tmp_path, monkeypatch, available, expected):
    seen = psutil.virtual_memory()._replace(total=16 * GB, available=available)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: seen)
    assert pressure.is_short(str(tmp_path)) == expected


def test_what_is_available_is_the_least_of_all_there_is(machine):
    machine.memory(total=16 * GB, available=8 * GB)
    assert pressure.available(str(machine.root)) == 8 * GB
    machine.group("/a", used=2 * GB, max=4 * GB)
    machine.group("/a/b", used=1 * GB, droppable=512 * MB, high=6 * GB)
    assert pressure.available(str(machine.root)) == 2 * GB, "the group around it leaves less than its own"
    machine.memory(total=16 * GB, available=1 * GB)
    assert pressure.available(str(machine.root)) == 1 * GB
    machine.group("/a", used=5 * GB, max=4 * GB)
    assert pressure.available(str(machine.root)) == 0


def test_what_there_is_in_all_is_the_least_of_machine_and_limits(machine):
    machine.memory(total=16 * GB, available=1 * GB)
    assert pressure.total(str(machine.root)) == 16 * GB
    machine.group("/a", used=3 * GB, max=4 * GB)
    machine.group("/a/b", used=1 * GB, high=6 * GB)
    assert pressure.total(str(machine.root)) == 4 * GB, "however much of it is in use"


def test_this_machine_can_be_looked_at():
    assert pressure.is_short() in (True, False)
    assert 0 < pressure.available() <= pressure.total()
