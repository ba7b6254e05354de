"""Tremendous' traps, each by its name, and its ids."""

from tests.providers.made import LATER, only, sample, told


def test_trap_redeemed_is_no_word_of_theirs():
    """No documented event says claimed: an undocumented one must not be believed."""
    assert told("tremendous", sample("tremendous", "redeemed_is_no_documented_word")) == [
        {"outcome": "unused", "word": "REWARDS.REDEEMED"}
    ]


def test_trap_an_order_is_no_reward():
    """An order's words are about money on its way, not about a person's reward."""
    assert told("tremendous", sample("tremendous", "order_canceled"))[0]["outcome"] == "unused"


def test_redelivered_and_retried_are_the_same_signal():
    """The uuid is the event."""
    hook = sample("tremendous", "delivered")

    assert only("tremendous", hook)["id"] == only("tremendous", hook, received_at=LATER)["id"]


def test_really_twice_are_two_signals():
    """The same reward sent again has another uuid."""
    hook = sample("tremendous", "delivered")

    assert only("tremendous", hook)["id"] != only("tremendous", hook | {"uuid": "other"})["id"]


def test_without_a_uuid_reward_word_and_time_are_the_id():
    """And without a time, the time of receipt."""
    hook = sample("tremendous", "delivered") | {"uuid": None}
    timeless = hook | {"created_utc": None}

    assert only("tremendous", hook)["id"] == only("tremendous", hook, received_at=LATER)["id"]
    assert (
        only("tremendous", timeless)["id"]
        != (only("tremendous", timeless, received_at=LATER)["id"])
    )
