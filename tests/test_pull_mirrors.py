"""Sources that a person names: a directory, a mirror, and the order in which they are tried."""

from __future__ import annotations

import hashlib
import os
import zipfile
from dataclasses import replace

import pytest

from caro_shell import catalog
from caro_shell.catalog import pins
from caro_shell.errors import PullError
from caro_shell.pull import pull
from caro_shell.pull.offers import Folder, Mirror, places
from tests.http_server import Cut, Fail, serve
from tests.hub_server import hub
from tests.tiny_model import CHUNK, CONTENT, assert_whole, from_url, leave_part, names, tiny

GGUF = b"GGUF" + CONTENT
SHARDS = {"config.json": b"{}", "model.safetensors": CONTENT[:5000]}

HTTPS = catalog.HttpsSource("https://a.example/tiny.gguf")
HUB = catalog.HubSource("o/r", "tiny.gguf")
PIP = catalog.PipSource("tiny", "1.0", "tiny.gguf")


@pytest.fixture
def folder(tmp_path):
    """A directory of models that a person has."""
    path = tmp_path / "my models"
    path.mkdir()
    return path


@pytest.fixture
def server():
    with serve(CONTENT) as served:
        yield served


@pytest.fixture
def mirror(folder):
    """A server of what is in `folder`, at the URL `base`."""
    with hub(folder.parent) as served:
        (folder.parent / "o").mkdir()
        folder.rename(folder.parent / "o" / "r")
        folder.symlink_to(folder.parent / "o" / "r")
        served.base = f"{served.url}/o/r/resolve/main"
        yield served


def unknown():
    return replace(tiny(), size=0, sha256="")


def shards(**known):
    return replace(unknown(), id="tiny-mlx", file="tiny-mlx", form="mlx", **known)


def put_shards(folder, *, sums=False):
    (folder / "tiny-mlx").mkdir()
    for name, content in SHARDS.items():
        (folder / "tiny-mlx" / name).write_bytes(content)
    if sums:
        lines = [f"{hashlib.sha256(content).hexdigest()} *{name}\n" for name, content in SHARDS.items()]
        (folder / "tiny-mlx" / "SHA256SUMS").write_text("".join(lines) + f"{'0' * 64}  ../evil.json\n")


class TestOrder:
    @pytest.mark.parametrize(
        ("preferred", "expected"),
        [
            ([], [HTTPS, HUB, PIP]),
            (["pip"], [PIP, HTTPS, HUB]),
            (["pip", "hub"], [PIP, HUB, HTTPS]),
            (["https://m.example/x/"], [Mirror("https://m.example/x"), HTTPS, HUB, PIP]),
            (["http://m.example"], [Mirror("http://m.example"), HTTPS, HUB, PIP]),
            (["file:///a%20b", "/c"], [Folder("/a b"), Folder("/c"), HTTPS, HUB, PIP]),
        ],
    )
    def test_what_is_preferred_comes_first(self, preferred, expected):
        assert places(tiny(HTTPS, HUB, PIP), preferred) == expected

    def test_a_directory_below_home(self, own_home):
        assert places(tiny(), ["~/models"]) == [Folder(f"{own_home}/models")]

    def test_a_word_for_what_the_model_has_not_says_nothing(self):
        assert places(tiny(HTTPS), ["pip", "hub"]) == [HTTPS]


