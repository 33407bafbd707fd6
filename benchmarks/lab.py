"""A throw-away place to measure in: its own CARO_HOME and runtime directory, and an end to all it started."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import selectors
import shutil
import signal
import struct
import subprocess
import tempfile
import termios
import time
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType

import psutil

from caro_shell import catalog, hooks
from caro_shell.commands import daemon
from caro_shell.config import Config
from caro_shell.errors import CaroError


@dataclass(frozen=True)
class Press:
    """One key press: the line that came, and when, in milliseconds after the client was started."""

    line: str
    visible_ms: float
    finished_ms: float


class Lab:
    """The place; `env` is the environment of everything that is started in it."""

    def __init__(self, model_file: str) -> None:
        """Make a home whose `models/` holds a link to `model_file`."""
        self._root = tempfile.mkdtemp(prefix="caro-", dir="/tmp")  # a socket's path must be short
        self.home = os.path.join(self._root, "home")
        models = os.path.join(self._root, "state", "models")
        os.makedirs(models)
        os.mkdir(self.home)
        os.symlink(model_file, os.path.join(models, os.path.basename(model_file)))
        self._settings = os.path.join(self._root, "state", "config.toml")
        self.use_cache(on=False)
        for name in [name for name in os.environ if name.startswith(("CARO_", "XDG_", "GOMP_", "OMP_"))]:
            del os.environ[name]
        os.environ.update(
            HOME=self.home,
            CARO_HOME=os.path.join(self._root, "state"),
            XDG_RUNTIME_DIR=self._root,
            LC_ALL="C.UTF-8",
            TERM="xterm-256color",
        )
        self.env = dict(os.environ)

    def use_cache(self, *, on: bool) -> None:
        """Let the daemon answer from its cache of replies, or (at first) always with the model."""
        with open(self._settings, "w", encoding="utf-8") as file:
            # Slow is what may have to be measured.
            file.write(f"cache = {str(on).lower()}\n[generation]\ntimeout_s = 600\n")

    def __enter__(self) -> Lab:
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C must not leave the half of it behind
        for process in self._processes():
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        shutil.rmtree(self._root, ignore_errors=True)

    def _processes(self) -> list[psutil.Process]:
        """Return what was started in here: nothing else has this runtime directory in its environment."""
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if process.pid != os.getpid() and process.environ().get("XDG_RUNTIME_DIR") == self._root:
                    found.append(process)
        return found

    def press(self, words: str, shell: str = "zsh") -> Press:
        """Press the key on `words`: the client as a hook runs it, on a terminal of its own."""
        began = time.perf_counter()
        command = [*hooks.client_command(), "--shell", shell]
        process, terminal = start_on_terminal(
            command, self.env, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(words.encode())
        process.stdin.close()
        line, drawn = b"", [(0.0, b"")]
        with selectors.DefaultSelector() as selector:
            selector.register(terminal, selectors.EVENT_READ)
            selector.register(process.stdout, selectors.EVENT_READ)
            while process.stdout in selector.get_map():
                for key, _ in selector.select():
                    data = read(key.fd)
                    now = (time.perf_counter() - began) * 1e3
                    if key.fd == terminal:
                        drawn.append((now, drawn[-1][1] + data))
                    elif data:
                        line += data
                    if not data:
                        selector.unregister(key.fileobj)
        process.stdout.close()
        os.close(terminal)
        if process.wait() != 0:
            raise SystemExit(f"the key press brought no command: {line.decode()}")
        # After the spinner and a blank comes the command, as far as it is written.
        visible = next((at for at, shown in drawn if b" " + line[:1] in shown), float("nan"))
        return Press(line.decode(), visible, now)

    def log(self) -> str:
        """Return the path of the daemon's log."""
        return os.path.join(self._root, "state", "log", "daemon.log")

    def daemons(self) -> list[psutil.Process]:
        """Return the daemons that run in here: one, or none."""
        marks = ["-m", "caro_shell.daemon"]
        return [process for process in self._processes() if process.cmdline()[2:4] == marks]

    def daemon(self) -> psutil.Process:
        """Return the running daemon."""
        return self.daemons()[0]

    def stop_daemon(self) -> None:
        """Stop the daemon and wait until its memory is free."""
        process = self.daemon()
        with contextlib.suppress(CaroError):
            daemon.ask("stop")
        process.wait(timeout=30)


def model_file(directory: str | None) -> str:
    """Return the default model's file: in `directory`, or else where caro or its tests find it."""
    model = catalog.find(Config().model)
    if directory is None and "CARO_TEST_MODELS" in os.environ:
        os.environ.setdefault("CARO_HOME", os.environ["CARO_TEST_MODELS"])
    try:
        path = (
            catalog.locate(model)
            if directory is None
            else os.path.abspath(os.path.join(directory, model.file))
        )
        os.stat(path)
    except (CaroError, OSError) as error:
        raise SystemExit(f"the default model is needed: {error}") from None
    return path


def start_on_terminal(
    command: Sequence[str], env: dict[str, str], **streams: int
) -> tuple[subprocess.Popen[bytes], int]:
    """Start `command` in a session of its own on a new terminal; return it and the terminal's other end.

    `stdin` and `stdout` are the terminal unless given.
    """
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("4H", 24, 80, 0, 0))
    streams = {"stdin": slave, "stdout": slave, "stderr": slave, **streams}
    process = subprocess.Popen(
        command,
        env=env,
        cwd=env["HOME"],
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(slave, termios.TIOCSCTTY, 0),  # noqa: PLW1509 - no threads here
        **streams,
    )
    os.close(slave)
    return process, master


def read(fd: int) -> bytes:
    """Read what there is; the end of a terminal is an error on Linux."""
    try:
        return os.read(fd, 65536)
    except OSError:
        return b""
