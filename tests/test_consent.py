"""Words to another host: announced once, by its name."""

from __future__ import annotations

from pathlib import Path

import pytest

from caro_shell import consent, paths
from caro_shell.consent import WordsWouldLeave


@pytest.mark.parametrize("url", ["http://localhost:8000", "https://127.0.0.1", "http://[::1]:11434/x"])
def test_this_machine_needs_no_word(url):
    consent.ask(url)
    assert not Path(paths.home(), "told").exists()


@pytest.mark.parametrize("url", ["http://[nonsense", "http://not a host:11434", "http://a\\@b", ""])
def test_what_is_no_address_is_not_announced(url):
    consent.ask(url)
    assert not Path(paths.home(), "told").exists()


def test_a_host_is_named_once():
    with pytest.raises(
        WordsWouldLeave, match=r"your words go to https://gpu\.example:8000: ask again, or keep"
    ):
        consent.ask("https://gpu.example:8000/base")
    consent.ask("https://gpu.example:8000/other")


def test_plain_http_is_another_thing():
    consent.give("https://gpu.example")
    with pytest.raises(WordsWouldLeave, match=r"http://gpu\.example, readable for everyone on the way"):
        consent.ask("http://gpu.example")


def test_a_name_and_password_are_neither_said_nor_kept():
    with pytest.raises(WordsWouldLeave) as told:
        consent.ask("https://me:secret@gpu.example")
    assert "secret" not in str(told.value)
    assert "secret" not in Path(paths.home(), "told").read_text()


def test_nothing_leaves_before_it_can_be_noted():
    Path(paths.home(), "told").mkdir(parents=True)
    for _ in range(2):
        with pytest.raises(WordsWouldLeave, match=r"nothing is sent to https://gpu\.example before .+/told"):
            consent.ask("https://gpu.example")


def test_only_the_person_can_read_where_their_words_go():
    consent.give("https://gpu.example")
    assert Path(paths.home(), "told").stat().st_mode & 0o777 == 0o600


def test_agreeing_beforehand_is_enough():
    consent.give("https://gpu.example:8000")
    consent.ask("https://gpu.example:8000")
