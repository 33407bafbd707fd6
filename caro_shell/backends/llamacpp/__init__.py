"""The embedded model on llama.cpp: a GGUF file, on this machine's processor."""

from __future__ import annotations

import os

from caro_shell import pressure
from caro_shell.backends import Listener
from caro_shell.backends.embedded import EmbeddedBackend
from caro_shell.backends.embedded.chatformat import chat_format
from caro_shell.backends.llamacpp import trial
from caro_shell.backends.llamacpp.context import LlamaContext
from caro_shell.backends.llamacpp.library import build
from caro_shell.backends.variants import in_gguf
from caro_shell.catalog import Model, disk
from caro_shell.config import Config
from caro_shell.errors import ModelError


class LlamaCppBackend(EmbeddedBackend):
    """A loaded GGUF model; see `Backend` for the contract."""

    def __init__(self, config: Config) -> None:
        entry = in_gguf(config)
        path = disk.locate(entry)
        self._size = os.path.getsize(path)
        if not _vouched_for(entry, path):
            trial.undergo(path)
        self._context = LlamaContext(path, disk.adapter(entry) if config.adapter else "")
        self.is_trained = bool(self._context.adapter)
        try:
            template = self._context.metadata("tokenizer.chat_template")
            form = chat_format(entry.chat, template, path, self._context)
        except ModelError:
            self._context.close()
            raise
        identity = (disk.weights(entry, path), disk.content_hash(self._context.adapter), build())
        super().__init__(entry.id, config, self._context, form, identity)

    def improve(self, listener: Listener) -> None:
        """Lay the weights out anew for this processor; see `Backend.improve`."""
        if not self._context.is_repacked and not pressure.is_short(wanted=self._size):
            self._context.repack(listener.cancelled)


def _vouched_for(entry: Model, path: str) -> bool:
    """Say whether the file at `path` is one of caro's own catalog, in which nothing is that was not tried.

    A hash that a source stated, or the person wrote down, says that a file is the same, not that it is sound.
    """
    return entry.shipped and not entry.pinned and disk.verified(path, entry)
