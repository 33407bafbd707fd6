"""GGUF to MLX: the same weights and the same tokens, or a sentence; whole or not at all."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import signal
import subprocess
import sys
from collections import namedtuple

import pytest

from caro_shell import catalog
from caro_shell.errors import BackendUnavailable, ModelDamaged, ModelError
from tests.daemons import caro_home
from tests.mlx_model import NAME, copy_model, give_models, needs_mlx

pytestmark = needs_mlx


@pytest.fixture
def nonsense(tmp_path):
    """A tiny sound model, as a file of one's own."""
    from tests import gguf_files  # noqa: PLC0415 - the library may not be there

    path = tmp_path / "nonsense.gguf"
    gguf_files.model(path)
    return path


def convert(path, **settings):
    from caro_shell.convert import convert as convert_  # noqa: PLC0415 - as above

    return convert_(catalog.find(str(path)), quiet=True, **settings)


def leftovers(models):
    return sorted(name for name in os.listdir(models) if not name.endswith("-mlx-converted"))


@pytest.mark.parametrize("kind", ["Q4_0", "Q4_1", "Q4_K", "Q8_0"])
def test_blocks_are_laid_out_anew_and_nothing_is_rounded_twice(kind):
    import mlx.core as mx  # noqa: PLC0415 - the libraries may not be there
    import numpy as np  # noqa: PLC0415
    from gguf import GGML_QUANT_SIZES, GGMLQuantizationType, quants  # noqa: PLC0415

    from caro_shell.convert.packing import GROUP, repacked  # noqa: PLC0415

    of_kind = GGMLQuantizationType[kind]
    weights, size = GGML_QUANT_SIZES[of_kind]
    chance = np.random.default_rng(0)
    blocks = chance.integers(0, 256, (6, 512 // weights, size), dtype=np.uint8)
    halves = 4 if kind in ("Q4_1", "Q4_K") else 2  # a block begins with its scale, and perhaps its minimum
    numbers = chance.uniform(0.001, 0.1, (6, 512 // weights, halves // 2)).astype(np.float16)
    blocks[..., :halves] = numbers.view(np.uint8)
    rows = blocks.reshape(6, -1)
    packed = repacked(kind, rows)
    arrays = (mx.array(a) for a in (packed.codes, packed.scales.astype("f4"), packed.offsets.astype("f4")))
    found = np.array(mx.dequantize(*arrays, group_size=GROUP, bits=packed.bits))
    expected = quants.dequantize(rows, of_kind)
    assert found.shape == expected.shape == (6, 512)
    # What is left is the rounding of scale and offset to 16 bits.
    assert np.abs(found - expected).max() < 2e-3 * np.abs(expected).max()
    assert repacked("Q6_K", rows) is None


def test_a_converted_model_describes_itself_to_the_catalogue(nonsense, models):
    from caro_shell.catalog.disk import locate  # noqa: PLC0415

    path = convert(nonsense)
    assert path == str(models / "nonsense-mlx-converted")
    found = catalog.load_catalog()["nonsense-mlx-converted"]
    assert (found.form, found.same_as, found.context) == ("mlx", str(nonsense), 4096)
    assert locate(found) == path
    assert leftovers(models) == []
    assert convert(nonsense) == path, "an earlier one is replaced"


def test_a_model_is_not_put_there_if_it_does_not_write_the_same(nonsense, models, monkeypatch):
    from caro_shell.convert import architecture  # noqa: PLC0415

    monkeypatch.setitem(architecture._NAMES_IN_LAYER, "ffn_up", "mlp.gate_proj")
    monkeypatch.setitem(architecture._NAMES_IN_LAYER, "ffn_gate", "mlp.up_proj")
    with pytest.raises(ModelError, match=r"does not answer as llama\.cpp does, and was removed"):
        convert(nonsense)
    assert os.listdir(models) == []


@pytest.mark.model
@pytest.mark.slow
@pytest.mark.parametrize("mistake", ["positions", "tokens"])
def test_a_mistake_in_a_real_model_is_noticed(mistake):
    from caro_shell.convert import comparison  # noqa: PLC0415
    from caro_shell.convert.ggufmodel import GgufModel  # noqa: PLC0415

    give_models(caro_home())
    directory = copy_model(caro_home())
    source = caro_home() / "models/SmolLM2-135M-Instruct.Q4_1.gguf"
    expected = comparison.of_llama_cpp(str(source), "chatml", GgufModel(str(source)).control_tokens())
    file = directory / ("config.json" if mistake == "positions" else "tokenizer.json")
    content = json.loads(file.read_text())
    if mistake == "positions":
        content["rope_traditional"] = False
    else:
        content["pre_tokenizer"]["pretokenizers"].pop(0)  # digits are no longer apart
    file.write_text(json.dumps(content))
    with pytest.raises(ModelError, match="of its answer" if mistake == "positions" else "the tokens of"):
        comparison.check(str(directory), expected)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"general.architecture": "phi3"}, r"is of a kind that caro cannot convert \(phi3\)"),
        ({"llama.rope.scaling.type": "yarn"}, r"is of a kind that caro cannot convert \(yarn\)"),
        ({"tokenizer.ggml.pre": "tekken"}, r"has a vocabulary that caro cannot convert \(gpt2 tekken\)"),
    ],
)
def test_what_cannot_be_converted_is_a_sentence(tmp_path, models, changes, words):
    from tests import gguf_files  # noqa: PLC0415

    path = tmp_path / "other.gguf"
    gguf_files.model(path, **changes)
    with pytest.raises(ModelError, match=words):
        convert(path)
    assert not models.exists() or os.listdir(models) == []


