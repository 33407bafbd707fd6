"""Where caro keeps things. Imported on every key press: standard library only, and little of it.

$CARO_HOME (~/.caro)            what is the user's
  config.toml  models.toml  models/  cache/  log/
$XDG_RUNTIME_DIR/caro/          one socket per CARO_HOME, directory 0700
"""

from __future__ import annotations

import os
from binascii import crc32

#: Longest path a unix socket may have (sockaddr_un is 104 bytes on macOS, 108 on Linux).
SOCKET_PATH_MAX = 103


def home() -> str:
    """Return the directory of everything that is the user's: `$CARO_HOME`, or `~/.caro`."""
    return os.path.abspath(os.environ.get("CARO_HOME") or os.path.expanduser("~/.caro"))


def config_file() -> str:
    """Return the path of the configuration file, whether or not it exists."""
    return os.path.join(home(), "config.toml")


def models_file() -> str:
    """Return the path of the person's own list of models, whether or not it exists."""
    return os.path.join(home(), "models.toml")


def log_file(name: str) -> str:
    """Return the path of a log file, `daemon` or `client`: the null device where none can be written."""
    directory = os.path.join(home(), "log")
    path = os.path.join(directory, name + ".log")
    try:
        os.makedirs(directory, mode=0o700, exist_ok=True)
    except OSError:
        return os.devnull
    return path if os.access(path if os.path.exists(path) else directory, os.W_OK) else os.devnull


def see_log(name: str) -> str:
    """Return the end of a sentence: where the details are."""
    path = log_file(name)
    if path == os.devnull:
        return f"no log can be written below {home()}"
    return f"the details are in {path}"


def runtime_dir() -> str:
    """Return the private directory of the socket, made when absent.

    Raises PermissionError when the directory belongs to someone else or others can enter it:
    a socket there could be another user's.
    """
    uid = os.getuid()
    for base in (os.environ.get("XDG_RUNTIME_DIR", ""), f"/run/user/{uid}"):
        if os.path.isabs(base) and _is_ours(base):
            directory = os.path.join(base, "caro")
            break
    else:
        directory = f"/tmp/caro-{uid}"
    if not os.path.lexists(directory):
        os.makedirs(directory, mode=0o700, exist_ok=True)
    if not _is_ours(directory):
        raise PermissionError(f"{directory} is not a private directory of yours; remove it")
    return directory


def socket_path() -> str:
    """Return the daemon's socket for this CARO_HOME: one home, one daemon.

    Raises PermissionError as `runtime_dir` does, OSError when the path is too long for a socket.
    """
    path = os.path.join(runtime_dir(), f"{crc32(os.fsencode(home())):08x}.sock")
    if len(os.fsencode(path)) > SOCKET_PATH_MAX:
        raise OSError(f"{path} is too long for a socket; set XDG_RUNTIME_DIR to a shorter path")
    return path


def _is_ours(directory: str) -> bool:
    """Say whether `directory` is a real directory, ours, and closed to everyone else."""
    try:
        entry = os.lstat(directory)
    except OSError:
        return False
    return entry.st_uid == os.getuid() and entry.st_mode & 0o170077 == 0o040000
