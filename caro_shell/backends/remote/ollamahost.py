"""Where an Ollama is, in the words of OLLAMA_HOST."""

from __future__ import annotations

import re

#: Without a scheme Ollama's own port is meant, with one the usual port of the scheme.
PORT, PORTS = 11434, {"http": 80, "https": 443}

# Where a server listens for all comers, this machine reaches it here.
_HERE = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "[::]": "[::1]"}  # noqa: S104 - not to listen on


def server_url(host: str) -> str:
    """Return the URL of the server that `host` names, in which all but a name or a port may be missing.

    The rules are those of Ollama's own programs.
    """
    scheme, _, rest = host.strip(" \t'\"").rpartition("://")
    netloc, slash, path = rest.partition("/")
    login, at, netloc = netloc.rpartition("@")
    match = re.fullmatch(r"(\[[^\]]*\]|[^:]*)(?::([^:]*))?", netloc)
    name, port = (match[1], match[2] or "") if match else (f"[{netloc}]", "")  # a bare IPv6 address
    number = int(port) if port.isdecimal() and int(port) < 1 << 16 else PORTS.get(scheme, PORT)
    return f"{scheme or 'http'}://{login}{at}{_HERE.get(name, name)}:{number}{slash}{path}".rstrip("/")
