"""What the tests of the backends that ask a server have in common."""

from __future__ import annotations

import pytest

from caro_shell.errors import RemoteError
from caro_shell.prompt import Prompt
from tests.person import Person

PROMPT = Prompt("You write commands.", (("where am i", "pwd"),), "list the files")


def asked(server, *where):
    """Return what the server was asked at `where`, or else for an answer."""
    where = where or ("/api/generate", "/v1/completions")
    return [request.json() for request in server.requests if request.path in where]


def paths(server):
    return [request.path for request in server.requests]


def failure(backend, kind=RemoteError):
    with pytest.raises(kind) as caught:
        backend.complete(PROMPT, Person())
    return str(caught.value).replace(backend.endpoint.where, "HOST")
