"""Reach the daemon, starting it when there is none. Imported on every key press: standard library only."""

from __future__ import annotations

# `socket` itself costs more than the rest of the client: it brings selectors and enum.
import _socket
import os
import sys

from caro_shell import paths, peer
from caro_shell.errors import DaemonError

TYPE_CHECKING = False  # `typing` is not imported on a key press
if TYPE_CHECKING:
    from typing import Callable

Connection = _socket.socket


def connect() -> Connection | None:
    """Return a connection to the running daemon, or None when there is none.

    Raises DaemonError when something that is no daemon of ours has the socket's place, or is of another user.
    """
    path = _socket_path()
    connection = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    try:
        connection.connect(path)
    except (FileNotFoundError, ConnectionRefusedError):
        connection.close()
        return None
    except OSError as error:
        connection.close()
        raise DaemonError(f"{path} cannot be used as a socket ({error.strerror}); remove it") from None
    if peer.is_stranger(connection):
        connection.close()
        raise DaemonError(f"{path} is served by a process of another user; remove it")
    return connection


def start() -> int:
    """Start the daemon as a process of its own; return a file descriptor to read its first word from.

    It says `ready` once its socket is there (also when another one was faster), else why it is not.
    """
    reader, writer = os.pipe()
    if os.fork() == 0:
        try:
            os.setsid()
            if os.fork() == 0:  # the grandchild is nobody's child: no zombie, no terminal
                _become_daemon(writer)
        finally:
            os._exit(1 if sys.exc_info()[0] else 0)
    os.close(writer)
    os.wait()
    return reader


def await_ready(reader: int, wait: Callable[[int], None]) -> None:
    """Read the daemon's first word from `reader`, calling `wait` before each read. Raises DaemonError."""
    answer = b""
    try:
        while not answer.endswith(b"\n"):
            wait(reader)
            chunk = os.read(reader, 4096)
            if not chunk:
                break
            answer += chunk
    finally:
        os.close(reader)
    text = answer.decode("utf-8", "replace").strip()
    if text != "ready":
        raise DaemonError(text or f"the caro daemon did not start; {paths.see_log('daemon')}")


def surroundings() -> dict[str, str]:
    """Return the `CARO_*` variables and the directory as request fields: the daemon sees none but ours."""
    settings = environment([name for name in os.environ if name.startswith("CARO_")])
    return {"cwd": cwd(), **settings}


def cwd() -> str:
    """Return the person's directory by the name that the shell has for it, "" where it is gone."""
    named = os.environ.get("PWD", "")
    try:
        return named if named and os.path.samefile(named, ".") else os.getcwd()
    except OSError:
        return ""


def environment(names: list[str]) -> dict[str, str]:
    """Return those of the named variables that are set, as request fields."""
    return {f"env.{name}": os.environ[name] for name in names if name in os.environ}


def _become_daemon(ready: int) -> None:
    null = os.open(os.devnull, os.O_RDWR)
    log = os.open(paths.log_file("daemon"), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(null, 0)
    os.dup2(null, 1)  # a pipe kept open here would make the shell's $(...) wait for ever
    os.dup2(log, 2)
    os.dup2(ready, 3)
    os.set_inheritable(3, True)  # it may have been 3 all along
    os.closerange(4, 1024)
    os.chdir("/")
    # glibc (2.35 and newer) then asks for huge pages: decoding is 3 to 10 % faster. It reads this
    # only at the start of a process; other C libraries do not know it.
    os.environ.setdefault("GLIBC_TUNABLES", "glibc.malloc.hugetlb=1")
    # -I: nothing from the current directory or PYTHON* variables is imported.
    os.execv(sys.executable, [sys.executable, "-I", "-m", "caro_shell.daemon", "--ready-fd", "3"])


def _socket_path() -> str:
    try:
        return paths.socket_path()
    except OSError as error:
        raise DaemonError(str(error)) from None
