"""The example bank as it is searched: what is near, for whom, and what becomes of files it cannot use."""

from __future__ import annotations

import itertools
import os

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from caro_shell.bank import Bank, pairs
from caro_shell.bank.embedding import Embedding, tokens
from caro_shell.resources import resource

EMBEDDING = resource("models", "embedding.npz")
FILE = """
setup = "true"
[common]
'du -sh photos' = ["how big is the folder photos", "total size of the directory photos"]
'tail -n 5 app.log' = ["the last five lines of app.log"]
[gnu]
'stat -c %y a.txt' = ["when was a.txt changed"]
[bsd]
'stat -f %Sm a.txt' = ["when was a.txt changed"]
[fish]
'set -x EDITOR vim' = ["make vim my editor"]
[posix]
'export EDITOR=vim' = ["make vim my editor"]
"""


@pytest.fixture(scope="module")
def shipped():
    return Embedding(EMBEDDING)


@pytest.fixture
def small(tmp_path, monkeypatch):
    monkeypatch.setenv("CARO_HOME", str(tmp_path / "home"))
    directory = tmp_path / "bank"
    directory.mkdir()
    (directory / "some.toml").write_text(FILE)
    (directory / "notes.txt").write_text("no pairs")
    return directory


def commands(
    bank: Bank, words: str, *, shell: str = "bash", platform: str = "linux", count: int = 1
) -> list[str]:
    return [near.pair.command for near in bank.nearest(words, shell, platform, count)]


def test_words_that_mean_the_same_are_near(small):
    bank = Bank(str(small), EMBEDDING)
    assert commands(bank, "space that my photos directory takes") == ["du -sh photos"]
    assert commands(bank, "show me the end of server.log") == ["tail -n 5 app.log"]


def test_only_what_is_right_in_the_shell_and_on_the_platform_is_shown(small):
    bank = Bank(str(small), EMBEDDING)
    asked = "when did somebody change notes.txt"
    assert commands(bank, asked) == ["stat -c %y a.txt"]
    assert commands(bank, asked, platform="darwin") == ["stat -f %Sm a.txt"]
    assert commands(bank, "use vim as the editor", shell="zsh") == ["export EDITOR=vim"]
    assert commands(bank, "use vim as the editor", shell="fish") == ["set -x EDITOR vim"]
    everything = commands(bank, "anything", count=99)
    assert set(everything) == {"du -sh photos", "tail -n 5 app.log", "stat -c %y a.txt", "export EDITOR=vim"}
    assert len(everything) == 4


def test_a_program_that_is_not_installed_is_shown_only_to_who_names_it(small, tmp_path, monkeypatch):
    (small / "more.toml").write_text("[common]\n'moonmv a b' = ['move the file a to the moon']\n")
    bank = Bank(str(small), EMBEDDING)
    assert "moonmv a b" not in commands(bank, "move the file a to the moon", count=9)
    assert commands(bank, "with moonmv move the file a to the moon") == ["moonmv a b"]
    (tmp_path / "moonmv").write_text("#!/bin/sh\n")
    (tmp_path / "moonmv").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert commands(bank, "move the file a to the moon") == ["moonmv a b"]


def test_the_nearest_comes_first_and_a_command_once(small):
    found = Bank(str(small), EMBEDDING).nearest("how big is the folder photos", "bash", "linux", 4)
    assert found[0].pair.words == "how big is the folder photos"
    similarities = [near.similarity for near in found]
    assert similarities == sorted(similarities, reverse=True)


def test_nothing_is_opened_for_none(small):
    bank = Bank(str(small / "missing"), EMBEDDING)
    assert bank.nearest("words", "bash", "linux", 0) == []


def test_the_index_is_kept_and_made_anew_when_a_pair_changes(small, tmp_path, monkeypatch):
    Bank(str(small), EMBEDDING).open()
    with monkeypatch.context() as never:
        never.setattr(pairs, "read", lambda _: pytest.fail("it was kept"))
        assert commands(Bank(str(small), EMBEDDING), "size of the photos folder") == ["du -sh photos"]
    (small / "some.toml").write_text(FILE.replace("du -sh photos", "du -sh pictures"))
    assert commands(Bank(str(small), EMBEDDING), "size of the photos folder") == ["du -sh pictures"]
    assert len(list((tmp_path / "home/cache").glob("bank-*"))) == 1, "the old one is gone"


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 not quite", b"no archive at all"])
def test_a_damaged_index_is_made_anew(small, tmp_path, damage):
    Bank(str(small), EMBEDDING).open()
    (kept,) = (tmp_path / "home/cache").glob("bank-*")
    kept.write_bytes(damage)
    assert commands(Bank(str(small), EMBEDDING), "size of the photos folder") == ["du -sh photos"]


def test_a_disk_that_takes_no_index_costs_nothing_else(small, tmp_path, caplog):
    (tmp_path / "home").mkdir(exist_ok=True)
    (tmp_path / "home/cache").write_text("a file where a directory should be")
    assert commands(Bank(str(small), EMBEDDING), "size of the photos folder") == ["du -sh photos"]
    assert "cannot be kept" in caplog.text


@pytest.mark.parametrize("content", ["[common", "common = 3", '[common]\n"ls" = 3\n'])
def test_a_bank_that_cannot_be_used_is_an_empty_one(small, caplog, content):
    (small / "more.toml").write_text(content)
    bank = Bank(str(small), EMBEDDING)
    assert bank.nearest("words", "bash", "linux", 1) == []
    assert bank.nearest("words", "bash", "linux", 1) == []
    assert caplog.text.count("the example bank cannot be used") == 1


def test_an_embedding_that_cannot_be_used_is_no_error(small, tmp_path, caplog):
    assert Bank(str(small), str(tmp_path / "none.npz")).nearest("words", "bash", "linux", 1) == []
    broken = tmp_path / "broken.npz"
    np.savez(broken, vocabulary=np.array("a\nb"), vectors=np.zeros((1, 4), np.int8), scales=np.ones(1))
    assert Bank(str(small), str(broken)).nearest("words", "bash", "linux", 1) == []
    assert "holds 1 vectors for 2 tokens" in caplog.text
    np.save(tmp_path / "one.npy", np.zeros(3))
    assert Bank(str(small), str(tmp_path / "one.npy")).nearest("words", "bash", "linux", 1) == []


def test_every_shell_and_platform_has_its_tables():
    for shell, platform in itertools.product(("bash", "zsh", "fish"), ("linux", "darwin")):
        here = pairs.tables(shell, platform)
        assert here <= set(pairs.TABLES)
        assert ("fish" in here) is (shell == "fish")
        assert ("bsd" in here) is (platform == "darwin")


def test_a_word_is_cut_into_the_longest_pieces_that_are_known():
    vocabulary = {piece: number for number, piece in enumerate(("un", "##zip", "##z", "zip", "."))}
    assert tokens("Unzip", vocabulary) == [0, 1]
    assert tokens("ÚNZIP zip.", vocabulary) == [0, 1, 3, 4]
    assert tokens("xyz", vocabulary) == [2], "what is not known is left out"


@given(texts=st.lists(st.text(max_size=80), max_size=5))
def test_any_text_has_a_place(shipped, texts):
    rows = shipped.vectors(texts)
    lengths = np.linalg.norm(rows, axis=1)
    assert len(rows) == len(texts)
    assert np.all((abs(lengths - 1) < 1e-3) | (lengths == 0))


def test_the_bank_that_comes_with_caro_opens():
    opened = Bank().open()
    assert opened is not None
    assert len({pair.command for pair in opened.pairs}) >= 1500
