"""Fetching from a hub: what it states is compared, pinned and checked, for files and directories."""

from __future__ import annotations

import argparse
import hashlib
import random
import shutil
import threading
from dataclasses import replace

import pytest

from caro_shell import catalog, pressure
from caro_shell.catalog import disk, pins
from caro_shell.catalog.removal import remove
from caro_shell.errors import ModelDamaged, PullError
from caro_shell.manage import removing
from caro_shell.pull import https, pull
from caro_shell.pull.digest import verify
from tests.http_server import Fail as HttpFail
from tests.http_server import serve
from tests.hub_server import Cut, Fail, Page, hub
from tests.tiny_model import CHUNK, CONTENT, names, tiny

GGUF = b"GGUF" + CONTENT
SHARDS = {
    "config.json": b'{"model_type": "tiny"}',
    "tokenizer.json": random.Random(1).randbytes(70_000),
    "model-00001-of-00002.safetensors": random.Random(2).randbytes(300_000),
    "model-00002-of-00002.safetensors": random.Random(3).randbytes(200_000),
}
#: What a repository holds beside the model.
OTHER = {
    "README.md": b"read me",
    "modeling.py": b"raise SystemExit",
    ".gitattributes": b"*",
    "a/b.json": b"{}",
}


@pytest.fixture
def repo(tmp_path):
    """The directory of the repository `o/r`."""
    path = tmp_path / "hub" / "o" / "r"
    path.mkdir(parents=True)
    return path


@pytest.fixture
def server(repo, monkeypatch):
    with hub(repo.parent.parent) as served:
        monkeypatch.setenv("HF_ENDPOINT", served.url)
        yield served


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    monkeypatch.setattr("time.sleep", lambda _: None)


def unknown(file="Tiny-Q4.gguf"):
    """A model of which nothing is known but its place on the hub."""
    return replace(tiny(catalog.HubSource("o/r", file)), size=0, sha256="")


def directory():
    return replace(unknown(), id="tiny-mlx", file="tiny-mlx", form="mlx", sources=(catalog.HubSource("o/r"),))


def put(repo, contents):
    for name, content in contents.items():
        (repo / name).parent.mkdir(exist_ok=True)
        (repo / name).write_bytes(content)


def again(model):
    """Take the model off the disk, so that the next pull has to fetch it; the pin stays."""
    return remove(model)


