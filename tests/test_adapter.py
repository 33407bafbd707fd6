"""A low-rank adapter beside the model: used, carried over when weights are repacked, left out if useless."""

from __future__ import annotations

import logging
import os
from dataclasses import replace
from pathlib import Path

import pytest

from caro_shell import backends
from caro_shell.backends.llamacpp.context import LlamaContext
from caro_shell.catalog import disk, find, load_catalog
from caro_shell.catalog.tables import model_of
from caro_shell.config import Config
from caro_shell.resources import resource
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


def test_an_adapter_changes_what_the_model_says_also_when_its_weights_are_repacked(read, tmp_path, caplog):
    path = gguf_files.adapter(tmp_path / "adapter.gguf")
    plain, adapted, repacked = read(), read(path), read(path, repacked=True)
    assert plain[0] == ""
    assert adapted[0] == str(path)
    assert adapted[1] != plain[1]
    assert [token for token, _ in repacked[1]] == [token for token, _ in adapted[1]]
    assert "could not be repacked" not in caplog.text


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


@pytest.fixture
def with_adapter(tmp_path, monkeypatch):
    """Let the small model have an adapter that comes with caro; return where its file is, or is to be."""
    adapter = tmp_path / "adapter.gguf"
    catalog = tmp_path / "catalog.toml"
    shipped = Path(resource("models", "catalog.toml")).read_text(encoding="utf-8")
    catalog.write_text(shipped.replace('short = "smollm2"', 'short = "smollm2"\nadapter = "adapter.gguf"'))
    monkeypatch.setattr("caro_shell.catalog.resource", lambda _kind, _name: str(catalog))
    monkeypatch.setattr(disk, "resource", lambda _kind, name: str(tmp_path / name))
    monkeypatch.setattr(disk, "locate", lambda _model: str(gguf_files.model(tmp_path / "model.gguf")))
    return adapter


def test_answers_with_an_adapter_and_without_and_with_another_are_told_apart(with_adapter):
    settings = Config(model="smollm2")
    gguf_files.adapter(with_adapter)
    found = [backends.identity(settings), backends.identity(replace(settings, adapter=False))]
    os.utime(with_adapter, (1, 1))
    found.append(backends.identity(settings))
    assert len(set(found)) == 3


def test_a_missing_adapter_is_named_in_the_log(with_adapter, caplog):
    assert disk.adapter(find("smollm2")) == ""
    assert f"there is no {with_adapter}" in caplog.text


def test_only_what_comes_with_caro_has_an_adapter():
    own = {"id": "mine", "title": "", "file": "mine.gguf", "licence": "", "context": 0, "chat": ""}
    with pytest.raises(ValueError, match="adapter is no key of a model"):
        model_of({**own, "adapter": "adapter.gguf"})
    assert all(disk.adapter(model) for model in load_catalog().values() if model.adapter)
