"""Who was told where their words go: before the first request to a host, and once for each."""

from __future__ import annotations

import os
from urllib.parse import urlsplit

from caro_shell import paths
from caro_shell.errors import RemoteError
from caro_shell.transport.endpoint import is_address, is_loopback


class WordsWouldLeave(RemoteError):
    """Words would leave this machine for a host that the person has not been told of before."""


def ask(url: str) -> None:
    """Return if words may go to `url`: to this machine, or to a host that was named before.

    Nothing goes to what is no address. Any other host is named now.
    Raises WordsWouldLeave, once for each host and scheme.
    """
    if not is_address(url) or is_loopback(url) or _host(url) in _told():
        return
    give(url)
    plain = ", readable for everyone on the way (plain http)" if urlsplit(url).scheme == "http" else ""
    raise WordsWouldLeave(
        f"from the next time on your words go to {_host(url)}{plain}; "
        "to keep them here: caro config set backend.preferred embedded"
    )


def give(url: str) -> None:
    """Note that the person knows of the host of `url`. What cannot be noted is said again next time."""
    try:
        os.makedirs(paths.home(), mode=0o700, exist_ok=True)
        with open(_file(), "a", encoding="utf-8") as file:
            file.write(_host(url) + "\n")
    except OSError:
        pass


def _host(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def _told() -> set[str]:
    try:
        with open(_file(), encoding="utf-8", errors="replace") as file:
            return set(file.read().split("\n"))
    except OSError:
        return set()


def _file() -> str:
    return os.path.join(paths.home(), "told")
