"""What a server says that is no answer: whether it is tried again, its words, redirects, the key, noise."""

from __future__ import annotations

import email.utils
import json
import logging
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from caro_shell.errors import HttpStatus, RemoteError
from caro_shell.transport.endpoint import Endpoint
from caro_shell.transport.http import Http
from caro_shell.transport.refusal import hidden
from tests.remote_server import body, raw, refused, says, serve

OK = says({"fine": True})


def refusal(http, path="/a"):
    with pytest.raises(HttpStatus) as caught:
        http.get(path)
    return caught.value


def logged(caplog):
    return [(record.levelname, record.getMessage()) for record in caplog.records]


# -- other tries


@pytest.mark.parametrize("status", [502, 503, 504])
def test_what_may_pass_is_tried_twice_more(server, opened, caplog, status):
    caplog.set_level(logging.INFO)
    server.on("/a", body(b"no", status), body(b"no", status), OK)
    assert opened(server.url).get("/a") == {"fine": True}
    (one, first), (two, second), last = logged(caplog)
    assert (one, two) == ("WARNING", "WARNING")
    assert first.startswith(f"request failed, retry 1/2: 127.0.0.1:{server.port} answered {status} ")
    assert second.startswith(f"request failed, retry 2/2: 127.0.0.1:{server.port} answered {status} ")
    assert last == ("INFO", "request succeeded with retry 2/2")


def test_what_does_not_pass_is_an_error(server, opened, caplog):
    server.on("/a", body(b"no", 502))
    error = refusal(opened(server.url))
    assert len(server.requests) == 3
    said = f"127.0.0.1:{server.port} answered 502 Bad Gateway (...); its log may say why"
    assert logged(caplog)[2:] == [("ERROR", f"request failed: {said}")]
    assert str(error) == f"127.0.0.1:{server.port} answered 502 Bad Gateway (no); its log may say why"


@pytest.mark.parametrize("status", [300, 304, 400, 401, 403, 404, 405, 413, 422, 429, 500, 501, 599])
def test_what_will_not_pass_is_tried_once(server, opened, caplog, status):
    caplog.set_level(logging.INFO)
    server.on("/a", says({"error": "no"}, status), OK)
    assert refusal(opened(server.url)).status == status
    assert len(server.requests) == 1
    level = "INFO" if status in (400, 422) else "ERROR"  # there may be a plainer request
    assert [one for one, _ in logged(caplog)] == [level]


def test_a_refused_connection_is_tried_once(opened, caplog):
    with refused() as url, pytest.raises(RemoteError, match="refuses connections"):
        opened(url).get("/a")
    assert [level for level, _ in logged(caplog)] == ["ERROR"]


@pytest.mark.parametrize(
    "asked", ["0", " 0 ", "Thu, 01 Jan 1970 00:00:00 GMT", "Sun, 06 Nov 1994 08:49:37 -0000"]
)
def test_a_server_says_when_to_try_again(server, opened, asked):
    server.on("/a", body(b"", 503, retry_after=asked), OK)
    assert opened(server.url, waits=(9999.0, 9999.0)).get("/a") == {"fine": True}


@pytest.mark.parametrize(
    "asked", ["soon", "-1", "1.5", "", "9" * 400, "Sun, 99 Nov 2094 08:49:37 GMT", "\xb2"]
)
def test_what_a_server_says_that_is_no_time(server, opened, asked):
    server.on("/a", body(b"", 503, retry_after=asked), OK)
    assert opened(server.url).get("/a") == {"fine": True}


@pytest.mark.parametrize("status", [502, 503, 504])
def test_a_server_that_wants_to_be_left_alone_for_long(server, opened, status):
    server.on("/a", body(b"", status, retry_after="11"), OK)
    assert refusal(opened(server.url)).retry_after_s == 11.0
    assert len(server.requests) == 1


@pytest.mark.parametrize("usegmt", [True, False])
def test_a_date_counts_from_now_on(server, opened, monkeypatch, usegmt):
    monkeypatch.setenv("TZ", "XXX-5")
    time.tzset()
    try:
        then = int(time.time()) + 3600
        server.on("/a", body(b"", 503, retry_after=email.utils.formatdate(then, usegmt=usegmt)))
        error = refusal(opened(server.url))
    finally:
        monkeypatch.undo()
        time.tzset()
    assert error.retry_after_s == pytest.approx(3600, abs=300)
    assert len(server.requests) == 1


