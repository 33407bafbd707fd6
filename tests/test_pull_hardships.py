"""Pulls that are killed, interrupted, crowded, or short of disk."""

from __future__ import annotations

import argparse
import fcntl
import os
import resource
import shutil
import signal
import subprocess
from contextlib import contextmanager

import pytest

from caro_shell.errors import PullError
from caro_shell.pull import lock, pull, room
from tests.http_server import Hold, serve
from tests.tiny_model import (
    CHUNK,
    CONTENT,
    assert_whole,
    child,
    from_url,
    leave_part,
    names,
)


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("CARO_HOME", str(tmp_path / "caro"))
    return tmp_path / "caro"


@pytest.fixture
def models(home):
    """The directory that models are fetched to; it does not exist yet."""
    return home / "models"


@pytest.fixture
def server():
    with serve(CONTENT) as served:
        yield served


@contextmanager
def disk(directory, options):
    """Make `directory` a disk of its own; skip the test where that is not allowed."""
    directory.mkdir(parents=True, exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", options, "none", str(directory)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting a disk needs more rights")
    try:
        yield
    finally:
        subprocess.run(["umount", str(directory)], check=True)


@pytest.mark.slow
class TestProcesses:
    def test_a_killed_pull_goes_on(self, server, models):
        with child(from_url(server), after=2 * CHUNK, kill=signal.SIGKILL) as killed:
            killed.communicate()
        assert killed.returncode == -signal.SIGKILL
        assert not (models / "tiny.gguf").exists()
        pull(from_url(server))
        assert_whole(models)
        assert server.requests[1]["Range"] == f"bytes={2 * CHUNK}-"

    def test_an_interrupt_keeps_the_part_and_says_how_to_go_on(self, server, models):
        with child(from_url(server), after=2 * CHUNK, kill=signal.SIGINT) as stopped:
            _, errors = stopped.communicate()
        assert stopped.returncode == 130
        expected = "caro: stopped; what has arrived is kept, go on with: caro model pull tiny"
        assert errors.splitlines()[-1] == expected
        assert names(models) == ["tiny.gguf.part", "tiny.gguf.part.etag"]
        assert (models / "tiny.gguf.part").read_bytes() == CONTENT[: 2 * CHUNK]

    def test_the_second_of_two_waits_and_fetches_nothing(self, server, models):
        server.mishaps = [Hold(CHUNK)]
        with child(from_url(server)) as first:
            assert server.held.wait(20)
            with child(from_url(server)) as second:
                assert second.stderr.readline() == ("caro: another pull of tiny is running; waiting for it\n")
                server.go_on.set()
                outputs = [first.communicate()[0], second.communicate()[0]]
        assert [output.split(":")[0] for output in outputs] == [
            "tiny is fetched and verified",
            "tiny is here already, whole",
        ]
        assert (first.returncode, second.returncode) == (0, 0)
        assert len(server.requests) == 1
        assert_whole(models)

    def test_the_second_takes_over_from_a_killed_first(self, server, models):
        server.mishaps = [Hold(2 * CHUNK)]
        with child(from_url(server)) as first:
            assert server.held.wait(20)
            with child(from_url(server)) as second:
                second.stderr.readline()
                first.kill()
                first.communicate()
                second.communicate()
        assert second.returncode == 0
        assert_whole(models)


class TestDisk:
    def test_too_little_room_is_told_beforehand(self, server, models, monkeypatch):
        monkeypatch.setattr(shutil, "disk_usage", lambda _: argparse.Namespace(free=200_000_000))
        with pytest.raises(PullError) as caught:
            pull(from_url(server))
        assert str(caught.value) == (
            f"tiny needs 269 MB in {models} and 200 MB are free; "
            "make room, or set CARO_HOME to a directory on a larger disk"
        )
        assert server.requests == []
        assert names(models) == []

    def test_what_has_arrived_needs_no_room(self, server, models, monkeypatch):
        leave_part(models, CONTENT[:-1])
        monkeypatch.setattr(shutil, "disk_usage", lambda _: argparse.Namespace(free=room.MARGIN + 1))
        assert pull(from_url(server)).fetched

    def test_a_disk_that_fills_up_keeps_the_part(self, server, models, monkeypatch):
        monkeypatch.setattr(shutil, "disk_usage", lambda _: argparse.Namespace(free=1 << 40))
        with disk(models, f"size={3 * CHUNK}"):
            with pytest.raises(
                PullError, match=r"the disk of .* is full with .* to come; make room and go on"
            ):
                pull(from_url(server))
            part = (models / "tiny.gguf.part").read_bytes()
        assert len(part) > CHUNK
        assert CONTENT.startswith(part)
        assert len(server.requests) == 1

    def test_a_file_size_limit_keeps_the_part(self, server, models):
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (CHUNK + 1, limits[1]))
        try:
            with pytest.raises(PullError, match=r"tiny.gguf.part cannot be written \(File too large\)"):
                pull(from_url(server))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        assert (models / "tiny.gguf.part").read_bytes() == CONTENT[: CHUNK + 1]

    def test_a_target_that_cannot_be_written(self, server, home):
        home.write_text("a file where a directory should be")
        with pytest.raises(
            PullError, match=r"models cannot be written \(Not a directory\); .* set CARO_HOME"
        ):
            pull(from_url(server))

    def test_a_disk_that_is_read_only(self, server, models):
        with (
            disk(models, "ro"),
            pytest.raises(PullError, match=r"cannot be written \(Read-only file system\)"),
        ):
            pull(from_url(server))

    def test_a_directory_that_is_read_only(self, server, models):
        models.mkdir(parents=True)
        models.chmod(0o500)
        if os.access(models, os.W_OK):
            pytest.skip("root may write anywhere")
        with pytest.raises(PullError, match=r"models cannot be written \(Permission denied\)"):
            pull(from_url(server))


class TestLock:
    def test_is_gone_afterwards(self, tmp_path):
        path = tmp_path / "models" / "lock"
        with lock.hold(str(path), pytest.fail):
            assert path.exists()
        assert names(path.parent) == []

    def test_a_file_left_by_a_killed_process_is_no_lock(self, tmp_path):
        path = tmp_path / "lock"
        path.touch()
        with lock.hold(str(path), pytest.fail):
            pass
        assert not path.exists()

    def test_a_lock_file_removed_while_waiting_is_made_anew(self, tmp_path, monkeypatch):
        path = tmp_path / "lock"
        flock = fcntl.flock
        removals = [path.unlink]

        def flock_after_removal(descriptor, operation):
            if removals:
                removals.pop()()
            flock(descriptor, operation)

        monkeypatch.setattr(fcntl, "flock", flock_after_removal)
        with lock.hold(str(path), pytest.fail):
            assert path.exists()
