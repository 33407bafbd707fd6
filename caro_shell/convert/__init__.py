"""A model in MLX form made from its GGUF file: the same weights, mostly to the bit, for Apple's GPU.

Whole or not at all: it is written beside its place, compared with what llama.cpp makes of the GGUF file, and
put there then. A kill leaves no more than a directory that the next conversion removes.
"""

from __future__ import annotations

import json
import os
import shutil
from contextlib import suppress
from typing import Any

from caro_shell import chat
from caro_shell.catalog import Model, disk
from caro_shell.catalog.converted import DESCRIPTION, SUFFIX
from caro_shell.convert import comparison, vocabulary
from caro_shell.convert.architecture import Architecture
from caro_shell.convert.ggufmodel import GgufModel
from caro_shell.convert.weights import expected_size, write_weights
from caro_shell.errors import CaroError, ModelError
from caro_shell.pull.lock import hold
from caro_shell.pull.progress import Progress
from caro_shell.sizes import readable

#: Bytes beside the weights: the vocabulary, and what is written of the model.
_OTHERS = 20 << 20


def convert(model: Model, *, quiet: bool = False) -> str:
    """Make the MLX form of `model`, which is in GGUF and on this disk; return the path of its directory.

    An earlier one is replaced. Progress goes to standard error unless `quiet`. Raises ModelMissing,
    ModelDamaged, ModelError for what cannot be converted, BackendError where a library fails or is missing.
    """
    if model.form != "gguf":
        raise ModelError(f"{model.id} is in MLX form already; name a model in GGUF: caro model list")
    source = disk.locate(model)
    name = os.path.basename(model.id).removesuffix(".gguf") + SUFFIX
    target = os.path.join(disk.pull_directory(), name)
    gguf = GgufModel(source)
    architecture = Architecture(gguf)
    progress = Progress(f"converting {os.path.basename(model.id)}", gguf.size, quiet=quiet)
    with hold(target + ".lock", lambda: progress.say("another conversion is running; waiting for its end")):
        draft = target + ".part"
        try:
            shutil.rmtree(draft, ignore_errors=True)
            os.makedirs(draft)
            _check_space(draft, expected_size(gguf) + _OTHERS)
            form = model.chat or chat.format_in(gguf.text("tokenizer.chat_template")) or "plain"
            expected = comparison.of_llama_cpp(source, form, gguf.control_tokens())
            quantised = write_weights(gguf, architecture, draft, progress)
            config = {**architecture.config(), "eos_token_id": expected.ends, "quantization": quantised}
            _write_json(os.path.join(draft, "config.json"), config)
            _write_json(os.path.join(draft, "tokenizer.json"), vocabulary.tokenizer(gguf))
            _write_json(os.path.join(draft, "tokenizer_config.json"), vocabulary.tokenizer_config(gguf))
            progress.say("comparing with llama.cpp")
            comparison.check(draft, expected)
            _write_json(os.path.join(draft, DESCRIPTION), _description(model, name, gguf))
            shutil.rmtree(target, ignore_errors=True)
            os.rename(draft, target)
        except (CaroError, KeyboardInterrupt):
            shutil.rmtree(draft, ignore_errors=True)
            raise
        except OSError as error:
            shutil.rmtree(draft, ignore_errors=True)
            raise ModelError(
                f"{target} cannot be written ({error.strerror}); make room, or see to its permissions"
            ) from error
        finally:
            progress.close()
    return target


def _description(model: Model, name: str, gguf: GgufModel) -> dict[str, Any]:
    """Return what the catalogue is told of the new model; see `catalog.converted`."""
    return {
        "id": name,
        "title": f"{model.title}; in MLX form, converted here",
        "licence": model.licence,
        "context": model.context or gguf.number(f"{gguf.kind}.context_length"),
        "chat": model.chat,
        "same_as": model.id,
    }


def _check_space(directory: str, size: int) -> None:
    free = shutil.disk_usage(directory).free
    if free < size:
        raise ModelError(
            f"the conversion takes {readable(size)} in {directory}, and {readable(free)} are free; "
            "make room, or let CARO_HOME be on a larger disk"
        )


def _write_json(path: str, content: Any) -> None:
    with open(path, "w", encoding="utf-8") as file:
        json.dump(content, file, ensure_ascii=False, indent=1)
        file.flush()
        with suppress(OSError):
            os.fsync(file.fileno())
