"""Tries again what may succeed in a moment, and says so in the log."""

from __future__ import annotations

import logging
from collections.abc import Generator, Mapping
from typing import Any, Callable, TypeVar, cast

import backoff

from caro_shell.errors import HttpStatus, RemoteError, for_log

log = logging.getLogger("caro.http")

#: The longest wait that a server may ask for, in seconds: a person sits at the other end.
LONGEST_WAIT_S = 10.0

Result = TypeVar("Result")


def retried(
    attempt: Callable[[], Result], waits: tuple[float, ...], before_wait: Callable[[], None]
) -> Result:
    """Return what `attempt` returns, called once more after each of `waits` (seconds) while it fails.

    Only a `transient` RemoteError is worth that. A server that says how long it wants to be left alone is
    left alone for so long instead; if that is longer than `LONGEST_WAIT_S`, its error is raised at once.
    """

    def at_wait(details: Mapping[str, Any]) -> None:
        before_wait()
        log.warning(
            "request failed, retry %d/%d: %s", details["tries"], len(waits), for_log(details["exception"])
        )

    def at_success(details: Mapping[str, Any]) -> None:
        if details["tries"] > 1:
            log.info("request succeeded with retry %d/%d", details["tries"] - 1, len(waits))

    trying = backoff.on_exception(
        cast("Callable[..., Generator[float, None, None]]", _pauses),  # it is sent each error
        RemoteError,
        max_tries=1 + len(waits),
        giveup=_is_final,
        jitter=None,
        on_backoff=at_wait,
        on_success=at_success,
        logger=None,
        waits=waits,
    )
    result: Result = trying(attempt)()
    return result


def _pauses(waits: tuple[float, ...]) -> Generator[float, RemoteError, None]:
    """Take the error of each try, give the seconds until the next; the first step only starts it."""
    error = yield 0.0
    for wait in waits:
        asked_s = _asked_s(error)
        error = yield wait if asked_s is None else asked_s


def _is_final(error: Exception) -> bool:
    transient = isinstance(error, RemoteError) and error.transient
    return not transient or (_asked_s(error) or 0.0) > LONGEST_WAIT_S


def _asked_s(error: Exception) -> float | None:
    return error.retry_after_s if isinstance(error, HttpStatus) else None