class TestFolder:
    def test_brings_the_file(self, folder, models):
        (folder / "tiny.gguf").write_bytes(CONTENT)
        assert pull(tiny(), [str(folder)]).fetched
        assert_whole(models)

    def test_goes_on_where_a_part_ends(self, folder, models):
        (folder / "tiny.gguf").write_bytes(b"?" * CHUNK + CONTENT[CHUNK:])
        leave_part(models, CONTENT[:CHUNK])
        pull(tiny(), [str(folder)])
        assert_whole(models)

    def test_that_has_it_not_costs_a_line(self, folder, models, server, capsys):
        pull(from_url(server), [str(folder)])
        assert_whole(models)
        expected = (
            f"caro: {folder} does not hold tiny.gguf (No such file or directory); trying the next source"
        )
        assert capsys.readouterr().err.splitlines()[0] == expected

    @pytest.mark.parametrize(
        ("content", "sentence"),
        [
            (CONTENT[:-1], "tiny.gguf has 1049575 bytes instead of 1049576"),
            (CONTENT[:-1] + b"?", "holds another file: its SHA-256 is not that of tiny"),
        ],
        ids=["short", "wrong"],
    )
    def test_with_another_file(self, folder, models, content, sentence):
        (folder / "tiny.gguf").write_bytes(content)
        with pytest.raises(PullError, match=sentence):
            pull(tiny(), [str(folder)])
        assert names(models) == []

    def test_with_a_file_of_no_known_hash(self, folder, models, capsys):
        (folder / "tiny.gguf").write_bytes(GGUF)
        pull(unknown(), [str(folder)])
        digest = hashlib.sha256(GGUF).hexdigest()
        assert f"pinned tiny to SHA-256 {digest[:12]}… as {folder} states it now" in capsys.readouterr().err
        assert pins.read()["tiny"].files == (catalog.File("tiny.gguf", len(GGUF), digest),)

    def test_never_goes_on_with_a_file_of_no_known_hash(self, folder, models):
        (folder / "tiny.gguf").write_bytes(GGUF)
        leave_part(models, b"GGUF of somebody else")
        pull(unknown(), [str(folder)])
        assert (models / "tiny.gguf").read_bytes() == GGUF

    def test_with_a_directory_in_mlx_form(self, folder, models):
        put_shards(folder)
        (folder / "tiny-mlx" / "train.py").write_text("raise SystemExit")
        pull(shards(), [str(folder)])
        assert names(models / "tiny-mlx") == sorted(SHARDS)
        assert names(models) == ["pins.json", "tiny-mlx", "tiny-mlx.verified"]

    def test_with_a_directory_that_is_not_the_pinned_one(self, folder, models):
        put_shards(folder)
        files = tuple(catalog.File(name, len(SHARDS[name]), "0" * 64) for name in SHARDS)
        model = pins.Pin("here", "2026-01-01", files).of(shards())
        with pytest.raises(PullError, match="holds another file: its SHA-256 is not that of tiny-mlx"):
            pull(model, [str(folder)])


class TestMirror:
    def test_brings_the_file(self, folder, mirror, models):
        (folder / "tiny.gguf").write_bytes(CONTENT)
        pull(tiny(), [mirror.base])
        assert_whole(models)

    def test_is_given_what_netrc_has_for_it(self, folder, mirror, models, own_home):
        (folder / "tiny.gguf").write_bytes(CONTENT)
        (own_home / ".netrc").write_text("machine 127.0.0.1 login me password secret\n")
        (own_home / ".netrc").chmod(0o600)
        pull(tiny(), [mirror.base])
        assert_whole(models)
        assert {r.headers.get("Authorization") for r in mirror.requests} == {"Basic bWU6c2VjcmV0"}

    def test_is_given_the_credentials_of_its_url_and_nobody_else(self, folder, mirror, models, capsys):
        (folder / "tiny.gguf").write_bytes(GGUF)
        base = mirror.base.replace("127", "me:secret@127")
        with pytest.raises(PullError, match=r"could not be fetched .*/nowhere/tiny.gguf") as caught:
            pull(unknown(), [f"{base}/nowhere"])
        pull(unknown(), [f"{base}/nowhere", base])
        assert {r.headers.get("Authorization") for r in mirror.requests} == {"Basic bWU6c2VjcmV0"}
        assert pins.read()["tiny"].source == mirror.url[len("http://") :]
        assert "secret" not in str(caught.value) + capsys.readouterr().err + str(Mirror(base))

    def test_that_has_it_not_costs_a_line(self, mirror, server, models, capsys):
        pull(from_url(server), [mirror.base])
        assert_whole(models)
        (line,) = [line for line in capsys.readouterr().err.splitlines() if "next source" in line]
        assert line.endswith(f"answers 404 Not Found for {mirror.base}/tiny.gguf; trying the next source")

    def test_with_a_file_of_no_known_hash(self, folder, mirror, models, capsys):
        (folder / "tiny.gguf").write_bytes(GGUF)
        pull(unknown(), [mirror.base])
        assert (models / "tiny.gguf").read_bytes() == GGUF
        host = mirror.url[len("http://") :]
        assert f"… as {host} states it now" in capsys.readouterr().err
        assert pins.read()["tiny"].source == host

    def test_with_a_page_instead_of_a_file_of_no_known_hash(self, folder, mirror, models):
        (folder / "tiny.gguf").write_bytes(b"<html>Please log in</html>")
        with pytest.raises(PullError, match="holds another file: it is no model in GGUF form"):
            pull(unknown(), [mirror.base])
        assert names(models) == []

    def test_with_a_directory_in_mlx_form_by_its_list_of_hashes(self, folder, mirror, models):
        put_shards(folder, sums=True)
        pull(shards(), [mirror.base])
        assert names(models / "tiny-mlx") == sorted(SHARDS)
        hashes = {file.name: file.sha256 for file in pins.read()["tiny-mlx"].files}
        assert hashes == {name: hashlib.sha256(content).hexdigest() for name, content in SHARDS.items()}

    def test_with_a_directory_without_a_list(self, folder, mirror, models):
        put_shards(folder)
        with pytest.raises(PullError, match=r"answers 404 Not Found for .*/tiny-mlx/SHA256SUMS"):
            pull(shards(), [mirror.base])

    def test_with_a_pinned_directory_needs_no_list(self, folder, mirror, models):
        put_shards(folder)
        files = tuple(
            catalog.File(name, len(content), hashlib.sha256(content).hexdigest())
            for name, content in SHARDS.items()
        )
        pull(pins.Pin("here", "2026-01-01", files).of(shards()), [mirror.base])
        assert names(models / "tiny-mlx") == sorted(SHARDS)

    def test_resumes_an_unknown_file_only_while_it_is_the_same(self, models):
        with serve(GGUF) as server:
            model = replace(from_url(server), size=0, sha256="")
            server.mishaps = [Cut(0), Cut(CHUNK + 9), Fail(404)]
            with pytest.raises(PullError, match="go on"):
                pull(model)
            server.content, server.tag = b"GGUF" + CONTENT[::-1], '"second"'
            pull(model)
        assert (models / "tiny.gguf").read_bytes() == server.content
        assert server.requests[-1]["If-Range"] == '"first"'

    def test_a_server_that_minds_no_tags_cannot_mix_two_files(self, models):
        with serve(GGUF) as server:
            model = replace(from_url(server), size=0, sha256="")
            server.mishaps = [Cut(0), Cut(CHUNK + 9), Fail(404)]
            with pytest.raises(PullError, match="go on"):
                pull(model)
            server.content, server.tag, server.minds_tags = b"GGUF" + CONTENT[::-1], '"second"', False
            with pytest.raises(PullError, match="changed the file meanwhile"):
                pull(model)
            pull(model)
        assert (models / "tiny.gguf").read_bytes() == server.content

    def test_never_goes_on_with_an_unknown_file_without_a_tag(self, models):
        with serve(GGUF) as server:
            server.tag = ""
            leave_part(models, b"GGUF of somebody else")
            pull(replace(from_url(server), size=0, sha256=""))
        assert (models / "tiny.gguf").read_bytes() == GGUF
        assert [request.get("Range") for request in server.requests] == [None, None]


