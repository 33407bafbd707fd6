"""Asking a server over HTTP: what is sent, what comes back, how long that may take, and who may leave."""

from __future__ import annotations

import contextlib
import gzip
import logging
import threading
import tracemalloc

import psutil
import pytest

from caro_shell import __version__
from caro_shell.errors import (
    Cancelled,
    HttpStatus,
    RemoteError,
    RemoteMalformed,
    RemoteTimeout,
    RemoteUnreachable,
)
from caro_shell.transport.deadline import Call
from caro_shell.transport.endpoint import Endpoint
from caro_shell.transport.http import LONGEST_JSON, LONGEST_STREAM, Http
from tests.person import Person
from tests.remote_server import (
    HOLD,
    body,
    broken,
    drip,
    endless,
    raw,
    says,
    seen,
    serve,
    silent,
    stalled,
    stream,
)
from tests.until import until


def stays():
    return False


def calls():
    return [thread for thread in threading.enumerate() if isinstance(thread, Call)]


@pytest.fixture(autouse=True)
def no_thread_stays():
    yield
    until(calls, lambda running: not running, "the threads of all calls to end")


def failure(ask, kind):
    with pytest.raises(kind) as caught:
        ask()
    assert type(caught.value) is kind
    return str(caught.value)


def logged(caplog):
    return [(record.levelname, record.getMessage()) for record in caplog.records]


# -- what is sent


def test_nothing_is_sent_before_somebody_asks(server, opened):
    http = opened(server.url)
    http.post_lines("/a", {}, stays)
    assert server.requests == []


def test_what_a_get_is(server, opened):
    server.on("/base/a", says({}))
    opened(server.url + "/base/", key="secret").get("/a?b=c")
    (request,) = server.requests
    assert (request.method, request.path, request.body) == ("GET", "/base/a?b=c", b"")
    assert request.headers["user-agent"] == f"caro/{__version__}"
    assert request.headers["authorization"] == "Bearer secret"
    assert request.headers["accept-encoding"] == "gzip"
    assert "content-type" not in request.headers


def test_what_a_post_is(server, opened):
    server.on("/a", says({}))
    opened(server.url).post("/a", {"say": "ä\ud800"}, stays)
    (request,) = server.requests
    assert (request.method, request.headers["content-type"]) == ("POST", "application/json")
    assert request.json() == {"say": "ä\ud800"}
    assert "authorization" not in request.headers


def test_a_key_wins_over_the_login_of_a_url_which_counts_without_one(server, opened):
    server.on("/a", says({}))
    url = server.url.replace("//", "//me:word@")
    opened(url, key="secret").get("/a")
    opened(url).get("/a")
    assert [one.headers["authorization"] for one in server.requests] == [
        "Bearer secret",
        "Basic bWU6d29yZA==",
    ]


# -- what comes back


def test_a_json_object(server, opened):
    server.on("/a", says({"a": ["ä", 1]}), body(gzip.compress(b'{"b": 2}'), content_encoding="gzip"))
    http = opened(server.url)
    assert http.get("/a") == {"a": ["ä", 1]}
    assert http.post("/a", {}, stays) == {"b": 2}


@pytest.mark.parametrize(
    "data",
    [b"", b"[1]", b"null", b'"x"', b"<html>", b'{"a": ', b'{"\xff": 1}', b'{"a":' * 10**5, b"9" * 5000],
    ids=range(9),
)
def test_something_else_than_a_json_object(server, opened, caplog, data):
    caplog.set_level(logging.DEBUG, logger="caro")
    server.on("/a", body(data))
    sentence = f"127.0.0.1:{server.port} answered with something other than a JSON object; see to its address"
    assert failure(lambda: opened(server.url).get("/a"), RemoteMalformed) == sentence
    begins, failed, _ = logged(caplog)
    assert begins[0] == "DEBUG", "a server may say a person's words again"
    assert begins[1].startswith(f"127.0.0.1:{server.port} sent: ")
    assert begins[1].isprintable()
    assert len(begins[1]) < 250
    assert failed == ("ERROR", f"request failed: {sentence}")
    assert len(server.requests) == 1


def test_lines_come_as_they_are(server, opened):
    server.on("/a", stream(b"on", b"e\r\n\r", b"\n\xfftwo\n", b"no end"))
    assert list(opened(server.url).post_lines("/a", {}, stays)) == [b"one", b"", b"\xfftwo", b"no end"]


