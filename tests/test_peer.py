"""Other people on the same machine: who is let in, whom we talk to, and what stood there before us."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from caro_shell import launch, paths, peer
from caro_shell.address import Address
from caro_shell.errors import DaemonError
from tests.daemons import log, running, status
from tests.until import PATIENCE_S

#: A user of this machine that is not us.
OTHER = 65534

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can play another user")
tells = pytest.mark.skipif(
    sys.platform not in ("linux", "darwin"), reason="this system does not tell who is at the other end"
)


def as_another(script: str, *arguments: str) -> subprocess.Popen[str]:
    """Run a Python script as another user; it is in no group of ours."""
    program = f"import os, socket, sys\nos.setgroups([]); os.setgid({OTHER}); os.setuid({OTHER})\n"
    return subprocess.Popen(
        [sys.executable, "-c", program + textwrap.dedent(script), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


@tells
def test_the_system_says_who_is_at_the_other_end():
    ours, theirs = socket.socketpair(socket.AF_UNIX)
    with ours, theirs:
        assert peer.uid_of(ours) == os.getuid()
        assert not peer.is_stranger(ours)


@tells
def test_another_users_process_is_a_stranger(monkeypatch):
    ours, theirs = socket.socketpair(socket.AF_UNIX)
    monkeypatch.setattr(os, "getuid", lambda: OTHER)
    with ours, theirs:
        assert peer.is_stranger(ours)


def test_where_the_system_does_not_tell_the_directory_alone_keeps_others_out(monkeypatch):
    ours, theirs = socket.socketpair(socket.AF_UNIX)
    with ours, theirs:
        monkeypatch.setattr(sys, "platform", "sunos5")
        assert peer.uid_of(ours) is None
        assert not peer.is_stranger(ours)
    monkeypatch.undo()
    with socket.socket(socket.AF_INET) as no_unix:
        assert peer.uid_of(no_unix) in (None, -1, 2**32 - 1)


@pytest.mark.slow
@needs_root
def test_the_daemon_turns_another_user_away_and_goes_on():
    with running():
        path = paths.socket_path()
        os.chmod(path, 0o666)  # as if all other locks had failed
        os.chmod(paths.runtime_dir(), 0o711)
        os.chmod(os.environ["XDG_RUNTIME_DIR"], 0o711)
        script = """
            s = socket.socket(socket.AF_UNIX)
            s.settimeout(60)
            s.connect(sys.argv[1])
            try:
                s.sendall(b"kind=status\\x1e")
                print("answered" if s.recv(100) else "hung up")
            except (BrokenPipeError, ConnectionResetError):
                print("hung up")
        """
        stranger = as_another(script, path)
        assert stranger.communicate(timeout=PATIENCE_S)[0] == "hung up\n"
        os.chmod(os.path.dirname(path), 0o700)
        os.chmod(os.environ["XDG_RUNTIME_DIR"], 0o700)
        assert f"a process of user {OTHER} was turned away" in log()
        assert status()["socket"] == path


@needs_root
def test_nothing_is_said_to_a_socket_that_another_user_serves():
    path = paths.socket_path()
    directory = os.path.dirname(path)
    script = """
        s = socket.socket(socket.AF_UNIX)
        s.bind(sys.argv[1])
        s.listen()
        print("ready", flush=True)
        connection, _ = s.accept()
        print(len(connection.recv(100)), flush=True)
    """
    os.chmod(os.environ["XDG_RUNTIME_DIR"], 0o711)
    os.chmod(directory, 0o777)
    squatter = as_another(script, path)
    assert squatter.stdout
    assert squatter.stdout.readline() == "ready\n"
    os.chmod(directory, 0o700)
    os.chmod(os.environ["XDG_RUNTIME_DIR"], 0o700)
    with pytest.raises(DaemonError, match="is served by a process of another user; remove it"):
        launch.connect()
    assert squatter.communicate(timeout=PATIENCE_S)[0] == "0\n"
    with pytest.raises(DaemonError, match="is in the way of the caro daemon's socket; remove it"):
        Address()


# -- what stood there before us


@needs_root
def test_a_runtime_directory_of_another_user_is_not_used():
    directory = os.path.join(os.environ["XDG_RUNTIME_DIR"], "caro")
    os.mkdir(directory, 0o700)
    os.chown(directory, OTHER, OTHER)
    with pytest.raises(PermissionError, match="is not a private directory of yours; remove it"):
        paths.runtime_dir()


@needs_root
def test_a_base_directory_of_another_user_is_passed_over():
    os.chown(os.environ["XDG_RUNTIME_DIR"], OTHER, OTHER)
    assert not paths._is_ours(os.environ["XDG_RUNTIME_DIR"])  # else /tmp of this machine would be used


def test_a_runtime_directory_that_is_a_link_is_not_used(tmp_path):
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    os.symlink(tmp_path / "elsewhere", os.path.join(os.environ["XDG_RUNTIME_DIR"], "caro"))
    with pytest.raises(PermissionError, match="is not a private directory of yours; remove it"):
        paths.runtime_dir()


def test_a_base_directory_that_is_a_link_is_passed_over(tmp_path):
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    assert not paths._is_ours(str(tmp_path / "link"))
    assert paths._is_ours(str(tmp_path / "elsewhere"))


@pytest.mark.parametrize("kind", ["file", "directory", "link", "dangling"])
def test_what_stands_in_the_sockets_place_is_named_and_stays(kind, tmp_path):
    path = Path(paths.socket_path())
    if kind == "file":
        path.write_text("mine")
    elif kind == "directory":
        path.mkdir()
    else:
        target = tmp_path / "target"
        if kind == "link":
            target.write_text("mine")
        path.symlink_to(target)
    with pytest.raises(DaemonError, match="is in the way of the caro daemon's socket; remove it"):
        Address()
    assert os.path.lexists(path)
    path.rmdir() if kind == "directory" else path.unlink()


def test_a_draft_that_was_left_behind_is_replaced():
    draft = Path(f"{paths.socket_path()[:-5]}.{os.getpid()}")
    draft.symlink_to("/nowhere")
    address = Address()
    try:
        assert os.stat(address.path).st_mode & 0o777 == 0o600
        assert not draft.is_symlink()
    finally:
        address.give_up()
