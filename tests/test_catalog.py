"""The catalog, where model files are found, and the actions of `caro model` that only look."""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
from dataclasses import replace

import pytest

from caro_shell import catalog, resources
from caro_shell.catalog import disk
from caro_shell.catalog.wanted import wanted
from caro_shell.commands import model as command
from caro_shell.config import Config
from caro_shell.errors import ModelDamaged, ModelError, ModelMissing
from caro_shell.sizes import readable

CONTENT = b"GGUF, more or less"
TINY = catalog.Model(
    id="tiny",
    title="a model of eighteen bytes",
    file="tiny.gguf",
    size=len(CONTENT),
    sha256=hashlib.sha256(CONTENT).hexdigest(),
    licence="CC0-1.0",
    context=8,
    chat="chatml",
)


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("CARO_HOME", str(tmp_path / "caro"))
    return tmp_path / "caro"


@pytest.fixture
def installation(tmp_path, monkeypatch):
    """A `sys.prefix` with a directory of models."""
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "prefix"))
    directory = tmp_path / "prefix" / "models"
    directory.mkdir(parents=True)
    return directory


def put(directory, content=CONTENT):
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / TINY.file
    path.write_bytes(content)
    return str(path)


def run(*argv):
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    return command.run(parser.parse_args(argv))


class TestShippedCatalog:
    def test_the_default_model_is_in_it(self):
        assert wanted(Config()).model.id == "qwen2.5-coder-1.5b-q4"

    @pytest.mark.parametrize("model", catalog.load_catalog().values(), ids=lambda model: model.id)
    def test_entries_are_complete(self, model):
        assert len(bytes.fromhex(model.sha256)) == 32
        assert model.file.endswith(".gguf")
        assert min(model.size, model.context, len(model.sources)) > 0
        assert model.chat == "chatml"

    @pytest.mark.parametrize("model", catalog.load_catalog().values(), ids=lambda model: model.id)
    def test_sources_can_hold_the_file(self, model):
        for source in model.sources:
            if isinstance(source, catalog.HttpsSource):
                assert source.url.startswith("https://")
                assert source.url.endswith("/" + model.file)
            else:
                size = source.part_size or model.size
                assert (source.parts - 1) * size < model.size <= source.parts * size
                assert (source.parts > 1) == (source.package.format(n=1) != source.package.format(n=2))

    def test_a_broken_catalog_is_one_sentence(self, tmp_path, monkeypatch):
        broken = tmp_path / "catalog.toml"
        broken.write_text("[[model]]\nid = ")
        monkeypatch.setattr(catalog, "resource", lambda *_: str(broken))
        with pytest.raises(ModelError, match=r"cannot be used .* install caro again"):
            catalog.load_catalog()


class TestFind:
    def test_by_id(self):
        assert catalog.find("smollm2-135m-q4").licence == "Apache-2.0"

    def test_unknown_names_the_known(self):
        with pytest.raises(ModelError, match=r"no model llama; .*qwen2.5-coder-1.5b-q4, smollm2-135m-q4"):
            catalog.find("llama")

    def test_a_file_of_ones_own(self, tmp_path):
        path = put(tmp_path)
        model = catalog.find(path)
        assert (model.size, model.sha256, model.chat) == (len(CONTENT), "", "chatml")
        assert disk.locate(model) == path

    def test_a_path_below_home(self, tmp_path, monkeypatch):
        monkeypatch.setenv("HOME", str(tmp_path))
        path = put(tmp_path)
        assert catalog.find("~/tiny.gguf").file == path

    def test_only_gguf_files_are_models(self, tmp_path):
        other = tmp_path / "notes.txt"
        other.write_text("no model")
        with pytest.raises(ModelError, match="there is no model"):
            catalog.find(str(other))


class TestLocate:
    def test_missing(self, home, installation):
        with pytest.raises(ModelMissing) as caught:
            disk.locate(TINY)
        assert str(caught.value) == "the model tiny is not on this disk; fetch it with: caro model pull tiny"

    def test_the_users_own_copy_comes_first(self, home, installation):
        installed = put(installation)
        assert disk.locate(TINY) == installed
        own = put(home / "models")
        assert disk.locate(TINY) == own

    def test_damaged(self, home, installation):
        path = put(home / "models", CONTENT[:4])
        with pytest.raises(ModelDamaged) as caught:
            disk.locate(TINY)
        expected = f"{path} is damaged (4 bytes instead of 18); fetch it again with: caro model pull tiny"
        assert str(caught.value) == expected

    def test_a_whole_copy_makes_up_for_a_damaged_one(self, home, installation):
        put(home / "models", b"")
        whole = put(installation)
        assert disk.locate(TINY) == whole


