"""Mandrill's traps, each by its name."""

import json
from urllib.parse import parse_qs, quote_plus

import pytest

from tests.providers.made import FOLDER, LATER, only, told


def events(name):
    """The events inside a sample's form."""
    return json.loads(
        parse_qs((FOLDER / "mandrill" / f"{name}.txt").read_text())["mandrill_events"][0]
    )


def form(*events):
    return "mandrill_events=" + quote_plus(json.dumps(events))


def test_trap_the_body_is_a_form_around_json():
    """Its field holds an array; a gateway may have opened the form, or the field, before."""
    event = events("every_word")[8]
    bodies = (form(event), {"mandrill_events": [event]}, {"mandrill_events": json.dumps([event])})

    assert {only("mandrill", body)["kind"] for body in bodies} == {"email.unsubscribed"}


def test_trap_the_time_of_sending_is_not_that_of_the_event():
    """`msg.ts` is when the message was sent, `ts` when this happened."""
    event = events("every_word")[5]
    assert event["msg"]["ts"] < event["ts"]

    assert only("mandrill", form(event))["occurred_at"] == "2026-03-02T09:00:05.000000Z"


def test_trap_the_id_is_the_messages():
    """Every event of a message has its `_id`: word and time are part of ours."""
    event = events("every_word")[5]

    ids = [
        only("mandrill", form(event | changed), received_at=LATER)["id"]
        for changed in ({}, {"event": "click"}, {"ts": event["ts"] + 1})
    ]

    assert len(set(ids)) == 3


@pytest.mark.parametrize(
    ("reason", "comes_to"),
    [
        ("hard-bounce", ("email.bounced", "hard")),
        ("soft-bounce", ("email.bounced", "soft")),
        ("spam", ("email.complained", None)),
        ("unsub", ("email.unsubscribed", None)),
    ],
)
def test_trap_a_rejection_is_the_suppression_that_caused_it(reason, comes_to):
    """Not tried because of an earlier bounce, complaint or opt-out."""
    event = events("rejected")[0]
    event["msg"]["reject"]["reason"] = reason

    signal = only("mandrill", form(event))

    assert (signal["kind"], signal.get("permanence")) == comes_to


@pytest.mark.parametrize("reject", [None, {}, {"reason": "custom"}, {"reason": "invalid-sender"}])
def test_trap_a_rejection_for_another_reason_says_nothing_of_the_person(reject):
    """The sender's own list or mistake must bounce nobody."""
    event = events("rejected")[0]
    event["msg"]["reject"] = reject

    assert told("mandrill", form(event)) == [{"outcome": "unused", "word": "reject"}]


def test_trap_the_smtp_text_never_decides_a_bounce():
    """The word does; the soft one's text says 550 5.1.1."""
    hard, soft = events("every_word")[3:5]
    assert "550 5.1.1" in soft["msg"]["diag"]

    assert only("mandrill", form(hard))["permanence"] == "hard"
    assert only("mandrill", form(soft))["permanence"] == "soft"


def test_trap_changes_of_lists_have_no_event():
    """Their word stands in `type`; what put somebody on a list was an event of its own."""
    lines = told("mandrill", form(*events("lists_and_mail_received")))

    assert {line["outcome"] for line in lines} == {"unused"}
    assert [line["word"] for line in lines][:2] == ["blacklist", "whitelist"]


def test_trap_deferral_is_no_bounce():
    """Mandrill is still trying."""
    assert told("mandrill", form(events("every_word")[2])) == [
        {"outcome": "unused", "word": "deferral"}
    ]


def test_the_trial_of_a_new_webhook_is_nothing():
    """An empty array: no element, no dead letter."""
    assert told("mandrill", form()) == []
