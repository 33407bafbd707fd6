"""What a hub states of a repository's files: which commit, how large, and their hashes.

The interface is that of huggingface.co; $HF_ENDPOINT names another server that speaks it, $HF_TOKEN a key.
"""

from __future__ import annotations

import fnmatch
import json
import os
import re
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit

from caro_shell.catalog import File, HubSource, Model
from caro_shell.catalog.url import host_of, without_credentials
from caro_shell.pull import https
from caro_shell.pull.part import SourceError

_HUB = "https://huggingface.co"

#: What belongs to a model in MLX form. Code that a repository carries does not: nothing of it is ever run.
_WANTED = (".json", ".safetensors", ".txt", ".model", ".jinja")

_PLAIN = re.compile(r"\w[\w.+-]*", re.ASCII)
_COMMIT = re.compile(r"[0-9a-f]{40}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


class Stated(NamedTuple):
    """The files of a model as a hub has them now, and the URL of each by its name."""

    files: tuple[File, ...]
    urls: dict[str, str]


def host() -> str:
    """Return the hub's host, as sentences name it."""
    return host_of(_endpoint())


def token() -> str:
    """Return the person's key for the hub, or nothing."""
    return os.environ.get("HF_TOKEN", "")


def belongs_to_mlx(name: str) -> bool:
    """Say whether a file called `name` belongs to a model in MLX form."""
    return bool(_PLAIN.fullmatch(name)) and name.endswith(_WANTED)


def stated(source: HubSource, model: Model) -> Stated:
    """Return what the hub has of `model`. Raises SourceError when that cannot be known, or is not the model.

    A commit and a known hash need no question: neither can have changed.
    """
    if not https.is_private(_endpoint()):
        raise SourceError(
            f"HF_ENDPOINT is {without_credentials(_endpoint())}, where anyone on the way could change what "
            "comes: it must begin with https (a mirror without it can be named in models.sources)"
        )
    if (
        model.sha256
        and model.form == "gguf"
        and _COMMIT.fullmatch(source.revision)
        and "*" not in source.file
    ):
        return Stated(
            (File(model.file, model.size, model.sha256),),
            {model.file: _url(source.repo, source.revision, source.file)},
        )
    commit = str(_ask(f"api/models/{source.repo}/revision/{quote(source.revision, safe='')}", "sha"))
    if not _COMMIT.fullmatch(commit):
        raise SourceError(f"{host()} names no commit of {source.repo}")
    entries = _entries(source.repo, commit)
    if model.form == "mlx":
        files = tuple(file for file in entries if belongs_to_mlx(file.name))
        if not any(file.name.endswith(".safetensors") for file in files):
            raise SourceError(f"{source.repo} on {host()} holds no weights in MLX form")
        return Stated(files, {file.name: _url(source.repo, commit, file.name) for file in files})
    found = _one(source, entries)
    return Stated(
        (File(model.file, found.size, found.sha256, found.blob),),
        {model.file: _url(source.repo, commit, found.name)},
    )


def source_of(url: str) -> HubSource | None:
    """Return what `url` names when it is a file's page or address on the hub, None for other URLs."""
    found = re.fullmatch(r"/([^/]+/[^/]+)/(?:blob|resolve)/([^/]+)/(.+)", urlsplit(url).path)
    return HubSource(found[1], found[3], found[2]) if found and host_of(url) == host() else None


def _endpoint() -> str:
    return (os.environ.get("HF_ENDPOINT") or _HUB).rstrip("/")


def _url(repo: str, revision: str, name: str) -> str:
    return f"{_endpoint()}/{repo}/resolve/{quote(revision, safe='')}/{quote(name)}"


def _one(source: HubSource, entries: list[File]) -> File:
    """Return the one file that the source means."""
    pattern = source.file.lower()
    found = [file for file in entries if fnmatch.fnmatchcase(file.name.lower(), pattern)]
    exact = [file for file in found if file.name == source.file]
    if len(exact or found) != 1:
        raise SourceError(
            f"{source.repo} on {host()} holds {len(found) or 'no'} files {source.file}"
            + (f" ({', '.join(file.name for file in found[:4])})" if found else "")
        )
    return (exact or found)[0]


def _ask(path: str, key: str = "") -> Any:
    """Return the hub's answer, or what it holds under `key`. Raises SourceError."""
    try:
        answer = json.loads(https.text_of(f"{_endpoint()}/{path}", token()))
        return answer[key] if key else answer
    except https.RefusedError as error:
        hint = "the key in HF_TOKEN does not open it" if token() else "HF_TOKEN may hold a key for it"
        raise SourceError(f"{error} ({hint})") from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise SourceError(f"{host()} gives an answer for {path} that is none of a hub") from error


def _entries(repo: str, commit: str) -> list[File]:
    entries = _ask(f"api/models/{repo}/tree/{commit}?recursive=true")
    try:
        return [_file(entry) for entry in entries if entry["type"] == "file"]
    except (KeyError, TypeError, ValueError) as error:
        raise SourceError(f"{host()} gives a list of {repo} that is none of a hub") from error


def _file(entry: dict[str, Any]) -> File:
    """Return one entry of the list: large files have a SHA-256, the others git's name for their content."""
    large = entry.get("lfs")
    sha256 = str(large["oid"]) if large else ""
    blob = "" if large else str(entry["oid"])
    if not (_SHA256.fullmatch(sha256) or _COMMIT.fullmatch(blob)):
        raise ValueError("no hash")
    return File(str(entry["path"]), int(large["size"] if large else entry["size"]), sha256, blob)
