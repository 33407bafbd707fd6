"""What a person gives to be pulled: a model's name, the path of a file, or a URL."""

from __future__ import annotations

import os
from dataclasses import replace
from urllib.parse import unquote, urlsplit

from caro_shell import catalog
from caro_shell.catalog import HttpsSource, Model, Source, own
from caro_shell.errors import ModelError
from caro_shell.pull import https, hub


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
    name = unquote(urlsplit(url).path.rpartition("/")[2])
    if not name.endswith(".gguf"):
        raise ModelError(f"{url} is no .gguf file; give the address of the file itself")
    if not https.is_private(url):
        raise ModelError(
            f"{url} is not fetched: over plain http anyone on the way could change it; "
            "use https, or name the server in models.sources"
        )
    source: Source = hub.source_of(url) or HttpsSource(url)
    model_id = name[: -len(".gguf")]
    known = catalog.load_catalog()
    for model in known.values():
        if source in model.sources:
            return model
        if model_id in {model.id, model.short} - {""} or model.file == name:
            raise ModelError(
                f"{name} is the file of another model already, {model.id}; "
                f"write an entry for {url} with another id and file in your models.toml"
            )
    try:
        model = own.entry({"id": model_id, "file": name, "title": f"from {urlsplit(url).netloc}"})
    except ValueError as error:
        raise ModelError(f"{url} cannot be fetched: {error}") from error
    return replace(model, sources=(source,))
