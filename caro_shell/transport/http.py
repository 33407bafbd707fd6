"""Asks a server over HTTP: JSON out, JSON or lines back; tried again where that helps, left at any moment."""

from __future__ import annotations

import json
import logging
import math
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import partial
from typing import Any, Callable, NamedTuple, TypeVar
from urllib.parse import urljoin

import requests

from caro_shell.errors import HttpStatus, RemoteError, RemoteMalformed, RemoteTimeout, for_log
from caro_shell.transport.deadline import Call, SlowConnection
from caro_shell.transport.endpoint import Endpoint, is_address, without_login
from caro_shell.transport.errors import told, translated
from caro_shell.transport.refusal import hidden, refusal
from caro_shell.transport.retries import retried
from caro_shell.transport.session import open_session

log = logging.getLogger("caro.http")

#: The longest answer that is read, in bytes after decompression: JSON, a stream of lines, an error's text.
LONGEST_JSON, LONGEST_STREAM, LONGEST_ERROR = 16_000_000, 1_000_000, 65_536

# What is said of a request's form: its caller may have a plainer one.
_UNLIKED = (400, 422)

_REDIRECTS = 5
_ENCODINGS = ("", "identity", "gzip")
_CHUNK = 16_384

Item = TypeVar("Item")


class _Request(NamedTuple):
    """`is_look`: its caller can do without the answer."""

    method: str
    path: str
    data: bytes | None
    limit_s: float
    waits: tuple[float, ...]
    is_look: bool = False


