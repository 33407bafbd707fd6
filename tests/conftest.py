"""Every test has a home, a CARO_HOME and a runtime directory of its own, and no network but loopback."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

# A background job is started with SIGINT ignored, and its children would be deaf to Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give the test a home; end the daemons that it left behind."""
    home = tmp_path / "home"
    home.mkdir()
    runtime = tempfile.mkdtemp(prefix="caro-")  # tmp_path is too long for a socket
    for name in [name for name in os.environ if name.startswith(("CARO_", "XDG_"))]:
        if name not in ("CARO_TEST_MODELS", "XDG_CACHE_HOME"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("CARO_HOME", str(home / ".caro"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", runtime)
    yield home
    _stop_daemon()
    shutil.rmtree(runtime)


@pytest.fixture(autouse=True, scope="session")
def one_index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Let the engines of this process share one index of the shipped bank: to make it takes half a second."""
    from caro_shell.bank import index  # noqa: PLC0415
    from caro_shell.resources import resource  # noqa: PLC0415

    own, shared = index.kept_at, str(tmp_path_factory.mktemp("index"))

    def kept_at(directory: str, embedding: str) -> str:
        path = own(directory, embedding)
        shipped = directory == resource("models", "bank")
        return os.path.join(shared, os.path.basename(path)) if shipped else path

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(index, "kept_at", kept_at)
        yield


@pytest.fixture
def caro(capfd, monkeypatch):
    """Return a function that runs `caro` in this process: exit status, standard output, standard error."""
    from caro_shell import cli  # noqa: PLC0415

    def run(*arguments: str, piped: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "stdin", io.StringIO(piped))
        try:
            code = cli.main(list(arguments))
        except SystemExit as exit_:
            code = exit_.code
        out, err = capfd.readouterr()
        return code, out, err

    return run


@pytest.fixture
def models(own_home: Path) -> Path:
    """Return the directory that models are fetched to; it does not exist yet."""
    return own_home / ".caro" / "models"


def _stop_daemon() -> None:
    from caro_shell.commands import daemon  # noqa: PLC0415
    from caro_shell.errors import CaroError  # noqa: PLC0415

    with contextlib.suppress(CaroError):
        daemon.ask("stop")


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse connections of this process that leave the machine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: object) -> None:
        if self.family != socket.AF_UNIX and isinstance(address, tuple):
            assert address[0] in ("127.0.0.1", "::1", "localhost"), f"a test connects to {address}"
        connect(self, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", guarded)
