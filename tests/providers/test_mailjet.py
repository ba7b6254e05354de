"""Mailjet's traps, each by its name."""

import pytest

from tests.providers.made import LATER, only, sample, told


def event(word, **changed):
    [first, *_] = [e for e in sample("mailjet", "every_word") if e["event"] == word]
    return first | changed


def test_trap_sent_means_delivered():
    """The receiving server took it: more than that it was handed over."""
    assert only("mailjet", event("sent"))["kind"] == "email.delivered"


@pytest.mark.parametrize("body", [event("unsub"), [event("unsub")]], ids=["single", "grouped"])
def test_trap_events_come_single_or_grouped(body):
    """With grouping off the body is the event itself."""
    assert only("mailjet", body)["kind"] == "email.unsubscribed"


def test_trap_a_messages_number_is_larger_than_a_float_can_hold():
    """104427216766056451 must not become 104427216766056448."""
    signal = only("mailjet", event("sent", MessageID=104427216766056451))

    assert signal["message_id"] == "104427216766056451"
    one, two = (only("mailjet", event("sent", MessageID=2**60 + n))["id"] for n in (1, 2))
    assert one != two


@pytest.mark.parametrize(("flag", "permanence"), [(True, "hard"), (False, "soft"), (None, "soft")])
@pytest.mark.parametrize("word", ["bounce", "blocked"])
def test_trap_the_smtp_text_never_decides_a_bounce(word, flag, permanence):
    """Only `hard_bounce` says hard, whatever the comment is."""
    signal = only("mailjet", event(word, hard_bounce=flag, comment="550 5.1.1 user unknown"))

    assert signal["permanence"] == permanence


def test_without_an_event_id_the_event_itself_is_the_id():
    """Word, message, time and recipient; a batch cut otherwise keeps its ids."""
    batch = sample("mailjet", "every_word")

    once = [line["signal"]["id"] for line in told("mailjet", batch)]
    again = [only("mailjet", one, received_at=LATER)["id"] for one in reversed(batch)]

    assert once == again[::-1]
    assert len(set(once)) == len(batch)


@pytest.mark.parametrize("payload", ["", "order 7", None, "[]", "{"])
def test_a_payload_that_is_not_ours_names_nobody(payload):
    """It is the sender's own text."""
    assert only("mailjet", event("sent", Payload=payload))["person_id"] is None
