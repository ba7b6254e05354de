"""Mailgun's traps, each by its name, in today's bodies and in old ones."""

from urllib.parse import parse_qsl, urlencode

import pytest

from tests.providers.made import FOLDER, LATER, only, printed, sample, told, webhook


def event(name, **changed):
    body = sample("mailgun", name)
    body["event-data"] |= changed
    return body


def old(name, **changed):
    """An old form with other fields."""
    fields = dict(parse_qsl((FOLDER / "mailgun" / f"{name}.txt").read_text()))
    return urlencode(fields | changed)


@pytest.mark.parametrize(
    ("severity", "permanence"), [("permanent", "hard"), ("temporary", "soft"), (None, "soft")]
)
def test_trap_the_smtp_text_never_decides_a_bounce(severity, permanence):
    """A temporary failure may carry 550 5.1.1; only the severity says hard."""
    status = {"code": 550, "message": "550 5.1.1 user unknown"}
    body = event("failed_permanent", severity=severity, **{"delivery-status": status})

    assert only("mailgun", body)["permanence"] == permanence


@pytest.mark.parametrize(
    ("reason", "code", "comes_to"),
    [
        ("suppress-bounce", 605, ("email.bounced", "hard")),
        ("suppress-unsubscribe", 606, ("email.unsubscribed", None)),
        ("suppress-complaint", 607, ("email.complained", None)),
        (None, 605, ("email.bounced", "hard")),
        (None, 606, ("email.unsubscribed", None)),
        (None, 607, ("email.complained", None)),
    ],
)
@pytest.mark.parametrize("severity", ["permanent", "temporary"])
def test_trap_a_suppression_is_what_caused_it(reason, code, comes_to, severity):
    """Not tried because of an earlier bounce: hard; because of an opt-out: that opt-out."""
    status = {"code": code}
    body = event(
        "failed_permanent", severity=severity, reason=reason, **{"delivery-status": status}
    )

    signal = only("mailgun", body)

    assert (signal["kind"], signal.get("permanence")) == comes_to


@pytest.mark.parametrize(
    ("reason", "code", "comes_to"),
    [
        ("hardfail", "550", ("email.bounced", "hard")),
        ("old", "452", ("email.bounced", "soft")),
        ("espblock", "550", ("email.bounced", "soft")),
        ("hardfail", "605", ("email.bounced", "hard")),
        ("hardfail", "606", ("email.unsubscribed", None)),
        ("hardfail", "607", ("email.complained", None)),
        ("hardfail", "", ("email.bounced", "hard")),
    ],
)
def test_trap_a_drop_of_the_old_form_is_what_caused_it(reason, code, comes_to):
    """Mailgun's own codes from 600 on tell suppressions apart; `old` is tried too long."""
    signal = only("mailgun", old("old_dropped_hardfail", reason=reason, code=code))

    assert (signal["kind"], signal.get("permanence")) == comes_to


def test_trap_one_id_stands_on_several_events():
    """Mailgun's documented open, click and unsubscribe share an id: the word is part of ours."""
    ids = {only("mailgun", event(n, id="same"))["id"] for n in ("opened", "clicked", "delivered")}

    assert len(ids) == 3


def test_trap_the_signature_has_the_time_of_posting():
    """`event-data.timestamp` is when it happened; a retry is signed anew and stays the same."""
    body = event("delivered")
    again = body | {"signature": body["signature"] | {"timestamp": "1772449999", "token": "other"}}

    assert only("mailgun", body)["occurred_at"] == "2026-03-02T09:00:02.873676Z"
    assert only("mailgun", body) == only("mailgun", again, received_at=LATER)


def test_trap_machine_opens():
    """A mail program's prefetch is nobody's open."""
    assert told("mailgun", sample("mailgun", "opened_by_a_machine")) == [
        {"outcome": "unused", "word": "opened"}
    ]


def test_trap_message_ids_with_and_without_brackets():
    """Old forms and today's events of one message have one message id."""
    today = only("mailgun", sample("mailgun", "delivered"))
    then = only("mailgun", old("old_delivered"))

    assert today["message_id"] == then["message_id"] == "20260302090000.1.0A1B2C@mg.example.org"


@pytest.mark.parametrize("content_type", ["application/json", "", "text/plain"])
@pytest.mark.parametrize(
    "name", ["old_unsubscribed.txt", "old_bounced_in_parts.txt", "opened.json"]
)
def test_trap_content_types_lie(name, content_type):
    """The body itself says whether it is JSON, a form, or a form in parts."""
    body = FOLDER / "mailgun" / name

    assert printed(webhook(body, content_type=content_type)) == printed(webhook(body))


def test_an_old_event_posted_again_is_the_same():
    """Without an id: its word, message, time and recipient are; the token is not."""
    first, again = (
        only("mailgun", old("old_clicked", token=token), received_at=at)["id"]
        for token, at in (("a", LATER), ("b", LATER.replace(hour=11)))
    )

    assert first == again
    assert first != only("mailgun", old("old_clicked", timestamp="1772442999"))["id"]
