"""Three shells, each with the hook loaded and a scripted daemon behind it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Callable

import pytest

from caro_shell import config, hooks
from tests.terminal import PtyTerminal

SCRIPTED = Path(__file__).parent.parent / "scripted_daemon.py"


@pytest.fixture(params=["zsh", "bash", "fish"])
def shell(request: pytest.FixtureRequest) -> str:
    """Run the test once for each shell."""
    name: str = request.param
    assert shutil.which(name), f"{name} is needed: tests/bootstrap.sh installs it"
    return name


@pytest.fixture
def scripted(own_home: Path) -> Iterator[Path]:
    """Run a scripted daemon; return CARO_HOME."""
    home = Path(os.environ["CARO_HOME"])
    home.mkdir()
    reader, writer = os.pipe()
    process = subprocess.Popen([sys.executable, str(SCRIPTED), "--ready-fd", str(writer)], pass_fds=[writer])
    os.close(writer)
    with os.fdopen(reader) as ready:
        assert ready.read() == "ready\n"
    yield home
    process.terminate()
    process.wait()


@pytest.fixture
def hook(shell: str, own_home: Path) -> str:
    """Return the line that loads the hook, written as install.sh does."""
    file = own_home / f"caro.{shell}"
    file.write_text(hooks.render(shell, config.Config()))
    return f"source {file}\n"


@pytest.fixture
def open_terminal(shell: str, hook: str, own_home: Path) -> Iterator[Callable[..., PtyTerminal]]:
    """Return a function that opens a terminal: `before` and `after` are lines of the start-up file."""
    opened = []

    def start(before: str = "", after: str = "", **settings: object) -> PtyTerminal:
        terminal = PtyTerminal(shell, before + hook + after, own_home, **settings)  # type: ignore[arg-type]
        opened.append(terminal)
        return terminal

    yield start
    for terminal in opened:
        terminal.close()


@pytest.fixture
def terminal(scripted: Path, open_terminal: Callable[..., PtyTerminal]) -> PtyTerminal:
    """A terminal with nothing but the hook, and a daemon to talk to."""
    return open_terminal()
