"""What in caro's own files is open to others: secrets that stand there, and who else can get at them."""

from __future__ import annotations

import grp
import os
import pwd
import re
import stat
from collections.abc import Iterator
from typing import Any

from caro_shell import config, paths
from caro_shell.catalog.url import without_credentials
from caro_shell.setup import particulars

#: The last part of a setting's name that holds a secret, whoever thought of it.
_SECRET = re.compile(
    r"(^|[._-])(api_?key|key|token|secret|password|passwd|credentials?|bearer)$", re.IGNORECASE
)
#: A name and a password before a host.
_LOGIN = re.compile(r"//[^/\s@\"']+:[^/\s\"']*@")

_IN_A_VARIABLE = "remove it there, and name the variable that has it in backend.vllm.api_key_env"


def exposed() -> Iterator[str]:
    """Yield a sentence for each thing that others can get at, with the remedy; nothing of a secret itself."""
    yield from _directory(paths.home())
    for name in ("models", "cache", "log"):
        yield from _directory(os.path.join(paths.home(), name))
    path = paths.config_file()
    for file in (path, f"{path}.bak"):
        settings = config.read_file(file, [])
        secrets = list(_secrets(file, settings))
        yield from secrets
        names_servers = any(key.startswith(("backend.ollama.", "backend.vllm.")) for key, _, _ in settings)
        yield from _file(file, is_private=bool(secrets) or names_servers)
    holds_login = _holds_login(paths.models_file())
    if holds_login:
        yield f"{paths.models_file()}: a source holds a password in plain text; put it into ~/.netrc"
    yield from _file(paths.models_file(), is_private=holds_login)


def without_secrets(key: str, value: Any) -> Any:
    """Return the `value` of the setting `key` as it may be shown: logins and what may be a key left out."""
    if key == "backend.vllm.api_key_env" and particulars.looks_like_a_key(value):
        return "..."
    if isinstance(value, tuple):
        return tuple(map(without_credentials, value))
    return without_credentials(value) if isinstance(value, str) else value


def _secrets(file: str, settings: list[tuple[str, Any, int]]) -> Iterator[str]:
    for key, value, line in settings:
        where = f"{file} line {line}" if line else file
        if key not in config.SETTINGS and _SECRET.search(key) and value:
            yield f"{where}: {key} is a secret, which is used nowhere; {_IN_A_VARIABLE}"
        elif key == "backend.vllm.api_key_env" and particulars.looks_like_a_key(str(value)):
            yield f"{where}: {key} is to name a variable, and holds a key perhaps; put that into a variable"
        elif any(map(_LOGIN.search, _texts(value))):
            yield f"{where}: {key} holds a password in plain text; leave it out of the address"


def _holds_login(path: str) -> bool:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return bool(_LOGIN.search(file.read()))
    except OSError:
        return False


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)


def _directory(path: str) -> Iterator[str]:
    """Look whether others can put something of theirs into the directory at `path`."""
    entry = _entry(path)
    if entry is None:
        return
    where = f"{path}, which leads to {os.path.realpath(path)}," if os.path.islink(path) else path
    if entry.st_uid not in (os.getuid(), 0):
        whose = _name(entry.st_uid)
        yield f"{where} belongs to {whose}, who can change what caro does; use a directory of yours"
    elif _writable_by_others(entry):
        yield (
            f"{where} can be written by others (mode {_mode(entry):04o}), who can change what caro does; "
            f"close it with: chmod go-w {path}"
        )


def _file(path: str, *, is_private: bool) -> Iterator[str]:
    """Look whether others can change the file at `path`, or read it where it `is_private`."""
    entry = _entry(path)
    if entry is None:
        return
    if entry.st_uid not in (os.getuid(), 0):
        yield f"{path} belongs to {_name(entry.st_uid)}, who can change it; put one of yours in its place"
    elif entry.st_mode & 0o077 and (is_private or _writable_by_others(entry)):
        yield f"{path} is open to others (mode {_mode(entry):04o}); close it with: chmod 600 {path}"


def _entry(path: str) -> os.stat_result | None:
    try:
        return os.stat(path)
    except OSError:
        return None


def _writable_by_others(entry: os.stat_result) -> bool:
    """Say whether others can write there. A group that a person has alone, as on Debian, is nobody else."""
    if entry.st_mode & 0o002:
        return True
    return bool(entry.st_mode & 0o020) and not _is_own_group(entry.st_gid)


def _is_own_group(gid: int) -> bool:
    try:
        group = grp.getgrgid(gid)
        return group.gr_name == _name(os.getuid()) and not set(group.gr_mem) - {group.gr_name}
    except KeyError:
        return False


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"


def _mode(entry: os.stat_result) -> int:
    return stat.S_IMODE(entry.st_mode)
