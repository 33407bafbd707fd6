"""Fetches files over HTTP(S), going on where a part ends."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import backoff
import requests
from requests.auth import AuthBase

from caro_shell.catalog.url import host_of, without_credentials
from caro_shell.pull.digest import CHUNK
from caro_shell.pull.part import PartFile, SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator

CONNECT_TIMEOUT_S = 5
READ_TIMEOUT_S = 30

#: After this long without a byte no other try is begun.
PATIENCE_S = 12

#: Answers that may be different in a moment.
TRANSIENT = (502, 503, 504)

#: The most that is read of what a server says about files.
TEXT_MAX = 8 << 20

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class _InterruptedError(SourceError):
    """It may work at another try."""


class RefusedError(SourceError):
    """The server wants to know who asks (401), or does not like who it is (403)."""


class _Bearer(AuthBase):
    """Sends `token` to the host that is asked, not to one it redirects to; and nothing out of ~/.netrc."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


_again = backoff.on_exception(
    backoff.expo, _InterruptedError, max_tries=3, max_time=PATIENCE_S, factor=0.5, logger=None
)


def is_private(url: str) -> bool:
    """Say whether nobody on the way can read or change what `url` brings: TLS, or this machine."""
    try:
        parts = urlsplit(url)
    except ValueError:  # "Invalid IPv6 URL"
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)


def fetch(url: str, part: PartFile, token: str = "") -> None:
    """Append to `part` what it lacks. Raises SourceError; what has arrived stays in the part."""
    if part.size and not part.is_vouched_for and not part.recall_tag(url):
        part.restart(f"{host_of(url)} does not say whether its file is still the same")
    furthest = part.size
    while part.missing:
        _go_on(url, part, furthest, token)
        furthest = max(furthest, part.size)


@_again
def size_of(url: str, token: str = "") -> int:
    """Return how many bytes the file at `url` has. Raises SourceError, also where the server keeps that."""
    host = host_of(url)
    with _answer(url, {"Accept-Encoding": "identity"}, token) as response:
        length = response.headers.get("Content-Length", "")
        if not length.isdecimal():
            raise SourceError(f"{host} does not say how large the file at {without_credentials(url)} is")
        return int(length)


@_again
def text_of(url: str, token: str = "") -> bytes:
    """Return the content of `url`, which is small. Raises SourceError."""
    content = bytearray()
    with _answer(url, {}, token) as response:
        for chunk in response.iter_content(CHUNK):
            content += chunk
            if len(content) > TEXT_MAX:
                raise SourceError(f"{host_of(url)} does not end its answer for {without_credentials(url)}")
    return bytes(content)


@_again
def _go_on(url: str, part: PartFile, furthest: int, token: str) -> None:
    """Append what one request brings. Raises _InterruptedError when that is not beyond `furthest`."""
    try:
        with _answer(url, _headers(url, part), token) as response:
            _begin(response, url, part)
            for chunk in response.iter_content(CHUNK):
                part.append(chunk)
        cause = f"{host_of(url)} ended the transfer early"
    except _InterruptedError as error:
        cause = str(error)
    if part.size <= furthest:
        raise _InterruptedError(cause)


@contextmanager
def _answer(url: str, headers: dict[str, str], token: str) -> Iterator[requests.Response]:
    """Ask for `url`; the body is read meanwhile. Raises SourceError for anything but success."""
    host = host_of(url)
    try:
        with requests.get(
            url,
            headers=headers,
            stream=True,
            timeout=(CONNECT_TIMEOUT_S, READ_TIMEOUT_S),
            auth=_Bearer(token) if token else None,  # requests then takes what the URL or ~/.netrc has
        ) as response:
            if response.status_code in TRANSIENT:
                raise _InterruptedError(f"{host} answers {response.status_code} {response.reason}")
            if response.status_code not in (200, 206):
                kind = RefusedError if response.status_code in (401, 403) else SourceError
                said = f"{response.status_code} {response.reason}"
                raise kind(f"{host} answers {said} for {without_credentials(url)}")
            hops = [hop.url for hop in (*response.history, response)]
            if is_private(url) and not all(map(is_private, hops)):
                raise SourceError(f"{host} sends on to plain http, where anyone could change what comes")
            yield response
    except requests.exceptions.SSLError as error:
        raise SourceError(
            f"{host} gives no connection that can be trusted "
            "(behind a proxy with certificates of its own, REQUESTS_CA_BUNDLE names their file)"
        ) from error
    except requests.Timeout as error:
        raise _InterruptedError(f"{host} does not answer") from error
    except (requests.exceptions.ChunkedEncodingError, requests.exceptions.ContentDecodingError) as error:
        raise _InterruptedError(f"{host} ended the transfer early") from error
    except requests.exceptions.InvalidURL as error:
        raise SourceError(f"{without_credentials(url)} is no URL") from error
    except requests.RequestException as error:
        raise _InterruptedError(f"{host} cannot be reached") from error


def _headers(url: str, part: PartFile) -> dict[str, str]:
    headers = {"Accept-Encoding": "identity"}
    if part.size:
        headers["Range"] = f"bytes={part.size}-"
        tag = part.recall_tag(url)
        if tag:
            headers["If-Range"] = tag
    return headers


def _begin(response: requests.Response, url: str, part: PartFile) -> None:
    """Bring the part to where the body of `response` begins. Raises SourceError for the wrong body."""
    host = host_of(url)
    resumed = response.status_code == 206
    content_range = response.headers.get("Content-Range", "")
    if resumed and not content_range.startswith(f"bytes {part.size}-"):
        raise SourceError(f"{host} sends another range than it was asked for")
    # Before anything is dropped: a page that asks to log in also comes with status 200.
    length = content_range.rpartition("/")[2] if resumed else response.headers.get("Content-Length")
    if length != str(part.whole):
        raise SourceError(
            f"{host} has {length or 'unknown'} bytes instead of {part.whole} at {without_credentials(url)}"
        )
    tag = response.headers.get("ETag", "")
    if resumed and not part.is_vouched_for and tag != part.recall_tag(url):
        part.restart()
        raise SourceError(f"{host} changed the file meanwhile")
    if not resumed:
        part.restart(f"{host} does not go on in the middle of a file, or has another one now")
    # A weak tag does not promise the same bytes, so a range cannot rest on it.
    part.remember_tag(url, "" if tag.startswith("W/") else tag)
