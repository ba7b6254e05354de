"""Amazon SES's traps, each by its name."""

import json

import pytest

from tests.providers.made import FOLDER, LATER, only, printed, sample, told, webhook
from workers.ingest.translate import translate
from workers.providers.outcomes import Unused


def message(name):
    """What stands inside the envelope of a sample."""
    return json.loads(sample("ses", name)["Message"])


def posted(message, **envelope):
    """The message in an envelope, as SNS posts it."""
    return sample("ses", "send") | {"Message": json.dumps(message), **envelope}


def ids(lines):
    return [line["signal"]["id"] for line in lines]


def test_trap_one_notice_is_about_several_recipients():
    """Each is an element of its own, found by its own address, with an id of its own."""
    lines = told("ses", sample("ses", "bounce_of_two_notification"))

    addresses = [line["signal"]["references"]["address"] for line in lines]
    assert addresses == ["ada@example.com", "ben@example.com"]
    assert len(set(ids(lines))) == 2
    assert not any("@" in id for id in ids(lines))


def test_trap_what_was_attached_to_a_message_to_several_names_none_of_them():
    """One tag for three recipients would make three people one; nor may the message's id."""
    tagged = message("bounce_permanent")
    tagged["mail"]["destination"].append("ben@example.com")

    signal = only("ses", posted(tagged))

    assert signal["person_id"] is None
    assert signal["study_id"] == "s1"
    assert signal["references"].keys() == {"address", "campaign"}


@pytest.mark.parametrize(
    ("bounce_type", "permanence"),
    [("Permanent", "hard"), ("Transient", "soft"), ("Undetermined", "soft"), ("New", "soft")],
)
def test_trap_the_smtp_text_never_decides_a_bounce(bounce_type, permanence):
    """Only bounceType says hard; the sample's text says 550 5.1.1 whatever the type is."""
    body = message("bounce_permanent")
    body["bounce"]["bounceType"] = bounce_type
    assert "550 5.1.1" in body["bounce"]["bouncedRecipients"][0]["diagnosticCode"]

    assert only("ses", posted(body))["permanence"] == permanence


def test_trap_a_suppressed_address_bounced_before():
    """Not tried again because of the account's suppression list: a hard bounce."""
    bounced = sample("ses", "bounce_of_an_address_on_the_suppression_list")

    assert only("ses", bounced)["permanence"] == "hard"


def test_trap_the_time_of_sending_is_not_that_of_the_event():
    """`mail.timestamp` is when the message was sent: so of a Send, of nothing else."""
    sent = message("bounce_permanent")["mail"]["timestamp"]

    assert only("ses", sample("ses", "send"))["occurred_at"].startswith(sent[:-1])
    assert only("ses", sample("ses", "bounce_permanent"))["occurred_at"] > sent
    without = only("ses", sample("ses", "no_time_of_its_own"))
    assert without["occurred_at"] == "2026-03-02T09:00:09.410000Z", "SNS's own time"


def test_trap_two_kinds_of_notice_tell_one_event_differently():
    """Only event publishing carries the tags, and an id names one content: so they have two."""
    event = message("bounce_permanent")
    feedback = {"notificationType": "Bounce"} | {k: event[k] for k in ("bounce", "mail")}

    ids = {
        only("ses", posted(body, MessageId=name), received_at=LATER)["id"]
        for body in (event, feedback)
        for name in ("m1", "m2")
    }

    assert len(ids) == 2, "SNS's own id does not count: raw delivery has none in the body"


def test_trap_the_same_notice_in_and_out_of_its_envelope():
    """Raw delivery posts the message without SNS's envelope: the same signal."""
    enveloped, raw = (only("ses", sample("ses", n)) for n in ("bounce_permanent", "raw_delivery"))

    assert enveloped == raw


def test_trap_resubscribed_looks_like_unsubscribed():
    """Only the new preferences turn something down, or only the old ones did."""
    names = ("unsubscribed_from_all", "unsubscribed_from_a_topic", "resubscribed")
    kinds = [only("ses", sample("ses", name))["kind"] for name in names]

    assert kinds == ["email.unsubscribed", "email.unsubscribed", "email.resubscribed"]


@pytest.mark.parametrize("kind", ["not-spam", "auth-failure", "virus"])
def test_trap_a_report_in_which_nobody_complains(kind):
    """`not-spam` takes a complaint back; failed authentication is a machine's finding."""
    body = message("complaint")
    body["complaint"]["complaintFeedbackType"] = kind

    assert told("ses", posted(body)) == [{"outcome": "unused", "word": "Complaint"}]


def test_trap_a_delay_is_no_bounce():
    """SES is still trying."""
    assert told("ses", sample("ses", "delivery_delay")) == [
        {"outcome": "unused", "word": "DeliveryDelay"}
    ]


def test_trap_an_open_of_a_message_to_several_names_nobody():
    """Which of them opened it is not told."""
    assert told("ses", sample("ses", "open_of_one_of_two")) == [
        {"outcome": "unused", "word": "Open"}
    ]


@pytest.mark.parametrize(
    "name", ["subscription_confirmation", "unsubscribe_confirmation", "topic_validated"]
)
def test_trap_what_sns_tells_about_itself_is_no_email(name):
    """Confirmations are for operators; the notice that a topic works is for nobody."""
    [element] = translate(webhook(FOLDER / "ses" / f"{name}.json"))

    assert isinstance(element, Unused)
    assert element.for_operators == name.endswith("confirmation")


def test_headers_name_whom_tags_do_not():
    """Feedback notices carry no tags: our own headers do, where they are included."""
    signal = only("ses", sample("ses", "bounce_notification_with_headers"))

    assert (signal["person_id"], signal["study_id"], signal["purpose"]) == ("p1", "s1", "scheduler")


def test_a_content_type_of_text_changes_nothing():
    """SNS posts its JSON as text/plain."""
    body = FOLDER / "ses" / "bounce_permanent.json"

    assert printed(webhook(body, content_type="text/plain; charset=UTF-8")) == printed(
        webhook(body)
    )


def test_more_recipients_than_a_record_may_have_are_one_dead_element():
    """A notice is cut into no more elements than any other body."""
    body = message("bounce_permanent")
    body["bounce"]["bouncedRecipients"] *= 30_000

    [line] = told("ses", posted(body))

    assert (line["outcome"], line["class"]) == ("dead", "invalid_schema")
