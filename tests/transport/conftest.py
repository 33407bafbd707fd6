"""A server of this machine, and a way to speak to it."""

from __future__ import annotations

import pytest

from caro_shell.transport.endpoint import Endpoint
from caro_shell.transport.http import Http
from tests.remote_server import serve


@pytest.fixture
def server():
    with serve() as one:
        yield one


@pytest.fixture
def opened():
    """Return a function that opens an Http for a URL; its tries follow each other at once."""
    everyone = []

    def opener(url, waits=(0.0, 0.0), fresh_s=60.0, **settings):
        http = Http(Endpoint(url, **settings), waits=waits, fresh_s=fresh_s)
        everyone.append(http)
        return http

    yield opener
    for http in everyone:
        http.close()
