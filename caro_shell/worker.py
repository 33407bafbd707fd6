"""The one thread that owns the engine: requests wait in line, answered one at a time."""

from __future__ import annotations

import json
import logging
import queue
import socket
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any, Callable

from caro_shell import paths, protocol
from caro_shell.engine import Engine
from caro_shell.errors import Cancelled, CaroError, for_log
from caro_shell.protocol import Status
from caro_shell.reply import Request
from caro_shell.sanitise import printable

log = logging.getLogger("caro.worker")

#: Seconds that a client may take to look at its environment.
ENVIRONMENT_S = 2.0
#: The settings that a request may bring along; no other path than that of a model is opened for a client.
FLAGS = ("backend.preferred", "backend.fallback", "backend.embedded.model")


class Job:
    """One request of one client; it is the engine's listener for it."""

    def __init__(self, connection: socket.socket, fields: dict[str, str]) -> None:
        self.asked = time.monotonic()
        self.request = Request(
            line=fields.get("line", ""),
            shell=fields.get("shell", ""),
            env=_under("env.", fields),
            flags={key: value for key, value in _under("flag.", fields).items() if key in FLAGS},
            session=fields.get("session", ""),
            count=_count(fields.get("count", "1")),
            cwd=fields.get("cwd", ""),
        )
        self._connection = connection
        self._gone = threading.Event()
        self._environment: queue.Queue[Mapping[str, str] | None] = queue.Queue()
        self._known: dict[tuple[str, ...], Mapping[str, str]] = {}

    def hang_up(self) -> None:
        """Note that the client went away: the answer is no longer wanted."""
        self._gone.set()
        self._environment.put(None)

    def stage(self, what: str) -> None:
        """Tell the client what takes its time."""
        self.send(event="stage", text=what)

    def text(self, so_far: str) -> None:
        """Show the client the answer so far."""
        self.send(event="text", text=so_far)

    def cancelled(self) -> bool:
        """Say whether the client went away."""
        return self._gone.is_set()

    def environment(self, names: Sequence[str]) -> Mapping[str, str]:
        """Ask the client which of these environment variables it has, and with what value.

        Raises Cancelled when there is no answer: without the person's proxy or key, words might go astray.
        """
        wanted = tuple(names)
        if wanted not in self._known:
            self.send(event="environment", names=" ".join(names))
            try:
                found = self._environment.get(timeout=ENVIRONMENT_S)
            except queue.Empty:
                found = None
            if found is None:
                raise Cancelled
            self._known[wanted] = {name: found[name] for name in wanted if name in found}
        return self._known[wanted]

    def hear_environment(self, fields: dict[str, str]) -> None:
        """Take the client's answer to `environment`."""
        self._environment.put(_under("env.", fields))

    def send(self, **fields: str) -> None:
        """Send one event; a client that went away is no error."""
        try:
            self._connection.sendall(protocol.encode(**fields))
        except OSError:
            self.hang_up()


class Worker(threading.Thread):
    """Takes jobs from its line. With none to do it uses its time, and after a while releases the model."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(name="worker", daemon=True)
        self.engine = engine
        self.answered = 0
        self.idle_since = time.monotonic()
        self._jobs: queue.Queue[Job | Callable[[], None]] = queue.Queue()

    def put(self, job: Job) -> None:
        """Let `job` wait for its turn."""
        self._jobs.put(job)

    def release(self) -> None:
        """Give back the model's memory when what waits is done."""
        self._jobs.put(self.engine.release)

    def warm(self, shell: str) -> None:
        """Make ready for the first request of `shell`, unless there is a request already."""
        self._jobs.put(lambda: self.engine.prepare(shell, _Idle(self._jobs)))

    def is_idle(self) -> bool:
        """Say whether nothing is being answered and nothing waits."""
        return self._jobs.unfinished_tasks == 0

    def run(self) -> None:
        """Answer for ever."""
        while True:
            try:
                job = self._jobs.get(timeout=min(self.engine.config.release_after_s, threading.TIMEOUT_MAX))
            except queue.Empty:
                self.engine.release()
                continue
            if not isinstance(job, Job):
                _try(job)
            elif not job.cancelled():
                self._answer(job)
                self.idle_since = time.monotonic()
            self._jobs.task_done()
            _try(lambda: self.engine.idle(_Idle(self._jobs)))

    def _answer(self, job: Job) -> None:
        try:
            turn = self.engine.another(job.request, job)
            if turn is not None:
                notice = printable(turn.notice)
                job.send(event="reply", status=str(Status.TURN), line=turn.line, notice=notice)
                return
            reply = self.engine.rewrite(job.request, job, asked=job.asked)
        except Cancelled:
            log.info("cancelled after %.0f ms", (time.monotonic() - job.asked) * 1e3)
            return
        except CaroError as error:
            log.warning("no answer: %s: %s", type(error).__name__, for_log(error))
            _say(job, str(error))
        except Exception as error:
            log.exception("no answer")
            _say(job, f"caro failed ({type(error).__name__}: {error}); {paths.see_log('daemon')}")
        else:
            self.answered += 1
            offer = reply.offers[0]
            job.send(
                event="reply",
                status=str(Status.COMMAND),
                line=offer.line,
                notice=printable("; ".join(filter(None, (offer.note, *reply.notices)))),
                details=json.dumps(reply.as_dict(), ensure_ascii=False),
            )


class _Idle:
    """The listener of work that nobody waits for: it hears nothing, and is cancelled by the next request."""

    def __init__(self, jobs: queue.Queue[Any]) -> None:
        self._jobs = jobs

    def stage(self, what: str) -> None:
        pass

    def text(self, so_far: str) -> None:
        pass

    def cancelled(self) -> bool:
        return not self._jobs.empty()

    def environment(self, names: Sequence[str]) -> Mapping[str, str]:  # noqa: ARG002 - nobody to ask
        return {}


def _try(work: Callable[[], None]) -> None:
    """Do what nobody waits for; a failure is logged, and the next request will see to it."""
    try:
        work()
    except Cancelled:
        pass
    except CaroError as error:
        log.warning("%s: %s", type(error).__name__, for_log(error))
    except Exception:
        log.exception("idle work failed")


def _say(job: Job, sentence: str) -> None:
    job.send(event="reply", status=str(Status.MESSAGE), line=printable(sentence), notice="")


def _count(text: str) -> int:
    return int(text[:4]) if text.isdecimal() and text.isascii() else 1  # of very many digits none is made


def _under(prefix: str, fields: dict[str, str]) -> dict[str, str]:
    return {name[len(prefix) :]: value for name, value in fields.items() if name.startswith(prefix)}