# -- what it says


@pytest.mark.parametrize(
    ("said", "detail"),
    [
        (b"", ""),
        (b"  one\n two ", "one two"),
        (b"<html>no</html>", ""),
        (b'{"error": "no"}', "no"),
        (b'{"error": {"message": "no", "code": 1}}', "no"),
        (b'{"detail": [{"msg": "no"}, {"msg": "nor that"}]}', "no"),
        (b'{"error": "{\\"error\\": {\\"message\\": \\"no\\"}}"}', "no"),
        (b'"no"', "no"),
        (b"17", ""),
        (b"[]", ""),
        (b"[" * 10**5, "[" * 300),
        (b'{"error": "\\u001b[31m\\u202e"}', "^[[31m<U+202E>"),
        (b'{"error": "\\ud800"}', "<U+D800>"),
        (b"\xff\xfe", "<U+FFFD>" * 2),
        (b"x" * 1000, "x" * 300),
    ],
    ids=range(15),
)
def test_the_words_of_a_server(server, opened, said, detail):
    server.on("/a", body(said, 404))
    error = refusal(opened(server.url))
    assert error.detail == detail
    words = f"404 Not Found ({detail})" if detail else "404 Not Found"
    assert str(error) == f"127.0.0.1:{server.port} answered {words}; see to its address and the model's name"


# -- redirects


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("location", ["/b?c", "//{where}/b?c", "http://{where}/b?c", "b?c"])
def test_a_redirect_on_the_same_server_is_followed(server, opened, status, location):
    server.on("/a", says({}, status, location=location.format(where=f"127.0.0.1:{server.port}")))
    server.on("/b", OK)
    assert opened(server.url, key="secret").post("/a", {"x": 1}, lambda: False) == {"fine": True}
    first, second = server.requests
    assert (second.method, second.path, second.json()) == ("POST", "/b?c", {"x": 1})
    assert second.headers["authorization"] == first.headers["authorization"] == "Bearer secret"


@pytest.mark.parametrize(
    ("location", "shown"),
    [
        ("http://other.example/b", "http://other.example/b"),
        ("//other.example/b", "http://other.example/b"),
        ("https://{where}/b", "https://{where}/b"),
        ("http://me:word@other.example/b", "http://other.example/b"),
        ("http://{where}@other.example/b", "http://other.example/b"),
        ("http://other.example\\@{where}/b", "http://{where}/b"),
        ("http://other.example/?key=secret", "http://other.example/?key=..."),
        ("http://[oh", "http://[oh"),
        ("http://\xff/", "http://<U+FFFD>/"),
        ("ftp://{where}/", "ftp://{where}/"),
        ("file:///etc/passwd", "file:///etc/passwd"),
        ("http://other.example/" + "x" * 1000, "http://other.example/" + "x" * 179),
    ],
)
def test_a_redirect_to_elsewhere_is_not_followed(server, opened, location, shown):
    where = f"127.0.0.1:{server.port}"
    server.on("*", says({}, 307, location=location.format(where=where)))
    error = refusal(opened(server.url, key="secret"))
    there = shown.format(where=where)
    assert str(error) == f"{where} sends requests on to {there}; if that is right, make it the server's url"
    assert error.status == 307
    assert len(server.requests) == 1


def test_redirects_in_a_circle(server, opened):
    server.on("/a", says({}, 302, location="/a"))
    assert "sends requests on to" in str(refusal(opened(server.url)))
    assert len(server.requests) == 5


@pytest.mark.parametrize(
    ("url", "leads"),
    [
        ("https://host/a", True),
        ("https://HOST.:443/a", True),
        ("http://host:80/", True),
        ("http://host:81/", False),
        ("https://host:8443/", False),
        ("http://host.example/", False),
        ("", False),
    ],
)
def test_from_http_to_https_is_the_same_server(url, leads):
    assert Endpoint("http://host").leads_to(url) is leads


def test_from_https_to_http_is_not_the_same_server():
    assert not Endpoint("https://host").leads_to("http://host/")
    assert not Endpoint("https://host:80").leads_to("http://host/")


# -- the key


