"""A low-rank adapter beside the model: used, carried over when weights are repacked, left out if useless."""

from __future__ import annotations

import logging
from dataclasses import replace

import pytest

from caro_shell import backends
from caro_shell.backends.llamacpp.context import LlamaContext
from caro_shell.catalog import disk, find, load_catalog
from caro_shell.config import Config
from tests import gguf_files


@pytest.fixture
def read(tmp_path):
    """Return a function that reads a text with an adapter, if any, and says what is likely to follow it."""
    model = gguf_files.model(tmp_path / "model.gguf")
    opened = []

    def reader(adapter="", *, repacked=False):
        context = LlamaContext(str(model), str(adapter))
        opened.append(context)
        if repacked:
            context.repack(lambda: False)
        context.evaluate(context.tokenize("list files", special=False), sequence=0, start=0)
        return context.adapter, context.likeliest(-1, 5)

    yield reader
    for context in opened:
        context.close()


def test_an_adapter_changes_what_the_model_says_also_when_its_weights_are_repacked(read, tmp_path):
    path = gguf_files.adapter(tmp_path / "adapter.gguf")
    plain, adapted, repacked = read(), read(path), read(path, repacked=True)
    assert plain[0] == ""
    assert adapted[0] == str(path)
    assert adapted[1] != plain[1]
    assert [token for token, _ in repacked[1]] == [token for token, _ in adapted[1]]


@pytest.mark.parametrize(
    "write",
    [
        lambda path: gguf_files.adapter(path, architecture="qwen2"),
        lambda path: gguf_files.adapter(path, width=2 * gguf_files.WIDTH),
        lambda path: path.write_bytes(b"GGUF and no more"),
        lambda path: path.touch(),
        lambda path: None,
    ],
)
def test_an_adapter_that_is_of_no_use_is_left_out_and_named_in_the_log(read, tmp_path, write, caplog):
    path = tmp_path / "adapter.gguf"
    write(path)
    with caplog.at_level(logging.WARNING, "caro.llama"):
        found = read(path)
    assert found == read()
    assert "adapter.gguf cannot be used" in caplog.text


def test_answers_with_an_adapter_and_without_are_told_apart(tmp_path, monkeypatch):
    path = gguf_files.model(tmp_path / "model.gguf")
    adapter = gguf_files.adapter(tmp_path / "adapter.gguf")
    settings = Config(model=str(path))
    plain = backends.identity(settings)
    monkeypatch.setattr(disk, "adapter", lambda _model: str(adapter))
    assert backends.identity(settings) != plain
    assert backends.identity(replace(settings, adapter=False)) == plain


def test_only_what_comes_with_caro_has_an_adapter():
    assert disk.adapter(find("smollm2")) == ""
    named = [model for model in load_catalog().values() if model.adapter]
    assert all(model.shipped and disk.adapter(model) for model in named)