def test_a_proxy_is_asked_where_one_is_set(server, models, monkeypatch):
    monkeypatch.setenv("http_proxy", server.url.rpartition("/")[0])
    monkeypatch.setenv("no_proxy", "")
    pull(tiny(), ["http://models.example"])
    assert_whole(models)
    assert [request["Host"] for request in server.requests] == ["models.example"]


def test_a_models_own_source_is_not_asked_over_plain_http(server, models, monkeypatch):
    monkeypatch.setenv("http_proxy", server.url.rpartition("/")[0])
    monkeypatch.setenv("no_proxy", "")
    with pytest.raises(PullError, match=r"http://models.example/tiny.gguf is not fetched: anyone on the way"):
        pull(tiny(catalog.HttpsSource("http://me:secret@models.example/tiny.gguf")))
    assert server.requests == []
    assert names(models) == []


@pytest.mark.parametrize("url", ["https://[", "http://[::1/x", "file:///x", "no url"])
def test_a_source_that_is_no_url_costs_a_line(server, models, url):
    pull(tiny(catalog.HttpsSource(url), catalog.HttpsSource(server.url)))
    assert_whole(models)


def test_a_mirror_that_is_no_url_costs_a_line(server, models, capsys):
    pull(from_url(server), ["https://me:secret@[::1/x"])
    assert_whole(models)
    said = capsys.readouterr().err.splitlines()[0]
    assert said == "caro: https://[::1/x/tiny.gguf is no URL; trying the next source"


def test_a_pin_that_fits_no_source_names_each(folder, mirror, models):
    (folder / "tiny.gguf").write_bytes(GGUF)
    pins_of_another = replace(unknown(), size=len(GGUF), sha256="0" * 64)
    with pytest.raises(PullError) as caught:
        pull(pins_of_another, [mirror.base, str(folder)])
    assert str(caught.value).count("holds another file: its SHA-256 is not that of tiny") == 2


@pytest.mark.slow
def test_pip_before_the_others(tmp_path, server, models, monkeypatch):
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    information = "tiny-1.0.dist-info"
    with zipfile.ZipFile(tmp_path / "tiny-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("tiny.gguf", CONTENT)
        wheel.writestr(f"{information}/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n")
        wheel.writestr(
            f"{information}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{information}/RECORD", "")
    pull(tiny(catalog.HttpsSource(server.url), PIP), ["pip"])
    assert_whole(models)
    assert server.requests == []
