"""Records: whatever is put in comes out, in any slices; whatever else arrives is refused, never misread."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from caro_shell.protocol import RECORD_MAX, MalformedRecord, Records, decode, encode

NAMES = st.text(st.characters(categories=("Ll", "Nd")) | st.sampled_from("._"), min_size=1)
TEXTS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x1e\x1f"))
FIELDS = st.dictionaries(NAMES, TEXTS, min_size=1, max_size=6)


@given(FIELDS)
def test_what_is_encoded_is_decoded(fields):
    (found,) = Records().feed(encode(**fields))
    assert found == fields
    assert list(found) == list(fields)


@pytest.mark.parametrize(
    ("value", "arrives"),
    [
        ("", ""),
        ("a=b==c", "a=b==c"),
        ("a\x1fb=c\x1ed", "a b=c d"),
        ("two\nlines\r\n\x00", "two\nlines\r\n\x00"),
        ("half a pair \ud83d", "half a pair ?"),
        ("a byte that is no text \udcff", "a byte that is no text ?"),
        ("你好 🎉", "你好 🎉"),
    ],
)
def test_no_value_can_end_a_field_or_a_record(value, arrives):
    assert Records().feed(encode(line=value, last="x")) == [{"line": arrives, "last": "x"}]


@settings(max_examples=50, deadline=None)
@given(st.lists(FIELDS, max_size=5), st.lists(st.integers(1, 40), min_size=1))
def test_records_come_whole_in_whatever_slices_they_arrive(sent, sizes):
    stream = b"".join(encode(**fields) for fields in sent)
    records, found = Records(), []
    while stream:
        size = sizes[len(stream) % len(sizes)]
        found += records.feed(stream[:size])
        stream = stream[size:]
    assert found == sent


def test_a_record_is_not_given_before_its_end():
    records = Records()
    assert records.feed(b"a=1\x1fb=") == []
    assert records.feed(b"2\x1ec=3") == [{"a": "1", "b": "2"}]
    assert records.feed(b"\x1e") == [{"c": "3"}]


@pytest.mark.parametrize("end", [b"", b"\x1e"])
def test_an_over_long_record_is_refused(end):
    with pytest.raises(MalformedRecord, match="too long"):
        Records().feed(b"a=" + b"x" * RECORD_MAX + end)


def test_an_over_long_record_is_refused_before_its_end_comes():
    records = Records()
    with pytest.raises(MalformedRecord, match="too long"):  # noqa: PT012 - it is the sum that is too long
        for _ in range(3):
            records.feed(b"a=" + b"x" * (RECORD_MAX // 2))


def test_the_longest_record_is_taken():
    (found,) = Records().feed(b"a=" + b"x" * (RECORD_MAX - 2) + b"\x1e")
    assert len(found["a"]) == RECORD_MAX - 2


@pytest.mark.parametrize(
    "record", [b"", b"no equals sign", b"a=1\x1f", b"a=1\x1f\x1fb=2", b"a=\xff", b"\xc3"]
)
def test_what_is_no_record_is_refused(record):
    with pytest.raises(MalformedRecord):
        decode(record)
    with pytest.raises(MalformedRecord):
        Records().feed(record + b"\x1e")


@settings(max_examples=100, deadline=None)
@given(st.lists(st.one_of(st.binary(), st.lists(st.sampled_from(b"a=\x1e\x1f\xff")).map(bytes))))
def test_no_bytes_do_worse_than_be_refused(chunks):
    records = Records()
    try:
        found = [fields for chunk in chunks for fields in records.feed(chunk)]
    except MalformedRecord:
        return
    assert len(found) == b"".join(chunks).count(b"\x1e")
