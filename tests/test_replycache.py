"""Answers kept: what hits, what misses, and that a broken file is no error."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from caro_shell import engine, paths, replycache
from caro_shell.backends import Completion, Listener
from caro_shell.engine import Engine, Request
from caro_shell.prompt import Prompt
from caro_shell.replycache import ReplyCache, cache_file, entry_key
from tests.person import Person


class Counting:
    """A backend that says how often it was asked."""

    name, model, asked = "counting", "none", 0

    def complete(self, prompt: Prompt, listener: Listener) -> Completion:
        self.asked += 1
        return Completion(f"echo {prompt.request} {self.asked}", 1.0, 1.0, 1, 1, 1)

    def close(self) -> None:
        pass


@pytest.fixture
def counting() -> Counting:
    return Counting()


@pytest.fixture
def ask(counting: Counting):
    eng = Engine(lambda _config, _env: counting, lambda config: config.model)

    def rewrite(line: str, shell: str = "zsh", **env: str) -> engine.Reply:
        return eng.rewrite(Request(line, shell, env=env), Person(), asked=0.0)

    return rewrite


def settings(text: str) -> None:
    Path(paths.home()).mkdir(exist_ok=True)
    Path(paths.config_file()).write_text(text)


def test_the_same_words_are_answered_at_once(ask, counting: Counting) -> None:
    first, again = ask("list files"), ask("list files")
    assert (first.command, first.cached) == ("echo list files 1", False)
    assert (again.command, again.cached) == ("echo list files 1", True)
    assert again.as_dict()["cached"] is True
    assert counting.asked == 1


@pytest.mark.parametrize("words", ["# list files", "  list   files ", "list files"])
def test_the_mark_and_blanks_are_no_words(ask, counting: Counting, words: str) -> None:
    ask("list files")
    assert ask(words).cached


def test_other_words_shell_model_or_settings_miss(ask, counting: Counting) -> None:
    ask("list files")
    assert not ask("List files").cached
    assert not ask("list files", shell="fish").cached
    assert not ask("list files", CARO_MODEL="q8").cached
    assert counting.asked == 4


def test_another_prompt_misses(ask, monkeypatch: pytest.MonkeyPatch) -> None:
    ask("list files")
    monkeypatch.setattr("caro_shell.prompt._SYSTEM", "{shell} {system} other")
    assert not ask("list files").cached


def test_it_can_be_switched_off(ask, counting: Counting) -> None:
    settings("cache = false\n")
    assert [ask("list files").cached for _ in range(2)] == [False, False]
    assert not os.path.exists(cache_file())


def test_only_the_owner_can_read_it(ask) -> None:
    ask("a very private wish")
    assert stat.S_IMODE(os.stat(cache_file()).st_mode) == 0o600
    cache = ReplyCache()
    cache.put("key", {"command": "ls"})
    assert cache.get("key") == {"command": "ls"}


@pytest.mark.parametrize(
    "fields",
    [
        {"command": "ls \x1b[2J"},
        {"command": "ls\nrm -rf ~"},
        {"command": "сurl x"},
        {"command": "ls", "alternatives": ["ls", "ls\u202e"]},
        {"command": 7},
        {"alternatives": []},
    ],
    ids=range(6),
)
def test_what_was_slipped_into_the_file_is_not_offered(ask, counting: Counting, monkeypatch, fields) -> None:
    ask("list files")
    monkeypatch.setattr(ReplyCache, "get", lambda *_: dict(fields))
    reply = ask("list files")
    assert (reply.command, reply.cached, counting.asked) == ("echo list files 2", False, 2)


def test_the_least_recently_used_go_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replycache, "ENTRIES_KEPT", 3)
    clock = iter(range(100))
    monkeypatch.setattr(replycache.time, "time", lambda: float(next(clock)))
    cache = ReplyCache()
    for key in "abc":
        cache.put(key, {"command": key})
    assert cache.get("a") is not None
    cache.put("d", {"command": "d"})
    assert [key for key in "abcd" if cache.get(key)] == ["a", "c", "d"]


def test_clear_forgets(ask) -> None:
    ask("list files")
    assert ReplyCache().clear() == 1
    assert not ask("list files").cached
    assert ReplyCache().clear() == 1
    assert ReplyCache().clear() == 0


@pytest.mark.parametrize(
    "content", [b"", b"no database at all" * 400, b"SQLite format 3\x00" + b"\xff" * 5000]
)
def test_a_damaged_file_is_made_anew(ask, content: bytes) -> None:
    Path(cache_file()).parent.mkdir(parents=True)
    Path(cache_file()).write_bytes(content)
    assert not ask("list files").cached
    ask("list files")
    assert ask("list files").cached


def test_a_directory_in_its_place_is_no_error(ask) -> None:
    Path(cache_file()).mkdir(parents=True)
    assert [ask("list files").cached for _ in range(2)] == [False, False]
    assert ReplyCache().clear() == 0


def test_keys_differ_with_every_part() -> None:
    assert (
        len({entry_key("ab", "c"), entry_key("a", "bc"), entry_key("abc"), entry_key("ab", "c", None)}) == 4
    )


def test_settings_are_followed_for_an_answer_from_the_cache_too(counting: Counting) -> None:
    eng = Engine(lambda _config, _env: counting, lambda config: config.model)
    eng.rewrite(Request("list files"), Person(), asked=0.0)
    settings("[daemon]\nexit_after_s = 7\n")
    assert eng.rewrite(Request("list files"), Person(), asked=0.0).cached
    assert eng.config.exit_after_s == 7