def test_a_line_comes_before_the_next_is_written(server, opened):
    heard = threading.Event()
    server.on("/a", stream(b"one\n", heard, b"two\n"))
    lines = opened(server.url).post_lines("/a", {}, stays)
    assert next(lines) == b"one"
    heard.set()
    assert list(lines) == [b"two"]


def zeros(count):
    return body(gzip.compress(bytes(count), 1), content_encoding="gzip")


@pytest.mark.parametrize("answer", [endless(b"{" * 65536), zeros(LONGEST_JSON + 1)])
def test_an_object_that_is_too_long(server, opened, answer):
    server.on("/a", answer)
    sentence = failure(lambda: opened(server.url).get("/a"), RemoteMalformed)
    assert sentence == f"127.0.0.1:{server.port} sent more than 16,000,000 bytes; is it the right server?"


@pytest.mark.parametrize("encoding", ["gzip, gzip", "deflate", "br", "x-gzip"])
def test_a_bomb_in_two_wrappings_is_not_opened(server, opened, encoding):
    wrapped = gzip.compress(gzip.compress(bytes(50_000_000), 9), 9)
    assert len(wrapped) < 2000
    server.on("/a", body(wrapped, content_encoding=encoding))
    tracemalloc.start()
    sentence = failure(lambda: opened(server.url).get("/a"), RemoteMalformed)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert sentence == f"127.0.0.1:{server.port} sent an answer in an encoding that it was not asked for"
    assert most < 5_000_000


@pytest.mark.parametrize(
    "answer", [endless(b"line\n" * 4000), endless(b"x" * 5000), zeros(LONGEST_STREAM + 1)]
)
def test_lines_that_are_too_many(server, opened, answer):
    server.on("/a", answer)
    http = opened(server.url)
    sentence = failure(lambda: list(http.post_lines("/a", {}, stays)), RemoteMalformed)
    assert sentence.startswith(f"127.0.0.1:{server.port} sent more than 1,000,000 bytes")


@pytest.mark.parametrize("status", [302, 500])
def test_of_an_error_without_end_only_the_beginning_is_read(server, opened, status):
    def without_end(exchange):
        exchange.head(status, transfer_encoding="chunked", location="/a")
        while True:
            exchange.chunk(b"no " * 20000)

    server.on("/a", without_end)
    with pytest.raises(HttpStatus) as caught:
        opened(server.url).get("/a")
    assert caught.value.status == status
    assert caught.value.detail == ("no " * 100 if status == 500 else "")


# -- connections


def test_a_connection_is_used_again(server, opened):
    server.on("/a", says({}), stream(b"one\n"), says({"error": "no"}, 500), says({}))
    http = opened(server.url)
    http.get("/a")
    list(http.post_lines("/a", {}, stays))
    failure(lambda: http.get("/a"), HttpStatus)
    http.get("/a")
    assert {request.connection for request in server.requests} == {0}


def test_a_connection_is_not_used_again_when_it_is_old(server, opened):
    server.on("/a", says({}))
    http = opened(server.url, fresh_s=-1.0)
    http.get("/a")
    http.get("/a")
    assert [request.connection for request in server.requests] == [0, 1]


def test_a_connection_that_the_server_closed_meanwhile(server, opened):
    closed = threading.Event()

    def answer_and_close(exchange):
        says({})(exchange)
        exchange.reset()
        closed.set()

    server.on("/a", answer_and_close, says({"again": True}))
    http = opened(server.url)
    http.get("/a")
    assert seen(closed)
    assert http.get("/a") == {"again": True}


@pytest.mark.parametrize("data", [b"", b'{"a":'])
def test_a_connection_that_breaks_is_not_tried_again(server, opened, caplog, data):
    server.on("/a", broken(data, 100))
    sentence = failure(lambda: opened(server.url).get("/a"), RemoteUnreachable)
    assert sentence == (
        f"127.0.0.1:{server.port} broke the connection before its answer was complete; its log may say why"
    )
    assert logged(caplog) == [("ERROR", f"request failed: {sentence}")]
    assert len(server.requests) == 1


def test_lines_that_came_before_it_broke_are_there(server, opened):
    heard = threading.Event()

    def one_and_a_half(exchange):
        exchange.head(transfer_encoding="chunked")
        exchange.chunk(b"one\ntwo")
        exchange.await_event(heard)
        exchange.reset()

    server.on("/a", one_and_a_half)
    lines = opened(server.url).post_lines("/a", {}, stays)
    assert next(lines) == b"one"
    heard.set()
    failure(lambda: list(lines), RemoteUnreachable)


# -- how long it may take


