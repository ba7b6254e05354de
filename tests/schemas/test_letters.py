"""Lists of elements as a letter's header tells them, and back."""

from hypothesis import given
from hypothesis import strategies as st

from schemas.letters import MOST, elements_of, elements_text

NUMBERS = st.sets(st.integers(0, 30_000), min_size=1, max_size=200)


@given(NUMBERS)
def test_a_list_of_elements_is_read_as_it_was_written(elements: set[int]):
    """Whatever the numbers are, and however they lie."""
    assert elements_of(elements_text(sorted(elements))) == sorted(elements)


def test_runs_are_told_by_their_ends():
    """A record all of whose elements died has a short header; every other one of many fits too."""
    assert elements_text(range(20_000)) == "0-19999"
    assert elements_text([0, 1, 2, 9, 11, 12]) == "0-2,9,11-12"
    assert len(elements_text(range(0, 20_000, 2))) < 60_000


def test_what_is_no_list_names_no_element():
    """Headers may hold anything: nothing of it costs memory or raises."""
    for odd in ("", "a", "-1", "1-", "3,,4", "٣", f"0-{MOST + 5}", "1" * 5000):
        assert elements_of(odd) == []
