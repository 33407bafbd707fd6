"""The small model in MLX form, converted once for each state of the code that converts."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

import caro_shell

KEPT = Path(os.environ.get("CARO_TEST_MODELS", Path.home() / ".cache/caro/test-home"))
GGUF = "SmolLM2-135M-Instruct.Q4_1.gguf"
NAME = "smollm2-135m-q4-mlx-converted"

#: For tests that need MLX itself; Apple's machines and Linux have it, Pythons before 3.11 have not.
needs_mlx = pytest.mark.skipif(
    not all(importlib.util.find_spec(name) for name in ("mlx", "mlx_lm", "gguf")),
    reason=f"MLX is not installed here (Python {sys.version_info[0]}.{sys.version_info[1]})",
)


def give_models(home: Path) -> Path:
    """Let `home` have the small model in both forms; return the directory of the converted one."""
    models = home / "models"
    models.mkdir(parents=True)
    (models / GGUF).symlink_to(KEPT / "models" / GGUF)
    (models / NAME).symlink_to(_converted())
    return models / NAME


def copy_model(home: Path) -> Path:
    """Replace the link to the converted model in `home` by a copy, to be changed; return its directory."""
    model = home / "models" / NAME
    original = model.resolve()
    model.unlink()
    shutil.copytree(original, model)
    return model


def _converted() -> Path:
    """Return the converted model, made if need be: kept, for it takes a quarter of a minute."""
    from caro_shell import catalog  # noqa: PLC0415 - the libraries are heavy
    from caro_shell.convert import convert  # noqa: PLC0415

    code = sorted((Path(caro_shell.__file__).parent / "convert").glob("*.py"))
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in code) + version("mlx").encode())
    home = KEPT / f"mlx-{digest.hexdigest()[:12]}"
    model = home / "models" / NAME
    if not (model / "caro.json").exists():
        for old in KEPT.glob("mlx-*"):
            shutil.rmtree(old, ignore_errors=True)
        (home / "models").mkdir(parents=True)
        (home / "models" / GGUF).symlink_to(KEPT / "models" / GGUF)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("CARO_HOME", str(home))
            convert(catalog.find("smollm2-135m-q4"), quiet=True)
    return model
