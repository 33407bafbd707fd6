"""Who was told where their words go: before the first request to a host, and once for each."""

from __future__ import annotations

import os
from urllib.parse import urlsplit

from caro_shell import paths
from caro_shell.errors import BackendError
from caro_shell.transport.endpoint import is_address, is_loopback


class WordsWouldLeave(BackendError):
    """Words would leave this machine for a host that the person has not been told of before.

    No RemoteError: no server has failed, and nobody answers in its place; this is a sentence to be read.
    """


def ask(url: str) -> None:
    """Return if words may go to `url`: to this machine, or to a host that was named before.

    Nothing goes to what is no address. Any other host is named now.
    Raises WordsWouldLeave, once for each host and scheme.
    """
    if not is_address(url) or is_loopback(url) or _host(url) in _told():
        return
    plain = ", readable for everyone on the way (plain http)" if urlsplit(url).scheme == "http" else ""
    if not give(url):
        raise WordsWouldLeave(
            f"nothing is sent to {_host(url)}{plain} before {_file()} can be written; see to it"
        )
    raise WordsWouldLeave(
        f"from now on your words go to {_host(url)}{plain}: ask again, or keep them here with: "
        "caro config set backend.preferred embedded"
    )


def give(url: str) -> bool:
    """Note that the person knows of the host of `url`; say whether that could be noted."""
    try:
        os.makedirs(paths.home(), mode=0o700, exist_ok=True)
        with open(
            os.open(_file(), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a", encoding="utf-8"
        ) as file:
            file.write(_host(url) + "\n")
    except OSError:
        return False
    return True


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
