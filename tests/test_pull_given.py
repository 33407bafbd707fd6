"""What `caro model pull` can be given beside a model's name: a path, a URL."""

from __future__ import annotations

import hashlib

import pytest

from caro_shell import catalog, paths
from caro_shell.catalog import pins, removal
from caro_shell.errors import ModelDamaged, ModelError, PullError
from caro_shell.pull import pull
from caro_shell.pull.given import given, remember
from tests.http_server import Cut, Fail, serve
from tests.hub_server import hub
from tests.tiny_model import CHUNK, CONTENT, names

GGUF = b"GGUF" + CONTENT


@pytest.fixture
def server():
    with serve(GGUF) as served:
        yield served


def test_a_name():
    assert given("q4") == catalog.find("qwen2.5-coder-1.5b-q4")


def test_a_path_is_used_where_it_lies(tmp_path, models):
    path = tmp_path / "own.gguf"
    path.write_bytes(GGUF)
    model = given(str(path))
    assert pull(model) == (str(path), False)
    assert not remember(model)
    assert not models.exists()


def test_a_path_of_nothing(tmp_path):
    with pytest.raises(ModelError, match=r"there is no file .*own.gguf; name one by its whole path"):
        given(str(tmp_path / "own.gguf"))


def test_a_file_of_ones_own_is_held_to_the_hash_that_was_written_down(tmp_path, models):
    path = tmp_path / "own.gguf"
    path.write_bytes(b"GGUF")
    models.parent.mkdir(parents=True)
    entry = f'[[model]]\nid = "own"\nfile = "{path}"\nsha256 = "{"0" * 64}"\n'
    (models.parent / "models.toml").write_text(entry)
    with pytest.raises(ModelDamaged, match="put the right file there, or correct sha256 in"):
        pull(given("own"), quiet=True)


def test_a_url_becomes_a_model_of_the_persons_own(server, models):
    model = given(server.url)
    assert pull(model, quiet=True) == (str(models / "tiny.gguf"), True)
    assert remember(model)
    assert catalog.find("tiny").sources == (catalog.HttpsSource(server.url),)


def test_what_came_from_a_url_is_remembered_once(models):
    with serve(GGUF) as server:
        url = server.url.replace("tiny.gguf", "mine.gguf")
        model = given(url)
        pull(model, quiet=True)
        assert remember(model)
        known = catalog.find("mine")
        assert (known.size, known.sha256) == (len(GGUF), hashlib.sha256(GGUF).hexdigest())
        assert given(url) == known
        assert not pull(given(url), quiet=True).fetched
        assert not remember(given(url))
    assert names(models) == ["mine.gguf", "mine.gguf.verified", "pins.json"]
    with open(paths.models_file()) as file:
        assert file.read().count("[[model]]") == 1


def test_a_url_is_gone_on_with_by_itself_and_from_there_alone(server, tmp_path, capsys):
    server.content = b""
    url = server.url.replace("tiny", "mine") + "?a=1&b=2"
    (tmp_path / "mine.gguf").write_bytes(GGUF)
    with pytest.raises(PullError, match=r"try again with: caro model pull 'http://127.0.0.1:.*&b=2'$"):
        pull(given(url), [str(tmp_path)], called=url)


def test_a_file_on_the_hub_is_taken_by_what_the_hub_states(tmp_path, monkeypatch, models):
    (tmp_path / "o" / "r").mkdir(parents=True)
    (tmp_path / "o" / "r" / "mine.gguf").write_bytes(GGUF)
    with hub(tmp_path) as server:
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        for kind in ("blob", "resolve"):
            model = given(f"{server.url}/o/r/{kind}/main/mine.gguf?download=true")
            assert model.sources == (catalog.HubSource("o/r", "mine.gguf", "main"),)
        pull(model, quiet=True)
        assert remember(model)
    assert catalog.find("mine").sha256 == hashlib.sha256(GGUF).hexdigest()


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("https://a.example/readme.html", "is no .gguf file; give the address of the file itself"),
        ("http://a.example/mine.gguf", "is not fetched: over plain http anyone on the way could change it"),
        ("ftp://a.example/mine.gguf", "is not fetched"),
        ("https://a.example/..%2F..%2Fmine.gguf", "cannot be fetched: id must be made of letters"),
        ("https://a.example/.gguf", "cannot be fetched: id must be made of letters"),
        (
            "https://a.example/qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
            "is the file of another model already, qwen2.5-coder-1.5b-q4; write an entry",
        ),
        ("https://a.example/qwen2.5-coder-1.5b-q4.gguf", "is the file of another model already"),
        (
            "https://a.example/Qwen2.5-Coder-1.5B-Instruct-Q4_K_M.gguf",
            "is the file of another model already, qwen2.5-coder-1.5b-q4",
        ),
        ("https://a.example/Q8.gguf", "is the file of another model already, qwen2.5-coder-1.5b-q8"),
        ("https://a.example/\udcff/mine.gguf", "is no URL .*surrogates not allowed"),
        ("https://[::1/mine.gguf", "is no URL .Invalid IPv6 URL."),
    ],
)
def test_a_url_that_is_not_taken(url, sentence):
    with pytest.raises(ModelError, match=sentence):
        given(url)