class TestFile:
    @pytest.fixture(autouse=True)
    def there(self, repo):
        put(repo, {"Tiny-Q4.gguf": GGUF, "Tiny-Q8.gguf": b"GGUF, but finer", **OTHER})

    def test_is_pinned_to_what_the_hub_states(self, server, models, capsys):
        path, fetched = pull(unknown())
        assert (path, fetched) == (str(models / "tiny.gguf"), True)
        assert (models / "tiny.gguf").read_bytes() == GGUF
        assert names(models) == ["pins.json", "tiny.gguf", "tiny.gguf.verified"]
        sha256 = hashlib.sha256(GGUF).hexdigest()
        host = server.url[len("http://") :]
        said = f"caro: pinned tiny to SHA-256 {sha256[:12]}… as {host} states it now\n"
        assert said in capsys.readouterr().err
        pin = pins.read()["tiny"]
        assert (pin.source, pin.files) == (host, (catalog.File("tiny.gguf", len(GGUF), sha256),))
        model = pin.of(unknown())
        assert (model.size, model.sha256) == (len(GGUF), sha256)
        assert disk.verified(path, model)

    def test_comes_from_the_commit_that_was_stated(self, server):
        pull(unknown())
        commit = server.commit("o/r")
        assert [request.path for request in server.requests] == [
            "/api/models/o/r/revision/main",
            f"/api/models/o/r/tree/{commit}?recursive=true",
            f"/o/r/resolve/{commit}/Tiny-Q4.gguf",
        ]

    def test_a_second_pull_asks_nobody(self, server):
        pull(unknown())
        asked = len(server.requests)
        assert not pull(unknown()).fetched
        assert len(server.requests) == asked

    def test_of_a_known_hash_needs_no_statement_at_a_commit(self, server, models):
        model = replace(unknown(), size=len(GGUF), sha256=hashlib.sha256(GGUF).hexdigest())
        source = replace(model.sources[0], revision=server.commit("o/r"))
        pull(replace(model, sources=(source,)))
        assert len(server.requests) == 1
        assert not (models / "pins.json").exists()

    def test_pattern_that_one_file_matches(self, server, models):
        pull(unknown("*q4.GGUF"))
        assert (models / "tiny.gguf").read_bytes() == GGUF

    @pytest.mark.parametrize(
        ("pattern", "sentence"),
        [
            ("*.gguf", r"holds 2 files \*.gguf \(Tiny-Q4.gguf, Tiny-Q8.gguf\)"),
            ("*q2.gguf", r"holds no files \*q2.gguf"),
        ],
    )
    def test_pattern_that_does_not_tell_one(self, server, pattern, sentence):
        with pytest.raises(PullError, match=sentence):
            pull(unknown(pattern))

    def test_changed_on_the_hub_after_it_was_pinned_is_refused(self, server, repo, models):
        pull(unknown())
        again(unknown())
        put(repo, {"Tiny-Q4.gguf": GGUF[:-1] + b"?"})
        with pytest.raises(
            PullError, match=r"states another SHA-256 of tiny.gguf now.*was pinned on 20"
        ) as caught:
            pull(unknown())
        assert "(to take what is there now: caro model remove tiny, then pull it)" in str(caught.value)
        assert server.contents()[1:] == []
        removing.remove(unknown())
        assert pull(unknown()).fetched

    def test_of_another_size_than_the_catalog_says_is_refused(self, server):
        with pytest.raises(PullError, match=f"has {len(GGUF)} bytes of tiny.gguf instead of 5\\)"):
            pull(replace(unknown(), size=5))

    def test_changed_on_the_hub_in_the_middle_is_begun_anew(self, server, repo, models):
        server.mishaps = [Cut(CHUNK + 9), Fail(404)]
        with pytest.raises(PullError, match=r"go on \(262 kB are kept\)"):
            pull(unknown())
        assert not (models / "pins.json").exists()
        changed = b"GGUF" + CONTENT[::-1]
        put(repo, {"Tiny-Q4.gguf": changed})
        pull(unknown())
        assert (models / "tiny.gguf").read_bytes() == changed
        assert pins.read()["tiny"].files[0].sha256 == hashlib.sha256(changed).hexdigest()

    def test_resumed_goes_on_where_it_was(self, server, models):
        server.mishaps = [Cut(CHUNK + 9), Fail(404)]
        with pytest.raises(PullError):
            pull(unknown())
        pull(unknown())
        assert [request.headers.get("Range") for request in server.contents()] == [
            None,
            f"bytes={CHUNK}-",
            f"bytes={CHUNK}-",
        ]
        assert (models / "tiny.gguf").read_bytes() == GGUF

    @pytest.mark.parametrize("size", [26, len(GGUF)], ids=["short", "right length"])
    def test_a_page_is_no_model(self, server, models, size):
        server.mishaps = [Page(b"?" * size)]
        with pytest.raises(PullError, match=r"has 26 bytes instead of|holds another file: its SHA-256"):
            pull(unknown())
        assert names(models) == []

    @pytest.mark.parametrize("content", [GGUF + b"?", GGUF[:-1]], ids=["longer", "shorter"])
    def test_another_length_is_no_model(self, server, models, content):
        server.mishaps = [Page(content)]
        with pytest.raises(PullError, match=f"has {len(content)} bytes instead of {len(GGUF)}"):
            pull(unknown())

    def test_two_pulls_at_once_fetch_it_once(self, server, models):
        pulls = [threading.Thread(target=pull, args=(unknown(),), kwargs={"quiet": True}) for _ in range(2)]
        for one in pulls:
            one.start()
        for one in pulls:
            one.join()
        assert len(server.contents()) == 1
        assert names(models) == ["pins.json", "tiny.gguf", "tiny.gguf.verified"]


class TestMemory:
    @pytest.fixture
    def larger(self, server, repo):
        """A model larger than this machine's memory, of which the hub alone knows the size."""
        with (repo / "Tiny-Q4.gguf").open("wb") as file:
            file.truncate(pressure.total() + 1)
        server.known[str(repo / "Tiny-Q4.gguf")] = ("0" * 40, "1" * 64)
        return unknown()

    def test_what_it_cannot_hold_is_not_fetched(self, server, larger, models):
        with pytest.raises(PullError, match=r"tiny has .* and this machine .* of memory; to have it all the"):
            pull(larger)
        assert server.contents() == []
        assert names(models) == []

    def test_whoever_names_it_is_told_and_gets_it(self, server, larger, models, monkeypatch, capsys):
        monkeypatch.setattr(shutil, "disk_usage", lambda _: argparse.Namespace(free=1 << 60))
        server.mishaps = [Fail(404)]
        with pytest.raises(PullError, match="answers 404 Not Found"):
            pull(larger, called="tiny")
        assert len(server.contents()) == 1
        assert "of memory: it is fetched as you asked, and will be of little use" in capsys.readouterr().err


