"""How sure the model was, as a share between 0 and 1."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caro_shell import confidence

PROBABILITIES = st.lists(st.floats(0, 1), min_size=1, max_size=40)


@given(PROBABILITIES, st.integers(0, 5))
def test_a_confidence_is_a_share(probabilities, findings):
    assert 0 <= confidence.of(probabilities, findings) <= 1


@given(PROBABILITIES, st.integers(0, 5))
def test_what_is_less_certain_or_objected_to_is_no_more_likely_to_be_right(probabilities, findings):
    found = confidence.of(probabilities, findings)
    assert confidence.of([probability / 2 for probability in probabilities], findings) <= found
    assert confidence.of(probabilities, findings + 1) <= found


def test_where_no_probabilities_are_known_nothing_is_claimed():
    assert confidence.of((), 0) is None


def test_a_sure_answer_is_told_from_a_guess():
    assert confidence.of([0.99] * 12, 0) > confidence.of([0.99] * 11 + [0.2], 0)
    assert confidence.of([0.99] * 12, 0) == pytest.approx(confidence.of([0.99] * 3, 0))
