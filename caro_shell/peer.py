"""Who is at the other end of a unix socket. Imported on every key press: standard library only."""

from __future__ import annotations

import _socket
import os
import sys

TYPE_CHECKING = False  # `typing` is not imported on a key press
if TYPE_CHECKING:
    import socket
    from typing import Union

    Connection = Union[_socket.socket, socket.socket]

# Level, option and size of the answer. Linux has `struct ucred` (pid, uid, gid), macOS `struct xucred`
# (version, uid, groups): in both the uid is the second number of four bytes.
_LINUX = (_socket.SOL_SOCKET, getattr(_socket, "SO_PEERCRED", 17), 12)
_MACOS = (0, getattr(_socket, "LOCAL_PEERCRED", 1), 76)


def is_stranger(connection: Connection) -> bool:
    """Say whether the process at the other end of a connected unix socket runs for another user than this.

    False also where the system does not tell: then the directory of the socket alone keeps others out.
    """
    uid = uid_of(connection)
    return uid is not None and uid != os.getuid()


def uid_of(connection: Connection) -> int | None:
    """Return the user for whom the process at the other end runs; None where the system does not tell."""
    asked = {"linux": _LINUX, "darwin": _MACOS}.get(sys.platform)
    if asked is None:
        return None
    try:
        answer = connection.getsockopt(*asked)
    except OSError:
        return None
    return int.from_bytes(answer[4:8], sys.byteorder) if len(answer) >= 8 else None