class TestStatement:
    @pytest.mark.parametrize("answer", [b"<html>log in</html>", b"[]", b'{"sha": 7}', b'{"sha": "../x"}'])
    def test_that_is_none_of_a_hub(self, monkeypatch, answer):
        with serve(answer) as server:
            monkeypatch.setenv("HF_ENDPOINT", server.url.rpartition("/")[0])
            with pytest.raises(PullError, match=r"that is none of a hub|names no commit of o/r"):
                pull(unknown())

    def test_of_a_repository_that_is_not_there(self, server):
        model = replace(unknown(), sources=(catalog.HubSource("no/where", "f"),))
        with pytest.raises(PullError, match=r"answers 404 Not Found for http://.*/api/models/no/where"):
            pull(model)

    @pytest.mark.parametrize(
        ("token", "hint"),
        [("", "HF_TOKEN may hold a key for it"), ("x", "the key in HF_TOKEN does not open it")],
    )
    @pytest.mark.parametrize("status", [401, 403])
    def test_that_is_refused_names_the_key(self, monkeypatch, token, hint, status):
        monkeypatch.setenv("HF_TOKEN", token)
        with serve(b"") as server:
            monkeypatch.setenv("HF_ENDPOINT", server.url.rpartition("/")[0])
            server.mishaps = [HttpFail(status)]
            with pytest.raises(PullError, match=rf"answers {status} .* \({hint}\)"):
                pull(unknown())

    def test_over_plain_http_is_not_asked_for(self, monkeypatch):
        monkeypatch.setenv("HF_ENDPOINT", "http://hub.example")
        with pytest.raises(PullError, match=r"HF_ENDPOINT is http://hub.example, where anyone on the way"):
            pull(unknown())

    def test_leads_nobody_on_to_plain_http(self, server, repo, monkeypatch):
        put(repo, {"Tiny-Q4.gguf": GGUF})
        with hub(repo.parent.parent) as storage:
            monkeypatch.setenv("http_proxy", storage.url)
            monkeypatch.setenv("no_proxy", "127.0.0.1")
            server.elsewhere = "http://storage.example"
            with pytest.raises(
                PullError, match="sends on to plain http, where anyone could change what comes"
            ):
                pull(unknown())
        assert [request.headers["Host"] for request in storage.requests] == ["storage.example"]

    @pytest.mark.parametrize(
        ("url", "expected"),
        [
            ("https://a.example/f", True),
            ("http://127.0.0.1:8000/f", True),
            ("http://[::1]/f", True),
            ("http://localhost/f", True),
            ("http://a.example/f", False),
            ("http://127.0.0.1.a.example/f", False),
            ("file:///f", False),
        ],
    )
    def test_may_come_from_where_nobody_can_change_it(self, url, expected):
        assert https.is_private(url) is expected


class TestToken:
    @pytest.fixture(autouse=True)
    def secret(self, monkeypatch, repo):
        monkeypatch.setenv("HF_TOKEN", "hf_secret")
        put(repo, {"Tiny-Q4.gguf": GGUF})

    def test_goes_to_the_hub(self, server):
        pull(unknown())
        sent = {request.headers.get("Authorization") for request in server.requests}
        assert sent == {"Bearer hf_secret"}

    def test_does_not_go_where_the_hub_sends_on_to(self, server, repo, models):
        with hub(repo.parent.parent) as storage:
            server.elsewhere = storage.url
            pull(unknown())
        assert (models / "tiny.gguf").read_bytes() == GGUF
        assert [request.headers.get("Authorization") for request in storage.requests] == [None]

    def test_does_not_go_to_a_mirror(self, server, repo):
        (repo / "tiny.gguf").write_bytes(GGUF)
        with hub(repo.parent.parent) as mirror:
            pull(unknown(), [f"{mirror.url}/o/r/resolve/main"])
        assert {request.headers.get("Authorization") for request in mirror.requests} == {None}

    def test_none_of_netrc_takes_its_place(self, server, own_home):
        (own_home / ".netrc").write_text("machine 127.0.0.1 login me password mine\n")
        (own_home / ".netrc").chmod(0o600)
        pull(unknown())
        assert {request.headers.get("Authorization") for request in server.requests} == {"Bearer hf_secret"}


