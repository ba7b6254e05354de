"""The traps of Tango, Runa, Snappy and Loop & Tie, each by its name, and their ids."""

import pytest

from tests.providers.made import LATER, only, sample, told


def test_trap_tangos_full_redemption_is_written_with_a_dash():
    """FULL-REDEMPTION beside PARTIAL_REDEMPTION: both are claimed, in either spelling."""
    names = ("full_with_a_dash_redemption", "full_redemption", "partial_redemption")
    kinds = {only("tango", sample("tango", f"reward_{name}"))["kind"] for name in names}

    assert kinds == {"incentive.claimed"}


def test_trap_a_frozen_reward_is_not_taken_back():
    """FROZEN and UNFROZEN look like an end and its opposite, and are neither."""
    for name in ("reward_frozen", "reward_unfrozen"):
        assert told("tango", sample("tango", name))[0]["outcome"] == "unused"


def test_trap_an_order_of_tangos_is_no_reward():
    """An order that failed may have been of many people."""
    assert told("tango", sample("tango", "order_failed"))[0]["outcome"] == "unused"


def test_trap_one_status_of_two_events_is_two_words():
    """CANCELED of a parcel and CANCELLED of a reward, FAILED of a parcel and of an order."""
    assert only("tango", sample("tango", "line_item_failed"))["kind"] == "incentive.failed"
    assert told("tango", sample("tango", "order_failed")) == [
        {"outcome": "unused", "word": "AsyncOrderStatus/FAILED"}
    ]


def test_trap_runas_event_id_is_in_the_header_alone():
    """The body's id is the order's: a retry has the same svix-id, another event another."""
    order = sample("runa", "completed")
    ids = [
        only("runa", order, http={"svix-id": id_}, received_at=at)["id"]
        for id_, at in (("msg_1", LATER), ("msg_1", LATER.replace(hour=11)), ("msg_2", LATER))
    ]

    assert ids == ["runa:msg_1", "runa:msg_1", "runa:msg_2"]


@pytest.mark.parametrize("name", ["completed", "failed"])
def test_without_the_header_an_order_ends_once(name):
    """A failed order has no time in its body: told again later it is the same event."""
    order = sample("runa", name)

    assert only("runa", order)["id"] == only("runa", order, received_at=LATER)["id"]


def test_trap_a_description_is_the_senders_own_words():
    """Only ours in it name somebody, and two persons name nobody."""
    for name in ("completed_with_a_text_of_its_own", "completed_naming_two"):
        signal = only("runa", sample("runa", name))
        assert (signal["person_id"], signal["study_id"]) == (None, None)
    assert only("runa", sample("runa", "completed"))["person_id"] == "p1"


def test_trap_an_order_still_being_processed_sent_nothing():
    """The published sample says PROCESSING, which its schema does not know."""
    assert told("runa", sample("runa", "processing"))[0]["outcome"] == "unused"


def test_trap_a_gift_opened_is_not_claimed():
    """Unwrapped and opened are looks; a notice that a gift will expire does not end it."""
    for name in ("gift_unwrapped", "gift_opened", "notification_expiration"):
        assert told("snappy", sample("snappy", name))[0]["outcome"] == "unused"
    assert only("snappy", sample("snappy", "gift_expired"))["kind"] == "incentive.canceled"


def test_trap_snappys_webhook_id_may_be_the_subscriptions():
    """Were it the same in every hook, two statuses of a gift and two gifts would be one event."""
    claimed, expired = (sample("snappy", f"gift_{name}") for name in ("claimed", "expired"))
    expired["webhookData"]["id"] = claimed["webhookData"]["id"]
    other = claimed | {"eventData": claimed["eventData"] | {"giftId": "G2"}}

    ids = {only("snappy", hook)["id"] for hook in (claimed, expired, other)}

    assert len(ids) == 3


def test_trap_snappys_keys_have_no_underscore():
    """Its metadata takes letters and digits only: `personId` is our `person_id` there."""
    people = {
        only("snappy", sample("snappy", f"gift_{name}"))["person_id"]
        for name in ("claimed", "claimed_with_our_own_spelling")
    }

    assert people == {"p1"}


def test_trap_loop_and_ties_event_id_is_the_gifts():
    """Sent and redeemed have one id in the body, and are two events; a retry is the same."""
    sent, redeemed = (sample("loop_and_tie", name) for name in ("sent", "redeemed"))

    assert sent["data"]["id"] == redeemed["data"]["id"]
    assert only("loop_and_tie", sent)["id"] != only("loop_and_tie", redeemed)["id"]
    assert only("loop_and_tie", sent)["id"] == only("loop_and_tie", sent, received_at=LATER)["id"]


def test_trap_a_gifts_external_id_may_be_its_own():
    """Where nobody set one, it is the gift's id, and names nobody."""
    signal = only("loop_and_tie", sample("loop_and_tie", "redeemed_by_somebody_unnamed"))

    assert signal["person_id"] is None
    assert signal["references"] == {"reward_id": "GB1", "address": "ada@example.com"}


@pytest.mark.parametrize(
    ("provider", "name", "field"),
    [("tango", "reward_cancelled", "eventId"), ("snappy", "gift_claimed", "webhookData")],
)
def test_without_an_id_the_reward_its_word_and_the_time_are_the_event(provider, name, field):
    """Redelivered it stays the same."""
    hook = sample(provider, name)
    if isinstance(hook[field], dict):
        del hook[field]["id"]
    else:
        del hook[field]

    assert only(provider, hook)["id"] == only(provider, hook, received_at=LATER)["id"]


@pytest.mark.parametrize("word", [None, 5, ["sent"], {"a": 1}])
def test_a_word_that_is_none_breaks_the_schema(word):
    """Whatever stands where the word should, nothing raises."""
    bodies = {
        "tango": {"eventTypes": word, "eventData": {"status": word}},
        "snappy": {"webhookData": {"eventType": word}, "eventData": {"status": word}},
        "loop_and_tie": {"data": {"attributes": {"event": word}}},
        "rally": {"_eventType": word, "status": word},
        "cal_com": {"triggerEvent": word, "payload": {}},
        "runa": {"status": word, "id": word},
    }

    for provider, body in bodies.items():
        [line] = told(provider, body)
        assert line.get("class", "invalid_schema") == "invalid_schema"
