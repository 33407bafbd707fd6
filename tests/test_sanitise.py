"""The gate: what may reach the line, and how the rest is shown."""

from __future__ import annotations

import json
import subprocess
import sys
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from caro_shell.errors import NoCommandFound
from caro_shell.sanitise import LONGEST, MOST_BLANKS, command, escaped, printable, words


@pytest.mark.parametrize(
    "text",
    [
        "ls -la",
        "echo 'naïve café' 日本語 हिन्दी עברית",
        "echo €²½ “quoted” … — ok",
        "echo 👩‍👩‍👧 ❤️ 👍🏽 🇬🇧 👁️‍🗨️",
        "echo e\u0301",
        "a" * LONGEST,
        "echo \\\\",
        "echo 'a" + " " * MOST_BLANKS + "b'",
        "echo क्ष न्त्र שָׁלוֹם Z\u0336a\u0301\u0302",
    ],
)
def test_visible_text_is_handed_back_as_it_is(text):
    assert command(text) == text


def test_outer_blanks_are_trimmed():
    assert command(" \r\n\tls -la \t\r\n") == "ls -la"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        (" \n\t", "empty"),
        ("ls\nrm x", "one line"),
        ("ls\rrm x", "one line"),
        ("a" * (LONGEST + 1), "4,096"),
        ("ls\t-l", r"U\+0009"),
        ("ls \x1b[2J", r"U\+001B"),
        ("ls \x00", r"U\+0000"),
        ("ls \x7f", r"U\+007F"),
        ("ls \x85x", r"U\+0085"),
        ("ls \u202etxt", r"U\+202E"),
        ("ls \u2066x", r"U\+2066"),
        ("ls\u200b", r"U\+200B"),
        ("ls \u200d", r"U\+200D"),
        ("\u200dls", r"U\+200D"),
        ("a\u200db", r"U\+200D"),
        ("👩\u200dx", r"U\+200D"),
        ("a\ufe0f", r"U\+FE0F"),
        ("👩\ufe0f\ufe0f", r"U\+FE0F"),
        ("ls\ufeff", r"U\+FEFF"),
        ("ls \xad", r"U\+00AD"),
        ("ls\xa0-l", r"U\+00A0"),
        ("ls\u3000-l", r"U\+3000"),
        ("ls\u2028rm", r"U\+2028"),
        ("ls\u2029rm", r"U\+2029"),
        ("ls \ue000", r"U\+E000"),
        ("ls \ud800", r"U\+D800"),
        ("ls \udc9b", r"U\+DC9B"),
        ("ls \u0378", r"U\+0378"),
        ("ls \U000e0041", r"U\+E0041"),
        ("ls \u3164", r"U\+3164"),
        ("ls \u115f", r"U\+115F"),
        ("ls \u2800", r"U\+2800"),
        ("ls \ufffd", r"U\+FFFD"),
        ("ls \ufffc", r"U\+FFFC"),
        ("ls a\u2d7fb", r"U\+2D7F"),
        ("ls \U0001d159", r"U\+1D159"),
        ("ls a\U00016fe4", r"U\+16FE4"),
        ("find . \\", "backslash"),
        ("rm -rf x;" + " " * (MOST_BLANKS + 1) + "ls", "40 blanks"),
        ("ls a" + "\u0301" * 6, r"marks that cover other characters \(U\+0301\)"),
        ("echo x >\u0338 y", r"marks that cover other characters \(U\+0338\)"),
        ("ls \u0335x", r"marks that cover other characters \(U\+0335\)"),
    ],
)
def test_refused_with_the_reason(text, reason):
    with pytest.raises(NoCommandFound, match=reason) as caught:
        command(text)
    assert str(caught.value).endswith("nothing was changed")
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("a\r\nb\nc\td", "a b c d"),
        ("\x1b[31m", "^[[31m"),
        ("\x00\x07\x7f\r", "^@^G^?^M"),
        ("\u202e\u200b\x9b", "<U+202E><U+200B><U+009B>"),
        ("\ud83d", "<U+D83D>"),
        ("❤️ 👩‍💻 é", "❤️ 👩‍💻 é"),
    ],
)
def test_printable(text, shown):
    assert printable(text) == shown


def test_words_may_have_lines_and_tabs():
    assert words(" list\n\tthe files  ") == " list\n\tthe files  "
    for unseen in "\x1b\r\x00\xa0\u202e\u200b\ud800":
        with pytest.raises(NoCommandFound, match="undo brings them"):
            words(f"list{unseen}files")


ANYTHING = st.one_of(st.text(), st.text(st.characters(categories=("Cc", "Cf", "Cs", "Zs", "Zl", "Zp", "So"))))

#: Text that UTF-8 can hold, as all that comes from elsewhere.
WHOLE = ANYTHING.map(lambda text: text.encode("utf-8", "replace").decode())


@settings(max_examples=200, deadline=None)
@given(ANYTHING)
def test_command_refuses_or_hands_back(text):
    try:
        line = command(text)
    except NoCommandFound:
        return
    assert line == text.strip(" \t\r\n")
    assert command(line) == line
    for char in line:
        assert unicodedata.category(char) not in {"Cc", "Cs", "Co", "Cn", "Zl", "Zp"}
        assert unicodedata.category(char) not in {"Cf", "Zs"} or char in " \u200d"


@settings(max_examples=200, deadline=None)
@given(st.one_of(ANYTHING, st.binary().map(lambda data: data.decode("utf-8", "surrogateescape"))))
def test_printable_is_printable(text):
    shown = printable(text)
    shown.encode("utf-8")
    assert printable(shown) == shown
    assert shown.replace("\u200d", "").isprintable()


def test_import_is_cheap():
    """The gate is at hand wherever something is printed, the key press included."""
    code = "import sys; old = set(sys.modules); import caro_shell.sanitise; print(*set(sys.modules) - old)"
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) == {
        "__future__",
        "caro_shell",
        "caro_shell.errors",
        "caro_shell.sanitise",
    }


@settings(max_examples=200, deadline=None)
@given(st.recursive(WHOLE, lambda inner: st.lists(inner) | st.dictionaries(WHOLE, inner), max_leaves=5))
def test_escaped_json_says_the_same_and_can_be_seen(value):
    shown = escaped(json.dumps(value, ensure_ascii=False))
    assert printable(shown) == shown
    assert json.loads(shown) == value