@pytest.mark.parametrize("answer", [drip(b"{ "), silent(), silent(head=False)], ids=["drip", "head", "mute"])
def test_an_answer_that_does_not_end(server, opened, caplog, answer):
    server.on("/a", answer)
    http = opened(server.url, timeout_s=0.05)
    sentence = failure(lambda: http.post("/a", {}, stays), RemoteTimeout)
    assert sentence == (
        f"127.0.0.1:{server.port} did not finish its answer within 0.05 s; "
        "try again, or raise generation.timeout_s"
    )
    assert seen(server.hung_up)
    assert logged(caplog) == [("ERROR", f"request failed: {sentence}")]
    assert len(server.requests) == 1


def test_lines_that_drip_have_a_deadline_too(server, opened):
    server.on("/a", drip(b"\n"))
    lines = opened(server.url, timeout_s=0.05).post_lines("/a", {}, stays)
    assert next(lines) == b""
    failure(lambda: list(lines), RemoteTimeout)
    assert seen(server.hung_up)


def test_a_look_has_a_limit_of_its_own_and_one_try(server, opened, caplog):
    caplog.set_level(logging.INFO)
    server.on("/a", drip(), says({}, 503), says({"here": True}))
    http = opened(server.url)
    late = failure(lambda: http.get("/a", limit_s=0.05), RemoteTimeout)
    assert late == f"127.0.0.1:{server.port} did not answer within 0.05 s; is it busy, or far away?"
    failure(lambda: http.get("/a", limit_s=30.0), HttpStatus)
    assert [level for level, _ in logged(caplog)] == ["INFO", "INFO"], "its caller says how bad it is"
    assert http.get("/a", limit_s=30.0) == {"here": True}


# -- who may leave


def test_who_has_left_asks_nothing(server, opened):
    failure(lambda: opened(server.url).post("/a", {}, lambda: True), Cancelled)
    assert server.requests == []


@pytest.mark.parametrize("answer", [drip(), silent(), silent(head=False)], ids=["drip", "head", "mute"])
@pytest.mark.parametrize("method", ["get", "post", "post_lines"])
def test_leaving_hangs_up(server, opened, caplog, method, answer):
    caplog.set_level(logging.INFO)
    server.on("/a", answer)
    http, leaves = opened(server.url), Person(leaves=server.seen).cancelled
    ask = {
        "get": lambda: http.get("/a", cancelled=leaves),
        "post": lambda: http.post("/a", {}, leaves),
        "post_lines": lambda: list(http.post_lines("/a", {}, leaves)),
    }
    failure(ask[method], Cancelled)
    assert seen(server.hung_up)
    until(calls, lambda running: not running)
    assert logged(caplog) == [], "it is no failure"


def test_taking_no_more_lines_hangs_up(server, opened):
    server.on("/a", stream(b"one\n", HOLD))
    lines = opened(server.url).post_lines("/a", {}, stays)
    assert next(lines) == b"one"
    lines.close()
    assert seen(server.hung_up)


def test_leaving_while_connecting(opened, caplog):
    with stalled() as url:
        http = opened(url, connect_timeout_s=0.12)
        failure(lambda: http.get("/a", cancelled=Person(patience=2).cancelled), Cancelled)
        until(calls, lambda running: not running)
    assert logged(caplog) == [], "nobody tries again"


def test_leaving_between_two_tries(server, opened, caplog):
    tries = Person(leaves=server.seen)
    server.on("/a", says({}, 503))
    http = opened(server.url, waits=(0.12, 0.12))
    failure(lambda: http.post("/a", {}, tries.cancelled), Cancelled)
    until(calls, lambda running: not running)
    assert len(server.requests) == 1


def test_no_socket_stays_open():
    unclear = raw(b"HTTP/1.1 200 OK\r\nContent-Length: 5, 6\r\n\r\n")  # urllib3 leaves it to the collector
    before = psutil.Process().num_fds()
    with serve() as server, stalled() as nowhere:
        for answer in (
            drip(),
            silent(),
            broken(b"", 9),
            unclear,
            endless(b"x" * 65536),
            says({}, 500),
            says({}),
        ):
            server.on("/a", answer)
            http = Http(Endpoint(server.url, timeout_s=0.03), waits=())
            with contextlib.suppress(RemoteError):
                http.get("/a")
            http.close()
        http = Http(Endpoint(nowhere, connect_timeout_s=0.03), waits=())
        failure(lambda: http.get("/a"), RemoteTimeout)
        http.close()
    until(psutil.Process().num_fds, lambda now: now <= before)
