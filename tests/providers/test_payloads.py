"""Times and words as providers write them."""

import pytest

from workers.providers.payloads import parse_moment
from workers.providers.provider import unused


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-02T09:00:00Z", "2026-03-02T09:00:00+00:00"),
        ("2026-03-02 09:00:00.123Z", "2026-03-02T09:00:00.123000+00:00"),
        ("2026-03-02T04:00:00.1234567-05:00", "2026-03-02T09:00:00.123456+00:00"),
        ("2026-03-02t10:00:00.000000001+0100", "2026-03-02T09:00:00+00:00"),
    ],
)
def test_a_time_may_have_any_zone_and_up_to_nine_digits(text, moment):
    """Fractions of 3, 6 and 7 digits are seen in the wild; what is finer is cut."""
    assert parse_moment(text).isoformat() == moment


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-02T09:00:00",
        "2026-02-30T09:00:00Z",
        "9999-12-31T23:59:59-23:59",
        "0001-01-01T00:00:00+23:59",
        "2026-W10-1",
        "٢٠٢٦-03-02T09:00:00Z",
        1772442000,
        None,
    ],
)
def test_a_time_without_its_zone_or_that_never_was_is_refused(text):
    """Never guessed, never an overflow."""
    with pytest.raises(ValueError, match="time"):
        parse_moment(text)


@pytest.mark.parametrize("word", ["open", "REWARDS.DELIVERY.SUCCEEDED", "email-sent", "a/b c"])
def test_a_word_is_shown(word):
    """Unknown words are counted by themselves."""
    assert unused(word).word == word


@pytest.mark.parametrize("word", ["", "ada@example.com", "x" * 81, "a\u0000b", "Ünbekannt", "a=1"])
def test_what_can_not_be_a_word_is_not_shown(word):
    """It might be anything, and words stand in metrics."""
    assert unused(word).word == "not a word"
