"""The catalog, and where model files are found."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from dataclasses import replace

import pytest

from caro_shell import catalog, resources
from caro_shell.catalog import disk, pins
from caro_shell.catalog.tables import model_of
from caro_shell.catalog.url import host_of, without_credentials
from caro_shell.catalog.wanted import wanted
from caro_shell.config import Config
from caro_shell.errors import ModelDamaged, ModelError, ModelMissing
from caro_shell.pull.digest import verify
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


class TestShippedCatalog:
    def test_the_default_model_is_in_it(self):
        assert wanted(Config()).model.id == "qwen2.5-coder-1.5b-q4"

    @pytest.mark.parametrize("model", catalog.load_catalog().values(), ids=lambda model: model.id)
    def test_entries_are_complete(self, model):
        assert len(bytes.fromhex(model.sha256)) in (0, 32)
        assert model.size > 0 or not model.sha256, "a hash of unknown bytes"
        assert min(model.context, len(model.sources)) > 0
        assert "" not in (model.licence, model.title, model.chat)

    def test_the_default_needs_nobodys_word_for_its_hash(self):
        model = catalog.find("q4")
        assert (model.size, model.sha256[:12]) == (1_117_320_768, "cc324af070c2")
        assert {type(source) for source in model.sources} == {catalog.HubSource, catalog.PipSource}

    def test_who_has_no_hash_is_asked_for_over_tls(self):
        for model in catalog.load_catalog().values():
            if not model.sha256:
                assert {type(source) for source in model.sources} == {catalog.HubSource}

    def test_forms_in_mlx_name_the_weights_they_have(self):
        known = catalog.load_catalog()
        forms = {model.id: model.same_as for model in known.values() if model.form == "mlx"}
        assert forms == {
            "qwen2.5-coder-1.5b-mlx": "qwen2.5-coder-1.5b-q4",
            "qwen2.5-coder-7b-mlx": "qwen2.5-coder-7b-q4",
        }
        assert set(forms.values()) <= set(known)

    def test_no_two_answer_to_one_name(self):
        names = [name for model in catalog.load_catalog().values() for name in (model.id, model.short)]
        assert len(set(filter(None, names))) == len(list(filter(None, names)))

    @pytest.mark.parametrize("model", catalog.load_catalog().values(), ids=lambda model: model.id)
    def test_sources_can_hold_the_file(self, model):
        for source in model.sources:
            if isinstance(source, catalog.HubSource):
                assert source.repo.count("/") == 1
                assert bool(source.file) == (model.form == "gguf")
            else:
                size = source.part_size or model.size
                assert (source.parts - 1) * size < model.size <= source.parts * size
                assert (source.parts > 1) == (source.package.format(n=1) != source.package.format(n=2))

    def test_what_nobody_knows_is_left_out(self, tmp_path, monkeypatch):
        shipped = tmp_path / "catalog.toml"
        shipped.write_text(
            '[[model]]\nid = "mine"\ntitle = "t"\nfile = "mine.gguf"\n'
            'licence = "MIT"\ncontext = 8\nchat = "chatml"\n'
        )
        monkeypatch.setattr(catalog, "resource", lambda *_: str(shipped))
        assert (catalog.find("mine").size, catalog.find("mine").sha256) == (0, "")

    def test_a_broken_catalog_is_one_sentence(self, tmp_path, monkeypatch):
        broken = tmp_path / "catalog.toml"
        broken.write_text("[[model]]\nid = ")
        monkeypatch.setattr(catalog, "resource", lambda *_: str(broken))
        with pytest.raises(ModelError, match=r"cannot be used .* install caro again"):
            catalog.load_catalog()


class TestFind:
    def test_by_id(self):
        assert catalog.find("smollm2-135m-q4").licence == "Apache-2.0"

    def test_by_short_name(self):
        assert catalog.find("q8").id == "qwen2.5-coder-1.5b-q8"

    def test_no_name_is_no_model(self):
        with pytest.raises(ModelError, match="there is no model ;"):
            catalog.find("")

    def test_unknown_names_what_lists_the_known(self):
        with pytest.raises(ModelError, match="no model llama; caro model list shows all there are"):
            catalog.find("llama")

    def test_a_file_of_ones_own(self, tmp_path):
        path = put(tmp_path)
        model = catalog.find(path)
        assert (model.size, model.sha256, model.chat) == (len(CONTENT), "", "")
        assert disk.locate(model) == path

    def test_a_path_below_home(self, tmp_path, monkeypatch):
        monkeypatch.setenv("HOME", str(tmp_path))
        path = put(tmp_path)
        assert catalog.find("~/tiny.gguf").file == path

    def test_only_gguf_files_are_models(self, tmp_path):
        other = tmp_path / "notes.txt"
        other.write_text("no model")
        with pytest.raises(ModelError, match=r"notes.txt does not end in .gguf"):
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


@pytest.fixture
def shards(home):
    """A directory in MLX form, as a pull leaves it, and its model."""
    directory = home / "models" / "tiny-mlx"
    directory.mkdir(parents=True)
    contents = {"config.json": b"{}", "model.safetensors": CONTENT}
    for name, content in contents.items():
        (directory / name).write_bytes(content)
    files = tuple(
        catalog.File(name, len(content), hashlib.sha256(content).hexdigest())
        for name, content in contents.items()
    )
    model = replace(TINY, id="tiny-mlx", file="tiny-mlx", form="mlx", size=0, sha256="")
    return directory, pins.Pin("here", "2026-01-01", files).of(model)


class TestDirectory:
    def test_is_located_as_a_whole(self, shards):
        directory, model = shards
        assert disk.locate(model) == str(directory)
        assert (model.size, disk.bytes_at(str(directory))) == (len(CONTENT) + 2, len(CONTENT) + 2)
        assert model.pinned

    def test_one_that_is_not_pinned_needs_a_configuration_and_weights(self, shards):
        directory, model = shards
        unknown = replace(model, files=(), sha256="", size=0)
        assert disk.locate(unknown) == str(directory)
        (directory / "model.safetensors").unlink()
        with pytest.raises(ModelDamaged, match=r"it holds no weights"):
            disk.locate(unknown)

    @pytest.mark.parametrize(
        ("damage", "sentence"),
        [
            (lambda d: (d / "config.json").unlink(), r"config.json: No such file or directory"),
            (lambda d: (d / "model.safetensors").write_bytes(b"?"), "1 bytes instead of 18"),
        ],
        ids=["missing", "short"],
    )
    def test_damage_names_the_file(self, shards, damage, sentence):
        directory, model = shards
        damage(directory)
        with pytest.raises(ModelDamaged, match=f"{sentence}.*caro model pull tiny-mlx"):
            disk.locate(model)

    def test_a_file_where_a_directory_belongs(self, shards):
        _, model = shards
        with pytest.raises(ModelDamaged, match=r"is damaged \(it is no directory\);"):
            disk.locate(replace(model, file="tiny-mlx/config.json"))
        with pytest.raises(ModelDamaged, match=r"is damaged \(it is a directory\);"):
            disk.locate(replace(TINY, file="tiny-mlx"))

    def test_is_verified_until_one_file_changes(self, shards):
        directory, model = shards
        assert verify(model, quiet=True) == str(directory)
        assert disk.verified(str(directory), model)
        assert disk.weights(model, str(directory)) == (model.sha256,)
        os.utime(directory / "config.json", ns=(1, time.time_ns() + 10**9))
        assert not disk.verified(str(directory), model)

    def test_verify_names_the_changed_file(self, shards):
        directory, model = shards
        (directory / "config.json").write_bytes(b"[]")
        with pytest.raises(ModelDamaged, match=r"config.json is damaged \(its SHA-256 begins"):
            verify(model, quiet=True)
        assert not disk.verified(str(directory), model)


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


class TestReading:
    """`load_catalog` answers from memory, and yet sees each change."""

    def test_the_same_files_are_read_once(self, home, monkeypatch):
        read = []
        monkeypatch.setattr(catalog, "model_of", lambda table: read.append(table) or model_of(table))
        catalog.load_catalog()
        before = len(read)
        catalog.load_catalog()
        assert len(read) == before

    def test_what_is_returned_may_be_changed(self, home):
        catalog.load_catalog().clear()
        assert catalog.load_catalog()

    def test_an_entry_added_and_changed(self, home):
        home.mkdir()
        assert "mine" not in catalog.load_catalog()
        (home / "models.toml").write_text('[[model]]\nid = "mine"\nfile = "mine.gguf"\n')
        assert catalog.find("mine").context == 0
        (home / "models.toml").write_text('[[model]]\nid = "mine"\nfile = "mine.gguf"\ncontext = 7\n')
        assert catalog.find("mine").context == 7
        (home / "models.toml").unlink()
        assert "mine" not in catalog.load_catalog()

    def test_a_pin_gives_size_and_hash(self, home):
        (home / "models").mkdir(parents=True)
        catalog.load_catalog()
        pins.keep("qwen2.5-coder-7b-q4", pins.Pin("here", "2026-01-01", (catalog.File("f", 5, "ab" * 32),)))
        model = catalog.find("7b")
        assert (model.size, model.sha256, model.pinned) == (5, "ab" * 32, True)
        assert pins.forget("qwen2.5-coder-7b-q4")
        model = catalog.find("7b")
        assert (model.size, model.sha256, model.pinned) == (0, "", False)

    def test_a_pin_never_overrules_the_catalog(self, home):
        (home / "models").mkdir(parents=True)
        pins.keep("qwen2.5-coder-1.5b-q4", pins.Pin("here", "2026-01-01", (catalog.File("f", 5, "ab" * 32),)))
        assert (catalog.find("q4").size, catalog.find("q4").pinned) == (1_117_320_768, False)

    @pytest.mark.parametrize(
        "text", ["{", "[]", '{"a": {}}', '{"a": {"source": "", "when": "", "files": []}}']
    )
    def test_broken_pins_cost_a_sentence(self, home, text):
        (home / "models").mkdir(parents=True)
        (home / "models" / "pins.json").write_text(text)
        assert "qwen2.5-coder-1.5b-q4" in catalog.load_catalog()
        (sentence,) = catalog.problems()
        assert sentence.startswith(f"{home}/models/pins.json, which holds the hashes")

    def test_a_converted_model_is_one_once_it_describes_itself(self, home):
        directory = home / "models" / "tiny-mlx-converted"
        directory.mkdir(parents=True)
        (directory / "model.safetensors").write_bytes(CONTENT)
        assert "tiny-mlx-converted" not in catalog.load_catalog()
        about = {"id": "tiny-mlx-converted", "title": "t", "licence": "l", "context": 8, "chat": "chatml"}
        (directory / "caro.json").write_text(json.dumps({**about, "same_as": "tiny"}))
        model = catalog.find("tiny-mlx-converted")
        assert (model.form, model.file, model.same_as) == ("mlx", "tiny-mlx-converted", "tiny")
        assert model.size > len(CONTENT)
        (directory / "caro.json").write_text("{}")
        assert "tiny-mlx-converted" not in catalog.load_catalog()
        assert "caro.json cannot be used ('id'); convert the model again" in catalog.problems()[0]


@pytest.mark.parametrize(
    ("url", "shown", "host"),
    [
        ("https://a.example/f?x=me@b", "https://a.example/f?x=me@b", "a.example"),
        ("https://me:s%40crt@a.example:8443/f", "https://a.example:8443/f", "a.example:8443"),
        ("https://me:s@crt@[::1]:80", "https://[::1]:80", "[::1]:80"),
        ("http://me@[bad/f", "http://[bad/f", "[bad"),
        ("/no/url@all", "/no/url@all", ""),
    ],
)
def test_what_is_shown_of_a_url(url, shown, host):
    assert (without_credentials(url), host_of(url)) == (shown, host)


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
