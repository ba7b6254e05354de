"""Resend's traps, each by its name."""

import pytest

from tests.providers.made import FOLDER, LATER, only, printed, sample, told, webhook


def data(name, **changed):
    body = sample("resend", name)
    body["data"] |= changed
    return body


def test_trap_the_events_id_is_only_in_a_header():
    """`svix-id` is the event; without the header the event itself is."""
    body = FOLDER / "resend" / "delivered.json"

    [line] = printed(webhook(body))
    bare, again = (printed(webhook(body, http={}, received_at=LATER))[0] for _ in range(2))

    assert line["signal"]["id"] == "resend:msg_2Lh9KRb0pzN4LePd3XiA4v03:email.delivered"
    assert bare["signal"]["id"] == again["signal"]["id"] != line["signal"]["id"]


def test_trap_the_time_of_creation_is_not_that_of_the_event():
    """`data.created_at` is when the email was made, `created_at` when this happened."""
    body = sample("resend", "delivered")

    signal = only("resend", body)

    assert body["data"]["created_at"] < body["created_at"]
    assert signal["occurred_at"] == "2026-03-02T09:00:03.126000Z"


def test_a_click_has_a_time_of_its_own():
    """The click's, not that of the webhook."""
    assert only("resend", sample("resend", "clicked"))["occurred_at"].endswith("09:03:11.894000Z")


@pytest.mark.parametrize(
    ("bounce", "permanence"),
    [
        ({"type": "Permanent"}, "hard"),
        ({"type": "Transient"}, "soft"),
        ({"type": "Undetermined"}, "soft"),
        ({"message": "550 5.1.1"}, "soft"),
        (None, "soft"),
    ],
)
def test_trap_the_smtp_text_never_decides_a_bounce(bounce, permanence):
    """Only the type says hard; before 2024 there was none."""
    signal = only("resend", data("bounced_permanent", bounce=bounce))

    assert signal["permanence"] == permanence


@pytest.mark.parametrize(
    ("why", "comes_to"),
    [
        ({"reason": "previous_bounce"}, ("email.bounced", "hard")),
        ({"type": "previous_bounce"}, ("email.bounced", "hard")),
        ({"reason": "previous_complaint"}, ("email.complained", None)),
        ({"type": "OnAccountSuppressionList"}, ("email.bounced", "soft")),
        (None, ("email.bounced", "soft")),
    ],
)
def test_trap_a_suppression_is_what_caused_it(why, comes_to):
    """An earlier bounce is hard, an earlier complaint a complaint; untold: not delivered."""
    signal = only("resend", data("suppressed_previous_bounce", suppressed=why))

    assert (signal["kind"], signal.get("permanence")) == comes_to


@pytest.mark.parametrize("name", ["delivery_delayed", "failed", "scheduled", "received"])
def test_trap_what_is_still_tried_or_never_left_is_no_bounce(name):
    """Resend is still trying, or the sender's quota was used up."""
    assert told("resend", sample("resend", name))[0]["outcome"] == "unused"


def test_trap_an_email_to_several_says_of_none():
    """Which recipient was delivered to is not told: no person, no address, no message link."""
    signal = only("resend", sample("resend", "delivered_to_one_of_two"))

    assert (signal["person_id"], signal["study_id"], signal["references"]) == (None, "s1", {})
    assert told("resend", sample("resend", "opened_by_one_of_two"))[0]["outcome"] == "unused"


def test_names_before_addresses_are_left_out():
    """`Ada <ada@example.com>` is an address with a name before it."""
    signal = only("resend", sample("resend", "tags_as_a_list"))

    assert signal["references"]["address"] == "ada@example.com"
    assert (signal["person_id"], signal["purpose"]) == ("p1", "survey")


def test_headers_name_whom_tags_do_not():
    """Our own headers, where the email had no tags."""
    signal = only("resend", sample("resend", "sent_without_header_id"))

    assert (signal["person_id"], signal["study_id"], signal["purpose"]) == ("p1", "s1", "scheduler")
