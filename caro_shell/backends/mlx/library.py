"""MLX itself: the library, the loading of a model's directory, memory, and its errors as ours.

mlx-lm knows the models, and takes a second to import for the sake of transformers, of which caro uses
nothing: there is no way past it, since the package imports all of its parts.
"""

from __future__ import annotations

import contextlib
import gc
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from caro_shell.backends.embedded.modelfile import check_memory
from caro_shell.catalog import disk
from caro_shell.errors import BackendUnavailable, CaroError, MlxFailed

try:
    import mlx.core as mx
    from mlx_lm.models import cache as caches
    from mlx_lm.utils import dequantize_model, load_model
except (ImportError, OSError, RuntimeError, ValueError) as error:  # missing, or it does not start here
    raise BackendUnavailable(
        f"MLX cannot be loaded ({error}); install caro again with its extra mlx, "
        "or set backend.embedded.variant to cpu"
    ) from error

__all__ = ["build", "caches", "failing", "load", "mx", "release"]

log = logging.getLogger("caro.mlx")

#: Bytes that MLX may use beside the weights: KV cache, and what it calculates with.
BUFFER_BYTES = 600 << 20
#: Bytes of freed buffers that it may keep for the next token.
KEPT_BYTES = 64 << 20
_UNLIMITED = mx.get_memory_limit()  # its own guess at what the machine can take
#: How much larger 4-bit weights become that are unpacked to 32 bits.
_UNPACKED = 7


@contextlib.contextmanager
def failing(doing: str) -> Iterator[None]:
    """Turn whatever MLX raises inside into MlxFailed; `doing` is read behind "MLX failed while"."""
    try:
        yield
    except CaroError:
        raise
    except Exception as error:
        cause = " ".join(str(error).split())[:200] or type(error).__name__
        raise MlxFailed(f"{doing}: {cause}") from error


def load(path: str) -> tuple[Any, dict[str, Any]]:
    """Return the model in the directory `path`, in memory, and what its config.json says.

    Without a GPU the weights are unpacked to 32 bits: MLX multiplies packed ones with a plain loop there.
    Raises MlxFailed, or BackendUnavailable where memory is short.
    """
    with failing(f"loading {path}"):
        on_gpu = mx.default_device().type == mx.DeviceType.gpu
        size = disk.bytes_at(path)
        check_memory(path, size * (1 if on_gpu else _UNPACKED) + BUFFER_BYTES)
        model, config = load_model(Path(path), lazy=True)
        if not on_gpu:
            model = dequantize_model(model)
            model.set_dtype(mx.float32)
        mx.set_cache_limit(KEPT_BYTES)
        mx.eval(model.parameters())
        _limit_memory()
    log.info("%s is in memory: %.0f MB", path, mx.get_active_memory() / 1e6)
    return model, config


def _limit_memory() -> None:
    """Hold MLX to what is in use now and some room; on a GPU all of it stays resident."""
    most = mx.get_active_memory() + BUFFER_BYTES
    mx.set_memory_limit(most)
    if mx.metal.is_available():
        with contextlib.suppress(RuntimeError, ValueError):  # macOS before 15 does not have it
            mx.set_wired_limit(min(most, mx.device_info()["max_recommended_working_set_size"]))


def release() -> None:
    """Give the system back the memory of what is no longer referred to."""
    gc.collect()  # modules refer to each other
    mx.clear_cache()
    mx.set_memory_limit(_UNLIMITED)
    if mx.metal.is_available():
        with contextlib.suppress(RuntimeError, ValueError):
            mx.set_wired_limit(0)


def build() -> str:
    """Return what a saved state depends on besides model and tokens: the library's version and device."""
    return f"mlx {mx.__version__} {mx.default_device()}"
