"""Fetches a model's file from a URL, going on where the part ends."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import backoff
import requests

from caro_shell.pull.digest import CHUNK
from caro_shell.pull.part import PartFile, SourceError

if TYPE_CHECKING:
    from caro_shell.catalog import HttpsSource

CONNECT_TIMEOUT_S = 5
READ_TIMEOUT_S = 30

#: After this long without a byte no other try is begun.
PATIENCE_S = 12

#: Answers that may be different in a moment.
TRANSIENT = (502, 503, 504)


class _InterruptedError(SourceError):
    """It may work at another try."""


def fetch(source: HttpsSource, part: PartFile) -> None:
    """Append to `part` what it lacks. Raises SourceError; what has arrived stays in the part."""
    furthest = part.size
    while part.missing:
        _go_on(source.url, part, furthest)
        furthest = max(furthest, part.size)


@backoff.on_exception(
    backoff.expo, _InterruptedError, max_tries=3, max_time=PATIENCE_S, factor=0.5, logger=None
)
def _go_on(url: str, part: PartFile, furthest: int) -> None:
    """Append what one request brings. Raises _InterruptedError when that is not beyond `furthest`."""
    host = urlsplit(url).netloc
    cause = f"{host} ended the transfer early"
    try:
        with requests.get(
            url, headers=_headers(url, part), stream=True, timeout=(CONNECT_TIMEOUT_S, READ_TIMEOUT_S)
        ) as response:
            _accept(response, url, part)
            for chunk in response.iter_content(CHUNK):
                part.append(chunk)
    except requests.exceptions.SSLError as error:
        raise SourceError(
            f"{host} gives no connection that can be trusted "
            "(behind a proxy with certificates of its own, REQUESTS_CA_BUNDLE names their file)"
        ) from error
    except requests.Timeout:
        cause = f"{host} does not answer"
    except (requests.exceptions.ChunkedEncodingError, requests.exceptions.ContentDecodingError):
        pass
    except requests.RequestException:
        cause = f"{host} cannot be reached"
    if part.size <= furthest:
        raise _InterruptedError(cause)


def _headers(url: str, part: PartFile) -> dict[str, str]:
    headers = {"Accept-Encoding": "identity"}
    if part.size:
        headers["Range"] = f"bytes={part.size}-"
        tag = part.recall_tag(url)
        if tag:
            headers["If-Range"] = tag
    return headers


def _accept(response: requests.Response, url: str, part: PartFile) -> None:
    """Bring the part to where the body of `response` begins. Raises SourceError for the wrong body."""
    host = urlsplit(url).netloc
    if response.status_code in TRANSIENT:
        raise _InterruptedError(f"{host} answers {response.status_code} {response.reason}")
    if response.status_code not in (200, 206):
        raise SourceError(f"{host} answers {response.status_code} {response.reason} for {url}")
    resumed = response.status_code == 206
    content_range = response.headers.get("Content-Range", "")
    if resumed and not content_range.startswith(f"bytes {part.size}-"):
        raise SourceError(f"{host} sends another range than it was asked for")
    # Before anything is dropped: a page that asks to log in also comes with status 200.
    length = content_range.rpartition("/")[2] if resumed else response.headers.get("Content-Length")
    if length != str(part.whole):
        raise SourceError(f"{host} has {length or 'unknown'} bytes instead of {part.whole} at {url}")
    if not resumed:
        part.restart()
    tag = response.headers.get("ETag", "")
    # A weak tag does not promise the same bytes, so a range cannot rest on it.
    part.remember_tag(url, "" if tag.startswith("W/") else tag)
