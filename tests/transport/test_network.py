"""The way to a server: proxies, the variables that name them, and a sentence for all that can go wrong."""

from __future__ import annotations

import contextlib
import re
import socket

import pytest

from caro_shell.errors import HttpStatus, RemoteError, RemoteMalformed, RemoteTimeout, RemoteUnreachable
from caro_shell.transport.endpoint import Endpoint
from caro_shell.transport.errors import _CASES
from tests.remote_server import body, raw, refused, says, seen, serve, stalled

FINE = {"fine": True}

#: This machine by a name that does not look like it, so that proxies are not left out.
NOT_HERE = "127.1"


@pytest.fixture
def server(server):
    server.on("*", says(FINE))
    return server


def failure(http, kind=RemoteError):
    with pytest.raises(kind) as caught:
        http.get("/a")
    assert kind is RemoteError or type(caught.value) is kind
    return str(caught.value).replace(http.endpoint.where, "HOST")


# -- proxies


@pytest.mark.parametrize("variable", ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"])
def test_a_proxy_by_variable(server, opened, variable):
    assert opened("http://gpu.example:8000", env={variable: server.url}).get("/a") == FINE
    assert [request.path for request in server.requests] == ["http://gpu.example:8000/a"]


@pytest.mark.parametrize("direct", [NOT_HERE, f"other, {NOT_HERE}", f"{NOT_HERE}:PORT", "*"])
def test_no_proxy_names_who_is_reached_directly(server, opened, direct):
    with refused() as proxy:
        env = {"HTTP_PROXY": proxy, "NO_PROXY": direct.replace("PORT", str(server.port))}
        assert opened(f"http://{NOT_HERE}:{server.port}", env=env).get("/a") == FINE
    assert [request.path for request in server.requests] == ["/a"]


@pytest.mark.parametrize(
    ("url", "no_proxy", "direct"),
    [
        ("http://gpu.example", "example", True),
        ("http://gpu.example", ".example", True),
        ("http://gpu.example", "gpu.example:80", True),
        ("http://gpu.example", "gpu.example:81", False),
        ("http://notexample", "example", False),
        ("http://10.1.2.3", "10.0.0.0/8", True),
        ("http://11.1.2.3", "10.0.0.0/8, oh", False),
        ("http://[fd00::1]", "fd00::/8", True),
        ("http://localhost", "", True),
        ("http://gpu.localhost:1", "", True),
        ("http://[::1]", "", True),
        ("http://0.0.0.0", "", True),
        ("http://localhost.example", "", False),
        ("http://gpu.example\\@localhost", "", False),
    ],
)
def test_who_is_reached_directly(url, no_proxy, direct):
    env = {"http_proxy": "http://proxy:1", "HTTP_PROXY": "http://not:1", "NO_PROXY": no_proxy}
    assert Endpoint(url, env=env).proxies() == ({} if direct else {"http": "http://proxy:1"})


def test_the_proxy_of_this_process_is_not_asked(server, opened, monkeypatch):
    with refused() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy)
        assert opened(f"http://{NOT_HERE}:{server.port}").get("/a") == FINE


def test_a_proxy_that_wants_a_password(server, opened):
    server.on("*", body(b"", 407))
    assert failure(opened("http://gpu.example", env={"http_proxy": server.url}), HttpStatus) == (
        "HOST answered 407 Proxy Authentication Required; see to the name and password in the proxy's address"
    )


def test_a_proxy_that_drips_has_no_more_time_than_a_connection(server, opened):
    def drips(exchange):
        exchange.send(b"HTTP/1.1 200 OK\r\nX: ")
        while True:
            exchange.send(b"x")
            exchange.look()

    server.on("*", drips)
    http = opened("https://gpu.example", connect_timeout_s=0.1, env={"https_proxy": server.url})
    assert failure(http, RemoteTimeout) == (
        "HOST accepted no connection within 0.1 s; is it running, with no firewall in between?"
    )
    assert seen(server.hung_up)


# -- a sentence for each failure


