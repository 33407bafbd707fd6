"""Taking models off the disk: all of a model, and nothing else."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from caro_shell.catalog import disk
from caro_shell.catalog.removal import leftovers, remove
from caro_shell.errors import ModelError
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
    assert len(remove(tiny())) == 6
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


def test_leftovers_belong_to_no_model(pulled):
    assert leftovers() == []
    for name in ("a.gguf.part", "a.gguf.part.etag", "b.gguf.verified"):
        (pulled / name).touch()
    (pulled / "c-mlx-converted").mkdir()
    (pulled / "d-mlx-converted").mkdir()
    (pulled / "d-mlx-converted" / "caro.json").touch()
    expected = ["a.gguf.part", "a.gguf.part.etag", "b.gguf.verified", "c-mlx-converted"]
    assert leftovers() == [str(pulled / name) for name in expected]


def test_where_nothing_was_ever_pulled_nothing_is_left(models):
    assert leftovers() == []
    assert remove(tiny()) == []