class TestCredentials:
    """A name and a password in a URL are sent to its server, and shown and written nowhere."""

    @pytest.fixture
    def url(self, server):
        return server.url.replace("127", "me:secret@127").replace("tiny", "mine")

    def test_are_sent_and_not_kept(self, server, url, models, capsys):
        model = given(url)
        pull(model, called=url)
        assert {r["Authorization"] for r in server.requests} == {"Basic bWU6c2VjcmV0"}
        assert remember(model)
        known = catalog.find("mine")
        host = server.url.split("/")[2]
        assert (known.title, str(known.sources[0])) == (f"from {host}", f"http://{host}/mine.gguf")
        assert pins.read()["mine"].source == host
        for path in (models.parent / "models.toml", *models.iterdir()):
            assert b"secret" not in path.read_bytes()
        said = capsys.readouterr()
        assert "secret" not in said.out + said.err

    def test_are_sent_again_for_what_was_remembered(self, server, url, models):
        model = given(url)
        pull(model, quiet=True)
        remember(model)
        removal.remove(model)
        asked = len(server.requests)
        pull(given(url), quiet=True, called=url)
        assert {r["Authorization"] for r in server.requests[asked:]} == {"Basic bWU6c2VjcmV0"}

    def test_are_not_kept_with_a_part(self, server, url, models):
        server.mishaps = [Cut(0), Cut(CHUNK + 9), Fail(404)]
        with pytest.raises(
            PullError, match=r"404 Not Found for http://127.*go on.*pull http://127"
        ) as caught:
            pull(given(url), called=url)
        assert "secret" not in str(caught.value)
        assert names(models) == ["mine.gguf.part", "mine.gguf.part.etag"]
        assert "secret" not in (models / "mine.gguf.part.etag").read_text()
        pull(given(url), quiet=True)
        assert server.requests[-1]["If-Range"] == server.tag

    @pytest.mark.parametrize("path", ["mine.html", "q8.gguf", "..%2Fmine.gguf", "[/\udcff.gguf"])
    @pytest.mark.parametrize("scheme", ["http", "https"])
    def test_are_not_said_of_a_url_that_is_not_taken(self, scheme, path):
        with pytest.raises(ModelError, match=r"//a\.example/") as caught:
            given(f"{scheme}://me:secret@a.example/{path}")
        assert "secret" not in str(caught.value)


def test_a_url_that_brings_no_model_is_not_remembered(server, models):
    server.content = b"<html>"
    with pytest.raises(PullError, match="it is no model in GGUF form"):
        pull(given(server.url.replace("tiny", "mine")))
    assert names(models) == []
    assert "mine" not in catalog.load_catalog()


def test_a_pull_that_was_broken_off_is_listed_and_can_be_removed(server, models, caro):
    server.mishaps = [Cut(0), Cut(CHUNK + 9), Fail(404)]
    assert caro("model", "pull", server.url)[0] == 1
    assert names(models) == ["tiny.gguf.part", "tiny.gguf.part.etag"]
    (row,) = (line for line in caro("model", "list")[1].splitlines() if line.startswith("  tiny"))
    assert row.endswith("part here")
    assert caro("model", "remove", "tiny")[0] == 0
    assert names(models) == []


def test_what_arrived_from_a_server_without_tags_comes_anew_and_that_is_said(server, models, caro):
    server.tag = ""
    server.mishaps = [Cut(0), Cut(CHUNK + 9), Fail(404)]
    caro("model", "pull", server.url)
    err = caro("model", "pull", server.url)[2]
    assert "does not say whether its file is still the same, so it comes anew from the beginning" in err
