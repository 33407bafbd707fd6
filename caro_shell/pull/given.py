"""What a person gives to be pulled: a model's name, the path of a file, or a URL."""

from __future__ import annotations

import os
from dataclasses import replace
from urllib.parse import unquote, urlsplit

from caro_shell import catalog
from caro_shell.catalog import HttpsSource, Model, Source, own
from caro_shell.catalog.url import host_of, without_credentials
from caro_shell.errors import ModelError
from caro_shell.pull import https, hub

_ENDING = ".gguf"


def given(text: str) -> Model:
    """Return the model that `text` names: an id or short name, the path of a .gguf file, or its URL.

    A file is used where it lies. What a URL brings goes to the directory of models, is pinned, and is to be
    remembered afterwards: see `remember`. Raises ModelError.
    """
    return _at(text) if "://" in text else catalog.find(text)


def remember(model: Model) -> bool:
    """Add a model that came from a URL to the person's own list; say whether that was needed.

    Raises ModelError when the list cannot be written.
    """
    if os.path.isabs(model.file) or model.id in catalog.load_catalog():
        return False
    own.add(model)
    return True


def _at(url: str) -> Model:
    shown = without_credentials(url)
    name = _file_name(url, shown)
    if not https.is_private(url):
        raise ModelError(
            f"{shown} is not fetched: over plain http anyone on the way could change it; "
            "use https, or name the server in models.sources"
        )
    source: Source = hub.source_of(url) or HttpsSource(url)
    listed = replace(source, url=shown) if isinstance(source, HttpsSource) else source
    known = catalog.load_catalog().values()
    for model in known:
        if source in model.sources or listed in model.sources:
            return replace(model, sources=tuple(source if s == listed else s for s in model.sources))
    try:
        model = own.entry({"id": name[: -len(_ENDING)], "file": name, "title": f"from {host_of(url)}"})
    except ValueError as error:
        raise ModelError(f"{shown} cannot be fetched: {error}") from error
    for other in known:
        if own.shared(model, other):
            raise ModelError(
                f"{name} is the file of another model already, {other.id}; "
                f"write an entry for {shown} with another id and file in your models.toml"
            )
    return replace(model, sources=(source,))


def _file_name(url: str, shown: str) -> str:
    """Return the name of the file that `url` leads to, which is `shown` in sentences."""
    try:
        url.encode()
        name = unquote(urlsplit(url).path.rpartition("/")[2])
    except ValueError as error:  # half a character that a terminal of another encoding gave; "http://["
        raise ModelError(f"{shown} is no URL ({error}); give the address of a .gguf file") from error
    if not name.endswith(_ENDING):
        raise ModelError(f"{shown} is no .gguf file; give the address of the file itself")
    return name