class TestDirectory:
    @pytest.fixture(autouse=True)
    def there(self, repo):
        put(repo, {**SHARDS, **OTHER})

    def pinned(self):
        return pins.read()["tiny-mlx"].of(directory())

    def whole(self, models):
        assert names(models) == ["pins.json", "tiny-mlx", "tiny-mlx.verified"]
        assert {
            name: (models / "tiny-mlx" / name).read_bytes() for name in names(models / "tiny-mlx")
        } == SHARDS

    def test_all_that_belongs_to_the_model_and_nothing_else(self, server, models):
        assert pull(directory()) == (str(models / "tiny-mlx"), True)
        self.whole(models)
        model = self.pinned()
        assert model.size == sum(map(len, SHARDS.values()))
        hashes = {file.name: file.sha256 for file in model.files}
        assert hashes == {name: hashlib.sha256(content).hexdigest() for name, content in SHARDS.items()}
        assert disk.verified(disk.locate(model), model)
        assert not pull(directory()).fetched

    def test_goes_on_in_the_file_where_it_was(self, server, models):
        server.mishaps = [Cut(10**6), Cut(CHUNK + 9), Fail(404)]
        with pytest.raises(PullError, match=r"go on .* are kept.* with: caro model pull tiny-mlx"):
            pull(directory())
        assert names(models) == ["tiny-mlx.part"]
        before = len(server.contents())
        pull(directory())
        self.whole(models)
        ranges = [request.headers.get("Range") for request in server.contents()[before:]]
        assert ranges == [f"bytes={CHUNK}-", None, None]

    def test_a_small_file_is_checked_by_gits_name_for_it(self, server, models):
        server.mishaps = [Page(b"?" * len(SHARDS["config.json"]))]
        with pytest.raises(PullError, match="holds another file"):
            pull(directory())
        assert names(models) == []

    def test_changed_in_the_middle_keeps_what_is_the_same(self, server, repo, models):
        server.mishaps = [Cut(10**6), Cut(10**6), Fail(404)]
        with pytest.raises(PullError):
            pull(directory())
        put(repo, {"config.json": b'{"model_type": "tiny", "new": true}'})
        gone = "model-00001-of-00002.safetensors"
        (repo / gone).rename(repo / "model-1.safetensors")
        assert gone in names(models / "tiny-mlx.part")
        pull(directory())
        assert (models / "tiny-mlx" / "config.json").read_bytes().endswith(b"true}")
        assert names(models / "tiny-mlx") == sorted({*SHARDS, "model-1.safetensors"} - {gone})
        assert names(models) == ["pins.json", "tiny-mlx", "tiny-mlx.verified"]
        verify(self.pinned(), quiet=True)

    def test_changed_after_it_was_pinned_is_refused(self, server, repo):
        pull(directory())
        again(directory())
        put(repo, {"chat_template.jinja": b"{{ messages }}"})
        with pytest.raises(PullError, match="has other files of tiny-mlx now; tiny-mlx was pinned on"):
            pull(directory())

    def test_a_damaged_one_is_fetched_again(self, server, models):
        pull(directory())
        (models / "tiny-mlx" / "model-00001-of-00002.safetensors").write_bytes(b"")
        with pytest.raises(ModelDamaged):
            disk.locate(self.pinned())
        assert pull(directory()).fetched
        self.whole(models)

    def test_a_repository_without_weights(self, server, repo):
        for name in SHARDS:
            if name.endswith(".safetensors"):
                (repo / name).unlink()
        with pytest.raises(PullError, match=r"o/r on 127.0.0.1:.* holds no weights in MLX form"):
            pull(directory())

    def test_two_pulls_at_once_fetch_it_once(self, server, models):
        pulls = [threading.Thread(target=pull, args=(directory(),), kwargs={"quiet": True}) for _ in range(2)]
        for one in pulls:
            one.start()
        for one in pulls:
            one.join()
        assert len(server.contents()) == len(SHARDS)
        self.whole(models)
