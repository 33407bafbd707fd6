"""What was measured, so that a figure can be traced: tasks, model, prompt, machine."""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Sequence
from datetime import datetime, timezone
from typing import Any

from caro_shell import __version__
from caro_shell.backends import variants
from caro_shell.bench.task import Task
from caro_shell.catalog import Model, disk
from caro_shell.config import SETTINGS, Config
from caro_shell.prompt import make_prompt
from caro_shell.pull.digest import hash_stream
from caro_shell.resources import resource


def subject(settings: Config, tasks: Sequence[Task], shell: str) -> dict[str, Any]:
    """Return what `settings` would have answer `tasks` for `shell`. Raises ModelError, BackendError."""
    return {
        "caro": __version__,
        "when": datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "shell": shell,
        "platform": tasks[0].platform,
        "tasks_sha256": _hash(repr(tasks)),
        "prefix_sha256": prefix_hash(shell, tasks[0].platform),
        "bank_sha256": _files("bank", "embedding.npz"),
        "options_sha256": _files("options"),
        "settings": _changed(settings),
        "model": _model(settings),
    }


def prefix_hash(shell: str, platform: str) -> str:
    """Return the SHA-256 of what all requests for `shell` and `platform` begin with."""
    prompt = make_prompt("", shell, platform)
    return _hash(json.dumps([prompt.system, prompt.examples], ensure_ascii=False))


def _files(*names: str) -> str:
    """Return one hash for the names and contents of files, and of tables in directories, of `models`."""
    content = hashlib.sha256()
    for name in names:
        path = resource("models", name)
        for each in sorted(os.listdir(path)) if os.path.isdir(path) else [""]:
            if not each or each.endswith((".toml", ".txt")):  # and not what a script there is compiled to
                with open(os.path.join(path, each) if each else path, "rb") as file:
                    content.update(f"{name}/{each} ".encode() + file.read())
    return content.hexdigest()


def _changed(settings: Config) -> dict[str, Any]:
    """Return the settings of answers that are not the defaults; none that says where a server is."""
    kinds = ("generation.", "backend.embedded.")
    names = {key: SETTINGS[key].name for key in settings.sources if key.startswith(kinds)}
    return {key: getattr(settings, name) for key, name in sorted(names.items())}


def _model(settings: Config) -> dict[str, Any]:
    """Describe who answers; a server tells neither size nor hash of its model."""
    if settings.backend != "embedded":
        name = {"ollama": settings.ollama_model, "vllm": settings.vllm_model}.get(settings.backend, "")
        return {"backend": settings.backend, "id": name, "form": "", "bytes": None, "sha256": ""}
    model = variants.chosen(settings).model
    path = disk.locate(model)
    return {
        "backend": "embedded",
        "id": model.id,
        "form": model.form,
        "bytes": disk.bytes_at(path),
        "sha256": _weights(model, path),
        "adapter_sha256": _adapter(model) if settings.adapter else "",
    }


def _adapter(model: Model) -> str:
    """Return the hash of the adapter that llama.cpp is given with `model`, nothing where there is none."""
    path = disk.adapter(model) if model.form == "gguf" else ""
    return disk.content_hash(path) if path else ""


def _weights(model: Model, path: str) -> str:
    """Return the hash of the file as it is, read anew unless it was found to be the catalogue's."""
    if model.form == "mlx" or disk.verified(path, model):
        return model.sha256
    with open(path, "rb") as file:
        return hash_stream(file, lambda _: None).sha256()


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
