"""Directories that a server shows to everybody who reaches this machine."""

from __future__ import annotations

import re
from collections.abc import Iterator

from caro_shell.safety.arguments import split
from caro_shell.safety.call import Call, Word
from caro_shell.safety.places import Place, locate
from caro_shell.safety.rules.secrets import names_secret
from caro_shell.safety.rules.table import said
from caro_shell.safety.verdict import Level, Reason

_WIDE = {
    Place.ROOT: "the whole system", Place.HOME: "a whole home directory", Place.SYSTEM: "a directory of the system",
    Place.EMPTY: "the whole system, if the variable is empty", Place.PRECIOUS: "what should be your own alone",
}  # fmt: skip


def _mounted(call: Call, home: str) -> Iterator[Reason]:
    """A home or the system handed to a server of files in a container."""
    found = split(call.words, "-v --volume -p --publish --name -e --mount", ends=False)
    if not (found.has("-p", "--publish", "-P") or "host" in call.texts) or "run" not in call.texts:
        return
    serves = re.compile(
        r"(?:\S+/)?(?:nginx|httpd|caddy|filebrowser|samba|webdav|lighttpd|vsftpd|apache|static\S*|http-server)(?::\S+)?"
    )
    if any(serves.fullmatch(text) for text in call.texts):
        value = found.values.get("-v") or found.values.get("--volume")
        source = Word(value.text.partition(":")[0]) if value else None
        if source and locate(source, home, call.cwd) in (
            Place.ROOT,
            Place.HOME,
            Place.SYSTEM,
            Place.PRECIOUS,
        ):
            yield said(Level.DANGER, "lets everybody who reaches this machine read what it mounts", call)


def _served(call: Call, home: str) -> Iterator[Reason]:
    """Servers of files: which directory they show, and to whom."""
    found = _server(call)
    if found is None:
        return
    where, public = found
    place = locate(where or Word(call.cwd or "."), home, call.cwd)
    secret = names_secret(where.text) if where else ""
    if public and (place in _WIDE or secret):
        shown = secret or _WIDE[place]
        yield said(Level.DANGER, f"lets everybody who reaches this machine read {shown}", call)


def _server(call: Call) -> tuple[Word | None, bool] | None:
    """Return the directory that `call` serves (None for where it is), and whether to others; None for no server."""
    texts, program = call.texts, call.program
    words = " ".join(texts)
    if re.fullmatch(r"python[\d.]*|pypy3?", program):
        if not re.search(r"-m ?(?:http\.server|SimpleHTTPServer|pyftpdlib|uploadserver)\b", words):
            return None
        found = split(call.words, "-m -d -b --directory --bind -i")
        where = found.values.get("-d") or found.values.get("--directory")
        bind = found.values.get("-b") or found.values.get("--bind") or found.values.get("-i")
        return where, not (bind and bind.text in ("127.0.0.1", "localhost", "::1"))
    if program == "php" and "-S" in texts:
        found = split(call.words, "-S -t -d -c")
        return found.values.get("-t"), not re.match(r"(?:localhost|127\.|\[::1\])", found.values["-S"].text)
    if program in (
        "npx",
        "bunx",
        "pnpx",
        "serve",
        "http-server",
        "live-server",
        "miniserve",
        "dufs",
        "ruby",
        "busybox",
        "webfsd",
        "darkhttpd",
        "caddy",
        "twistd",
    ):
        return _other_server(call)
    return None


def _other_server(call: Call) -> tuple[Word | None, bool] | None:
    words = list(call.words)
    program = call.program
    if program in ("npx", "bunx", "pnpx"):
        words = [word for word in words if word.text not in ("-y", "--yes")]
        if not words or words[0].text.partition("@")[0] not in ("serve", "http-server", "live-server"):
            return None
        words = words[1:]
    if program == "ruby" and not any("httpd" in word.text for word in words):
        return None
    if program in ("caddy", "busybox", "twistd"):
        if not words or words[0].text not in ("file-server", "httpd", "web"):
            return None
        words = words[1:]
    found = split(words, "-p -l -a -r -i -h -e --port --listen --root --path --bind --host -b --run")
    where = (
        found.values.get("--root")
        or found.values.get("--path")
        or (found.values.get("-h") if program == "busybox" else None)
    )
    local = any(
        re.search(r"(?:^|[/:])(?:localhost|127\.0\.0\.1|::1)", value.text) for value in found.values.values()
    )
    if where is None and found.operands:
        where = found.operands[0]
    return where, not local


EVERY = (_served,)
RULES = {"docker": _mounted, "podman": _mounted}
