"""URLs as they are shown and stored: a name and a password in them are for the server alone."""

from __future__ import annotations

import re

_CREDENTIALS = re.compile(r"^([^:/?#]+://)[^/?#]*@")
_HOST = re.compile(r"^[^:/?#]+://([^/?#]*)")


def without_credentials(url: str) -> str:
    """Return `url` without the name and password that may stand in it; any other text as it is."""
    return _CREDENTIALS.sub(r"\1", url)


def host_of(url: str) -> str:
    """Return the host that `url` names and its port, if it names one; nothing for a text that is no URL."""
    found = _HOST.match(without_credentials(url))
    return found[1] if found else ""
