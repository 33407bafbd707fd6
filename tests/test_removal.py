"""Taking models off the disk: all of a model, and nothing else."""

from __future__ import annotations

import fcntl
import threading
from dataclasses import replace

import pytest

from caro_shell import catalog
from caro_shell.catalog import File, disk, pins, removal
from caro_shell.catalog.removal import remove
from caro_shell.errors import ModelError, ModelMissing
from caro_shell.manage import removing
from caro_shell.pull import lock, pull
from tests.http_server import serve
from tests.tiny_model import CONTENT, from_url, names, tiny


@pytest.fixture
def pulled(models):
    with serve(CONTENT) as server:
        pull(from_url(server))
    return models


def test_the_file_and_its_record(pulled):
    assert remove(tiny()) == [str(pulled / "tiny.gguf"), str(pulled / "tiny.gguf.verified")]
    assert names(pulled) == []
    assert remove(tiny()) == []


def test_all_that_broken_off_pulls_have_left(pulled):
    (pulled / "tiny.gguf.wheels" / "tmp").mkdir(parents=True)
    for ending in (".part", ".part.etag", ".lock"):
        (pulled / f"tiny.gguf{ending}").touch()
    (pulled / "other.gguf").touch()
    (pulled / "pins.json").touch()
    assert len(remove(tiny())) == 5
    assert names(pulled) == ["other.gguf", "pins.json"]


def test_a_directory_and_its_part(models):
    model = replace(tiny(), id="tiny-mlx", file="tiny-mlx", form="mlx")
    for name in ("tiny-mlx", "tiny-mlx.part"):
        (models / name).mkdir(parents=True)
        (models / name / "config.json").touch()
    assert remove(model) == [str(models / "tiny-mlx"), str(models / "tiny-mlx.part")]
    assert names(models) == []


def test_a_file_of_ones_own_stays(tmp_path, models):
    path = tmp_path / "own.gguf"
    path.write_bytes(CONTENT)
    assert remove(replace(tiny(), file=str(path))) == []
    assert path.exists()


def test_what_a_link_leads_to_stays(tmp_path, models):
    models.mkdir(parents=True)
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "config.json").touch()
    (models / "tiny-mlx").symlink_to(tmp_path / "own")
    remove(replace(tiny(), file="tiny-mlx", form="mlx"))
    assert names(models) == []
    assert names(tmp_path / "own") == ["config.json"]


def test_not_while_it_is_pulled(pulled):
    held, go_on = threading.Event(), threading.Event()

    def hold():
        with lock.hold(str(pulled / "tiny.gguf.lock"), pytest.fail):
            held.set()
            go_on.wait(20)

    thread = threading.Thread(target=hold)
    thread.start()
    try:
        assert held.wait(20)
        with pytest.raises(ModelError, match="a pull of tiny is running; end it first"):
            remove(tiny())
        assert disk.locate(tiny()) == str(pulled / "tiny.gguf")
    finally:
        go_on.set()
        thread.join()


def test_no_pull_begins_before_all_is_gone(pulled, monkeypatch):
    drop, locked = removal._drop, []

    def drop_and_try(path):
        with open(pulled / "tiny.gguf.lock") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                locked.append(path)
        drop(path)

    monkeypatch.setattr(removal, "_drop", drop_and_try)
    removed = remove(tiny())
    assert sorted(locked) == removed
    assert names(pulled) == []


class TestPin:
    """`caro model remove` forgets what a model was at its first pull."""

    @pytest.fixture
    def pinned(self, models):
        models.mkdir(parents=True)
        pins.keep("qwen2.5-coder-7b-q4", pins.Pin("here", "2026-01-01", (File("f", 5, "ab" * 32),)))
        return catalog.find("7b")

    FORGOTTEN = "Its pin is forgotten: the next pull takes what its source has then."

    def test_goes_with_the_model(self, pinned, models):
        (models / pinned.file).write_bytes(b"GGUF?")
        assert removing.remove(pinned)[:2] == [f"{pinned.id} is removed: 5 bytes freed.", self.FORGOTTEN]
        assert pins.read() == {}

    def test_goes_also_where_the_model_is_not_here(self, pinned):
        assert removing.remove(pinned) == [f"There was no file of {pinned.id} to remove.", self.FORGOTTEN]
        assert not catalog.find("7b").pinned
        with pytest.raises(ModelMissing, match=r"nothing of qwen2.5-coder-7b-q4 is on this disk"):
            removing.remove(catalog.find("7b"))

    def test_that_cannot_be_read_keeps_no_model_here(self, pinned, models):
        (models / pinned.file).write_bytes(b"GGUF?")
        (models / "pins.json").write_text("{")
        assert removing.remove(pinned)[1].startswith(f"Its pin stays: {models}/pins.json, which holds")
        assert names(models) == ["pins.json"]


def test_where_nothing_was_ever_pulled_nothing_is_left(models):
    assert remove(tiny()) == []