@contextlib.contextmanager
def silent_listener():
    """Give the URL of a port that accepts connections, and says nothing to a handshake."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(8)
        yield f"https://127.0.0.1:{listener.getsockname()[1]}"


@contextlib.contextmanager
def playing(answer, scheme="http"):
    with serve() as one:
        one.on("*", answer)
        yield one.url.replace("http", scheme)


@contextlib.contextmanager
def behind(proxy, scheme="http"):
    """Give the URL of a server, and the variable of a proxy before it."""
    with proxy as url:
        yield f"{scheme}://gpu.example:8000", {f"{scheme}_proxy": url}


#: A name that is too long to be one, so that nobody has to be asked for it.
NO_NAME = ".".join(["a" * 60] * 5)

KIND = "is of a kind that cannot be used; write it as http://host:port"
ADDRESS = "is not the address of a server; write it as http://host:port"
PROXY_NAMED = "correct the variable that names it, or set NO_PROXY"
HUNG_UP = "hung up without an answer; its log may say why, and whether it wants https"
BROKEN = "broke the connection before its answer was complete; its log may say why"
STALLED = "accepted no connection within 0.02 s; is it running, with no firewall in between?"
HEAD = b"HTTP/1.1 200 OK\r\n"

FAILURES = [
    # what is there, how often it is tried, the class, the sentence
    (lambda: "ftp://gpu:1", 1, RemoteUnreachable, f"ftp://HOST, or a proxy on the way there, {KIND}"),
    (
        lambda: ("http://gpu:1", {"http_proxy": "ftp://proxy:1"}),
        1,
        RemoteUnreachable,
        f"http://HOST, or a proxy on the way there, {KIND}",
    ),
    (lambda: "gpu/v1", 1, RemoteUnreachable, f"gpu/v1 {ADDRESS}"),
    (lambda: "", 1, RemoteUnreachable, f" {ADDRESS}"),
    (lambda: "http://", 1, RemoteUnreachable, f"http:// {ADDRESS}"),
    (lambda: "http://me:word@gpu:99999", 1, RemoteUnreachable, f"http://gpu:99999 {ADDRESS}"),
    (lambda: "http://.gpu", 1, RemoteUnreachable, f"http://.gpu {ADDRESS}"),
    (lambda: "http://\x1b\u202e", 1, RemoteUnreachable, f"http://^[<U+202E> {ADDRESS}"),
    (stalled, 3, RemoteTimeout, f"HOST {STALLED}"),
    (
        lambda: behind(stalled()),
        3,
        RemoteTimeout,
        f"the proxy PROXY accepted no connection within 0.02 s; {PROXY_NAMED}",
    ),
    (
        lambda: behind(stalled(), "https"),
        3,
        RemoteTimeout,
        f"the proxy PROXY accepted no connection within 0.02 s; {PROXY_NAMED}",
    ),
    (
        lambda: f"http://{NO_NAME}:8",
        3,
        RemoteUnreachable,
        "the name of HOST is not known; see to its spelling, and whether you are connected",
    ),
    (
        silent_listener,
        3,
        RemoteTimeout,
        "HOST did not complete a connection within 0.02 s; does it speak https?",
    ),
    (refused, 1, RemoteUnreachable, "HOST refuses connections; is a server running there?"),
    (
        lambda: behind(refused()),
        1,
        RemoteUnreachable,
        f"the proxy PROXY refuses connections; {PROXY_NAMED}",
    ),
    (
        lambda: behind(refused(), "https"),
        1,
        RemoteUnreachable,
        f"the proxy PROXY refuses connections; {PROXY_NAMED}",
    ),
    (lambda: playing(raw(b"")), 1, RemoteUnreachable, f"HOST {HUNG_UP}"),
    (lambda: playing(raw(HEAD + b"Content-Length: 9\r\n\r\nabc")), 1, RemoteUnreachable, f"HOST {BROKEN}"),
    (
        lambda: playing(raw(HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nab")),
        1,
        RemoteUnreachable,
        f"HOST {BROKEN}",
    ),
    (
        lambda: playing(says({}), "https"),
        1,
        RemoteUnreachable,
        r"HOST gives no secure connection \(.+\); does it speak https, and not http\?",
    ),
    (
        lambda: playing(raw(b"SSH-2.0-OpenSSH\r\n")),
        1,
        RemoteMalformed,
        "HOST does not speak HTTP; see to its address",
    ),
    (
        lambda: playing(raw(HEAD + b"Content-Length: 5, 6\r\n\r\n")),
        1,
        RemoteMalformed,
        "HOST does not speak HTTP; see to its address",
    ),
    (
        lambda: playing(raw(HEAD + b"A: b\r\n" * 200 + b"\r\n")),
        1,
        RemoteMalformed,
        "HOST does not speak HTTP; see to its address",
    ),
    (
        lambda: playing(body(b"no gzip", content_encoding="gzip")),
        1,
        RemoteMalformed,
        "HOST sent a compressed answer that is damaged; its log may say why",
    ),
    (
        lambda: behind(playing(body(b"", 403)), "https"),
        1,
        RemoteUnreachable,
        rf"the proxy PROXY gives no connection \(.+ 403 Whatever\); {PROXY_NAMED}",
    ),
]


@pytest.mark.parametrize(("there", "tries", "kind", "sentence"), FAILURES, ids=range(len(FAILURES)))
def test_failure(opened, caplog, there, tries, kind, sentence):
    place = there()
    with place if hasattr(place, "__enter__") else contextlib.nullcontext(place) as found:
        url, env = found if isinstance(found, tuple) else (found, {})
        http = opened(url, connect_timeout_s=0.02 if tries == 3 else 5.0, env=env)
        told = failure(http, kind)
    proxy = "".join(env.values()).partition("//")[2]
    told = told.replace(proxy, "PROXY") if proxy else told
    assert told == sentence or re.fullmatch(sentence, told)
    assert told.isprintable()
    assert [record.levelname for record in caplog.records] == ["WARNING"] * (tries - 1) + ["ERROR"]


def test_every_sentence_has_a_test():
    told = [sentence for *_, sentence in FAILURES] + ["the certificate of HOST is not trusted (oh); renew it"]
    for case in _CASES:
        begins = re.escape(re.sub(r"^\{\w+\}", "", case.sentence).partition("{")[0].strip())
        assert any(re.search(begins, sentence.replace("\\", "")) for sentence in told), case.sentence
