"""What bubblewrap is told: what a sandbox holds of the system, for whom, and with which limits."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from typing import Any, NamedTuple

#: Where the one directory that lasts is seen.
HOME = "/home/user"
_UID = "1000"

#: The kernel lets root have as many processes as it likes, so root's sandboxes belong to "nobody".
NOBODY = 65534
_AS_NOBODY: dict[str, Any] = {"user": NOBODY, "group": NOBODY, "extra_groups": []}

#: Kilobytes of a process's memory and of a file, processes, seconds of processor time; bytes in /tmp.
_LIMITS = f"ulimit -v {2 << 20} -f {64 << 10} -u 256 -t 10 -c 0"
_LIMITED = ("bash", "-c", f'{_LIMITS}; exec "$@" 2>/dev/null', "-")
_TMP = str(64 << 20)

#: What is seen where it is; the first five are links into /usr on most systems.
_LINKED = ("/bin", "/sbin", "/lib", "/lib32", "/lib64")
_SEEN = ("/nix/store", "/etc/alternatives", "/etc/ld.so.cache", "/etc/magic", "/etc/services")

_ETC = {
    "/etc/passwd": f"root:x:0:0::/root:/bin/bash\nuser:x:{_UID}:{_UID}::{HOME}:/bin/bash\n",
    "/etc/group": f"root:x:0:\nuser:x:{_UID}:\n",
    "/etc/hosts": "127.0.0.1 localhost\n",
}

#: What is run: a file, so that its words are in no list of processes.
_SCRIPT = "/run/line"

#: A fixed date, so that the same commit has the same hash in every run.
_COMMIT_DATE = "2030-01-01T00:00:00Z"
ENVIRONMENT = {
    "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin",
    "HOME": HOME,
    "USER": "user",
    "LOGNAME": "user",
    "SHELL": "/bin/bash",
    "LANG": "C.UTF-8",
    "TZ": "UTC",
    "TERM": "dumb",
    "PAGER": "cat",
    "XDG_CONFIG_HOME": "/tmp/config",
    "XDG_DATA_HOME": "/tmp/data",
    "XDG_CACHE_HOME": "/tmp/cache",
    "GIT_AUTHOR_NAME": "user",
    "GIT_AUTHOR_EMAIL": "user@box",
    "GIT_AUTHOR_DATE": _COMMIT_DATE,
    "GIT_COMMITTER_NAME": "user",
    "GIT_COMMITTER_EMAIL": "user@box",
    "GIT_COMMITTER_DATE": _COMMIT_DATE,
}


class Started(NamedTuple):
    """A sandbox: bubblewrap, which passes on the output, and `inside`, a pidfd of the first process in there.

    That is ready once all in there have ended, and None when they have already.
    """

    process: subprocess.Popen[bytes]
    inside: int | None


def start(home: str, shell: str, text: str) -> Started:
    """Start `shell` with the script `text` in a sandbox whose home is the directory `home`.

    Raises OSError, with what bubblewrap says, when there can be none.
    """
    if sys.platform != "linux":
        raise OSError("bubblewrap runs on Linux only")
    told, tells = os.pipe()
    with open(told, encoding="utf-8") as info:
        with contextlib.ExitStack() as given:
            given.callback(os.close, tells)
            options, descriptors = ["--info-fd", str(tells)], [tells]
            for path, content in {**_ETC, _SCRIPT: text}.items():
                file = given.enter_context(tempfile.TemporaryFile())
                file.write(content.encode())
                file.seek(0)
                options += ["--ro-bind-data", str(file.fileno()), path]
                descriptors.append(file.fileno())
            process = subprocess.Popen(
                [*_sandbox(home), *options, "--remount-ro", "/", *_LIMITED, shell, _SCRIPT],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,  # bubblewrap's own
                env=ENVIRONMENT,
                pass_fds=descriptors,
                **({} if os.geteuid() else _AS_NOBODY),
            )
        about = info.read()  # until bubblewrap closes it
    if not about:
        said = process.communicate()[1].decode(errors="replace").strip()
        raise OSError(said or f"bwrap ended with status {process.returncode}")
    try:
        return Started(process, os.pidfd_open(json.loads(about)["child-pid"]))
    except ProcessLookupError:
        return Started(process, None)


def _sandbox(home: str) -> list[str]:
    words = ["bwrap", "--unshare-all", "--die-with-parent", "--new-session"]
    words += ["--uid", _UID, "--gid", _UID, "--hostname", "box", "--ro-bind", "/usr", "/usr"]
    for path in _LINKED:
        words += ["--symlink", os.readlink(path), path] if os.path.islink(path) else _seen(path)
    for path in _SEEN:
        words += _seen(path)
    words += ["--proc", "/proc", "--dev", "/dev", "--size", _TMP, "--tmpfs", "/tmp"]
    return [*words, "--bind", home, HOME, "--chdir", HOME]


def _seen(path: str) -> list[str]:
    return ["--ro-bind-try", path, path]
