"""An answer that is written aside: heard of whenever one likes, left at any moment."""

from __future__ import annotations

import threading

import pytest

from caro_shell.backends import Completion
from caro_shell.backends.remote.aside import drafts
from caro_shell.errors import Cancelled, RemoteError
from tests.until import PATIENCE_S, until


def done(text):
    return Completion(text, 1.0, 1.0, 1, 0, 1)


def test_it_is_heard_of_while_it_is_written():
    go_on = threading.Event()

    def write(listener):
        listener.stage("waiting")
        listener.text("l")
        assert go_on.wait(PATIENCE_S)
        return done("ls")

    answer = drafts(write)
    assert until(lambda: next(answer), lambda draft: draft.text == "l").finished is False
    go_on.set()
    *_, last = answer
    assert last == ("ls", True)


def test_it_goes_on_while_nobody_listens():
    asked, written = threading.Event(), threading.Event()

    def write(_listener):
        assert asked.wait(PATIENCE_S)
        written.set()
        return done("ls")

    answer = drafts(write)
    assert next(answer) == ("", False)
    asked.set()
    assert written.wait(PATIENCE_S)
    assert list(answer)[-1] == ("ls", True)


@pytest.mark.parametrize("leave", ["close", "drop"])
def test_leaving_cancels_it(leave):
    cancelled = threading.Event()

    def write(listener):
        until(listener.cancelled)
        cancelled.set()
        raise Cancelled

    answer = drafts(write)
    next(answer)
    if leave == "close":
        answer.close()
    del answer
    assert cancelled.wait(PATIENCE_S)


def test_what_goes_wrong_is_raised_where_it_is_awaited():
    def write(_listener):
        raise RemoteError("the server is gone")

    with pytest.raises(RemoteError, match="the server is gone"):
        list(drafts(write))


def test_it_speaks_for_nobodys_environment():
    heard = []

    def write(listener):
        heard.append(listener.environment(["VLLM_API_KEY"]))
        return done("")

    list(drafts(write))
    assert heard == [{}]
