"""The embedded model on MLX: a directory in MLX form, on Apple's GPU."""

from __future__ import annotations

import json
import os

from caro_shell.backends.embedded import EmbeddedBackend
from caro_shell.backends.embedded.chatformat import chat_format
from caro_shell.backends.mlx.context import MlxContext
from caro_shell.backends.mlx.library import build
from caro_shell.catalog import Model, disk
from caro_shell.config import Config
from caro_shell.errors import ModelError


class MlxBackend(EmbeddedBackend):
    """The loaded `model`, which is in MLX form; see `Backend` for the contract.

    Raises ModelMissing, ModelDamaged, ModelError for an unknown chat format, MlxFailed or BackendUnavailable.
    """

    def __init__(self, config: Config, model: Model) -> None:
        path = disk.locate(model)
        context = MlxContext(path)
        try:
            form = chat_format(model.chat, _chat_template(path), path, context)
        except ModelError:
            context.close()
            raise
        super().__init__(model.id, config, context, form, (disk.weights(model, path), build()))


def _chat_template(path: str) -> str:
    """Return the chat template that the model in the directory `path` brings, or nothing."""
    try:
        with open(os.path.join(path, "chat_template.jinja"), encoding="utf-8") as file:
            return file.read()
    except (OSError, ValueError):
        pass
    try:
        with open(os.path.join(path, "tokenizer_config.json"), encoding="utf-8") as file:
            return str(json.load(file).get("chat_template", ""))
    except (OSError, ValueError, AttributeError):
        return ""
