"""What a server says when it says no."""

from __future__ import annotations

import email.utils
import http.client
import json
import re
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import timezone

import requests

from caro_shell.errors import HttpStatus
from caro_shell.sanitise import printable
from caro_shell.transport.endpoint import Endpoint

#: Answers that may be different in a moment.
TRANSIENT = (502, 503, 504)
#: The most of a server's own words that is shown, in characters.
LONGEST_DETAIL = 300

_NEXT = {
    401: "see to its key",
    403: "see to its key, and to whom it lets in",
    404: "see to its address and the model's name",
    407: "see to the name and password in the proxy's address",
    429: "try again in a moment",
    503: "try again in a moment",
}
_SAID_IN = ("error", "detail", "message", "msg")


def refusal(response: requests.Response, body: bytes, endpoint: Endpoint) -> HttpStatus:
    """Return the error for a response that is no success; `body` is what it says, or how that begins."""
    status = response.status_code
    said = " ".join(_said(body.decode("utf-8", "replace")).split())
    detail = hidden(said, endpoint)[:LONGEST_DETAIL]
    answer = f"{status} {http.client.responses.get(status, '')}".rstrip() + (detail and f" ({detail})")
    return HttpStatus(
        f"{endpoint.where} answered {answer}; {_NEXT.get(status, 'its log may say why')}",
        status,
        detail,
        retry_after_s=_seconds(response.headers.get("Retry-After", "")),
        transient=status in TRANSIENT,
    )


def hidden(text: str, endpoint: Endpoint) -> str:
    """Return a server's text fit to be shown or logged: printable, and without the key that we sent."""
    return printable(text.replace(endpoint.key, "...") if endpoint.key else text)


def _said(text: str) -> str:
    """Return the words about an error in `text`: plain, or in JSON, which may be in a string in JSON."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return "" if text.lstrip().startswith("<") else text
    if isinstance(value, str):
        return value
    while isinstance(value, (list, Mapping)):
        inner = value if isinstance(value, list) else [value[key] for key in _SAID_IN if value.get(key)]
        value = inner[0] if inner else ""
    return _said(value) if isinstance(value, str) else ""


def _seconds(retry_after: str) -> float | None:
    """Return the seconds that a Retry-After header asks for, as a number or as a date."""
    if re.fullmatch(r"[0-9]{1,9}", retry_after.strip()):
        return float(retry_after)
    with suppress(ValueError, TypeError, OverflowError):
        date = email.utils.parsedate_to_datetime(retry_after)
        # A date without a zone would be one of this machine's.
        return max(0.0, date.replace(tzinfo=date.tzinfo or timezone.utc).timestamp() - time.time())
    return None
