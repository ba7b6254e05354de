"""SendGrid's traps, each by its name, and its ids."""

import pytest

from tests.providers.made import LATER, only, sample, told


def events(name):
    return sample("sendgrid", name)


def ids(lines):
    return [line["signal"]["id"] for line in lines]


@pytest.mark.parametrize(
    ("reason", "comes_to"),
    [
        ("Bounced Address", ("email.bounced", "hard")),
        ("bounced address", ("email.bounced", "hard")),
        ("Invalid", ("email.bounced", "hard")),
        ("Unsubscribed Address", ("email.unsubscribed", None)),
    ],
)
def test_trap_a_drop_is_the_suppression_that_caused_it(reason, comes_to):
    """Dropped because of an earlier bounce is a hard bounce; because unsubscribed, an opt-out."""
    [event, *_] = events("dropped_reasons")

    signal = only("sendgrid", [event | {"reason": reason}])

    assert (signal["kind"], signal.get("permanence")) == comes_to


@pytest.mark.parametrize(
    "reason", ["Spam Content", "Invalid SMTPAPI header", "Spam Reporting Address", "?", None]
)
def test_trap_a_drop_for_another_reason_says_nothing_of_the_person(reason):
    """The sender's own mistake must bounce nobody."""
    [event, *_] = events("dropped_reasons")

    assert told("sendgrid", [event | {"reason": reason}]) == [
        {"outcome": "unused", "word": "dropped"}
    ]


@pytest.mark.parametrize(
    ("type_", "permanence"),
    [("bounce", "hard"), ("blocked", "soft"), (None, "soft"), ("x", "soft")],
)
def test_trap_the_smtp_text_never_decides_a_bounce(type_, permanence):
    """Only the type says hard; 550 5.1.1 in the text of a block, or no type, does not."""
    [event, *_] = events("bounce_types")

    signal = only("sendgrid", [event | {"type": type_, "reason": "550 5.1.1 unknown"}])

    assert signal["permanence"] == permanence


def test_trap_one_event_id_stands_on_two_events():
    """An open and a click with one sg_event_id are two signals."""
    first, second = ids(told("sendgrid", events("one_id_on_two_events")))

    assert first != second


def test_trap_a_resubscription_is_the_opposite_of_what_it_looks_like():
    """group_resubscribe takes an opt-out back, group_unsubscribe is one."""
    kinds = {e["event"]: only("sendgrid", [e])["kind"] for e in events("every_word")[-2:]}

    assert kinds == {
        "group_unsubscribe": "email.unsubscribed",
        "group_resubscribe": "email.resubscribed",
    }


def test_trap_deferred_is_no_bounce():
    """SendGrid is still trying."""
    deferred = events("every_word")[1]

    assert told("sendgrid", [deferred]) == [{"outcome": "unused", "word": "deferred"}]


def test_trap_milliseconds_where_seconds_belong():
    """A single send's timestamp in milliseconds is not the year 58,000."""
    signal = only("sendgrid", events("milliseconds_by_mistake"))

    assert signal["occurred_at"] == "2026-03-02T09:00:00.372000Z"


@pytest.mark.parametrize("timestamp", [None, -1, 0, True, 1e300, 10**40, "soon", [], 1.5e14 * 10])
def test_a_time_that_is_none_loses_only_its_element(timestamp):
    """An impossible time is a dead element; its neighbour goes on."""
    good, bad = events("every_word")[2:4]

    lines = told("sendgrid", [good, bad | {"timestamp": timestamp}, good])

    assert [line["outcome"] for line in lines] == ["signal", "dead", "signal"]
    assert lines[1]["class"] == "invalid_schema"


def test_ids_that_a_sender_wrote_as_numbers_are_text():
    """Custom args keep the type that the sender gave them."""
    signal = only("sendgrid", [events("every_word")[2] | {"person_id": 42, "study_id": 7}])

    assert (signal["person_id"], signal["study_id"]) == ("42", "7")


def test_an_unknown_purpose_or_none_moves_nobody():
    """A purpose that is not ours is `other`: never guessed."""
    event = events("every_word")[2]

    assert only("sendgrid", [event | {"purpose": "marketing"}])["purpose"] == "other"
    assert only("sendgrid", [event | {"purpose": None}])["purpose"] == "other"


def test_the_sole_category_is_the_campaign_and_two_are_none():
    """Between two categories nobody guesses."""
    event = events("every_word")[2]

    assert only("sendgrid", [event | {"category": ["a"]}])["references"]["campaign"] == "a"
    assert "campaign" not in only("sendgrid", [event | {"category": ["a", "b"]}])["references"]


def test_redelivered_and_retried_are_the_same_signals():
    """SendGrid posts a batch again, later and in another cut: the ids stay."""
    batch = events("every_word")[2:]

    again = [told("sendgrid", [event], received_at=LATER)[0] for event in reversed(batch)]

    assert ids(told("sendgrid", batch)) == ids(again)[::-1]


def test_really_twice_are_two_signals():
    """Opened twice within a second, SendGrid gives two ids."""
    opened = events("every_word")[3]

    first, second = ids(told("sendgrid", [opened, opened | {"sg_event_id": "other"}]))

    assert first != second


@pytest.mark.parametrize("broken", [None, "", "x" * 300, "a\u0000b", "a\nb"])
def test_without_a_usable_event_id_the_event_itself_is_the_id(broken):
    """Missing, too long or with control characters: uuid5 of what makes it that event."""
    event = events("every_word")[2] | {"sg_event_id": broken}

    first, again, later, somebody = (
        only("sendgrid", [event | changed], received_at=at)["id"]
        for changed, at in (
            ({}, LATER),
            ({}, LATER.replace(hour=11)),
            ({"timestamp": event["timestamp"] + 1}, LATER),
            ({"person_id": "p2"}, LATER),
        )
    )

    assert first == again
    assert len({first, later, somebody}) == 3
    assert "example.com" not in first


def test_trap_machine_opens():
    """A mail program's prefetch is nobody's open."""
    assert told("sendgrid", events("opened_by_a_machine")) == [
        {"outcome": "unused", "word": "open"}
    ]
