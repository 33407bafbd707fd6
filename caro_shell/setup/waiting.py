"""What a person sees, and may type, while a server is waited for."""

from __future__ import annotations

import sys
import termios
import threading
from collections.abc import Iterator
from concurrent import futures
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Callable, TypeVar

from caro_shell.errors import Cancelled
from caro_shell.progress import FRAME_S, Progress
from caro_shell.sanitise import printable
from caro_shell.setup.dialogue import is_dumb, say

Value = TypeVar("Value")


def wait(what: str, work: Callable[[Callable[[], bool]], Value]) -> Value:
    """Return what `work` returns, with `what` it does beside a spinner meanwhile.

    `work` is given a function that says whether it is wanted no longer. What is typed meanwhile is dropped.
    Raises what `work` raises, and Cancelled at once on Ctrl-C.
    """
    gone = threading.Event()
    done: Future[Value] = Future()

    def run() -> None:
        try:
            done.set_result(work(gone.is_set))
        except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
            done.set_exception(error)

    progress = Progress(sys.stdout.fileno())
    if is_dumb():
        say(what)
    threading.Thread(target=run, daemon=True).start()  # in the background, so that Ctrl-C is heard at once
    try:
        with _deaf():
            while not futures.wait([done], FRAME_S).done:
                progress.tick(printable(what))
    except KeyboardInterrupt:
        gone.set()
        raise Cancelled from None
    finally:
        progress.clear()
    return done.result()


@contextmanager
def _deaf() -> Iterator[None]:
    """Echo nothing of what is typed, and forget it: an impatient Enter is no yes to the next question."""
    keyboard = sys.stdin.fileno()
    before = termios.tcgetattr(keyboard)
    meanwhile = list(before)
    meanwhile[3] &= ~termios.ECHO
    termios.tcsetattr(keyboard, termios.TCSADRAIN, meanwhile)
    try:
        yield
    finally:
        termios.tcsetattr(keyboard, termios.TCSAFLUSH, before)