class Http:
    """A pool of connections to one endpoint, for one request at a time; none is made before the first.

    A request is tried once more after each of `waits` (seconds) when no connection came about in time, the
    name was not known, or the server answered 502, 503 or 504. A connection is used again for `fresh_s`
    seconds: servers close theirs after five, and one that was forgotten on the way (a laptop slept, a VPN
    changed) would be silent for the whole of `timeout_s`.

    All methods raise RemoteError, and Cancelled within a moment of `cancelled` saying so. The log has each
    failure: as an error, or as information where its caller may well go on.
    """

    def __init__(
        self, endpoint: Endpoint, waits: tuple[float, ...] = (1.0, 2.0), fresh_s: float = 4.0
    ) -> None:
        self.endpoint = endpoint
        self._waits = waits
        self._fresh_s = fresh_s
        self._last = -math.inf
        self._session = open_session(endpoint)

    def get(
        self, path: str, *, limit_s: float | None = None, cancelled: Callable[[], bool] = lambda: False
    ) -> dict[str, Any]:
        """Return the JSON object at `path`; with `limit_s`, from one try within as many seconds."""
        if limit_s is None:
            request = _Request("GET", path, None, self.endpoint.timeout_s, self._waits)
        else:
            request = _Request("GET", path, None, limit_s, waits=(), is_look=True)
        return self._only(request, cancelled)

    def post(self, path: str, body: Mapping[str, Any], cancelled: Callable[[], bool]) -> dict[str, Any]:
        """Send `body` as JSON; return the JSON object that comes back."""
        return self._only(self._post(path, body), cancelled)

    def post_lines(
        self, path: str, body: Mapping[str, Any], cancelled: Callable[[], bool]
    ) -> Iterator[bytes]:
        """Send `body` as JSON; yield the lines that come back, as they come, without their ends.

        Once the answer has begun nothing is tried again. A caller who takes no more hangs up.
        """
        return self._answers(self._lines, self._post(path, body), cancelled)

    def close(self) -> None:
        """Close the idle connections."""
        self._session.close()

    def _post(self, path: str, body: Mapping[str, Any]) -> _Request:
        return _Request("POST", path, json.dumps(body).encode(), self.endpoint.timeout_s, self._waits)

    def _only(self, request: _Request, cancelled: Callable[[], bool]) -> dict[str, Any]:
        (value,) = self._answers(self._object, request, cancelled)
        return value

    def _answers(
        self,
        read: Callable[[_Request, Call[Item]], Iterator[Item]],
        request: _Request,
        cancelled: Callable[[], bool],
    ) -> Iterator[Item]:
        """Yield what `read` makes of the answer, in a thread that can be left."""
        try:
            yield from Call(partial(read, request)).items(cancelled)
        except TimeoutError as error:
            late = told(error, self.endpoint) if isinstance(error, SlowConnection) else self._late(request)
            raise _logged(late, request) from None
        except RemoteError as error:
            _logged(error, request)
            raise
        finally:
            self._last = time.monotonic()

    def _late(self, request: _Request) -> RemoteTimeout:
        where, limit_s = self.endpoint.where, request.limit_s
        if request.is_look:
            return RemoteTimeout(f"{where} did not answer within {limit_s:g} s; is it busy, or far away?")
        return RemoteTimeout(
            f"{where} did not finish its answer within {limit_s:g} s; "
            "try again, or raise generation.timeout_s"
        )

    # From here on it is done in the thread of a call.

    def _object(self, request: _Request, call: Call[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        with self._opened(request, call) as response, translated(self.endpoint):
            data = b"".join(self._chunks(response, LONGEST_JSON))
        try:
            value = json.loads(data)
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict):
            where, begins = self.endpoint.where, data[:1000].decode("utf-8", "replace")
            log.debug("%s sent: %s", where, hidden(begins, self.endpoint)[:200])
            raise RemoteMalformed(
                f"{where} answered with something other than a JSON object; see to its address"
            )
        yield value

    def _lines(self, request: _Request, call: Call[bytes]) -> Iterator[bytes]:
        with self._opened(request, call) as response, translated(self.endpoint):
            rest = b""
            for chunk in self._chunks(response, LONGEST_STREAM):
                *lines, rest = (rest + chunk).split(b"\n")
                yield from (line[:-1] if line.endswith(b"\r") else line for line in lines)
            if rest:
                yield rest

    def _chunks(self, response: requests.Response, longest: int) -> Iterator[bytes]:
        where, size = self.endpoint.where, 0
        # Compressed twice, 16 kB are 16 GB before anything can be counted here.
        if response.headers.get("Content-Encoding", "").strip().lower() not in _ENCODINGS:
            raise RemoteMalformed(f"{where} sent an answer in an encoding that it was not asked for")
        for chunk in response.iter_content(_CHUNK):
            size += len(chunk)
            if size > longest:
                raise RemoteMalformed(f"{where} sent more than {longest:,} bytes; is it the right server?")
            yield chunk

    def _opened(self, request: _Request, call: Call[Any]) -> requests.Response:
        """Return the response of a server that said yes, its body still to come."""

        def before_wait() -> None:
            call.proceed()
            call.end_within(math.inf)

        return retried(partial(self._try, request, call), request.waits, before_wait)

    def _try(self, request: _Request, call: Call[Any]) -> requests.Response:
        call.proceed()
        call.end_within(request.limit_s)
        with translated(self.endpoint):
            response = self._send(request)
        if response.status_code < 300:
            return response
        text = b""
        with response, suppress(RemoteError), translated(self.endpoint):
            for chunk in self._chunks(response, LONGEST_ERROR):
                text += chunk
        raise refusal(response, text, self.endpoint)

    def _send(self, request: _Request) -> requests.Response:
        """Return the response of one try; a redirect is followed, with the same method, on this server."""
        if not is_address(self.endpoint.url):  # requests would mend it, to an address that nobody has seen
            raise requests.exceptions.InvalidURL
        if time.monotonic() - self._last > self._fresh_s:
            self._session.close()
        url = self.endpoint.url.rstrip("/") + request.path
        for _ in range(_REDIRECTS):
            response = self._session.request(
                request.method,
                url,
                data=request.data,
                headers={"Content-Type": "application/json"} if request.data is not None else None,
                stream=True,
                allow_redirects=False,
                # The second ends a thread that was left; for its caller the deadline comes first.
                timeout=(self.endpoint.connect_timeout_s, request.limit_s + 1),
            )
            if not response.is_redirect:
                return response
            response.close()
            url = _joined(url, response.headers["Location"])
            if not self.endpoint.leads_to(url):
                break
        there = hidden(without_login(url), self.endpoint)[:200]
        raise HttpStatus(
            f"{self.endpoint.where} sends requests on to {there}; if that is right, make it the server's url",
            response.status_code,
        )


def _joined(url: str, location: str) -> str:
    """Return where a redirect leads to from `url`; `location` is as it was sent, byte for byte."""
    target = location.encode("latin-1").decode("utf-8", "replace")
    try:
        return urljoin(url, target)
    except ValueError:
        return target


def _logged(error: RemoteError, request: _Request) -> RemoteError:
    goes_on = request.is_look or (isinstance(error, HttpStatus) and error.status in _UNLIKED)
    # As text: a record that is kept would keep the error, and the connection that it came from.
    log.log(logging.INFO if goes_on else logging.ERROR, "request failed: %s", for_log(error))
    log.debug("the server's words: %s", getattr(error, "detail", ""))
    return error
