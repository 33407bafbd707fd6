"""What of a command's output counts: the same in another form is the same, more or less is not."""

from __future__ import annotations

import pytest

from caro_shell.bench.output import seen
from caro_shell.bench.task import Entry, Fixture, Task

FILES = {path: Entry() for path in ("a.txt", "sub/b c.txt", "a.txt.gz", "sub/")}


def counts(output: str, how: str, *, ordered: bool = True) -> tuple[str, ...]:
    task = Task("id", "topic", "easy", "dev", "words", Fixture(FILES), ("x",), output=how, ordered=ordered)
    return seen(output, task)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a\nb\n", "a\nb"),
        ("   3   a.txt\n", "3 a.txt\n"),
        ("a\n\nb\n", "a\nb\n"),
        ("./a.txt\n./sub/b c.txt\n", "a.txt\n/home/user/sub/b c.txt\n"),
        ("checked ./a.txt\n", "checked a.txt\n"),
    ],
)
def test_text_is_the_same_in_another_spacing_and_by_another_way(one, other):
    assert counts(one, "text") == counts(other, "text")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a\nb\n", "b\na\n"),
        ("a b\n", "a\nb\n"),
        ("a\n", "a\na\n"),
        ("../a\n", "a\n"),
        ("sub/a\n", "a\n"),
        ("a\n", ""),
    ],
)
def test_text_is_another(one, other):
    assert counts(one, "text") != counts(other, "text")


def test_order_matters_only_where_the_task_says_so():
    assert counts("a\nb\n", "text", ordered=False) == counts("b\na\n", "text", ordered=False)
    assert counts("a\nb\n", "text", ordered=False) != counts("b\na\na\n", "text", ordered=False)


@pytest.mark.parametrize(
    "output",
    [
        "a.txt\nsub/b c.txt\n",
        "-rw-r--r-- 1 user user 2 Nov 23 14:46 a.txt\n-rw-r--r-- 1 user user 2 Jan  1  2026 b c.txt\n",
        "4.0K\t./a.txt\n4.0K\t./sub/b c.txt\n",
        "a.txt: 3\nsub:\n./sub/b c.txt:7\n",
        "'a.txt' \"sub/b c.txt\"\n",
    ],
)
def test_names_are_found_beside_anything(output):
    assert counts(output, "names") == ("a.txt", "b c.txt")


@pytest.mark.parametrize(
    "output", ["sub/b c.txt\na.txt\n", "a.txt\n", "a.txt.gz\nb c.txt\n", "xa.txt\nb c.txt\n"]
)
def test_other_names_or_another_order_are_not_the_same(output):
    assert counts(output, "names") != ("a.txt", "b c.txt")


@pytest.mark.parametrize(
    ("output", "numbers"),
    [
        ("12\n", ("12",)),
        ("  12 notes2.txt\n", ("12",)),
        ("Size: 3.5M (70%)\n", ("3.5M", "70%")),
        ("12 30\n", ("12", "30")),
        ("v2 file7 10:30 2026-01-02 1/2\n", ()),
        ("There are 81 days.\n", ("81",)),
        ("-5\n", ("-5",)),
    ],
)
def test_numbers_are_found_beside_anything(output, numbers):
    assert counts(output, "numbers") == numbers


def test_nothing_is_nothing():
    assert counts("whatever\n", "nothing") == ()