def test_a_truncated_file_is_a_sentence(nonsense):
    with open(nonsense, "r+b") as file:
        file.truncate(nonsense.stat().st_size // 3)
    with pytest.raises(ModelDamaged, match=f"{nonsense} "):
        convert(nonsense)


def test_a_model_in_mlx_form_is_not_converted(nonsense):
    from caro_shell.convert import convert as convert_  # noqa: PLC0415

    model = dataclasses.replace(catalog.find(str(nonsense)), form="mlx")
    with pytest.raises(ModelError, match="is in MLX form already"):
        convert_(model)


def test_without_room_nothing_is_begun(nonsense, models, monkeypatch):
    usage = namedtuple("usage", "free")  # noqa: PYI024
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage(free=1000))
    with pytest.raises(ModelError, match="and 1 kB are free; make room"):
        convert(nonsense)
    assert os.listdir(models) == []


def test_without_the_package_gguf_it_is_a_sentence(monkeypatch):
    monkeypatch.setitem(sys.modules, "gguf", None)
    monkeypatch.delitem(sys.modules, "caro_shell.convert.ggufmodel", raising=False)
    with pytest.raises(BackendUnavailable, match="-m pip install gguf"):
        import caro_shell.convert.ggufmodel  # noqa: F401, PLC0415


#: A conversion that is killed while the weights are written, or just before the end.
CHILD = """
import os, signal, sys
from caro_shell import catalog, convert
from caro_shell.convert import weights

def kill(*_):
    os.kill(os.getpid(), signal.SIGKILL)

if sys.argv[2] == "weights":
    weights._write = kill
elif sys.argv[2] == "end":
    convert.os.rename = kill
convert.convert(catalog.find(sys.argv[1]), quiet=True)
"""


@pytest.mark.slow
@pytest.mark.parametrize("when", ["weights", "end"])
def test_a_kill_leaves_no_half_model_and_the_next_one_clears_up(nonsense, models, when):
    killed = subprocess.run([sys.executable, "-c", CHILD, nonsense, when], check=False, capture_output=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert "nonsense-mlx-converted" not in catalog.load_catalog()
    assert leftovers(models) == ["nonsense-mlx-converted.lock", "nonsense-mlx-converted.part"]
    convert(nonsense)
    assert "nonsense-mlx-converted" in catalog.load_catalog()
    assert leftovers(models) == []


@pytest.mark.model
@pytest.mark.slow
def test_the_small_model_is_as_large_as_before(models):
    directory = give_models(caro_home())
    weights = sum(file.stat().st_size for file in directory.glob("*.safetensors"))
    assert abs(weights / 98_362_432 - 1) < 0.02
    assert catalog.find(NAME).same_as == "smollm2-135m-q4"
