"""A server to be set up, and the file that it is written to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.daemons import caro_home
from tests.remote_server import RemoteServer, serve


@pytest.fixture
def server() -> Iterator[RemoteServer]:
    with serve() as remote:
        yield remote


@pytest.fixture
def file() -> Path:
    caro_home().mkdir()
    return caro_home() / "config.toml"
