"""The way to a server over TLS: whose certificates are trusted, and what is said of the others."""

from __future__ import annotations

import contextlib
import logging
import re
import shutil
import ssl
import subprocess

import pytest

from caro_shell.errors import Cancelled, HttpStatus, RemoteUnreachable
from tests.person import Person
from tests.remote_server import drip, raw, says, seen, serve, silent, tunnel

FINE = {"fine": True}


@pytest.fixture
def server(server):
    server.on("*", says(FINE))
    return server


def failure(http, kind):
    with pytest.raises(kind) as caught:
        http.get("/a")
    assert type(caught.value) is kind
    return str(caught.value).replace(http.endpoint.where, "HOST")


needs_openssl = pytest.mark.skipif(not shutil.which("openssl"), reason="needs openssl to make certificates")


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    """Return the directory with the PEM files of three certificates, each with its key in it."""
    place = tmp_path_factory.mktemp("certificates")

    def openssl(*words):
        subprocess.run(["openssl", *words], cwd=place, check=True, capture_output=True)

    new = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "key")
    for name, subject in (
        ("here", "IP:127.0.0.1"),
        ("gpu", "DNS:gpu.example"),
        ("expired", "IP:127.0.0.1"),
    ):
        (place / "extension").write_text(f"subjectAltName={subject}")
        openssl("req", "-new", *new, "-subj", f"/CN={name}", "-out", "request")
        days = "-1" if name == "expired" else "2"
        openssl(
            *("x509", "-req", "-in", "request", "-signkey", "key", "-days", days),
            *("-extfile", "extension", "-out", "certificate"),
        )
        (place / f"{name}.pem").write_text((place / "certificate").read_text() + (place / "key").read_text())
    return place


@pytest.fixture
def secure(certificates):
    """Return a function that starts a server with one of the certificates."""
    with contextlib.ExitStack() as stack:

        def start(name):
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificates / f"{name}.pem")
            one = stack.enter_context(serve(tls=context))
            one.on("*", says(FINE))
            return one

        yield start


@needs_openssl
def test_a_certificate_that_nobody_signed_is_not_trusted(secure, opened):
    server = secure("here")
    sentence = failure(opened(server.url, key="secret"), RemoteUnreachable)
    assert re.fullmatch(
        r"the certificate of HOST is not trusted \(self.signed certificate\); if it should be, "
        r"name the file of who signed it: caro config set backend\.ca_bundle FILE",
        sentence,
    )
    assert server.requests == []


@needs_openssl
def test_a_certificate_is_trusted_by_setting_or_variable(secure, opened, certificates):
    server, trusted, other = secure("here"), str(certificates / "here.pem"), str(certificates / "gpu.pem")
    for given in (
        {"ca_bundle": trusted},
        {"ca_bundle": trusted, "env": {"REQUESTS_CA_BUNDLE": other}},
        {"env": {"REQUESTS_CA_BUNDLE": trusted, "SSL_CERT_FILE": other}},
        {"env": {"CURL_CA_BUNDLE": trusted}},
        {"env": {"SSL_CERT_FILE": trusted}},
    ):
        assert opened(server.url, **given).get("/a") == FINE, given


@needs_openssl
@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"])
def test_the_variables_of_this_process_are_not_looked_at(secure, opened, certificates, monkeypatch, variable):
    monkeypatch.setenv(variable, str(certificates / "here.pem"))
    assert "is not trusted" in failure(opened(secure("here").url), RemoteUnreachable)


@needs_openssl
@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("gpu", r"is not trusted \(.*mismatch.*127\.0\.0\.1.*\); use the name that the certificate is for"),
        ("expired", r"is not trusted \(certificate has expired\); it has to be renewed"),
    ],
)
def test_a_certificate_that_does_not_fit(secure, opened, certificates, name, why):
    http = opened(secure(name).url, ca_bundle=str(certificates / f"{name}.pem"))
    sentence = failure(http, RemoteUnreachable).replace("HOST", "127.0.0.1")
    assert re.fullmatch(f"the certificate of 127.0.0.1 {why}", sentence)


@needs_openssl
def test_without_verification_any_certificate_will_do_and_the_log_says_so(secure, opened, caplog):
    server = secure("expired")
    http = opened(server.url.replace("https", "HTTPS"), verify=False, ca_bundle="none.pem")
    assert http.get("/a") == FINE
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == [
        f"whether 127.0.0.1:{server.port} is who it says is not checked (backend.verify is false)"
    ]


@needs_openssl
def test_a_redirect_from_https_to_http_is_not_followed(secure, opened, certificates):
    server = secure("here")
    there = server.url.replace("https", "http") + "/b"
    server.on("/a", says({}, 302, location=there))
    sentence = failure(opened(server.url, ca_bundle=str(certificates / "here.pem")), HttpStatus)
    assert sentence.startswith("HOST sends requests on to http://HOST/b;")


@needs_openssl
@pytest.mark.parametrize("answer", [drip(), silent(), silent(head=False)], ids=["drip", "head", "mute"])
def test_leaving_a_secure_connection_hangs_up(secure, opened, certificates, answer):
    server = secure("here")
    server.on("/a", answer)
    http = opened(server.url, ca_bundle=str(certificates / "here.pem"))
    with pytest.raises(Cancelled):
        http.get("/a", cancelled=Person(leaves=server.seen).cancelled)
    assert seen(server.hung_up)


@needs_openssl
@pytest.mark.parametrize("length", [0, 50])
def test_after_a_secure_connection_that_broke_another_can_be_made(secure, opened, certificates, length):
    server = secure("here")
    server.on("/a", raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + b" " * length), says(FINE))
    http = opened(server.url, ca_bundle=str(certificates / "here.pem"))
    assert "broke the connection" in failure(http, RemoteUnreachable)
    assert http.get("/a") == FINE


@pytest.mark.parametrize("content", [None, "", "junk"])
@pytest.mark.parametrize(
    ("given", "named_by"),
    [
        (lambda path: {"ca_bundle": path}, "backend.ca_bundle"),
        (lambda path: {"env": {"SSL_CERT_FILE": path}}, "SSL_CERT_FILE"),
    ],
)
def test_a_file_without_certificates(server, opened, tmp_path, content, given, named_by):
    path = tmp_path / "bundle.pem"
    if content is not None:
        path.write_text(content)
    http = opened(server.url.replace("http:", "https:"), **given(str(path)))
    assert failure(http, RemoteUnreachable) == (
        f"{path} ({named_by}) holds no certificates that can be read; name a file in PEM format"
    )
    assert opened(server.url, **given(str(path))).get("/a") == FINE, "without TLS nobody reads it"


@needs_openssl
@pytest.mark.parametrize("variable", ["https_proxy", "HTTPS_PROXY", "ALL_PROXY"])
def test_a_tunnel_through_a_proxy(server, secure, opened, certificates, variable):
    gpu = secure("gpu")
    server.on("*", tunnel(gpu.port))
    env = {variable: server.url, "SSL_CERT_FILE": str(certificates / "gpu.pem")}
    assert opened("https://gpu.example:8000", key="secret", env=env).get("/a") == FINE
    (connect,) = server.requests
    assert (connect.method, connect.path) == ("CONNECT", "gpu.example:8000")
    assert "secret" not in str(connect.headers)
    assert gpu.requests[0].headers["authorization"] == "Bearer secret"
