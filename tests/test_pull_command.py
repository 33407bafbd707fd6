"""What `caro model pull` and `caro model verify` show."""

from __future__ import annotations

import hashlib
import io
import sys
from dataclasses import replace

import pytest

from caro_shell import catalog
from caro_shell.errors import ModelDamaged, ModelError, ModelMissing
from caro_shell.pull import progress
from tests.http_server import Fail, serve
from tests.tiny_model import (
    CONTENT,
    WHOLE,
    from_url,
    names,
    run,
)


@pytest.fixture
def server():
    with serve(CONTENT) as served:
        yield served


class TestProgress:
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    def test_a_bar_with_rate_and_time_on_a_terminal(self, monkeypatch):
        monkeypatch.setattr(sys, "stderr", self.Terminal())
        bar = progress.Progress("tiny", 4_000_000)
        bar.start_at(3_000_000)
        bar.advance(1_000_000)
        bar.say("a word")
        bar.close()
        shown = sys.stderr.getvalue()
        assert "tiny:  75%" in shown
        assert "3.00M/4.00M" in shown
        assert "B/s]" in shown
        assert "caro: a word\n" in shown
        assert shown.endswith("\r")

    def test_lines_elsewhere(self, monkeypatch, capsys):
        monkeypatch.setattr(progress, "LINE_PAUSE_S", 0)
        lines = progress.Progress("tiny", 1000)
        for _ in range(10):
            lines.advance(50)
        lines.close()
        shown = capsys.readouterr().err.splitlines()
        assert shown[0] == "tiny: 10 % (100 bytes of 1 kB)"
        assert [line.split()[1] for line in shown] == ["10", "20", "30", "40", "50"]

    def test_lines_are_not_hurried(self, capsys):
        lines = progress.Progress("tiny", 1000)
        lines.advance(1000)
        assert capsys.readouterr().err == ""

    def test_several_files_are_one_way(self, monkeypatch, capsys):
        monkeypatch.setattr(progress, "LINE_PAUSE_S", 0)
        lines = progress.Progress("tiny", 0)
        lines.expect(1000)
        for base in (0, 500):
            lines.begin_at(base)
            lines.start_at(0)
            lines.advance(400)
        shown = capsys.readouterr().err.splitlines()
        assert shown == ["tiny: 40 % (400 bytes of 1 kB)", "tiny: 90 % (900 bytes of 1 kB)"]

    def test_what_a_server_says_reaches_the_screen_harmless(self, capsys):
        progress.Progress("tiny", 1).say("it is \x1b[2Jclear")
        assert "\x1b" not in capsys.readouterr().err

    def test_quiet(self, monkeypatch):
        monkeypatch.setattr(sys, "stderr", self.Terminal())
        silent = progress.Progress("tiny", 1000, quiet=True)
        silent.advance(1000)
        silent.say("a word")
        silent.close()
        assert sys.stderr.getvalue() == ""


class TestCommand:
    @pytest.fixture(autouse=True)
    def known(self, server, monkeypatch):
        monkeypatch.setenv("CARO_MODEL", "tiny")
        monkeypatch.setattr(catalog, "load_catalog", lambda: {"tiny": from_url(server)})

    def test_pull_brings_the_model_in_use(self, models, capsys):
        path = models / "tiny.gguf"
        assert run("pull") == 0
        assert capsys.readouterr().out == f"tiny is fetched and verified: {path}\n"
        assert run("pull", "tiny") == 0
        assert capsys.readouterr().out == f"tiny is here already, whole: {path}\n"

    def test_pull_quietly(self, server, capsys):
        server.mishaps = [Fail(503)]
        assert run("pull", "--quiet") == 0
        assert capsys.readouterr() == ("", "")

    def test_verify(self, models, capsys):
        models.mkdir(parents=True)
        (models / "tiny.gguf").write_bytes(CONTENT)
        assert run("verify") == 0
        digest = hashlib.sha256(CONTENT).hexdigest()
        expected = f"tiny is whole, its SHA-256 is {digest}: {models / 'tiny.gguf'}\n"
        assert capsys.readouterr().out == expected
        assert names(models) == WHOLE

    def test_verify_notices_one_changed_byte(self, models):
        run("pull")
        path = models / "tiny.gguf"
        path.write_bytes(CONTENT[:-1] + b"?")
        with pytest.raises(ModelDamaged, match=r"is damaged .* fetch it again with: caro model pull tiny"):
            run("verify")
        assert names(models) == ["tiny.gguf"]

    def test_verify_a_missing_model(self):
        with pytest.raises(ModelMissing):
            run("verify")

    def test_verify_a_file_of_ones_own(self, tmp_path):
        own = tmp_path / "own.gguf"
        own.write_bytes(b"GGUF")
        with pytest.raises(ModelError, match="no SHA-256 is known"):
            run("verify", str(own))

    def test_pull_a_file_of_ones_own_says_it_is_here(self, tmp_path, capsys):
        own = tmp_path / "mine" / "own.gguf"
        own.parent.mkdir()
        own.write_bytes(b"GGUF")
        assert run("pull", str(own)) == 0
        assert "is here already" in capsys.readouterr().out
        assert names(own.parent) == ["own.gguf"]

    def test_an_entry_of_another_hash_is_not_taken_for_verified(self, server, monkeypatch):
        run("pull")
        other = replace(from_url(server), sha256="0" * 64)
        monkeypatch.setattr(catalog, "load_catalog", lambda: {"tiny": other})
        with pytest.raises(ModelDamaged):
            run("verify")
