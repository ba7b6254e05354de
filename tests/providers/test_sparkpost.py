"""SparkPost's traps, each by its name."""

import pytest

from tests.providers.made import LATER, only, sample, told


def event(number, **changed):
    """One of the sample of every word, changed; None takes a field away."""
    [(name, inside)] = sample("sparkpost", "every_word")[number]["msys"].items()
    kept = {field: value for field, value in (inside | changed).items() if value is not None}
    return {"msys": {name: kept}}


@pytest.mark.parametrize(
    ("bounce_class", "permanence"),
    [("10", "hard"), (30, "hard"), ("90", "hard"), ("22", "soft"), ("1", "soft"), (None, "soft")],
)
def test_trap_the_smtp_text_never_decides_a_bounce(bounce_class, permanence):
    """Only the class does, whatever the text."""
    body = [event(3, bounce_class=bounce_class, raw_reason="550 5.1.1 user unknown")]

    assert only("sparkpost", body)["permanence"] == permanence


@pytest.mark.parametrize("bounce_class", ["60", "80", "100"])
def test_trap_a_bounce_in_which_nothing_bounced(bounce_class):
    """An auto-reply, a subscription, a challenge: the email arrived."""
    assert told("sparkpost", [event(3, bounce_class=bounce_class)]) == [
        {"outcome": "unused", "word": "bounce"}
    ]


def test_trap_a_ping_is_no_event():
    """`[{"msys": {}}]` tries the webhook out."""
    assert told("sparkpost", [{"msys": {}}]) == [{"outcome": "unused", "word": "ping"}]


@pytest.mark.parametrize("number", [11, 12, 14, 15])
def test_trap_machine_opens(number):
    """A prefetch is nobody's open."""
    assert only("sparkpost", [event(number)])["kind"] == "email.opened"
    assert told("sparkpost", [event(number, is_prefetched=True)])[0]["outcome"] == "unused"


def test_trap_one_event_id_stands_on_two_events():
    """SparkPost's own samples do so: the word is part of our id."""
    lines = told("sparkpost", sample("sparkpost", "one_id_on_two_events"))

    assert len({line["signal"]["id"] for line in lines}) == 2


def test_trap_the_event_id_may_be_absent():
    """Then word, message, time and recipient are the event."""
    first, again, later = (
        only("sparkpost", [event(1, event_id=None, **changed)], received_at=LATER)["id"]
        for changed in ({}, {"subject": "x"}, {"timestamp": "1772442999"})
    )

    assert first == again != later


@pytest.mark.parametrize(
    "timestamp", ["1772442000", 1772442000, "2026-03-02T09:00:00Z", "2026-03-02T10:00:00.0+01:00"]
)
def test_trap_times_are_seconds_in_a_text_or_iso(timestamp):
    """All of them are nine o'clock."""
    signal = only("sparkpost", [event(1, timestamp=timestamp)])

    assert signal["occurred_at"] == "2026-03-02T09:00:00.000000Z"


def test_trap_a_delay_is_no_bounce():
    """SparkPost is still trying."""
    assert told("sparkpost", [event(2)]) == [{"outcome": "unused", "word": "delay"}]


def test_several_classes_in_one_element_are_several_events():
    """Each is an element of its own."""
    both = {"msys": event(1)["msys"] | event(13)["msys"]}

    kinds = [line["signal"]["kind"] for line in told("sparkpost", [both])]

    assert kinds == ["email.delivered", "email.clicked"]
