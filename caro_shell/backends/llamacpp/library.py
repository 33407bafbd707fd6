"""llama.cpp itself: the library, how it is set up, and the loading of a GGUF file. Over its C API."""

from __future__ import annotations

import collections
import contextlib
import ctypes
import logging
import os
from typing import Any, Callable

# Read by GNU OpenMP when it is loaded. With its default a waiting thread spins through its whole
# time slice: on a busy machine that costs two thirds of the speed or more, 1,000 spins 3 % on an idle one.
os.environ.setdefault("GOMP_SPINCOUNT", "1000")

try:
    import llama_cpp
except (ImportError, OSError, RuntimeError) as error:  # a missing package, or a library that does not load
    from caro_shell.errors import BackendUnavailable

    raise BackendUnavailable(
        f"llama-cpp-python cannot be loaded ({error}); run install.sh again to rebuild it"
    ) from error

from caro_shell.backends.embedded.context import BATCH_TOKENS, CONTEXT_TOKENS, OUTPUTS

__all__ = ["build", "complaints", "give_back", "llama_cpp", "load", "load_adapter", "metadata", "new_context"]

log = logging.getLogger("caro.llama")

# Of a mapped file the pages of repacked weights come back with their neighbours: as many as the system maps
# at once (from Linux 6.18 on whole folios), memory held twice. Read, the weights are held once.
_REPACKED_FROM = llama_cpp.LLAMA_LOAD_MODE_NONE
_WARNING, _ERROR = 3, 4  # ggml's levels; the rest is chatter
_EXPECTED = "cannot use buft"  # a line for each tensor of an adapter beside repacked weights

#: The errors that llama.cpp has logged since the last `load` began, each cut where it is very long.
complaints: collections.deque[str] = collections.deque(maxlen=8)


@llama_cpp.llama_log_callback  # type: ignore[untyped-decorator,unused-ignore]
def _to_log(level: int, text: bytes, _data: object) -> None:
    line = text.decode("utf-8", "replace").rstrip()
    loud = level in (_WARNING, _ERROR) and _EXPECTED not in line
    log.log(logging.WARNING if loud else logging.DEBUG, "%s", line)
    if level == _ERROR and len(complaints) < (complaints.maxlen or 0):
        complaints.append(line[:200])


def load(path: str, *, repacked: bool, cancelled: Callable[[], bool] = lambda: False) -> Any:
    """Return llama.cpp's model of the GGUF file at `path`; None where it cannot be loaded, or is `cancelled`.

    It is asked for that with each tensor. Weights that are not `repacked` stay in the mapped file. Why it
    cannot be loaded is in `complaints`.
    """
    complaints.clear()
    llama_cpp.llama_log_set(_to_log, None)
    llama_cpp.llama_backend_init()
    params = llama_cpp.llama_model_default_params()
    params.load_mode = _REPACKED_FROM if repacked else llama_cpp.LLAMA_LOAD_MODE_MMAP
    params.use_extra_bufts = repacked
    goes_on = llama_cpp.llama_progress_callback(lambda _share, _data: not cancelled())
    params.progress_callback = goes_on
    return llama_cpp.llama_model_load_from_file(os.fsencode(path), params)


def metadata(model: Any, key: str) -> str:
    """Return what the file of `model` says under the GGUF key `key`, or nothing."""
    size = llama_cpp.llama_model_meta_val_str(model, key.encode(), None, 0)
    if size < 0:
        return ""
    buffer = ctypes.create_string_buffer(size + 1)
    llama_cpp.llama_model_meta_val_str(model, key.encode(), buffer, len(buffer))
    return buffer.value.decode("utf-8", "replace")


def new_context(model: Any, adapter: Any = None) -> Any:
    """Return a new llama.cpp context of `model` with an `adapter` of it, None where memory is short."""
    params = llama_cpp.llama_context_default_params()
    params.n_ctx = CONTEXT_TOKENS
    params.n_batch = params.n_ubatch = BATCH_TOKENS
    params.n_seq_max = 2
    params.kv_unified = True
    params.n_outputs_max = OUTPUTS  # by default there is room for a whole batch: 120 MB more
    params.flash_attn_type = llama_cpp.LLAMA_FLASH_ATTN_TYPE_DISABLED  # slower on CPUs
    params.no_perf = True
    context = llama_cpp.llama_init_from_model(model, params)
    if context and adapter:
        one, whole = (llama_cpp.llama_adapter_lora_p_ctypes * 1)(adapter), (ctypes.c_float * 1)(1.0)
        llama_cpp.llama_set_adapters_lora(context, one, 1, whole)
    return context


def load_adapter(path: str, model: Any) -> Any:
    """Return the adapter in the GGUF file at `path`, freed with `model`; None where it is of no use."""
    adapter = llama_cpp.llama_adapter_lora_init(model, os.fsencode(path)) if path else None
    if path and not adapter:
        log.warning("the adapter %s cannot be used; answers are less often right", path)
    return adapter


def give_back() -> None:
    """Give freed memory back to the system: a vocabulary of 150,000 small pieces leaves much that is kept."""
    with contextlib.suppress(AttributeError):  # glibc alone has it, and needs it
        ctypes.CDLL(None).malloc_trim(0)


def build() -> str:
    """Return what a saved state depends on besides model and tokens: library version and build flags."""
    flags = ""
    with contextlib.suppress(AttributeError, UnicodeDecodeError):
        flags = llama_cpp.llama_print_system_info().decode()
    return f"{llama_cpp.__version__} {flags}"
