"""What is kept of keys that were pressed too early."""

from __future__ import annotations

import os
import pty
import termios
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caro_shell import typeahead


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        (b" | wc -l", " | wc -l"),
        (b"\r", ""),
        (b"\n\x04\x07\x03\x1a", ""),
        (b" a\rb", " ab"),
        (b"\x1b[A\x1b[1;5Cx\x1bOPy\x1bbz", "xyz"),
        (b"\x1b[200~pasted\r\x1b[201~", "pasted"),
        ("ünï 你好".encode(), "ünï 你好"),
        (b"\xff\xfeok", "ok"),
        (b"\x1b", ""),
        (b"\x1b[", ""),
        ("\u202ea\u200bb\x9b".encode(), "ab"),
    ],
)
def test_text_only(keys: bytes, text: str) -> None:
    assert typeahead.text_of(keys) == text


@given(st.binary())
def test_never_more_than_text(keys: bytes) -> None:
    assert all(key.isprintable() for key in typeahead.text_of(keys))


@pytest.fixture
def ends() -> Iterator[tuple[int, int]]:
    ours, terminal = pty.openpty()
    yield ours, terminal
    os.close(ours)
    os.close(terminal)


def test_a_terminal_of_another_session_is_left_alone(ends: tuple[int, int]) -> None:
    ours, terminal = ends
    os.write(ours, b"typed\r")
    assert typeahead.take(terminal) == ""
    assert os.read(terminal, 100) == b"typed\n"


def test_the_queue_is_emptied_and_the_modes_are_as_before(
    ends: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, terminal = ends
    monkeypatch.setattr(os, "tcgetpgrp", lambda _fd: os.getpgrp())
    before = termios.tcgetattr(terminal)
    os.write(ours, b"typed\r ahead\x1b[A")
    assert typeahead.take(terminal) == "typed ahead"
    assert typeahead.take(terminal) == ""
    assert termios.tcgetattr(terminal) == before


def test_what_is_no_terminal_gives_nothing() -> None:
    reader, writer = os.pipe()
    assert typeahead.take(reader) == ""
    os.close(reader)
    os.close(writer)