class TestVerified:
    def test_only_once_marked(self, tmp_path):
        path = put(tmp_path)
        assert not disk.verified(path, TINY)
        disk.mark_verified(path, TINY)
        assert disk.verified(path, TINY)

    def test_not_after_a_change(self, tmp_path):
        path = put(tmp_path)
        disk.mark_verified(path, TINY)
        os.utime(path, ns=(1, 1))
        assert not disk.verified(path, TINY)

    def test_not_for_another_hash(self, tmp_path):
        path = put(tmp_path)
        disk.mark_verified(path, TINY)
        assert not disk.verified(path, replace(TINY, sha256="0" * 64))

    def test_never_without_a_hash(self, tmp_path):
        path = put(tmp_path)
        unknown = replace(TINY, sha256="")
        disk.mark_verified(path, unknown)
        assert not disk.verified(path, unknown)

    def test_not_by_a_torn_record(self, tmp_path):
        path = put(tmp_path)
        (tmp_path / "tiny.gguf.verified").write_text('{"sha256": "')
        assert not disk.verified(path, TINY)

    def test_where_nothing_can_be_written(self, tmp_path):
        path = put(tmp_path)
        (tmp_path / "tiny.gguf.verified").mkdir()
        disk.mark_verified(path, TINY)
        assert not disk.verified(path, TINY)


def test_importing_the_catalog_stays_cheap():
    code = "import sys, caro_shell.commands.model; print({'requests', 'tqdm'} & set(sys.modules))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout == "set()\n"


class TestResource:
    def test_in_a_checkout(self):
        assert os.path.isfile(resources.resource("models", "catalog.toml"))

    def test_in_an_installed_package(self, tmp_path, monkeypatch):
        package = tmp_path / "caro_shell"
        monkeypatch.setattr(resources, "__file__", str(package / "resources.py"))
        assert resources.resource("shell", "caro.zsh") == str(tmp_path / "shell" / "caro.zsh")
        (package / "shell").mkdir(parents=True)
        (package / "shell" / "caro.zsh").touch()
        assert resources.resource("shell", "caro.zsh") == str(package / "shell" / "caro.zsh")


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 bytes"), (999, "999 bytes"), (1000, "1 kB"), (98_362_432, "98.4 MB"), (1_117_320_768, "1.12 GB")],
)
def test_readable(size, text):
    assert readable(size) == text


class TestCommand:
    @pytest.fixture(autouse=True)
    def tiny_catalog(self, home, installation, monkeypatch):
        other = replace(TINY, id="other", file="other.gguf", size=1_500_000_000)
        monkeypatch.setattr(catalog, "load_catalog", lambda: {"tiny": TINY, "other": other})
        monkeypatch.setenv("CARO_MODEL", "tiny")

    def test_list(self, home, capsys):
        path = put(home / "models")
        assert run("list") == 0
        lines = capsys.readouterr().out.splitlines()
        assert lines[:3] == [
            "  MODEL  SIZE      LICENCE  STATE      PATH",
            "* tiny   18 bytes  CC0-1.0  installed  " + path,
            "  other  1.50 GB   CC0-1.0  not here",
        ]

    def test_list_names_a_damaged_file(self, home, capsys):
        put(home / "models", b"")
        run("list")
        assert "* tiny   18 bytes  CC0-1.0  damaged" in capsys.readouterr().out

    def test_list_shows_a_file_of_ones_own_that_is_in_use(self, tmp_path, monkeypatch, capsys):
        path = put(tmp_path / "mine")
        monkeypatch.setenv("CARO_MODEL", path)
        run("list")
        assert f"* {path}" in capsys.readouterr().out

    def test_list_survives_an_unknown_model_in_use(self, monkeypatch, capsys):
        monkeypatch.setenv("CARO_MODEL", "nowhere")
        assert run("list") == 0
        output = capsys.readouterr()
        assert output.err.startswith("caro: there is no model nowhere;")
        assert "\n* tiny" not in output.out

    def test_list_as_json(self, home, capsys):
        path = put(home / "models")
        assert run("list", "--json") == 0
        tiny, other = json.loads(capsys.readouterr().out)
        assert (tiny["id"], tiny["default"], tiny["state"], tiny["path"]) == ("tiny", True, "installed", path)
        assert (other["id"], other["default"], other["state"], other["path"]) == (
            "other",
            False,
            "not here",
            None,
        )

    def test_path_prints_only_the_path(self, home, capsys):
        path = put(home / "models")
        assert run("path") == 0
        assert capsys.readouterr().out == path + "\n"

    def test_path_of_a_missing_model(self):
        with pytest.raises(ModelMissing):
            run("path", "other")

    @pytest.mark.parametrize("argv", [[], ["push"], ["pull", "one", "two"]])
    def test_usage(self, argv, capsys):
        with pytest.raises(SystemExit) as caught:
            run(*argv)
        assert caught.value.code == 2
        assert "usage:" in capsys.readouterr().err
