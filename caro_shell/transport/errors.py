"""What went wrong between us and a server, as errors of ours: the cause, then the next step."""

from __future__ import annotations

import http.client
import os
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from requests import exceptions
from requests.utils import select_proxy
from urllib3.exceptions import (
    ConnectTimeoutError,
    DecodeError,
    HTTPError,
    InvalidHeader,
    LocationParseError,
    NewConnectionError,
    ProtocolError,
    ProxyError,
    ProxySchemeUnknown,
)

from caro_shell.errors import RemoteError, RemoteMalformed, RemoteTimeout, RemoteUnreachable
from caro_shell.sanitise import printable
from caro_shell.transport.deadline import SlowConnection
from caro_shell.transport.endpoint import Bundle, Endpoint, host_and_port, without_login


class _Case(NamedTuple):
    """The error for a failure that has one of `causes`, at any depth.

    The sentence has places for `where`, `url`, `connect_s`, `why` (the system's words) and `trust` (what to
    do about a certificate).
    """

    causes: tuple[type[BaseException], ...]
    error: type[RemoteError]
    sentence: str
    transient: bool = False


#: The first that fits is taken: special causes stand above those that include them.
_CASES = (
    _Case(
        (exceptions.InvalidProxyURL, exceptions.InvalidSchema, ProxySchemeUnknown),
        RemoteUnreachable,
        "{url}, or a proxy on the way there, is of a kind that cannot be used; write it as http://host:port",
    ),
    _Case(
        (exceptions.InvalidURL, exceptions.MissingSchema, LocationParseError, UnicodeError),
        RemoteUnreachable,
        "{url} is not the address of a server; write it as http://host:port",
    ),
    _Case(
        (ConnectTimeoutError, SlowConnection),
        RemoteTimeout,
        "{where} accepted no connection within {connect_s:g} s; is it running, with no firewall in between?",
        transient=True,
    ),
    _Case(
        (socket.gaierror,),
        RemoteUnreachable,
        "the name of {where} is not known; see to its spelling, and whether you are connected",
        transient=True,
    ),
    _Case(
        (ssl.SSLCertVerificationError,),
        RemoteUnreachable,
        "the certificate of {where} is not trusted ({why}); {trust}",
    ),
    _Case(
        (TimeoutError, socket.timeout),
        RemoteTimeout,
        "{where} did not complete a connection within {connect_s:g} s; does it speak https?",
        transient=True,
    ),
    _Case(
        (ConnectionRefusedError,),
        RemoteUnreachable,
        "{where} refuses connections; is a server running there?",
    ),
    _Case(
        (http.client.RemoteDisconnected,),
        RemoteUnreachable,
        "{where} hung up without an answer; its log may say why, and whether it wants https",
    ),
    _Case(
        (ConnectionError, http.client.IncompleteRead, ssl.SSLEOFError),
        RemoteUnreachable,
        "{where} broke the connection before its answer was complete; its log may say why",
    ),
    _Case(
        (ssl.SSLError,),
        RemoteUnreachable,
        "{where} gives no secure connection ({why}); does it speak https, and not http?",
    ),
    _Case(
        (http.client.HTTPException, InvalidHeader),
        RemoteMalformed,
        "{where} does not speak HTTP; see to its address",
    ),
    _Case(
        (ProtocolError,),  # an answer that ends between two of its chunks
        RemoteUnreachable,
        "{where} broke the connection before its answer was complete; its log may say why",
    ),
    _Case(
        (DecodeError,),
        RemoteMalformed,
        "{where} sent a compressed answer that is damaged; its log may say why",
    ),
    _Case(
        (Exception,),
        RemoteUnreachable,
        "{where} gives no connection ({why}); see to its address, and whether you are connected",
    ),
)

_NAMES_ANOTHER = (62, 64)  # OpenSSL's X509_V_ERR_HOSTNAME_MISMATCH and X509_V_ERR_IP_ADDRESS_MISMATCH
_EXPIRED = 10


@contextmanager
def translated(endpoint: Endpoint) -> Iterator[None]:
    """Turn what requests and the libraries below it raise into a RemoteError."""
    try:
        yield
    except (HTTPError, http.client.HTTPException, OSError, ValueError) as error:  # requests' are OSErrors
        raise told(error, endpoint) from error


def told(error: BaseException, endpoint: Endpoint) -> RemoteError:
    """Return the RemoteError for `error`, which requests or a library below it raised, or a Call."""
    causes = list(_causes(error))
    bundle = endpoint.bundle()
    if bundle and (_is_unreadable(bundle, endpoint) or any(map(_is_about_a_file, causes))):
        return RemoteUnreachable(
            f"{printable(bundle.path)} ({bundle.named_by}) holds no certificates that can be read; "
            "name a file in PEM format"
        )
    found = next(case for case in _CASES if any(isinstance(cause, case.causes) for cause in causes))
    where, sentence = endpoint.where, found.sentence
    if any(isinstance(cause, (ProxyError, exceptions.ProxyError)) for cause in causes):
        proxy = select_proxy(endpoint.url, endpoint.proxies()) or ""
        where = f"the proxy {printable(host_and_port(proxy))}"
        sentence = f"{sentence.partition('; ')[0]}; correct the variable that names it, or set NO_PROXY"
    words = sentence.format(
        where=where,
        url=printable(without_login(endpoint.url)),
        connect_s=endpoint.connect_timeout_s,
        why=_why(causes[-1]),
        trust=_trust(causes[-1]),
    )
    return found.error(words, transient=found.transient)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        if not isinstance(error, NewConnectionError):  # which calls itself a time-out, whatever it is about
            yield error
        error = error.__cause__ or error.__context__


def _is_unreadable(bundle: Bundle, endpoint: Endpoint) -> bool:
    return endpoint.is_secure and not os.access(bundle.path, os.R_OK)


def _is_about_a_file(error: BaseException) -> bool:
    return isinstance(error, ssl.SSLError) and error.library in ("PEM", "X509")


def _why(error: BaseException) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        words = error.verify_message
    elif isinstance(error, ssl.SSLError):
        words = (error.reason or "").replace("_", " ").lower()
    else:
        words = getattr(error, "strerror", None) or str(error)
    return printable(words or type(error).__name__)[:200]


def _trust(error: BaseException) -> str:
    code = getattr(error, "verify_code", 0)
    if code in _NAMES_ANOTHER:
        return "use the name that the certificate is for"
    if code == _EXPIRED:
        return "it has to be renewed"
    return "if it should be, name the file of who signed it: caro config set backend.ca_bundle FILE"
