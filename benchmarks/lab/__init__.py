"""A throw-away place to measure in: its own CARO_HOME and runtime directory, and an end to all it started."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sys
import tempfile
import time
from dataclasses import dataclass
from types import TracebackType

import psutil

from caro_shell import hooks
from caro_shell.commands import daemon
from caro_shell.errors import CaroError
from lab import terminal
from lab.model import model_file

__all__ = ["REQUESTS", "Lab", "Press", "model_file"]

#: Everyday requests, none of them among the examples that the model is shown.
REQUESTS = (
    "list the files here by size, largest first",
    "find all pdf files in my home folder",
    "show how much disk space is free",
    "count the lines of every c file below src",
    "compress the folder logs into logs.tar.gz",
    "which process uses the most cpu",
)
_SETTLED_S = 60.0
_INTERRUPTS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


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
        self._log_read = 0  # what stands in the daemon's log of those that ended
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
        for number in _INTERRUPTS:  # Ctrl-C is ignored in a background job unless it is asked for
            signal.signal(number, signal.default_int_handler)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        """End all and remove the place. An interruption becomes a sentence, and exit status 130."""
        for number in _INTERRUPTS:  # a second Ctrl-C must not leave the half of it behind
            signal.signal(number, signal.SIG_IGN)
        for _ in range(5):  # again: one that was killed may just have started another
            processes = self._processes()
            for process in processes:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
            psutil.wait_procs(processes, timeout=5)
        shutil.rmtree(self._root, ignore_errors=True)
        if kind is KeyboardInterrupt:
            print("benchmark: interrupted; everything it started was ended", file=sys.stderr)
            raise SystemExit(130)

    def _processes(self) -> list[psutil.Process]:
        """Return what was started in here: nothing else has this runtime directory in its environment."""
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if process.pid != os.getpid() and process.environ().get("XDG_RUNTIME_DIR") == self._root:
                    found.append(process)
        return found

    def press(self, words: str, shell: str = "zsh") -> Press:
        """Press the key on `words`: the client as a hook runs it, on a terminal of its own.

        It names no session, so the daemon writes no alternatives afterwards: the next arm would pay for them.
        """
        ran = terminal.run([*hooks.client_command(), "--shell", shell], self.env, words)
        if ran.status != 0:
            raise SystemExit(f"the key press brought no command: {ran.output.decode()}")
        # After the spinner and a blank comes the command, as far as it is written.
        visible = next((at for at, shown in ran.drawn if b" " + ran.output[:1] in shown), float("nan"))
        return Press(ran.output.decode(), visible, ran.finished_ms)

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

    def settle(self) -> None:
        """Wait until the daemon has repacked the model's weights, as it does once nobody waits for it."""
        until = time.monotonic() + _SETTLED_S
        while time.monotonic() < until:
            with open(self.log(), encoding="utf-8") as log:
                log.seek(self._log_read)
                if "weights were repacked" in log.read():
                    return
            time.sleep(0.05)
        print("benchmark: the daemon has not repacked the weights: is memory short?", file=sys.stderr)

    def stop_daemon(self) -> None:
        """Stop the daemon and wait until its memory is free."""
        process = self.daemon()
        with contextlib.suppress(CaroError):
            daemon.ask("stop")
        process.wait(timeout=30)
        self._log_read = os.path.getsize(self.log())
