"""What a person says of a server: its address, a model, where the key is. Checked, and never a key itself."""

from __future__ import annotations

import os
import re
from urllib.parse import urlsplit

from caro_shell.errors import ConfigError
from caro_shell.sanitise import printable

#: A part of a variable's name that is rather a piece of a key: long, with figures or in mixed case.
_LONG, _VERY_LONG = 12, 24


def checked_url(text: str) -> str:
    """Return the server's address as it is stored; `host:port` is taken as one of http.

    Raises ConfigError when `text` is none.
    """
    url = text.strip()
    if re.fullmatch(r"[^/:@]+:\d+(/.*)?", url):
        url = f"http://{url}"
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:  # a port that is no number, half a pair of brackets
        usable = False
    if not usable or " " in url or url != printable(url):
        raise ConfigError("a URL is needed, with http:// or https:// and a port, as http://localhost:8000")
    if "@" in parts.netloc:
        raise ConfigError("a user's name or password in the URL would be stored as plain text; leave it out")
    if parts.query or parts.fragment:
        raise ConfigError("the URL of the server itself is needed, without what follows a ? or #")
    return url.rstrip("/")


def checked_model(text: str) -> str:
    """Return the name of a model. Raises ConfigError when it could not be shown."""
    name = text.strip()
    if name != printable(name):
        raise ConfigError("the name holds a character that cannot be seen; type it, or copy it again")
    return name


def checked_variable(text: str) -> str:
    """Return the name of an environment variable, empty for none, which may be said as "-".

    Raises ConfigError, with nothing of `text` in it, when this is rather a key than a name.
    """
    name = "" if text.strip() == "-" else text.strip()
    if looks_like_a_key(name):
        raise ConfigError(
            "that is no name of a variable, a key perhaps, and keys are never stored; put the key "
            "into an environment variable and give its name, as VLLM_API_KEY"
        )
    return name


def looks_like_a_key(name: str) -> bool:
    """Say whether `name` is not that of a variable: none is set, and it cannot be one or would be odd."""
    if not name or name in os.environ:
        return False
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
        return True
    for part in name.split("_"):
        mixed = part != part.upper() and part != part.lower()
        if len(part) >= _VERY_LONG or (len(part) >= _LONG and (mixed or re.search(r"\d", part))):
            return True
    return False


def suggested(models: list[str]) -> str:
    """Return the model to propose: the first that is for code, else the first that can write."""
    here = [name for name in models if not runs_elsewhere(name)]
    writers = [name for name in here if not re.search(r"embed|rerank|whisper", name.lower())] or here
    return next((name for name in writers if "code" in name.lower()), writers[0] if writers else "")


def runs_elsewhere(name: str) -> bool:
    """Say whether Ollama has a model of this name run by its makers, wherever the server is."""
    return bool(re.search(r"[:-]cloud$", name))