@pytest.mark.parametrize(
    "key", ["sec\nret", "sec\r\nX-Evil: 1", "secret\0", "secr\u00e9t", "sec ret", "sec\x7fret"]
)
def test_a_key_that_is_none_is_not_sent(server, opened, caplog, key):
    with pytest.raises(RemoteError) as caught:
        opened(server.url, key=key).get("/a")
    sentence = (
        f"the key for 127.0.0.1:{server.port} holds a blank, a line break or another character that no key "
        "has; set its variable again"
    )
    assert str(caught.value) == sentence
    assert server.requests == []
    assert "sec" not in caplog.text


@pytest.mark.parametrize(
    "answer",
    [
        body(b"your key is secret-key", 401),
        says({"error": {"message": "secret-key?\nsecret-key!"}}, 500),
        says(["secret-key"]),
        says({}, 302, location="http://other.example/secret-key"),
        raw(b"HTTP/1.1 secret-key\r\n\r\n"),
    ],
    ids=range(5),
)
def test_a_key_is_never_shown(server, opened, caplog, answer):
    caplog.set_level(logging.DEBUG)
    server.on("/a", answer)
    http = opened(server.url, key="secret-key")
    with pytest.raises(RemoteError) as caught:
        http.get("/a")
    assert server.requests[0].headers["authorization"] == "Bearer secret-key"
    assert "secret-key" not in caplog.text + repr(caught.value) + repr(http.endpoint) + repr(http)
    assert "secret-key" not in getattr(caught.value, "detail", "")


def test_what_a_server_says_again_is_not_logged(server, opened, caplog):
    caplog.set_level(logging.INFO)
    words = "list my-secret-words"
    server.on("/a", says({"error": f"no model for: {words}"}, 400))
    server.on("/b", says({"error": f"busy with: {words}"}, 503))
    server.on("/c", body(words.encode()))
    for path in "abc":
        with pytest.raises(RemoteError):
            opened(server.url).get(f"/{path}")
    assert len(caplog.records) >= 5
    assert "my-secret-words" not in caplog.text
    caplog.set_level(logging.DEBUG, logger="caro")
    assert "my-secret-words" in refusal(opened(server.url)).detail
    assert "my-secret-words" in caplog.text


# -- noise


@pytest.fixture(scope="module")
def noise():
    """Give a server that says what it is told to, and who asks it."""
    with serve() as server:
        http = Http(Endpoint(server.url, key="key"), waits=())
        yield server, http
        http.close()


TEXT = st.text(max_size=40).map(lambda text: text.encode("utf-8", "surrogatepass"))
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.sampled_from(["error", "detail", "message", "x"]), inner)
    ),
    max_leaves=5,
).map(lambda value: json.dumps(value).encode())
BODY = st.binary() | TEXT | JSON
HEADER = st.tuples(
    st.sampled_from(
        b"Connection Content-Encoding Content-Length Location Retry-After Transfer-Encoding".split()
    )
    | st.binary(max_size=5),
    st.sampled_from([b"gzip", b"deflate", b"gzip, gzip", b"chunked", b"0", b"7", b"-7", b"/a", b"http://["])
    | st.binary(max_size=20)
    | TEXT,
)


@st.composite
def responses(draw):
    """Draw the bytes of a response, well formed or nearly so."""
    status = draw(st.integers(200, 599))
    lines = [b"HTTP/1.1 %d No" % status] + [
        b"%s: %s" % header for header in draw(st.lists(HEADER, max_size=3))
    ]
    return b"\r\n".join([*lines, b"", draw(BODY)])


@settings(max_examples=60, deadline=None)
@given(said=st.binary() | responses(), as_lines=st.booleans())
def test_whatever_a_server_sends_there_is_an_object_or_a_sentence(noise, said, as_lines):
    server, http = noise
    server.on("*", raw(said))
    sentence = ""
    try:
        if as_lines:
            assert all(isinstance(line, bytes) for line in http.post_lines("/a", {}, lambda: False))
        else:
            assert isinstance(http.get("/a"), dict)
    except RemoteError as error:
        sentence = str(error)
    assert sentence.isprintable(), "so it is one line"
    assert len(sentence) < 1000


@given(text=st.text(), key=st.text("abc", min_size=8))
def test_hidden_is_printable_and_without_the_key(text, key):
    shown = hidden(text + key + text, Endpoint("http://host", key=key))
    assert shown.isprintable()
    assert key not in shown
