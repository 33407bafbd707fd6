"""The resident process: one socket, one engine behind a worker thread, gone when nobody needs it.

The main thread only listens, so that `status`, `stop` and a client that hangs up are noticed at once,
also while a model is being loaded. It never reads the environment of whoever started it.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import logging
import logging.handlers
import math
import os
import selectors
import signal
import socket
import sys
import time
import traceback
from dataclasses import dataclass, field
from typing import Any

import psutil

from caro_shell import __version__, launch, login, paths, peer, protocol
from caro_shell.address import Address, start_lock
from caro_shell.backends import atwork
from caro_shell.engine import Engine
from caro_shell.errors import CaroError
from caro_shell.pressure import is_short
from caro_shell.worker import Job, Worker

log = logging.getLogger("caro.daemon")

#: Seconds between two looks at the clock and at the socket's name.
TICK_S = 15.0
#: Seconds a client may take to send its request or to take a piece of its answer.
PATIENCE_S = 10.0
#: Clients that are heard at once: each costs a descriptor, of which there may be no more than 256.
CLIENTS_MAX = 100
#: Seconds without a request before a model is given back because memory is short: loading one makes a
#: shortage of its own for a moment, and who presses the key again soon is not to wait for it each time.
SETTLED_S = 30.0


@dataclass
class _Client:
    connection: socket.socket
    records: protocol.Records = field(default_factory=protocol.Records)
    since: float = field(default_factory=time.monotonic)
    job: Job | None = None


class Daemon:
    """Serves one address until it is told to stop, replaced, or idle for long enough.

    One that was started `at_login` is warm at once, and stays however long it is idle.
    """

    def __init__(self, address: Address, engine: Engine, *, at_login: bool = False) -> None:
        self._address = address
        self._worker = Worker(engine)
        self._selector = selectors.DefaultSelector()
        self._clients: dict[int, _Client] = {}
        self._began = time.monotonic()
        self._at_login = at_login
        self._leaving = False

    def serve(self) -> None:
        """Serve until there is no more reason to."""
        self._worker.start()
        if self._at_login:
            self._warm()
        self._selector.register(self._address.listener, selectors.EVENT_READ)
        while not (self._leaving and self._worker.is_idle()):
            for key, _ in self._selector.select(self._tick()):
                if key.fileobj is self._address.listener:
                    if not self._leaving:  # `stop` may have come in the same round
                        self._accept()
                else:
                    self._read(self._clients[key.fd])
            self._look_round()

    def _warm(self) -> None:
        if is_short():
            log.info("memory is short: the model is loaded when it is asked for")
        else:
            self._worker.warm(login.shell())

    def _tick(self) -> float:
        """Return for how long there is nothing to look after, in seconds."""
        if self._leaving:
            return 0.05
        return min(TICK_S, max(0.05, self._exit_at() - time.monotonic()))

    def _exit_at(self) -> float:
        if self._at_login:
            return math.inf
        return self._worker.idle_since + self._worker.engine.config.exit_after_s

    def _look_round(self) -> None:
        if self._leaving:
            return
        now = time.monotonic()
        for client in list(self._clients.values()):
            if client.job is None and now - client.since > PATIENCE_S:
                self._drop(client)
        if not self._address.is_ours():
            log.info("another daemon has taken over, or the socket was removed")
            self._leave()
        elif now >= self._exit_at() and self._worker.is_idle():
            log.info("idle for %.0f s", now - self._worker.idle_since)
            self._leave()
        elif self._is_settled(now) and is_short():
            log.info("memory is short: the model is given back")
            self._worker.release()

    def _is_settled(self, now: float) -> bool:
        """Say whether a model is held, and nobody has asked it for a while."""
        worker = self._worker
        return bool(worker.engine.model) and worker.is_idle() and now - worker.idle_since > SETTLED_S

    def _leave(self) -> None:
        """Let no new client come; the loop ends when those in line have their answer."""
        if not self._leaving:
            self._leaving = True
            self._selector.unregister(self._address.listener)
            self._address.give_up()
            self._worker.release()  # behind those in line; what is done for nobody stops for it

    def _accept(self) -> None:
        try:
            connection, _ = self._address.listener.accept()
        except OSError as error:  # it went away again, or there is no descriptor for it
            log.warning("a client could not be heard: %s", error)
            return
        if peer.is_stranger(connection):
            log.warning("a process of user %s was turned away", peer.uid_of(connection))
            connection.close()
            return
        if len(self._clients) >= CLIENTS_MAX:
            log.warning("a client was turned away: %d are heard already", CLIENTS_MAX)
            connection.close()
            return
        connection.settimeout(PATIENCE_S)
        self._clients[connection.fileno()] = _Client(connection)
        self._selector.register(connection, selectors.EVENT_READ)

    def _read(self, client: _Client) -> None:
        try:
            data = client.connection.recv(65536)
            requests = client.records.feed(data)
        except (OSError, protocol.MalformedRecord) as error:
            log.warning("a client was dropped: %s", error)
            data, requests = b"", []
        if not data:
            self._drop(client)
        for fields in requests:
            if client.connection.fileno() in self._clients:  # not dropped for an earlier one
                self._handle(client, fields)

    def _drop(self, client: _Client) -> None:
        self._selector.unregister(client.connection)
        del self._clients[client.connection.fileno()]
        if client.job is not None:
            client.job.hang_up()
        client.connection.close()

    def _handle(self, client: _Client, fields: dict[str, str]) -> None:
        kind = fields.get("kind")
        answer = Job(client.connection, fields)
        if kind == "stop":
            self._leave()
            for other in self._clients.values():
                if other.job is not None:
                    other.job.hang_up()
            answer.send(event="reply", status="0", line="stopped", notice="")
        elif kind == "status":
            answer.send(event="reply", status="0", line=json.dumps(self._status()), notice="")
        elif kind == "environment" and client.job is not None:
            client.job.hear_environment(fields)
        elif kind != "rewrite" or client.job is not None:
            self._drop(client)
        elif (fields.get("protocol"), fields.get("version")) != (protocol.PROTOCOL, __version__):
            log.info("a client of version %s came; this is %s", fields.get("version"), __version__)
            self._leave()
            answer.send(event="stale")
            self._drop(client)
        else:
            client.job = answer
            answer.send(event="accepted")
            self._worker.put(answer)

    def _status(self) -> dict[str, object]:
        engine = self._worker.engine
        return {
            "version": __version__,
            "pid": os.getpid(),
            "uptime_s": round(time.monotonic() - self._began),
            "at_login": self._at_login,
            "idle_s": round(time.monotonic() - self._worker.idle_since) if self._worker.is_idle() else 0,
            "model": engine.model,
            "answered": self._worker.answered,
            "memory_mb": round(psutil.Process().memory_info().rss / 1e6),
            "socket": self._address.path,
        }


def main(argv: list[str] | None = None) -> int:
    """Run a daemon in this process; `--ready-fd N` is told `ready`, or why not.

    With `--debug` the log has what models and servers wrote, too, and the words in it.
    The exit status is 0 also when another daemon is running or takes over: nothing needs to be mended.
    """
    parser = argparse.ArgumentParser(prog="caro daemon run")
    parser.add_argument("--ready-fd", type=int)
    parser.add_argument("--at-login", action="store_true")
    parser.add_argument("--debug", action="store_true")
    args = parser.parse_args(argv)
    os.umask(0o077)
    _set_up_log(foreground=args.ready_fd is None and not args.at_login, debug=args.debug)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    address = None
    try:
        with start_lock():
            other = launch.connect()
            if other is not None:
                other.close()  # another start was faster
            else:
                address = Address()
    except (CaroError, OSError) as error:
        log.error("cannot start: %s", error)  # noqa: TRY400 - a sentence, no traceback
        _tell(args.ready_fd, str(error))
        return 1
    if address is None:
        _tell(args.ready_fd, "ready")
        log.info("not needed: another daemon is running")
    else:
        try:  # from here on: a signal may come as soon as somebody knows of us
            _tell(args.ready_fd, "ready")
            log.info("caro %s, pid %d, listening", __version__, os.getpid())
            Daemon(address, Engine(), at_login=args.at_login).serve()
        except (KeyboardInterrupt, SystemExit):
            address.give_up()
        log.info("done")
    logging.shutdown()
    atwork.withdraw()
    os._exit(0)  # the worker may be inside llama.cpp; there is nothing left to tidy up


def _tell(fd: int | None, word: str) -> None:
    if fd is not None:
        with contextlib.suppress(OSError), os.fdopen(fd, "w", encoding="utf-8") as file:
            file.write(word + "\n")


class _Formatter(logging.Formatter):
    """Leaves out what an unexpected exception says, which may be any value: a line, a prompt, a key."""

    def formatException(self, ei: Any) -> str:  # noqa: N802 - logging's name
        kind, _, frames = ei
        return "".join([*traceback.format_tb(frames), kind.__name__])


def _set_up_log(*, foreground: bool, debug: bool) -> None:
    """Log to the file, or to the terminal in the foreground; lines and prompts with `debug` alone."""
    handler: logging.Handler
    if foreground:
        handler = logging.StreamHandler()
    else:
        handler = logging.handlers.RotatingFileHandler(
            paths.log_file("daemon"), maxBytes=1_000_000, backupCount=1, encoding="utf-8"
        )
    formatter = logging.Formatter if debug else _Formatter
    handler.setFormatter(formatter("%(asctime)s %(name)s %(levelname)s %(message)s"))
    root = logging.getLogger("caro")
    root.addHandler(handler)
    root.setLevel(logging.DEBUG if debug else logging.INFO)


if __name__ == "__main__":
    sys.exit(main())
