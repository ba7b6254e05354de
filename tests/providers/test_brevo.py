"""Brevo's traps, each by its name."""

import json

import pytest

from tests.providers.made import LATER, only, sample, told


def test_trap_the_id_is_the_webhooks():
    """`id` is the same in every body: two words, two times, two recipients are two signals."""
    event = sample("brevo", "delivered")
    assert event["id"] == sample("brevo", "opened")["id"]

    ids = [
        only("brevo", event | changed, received_at=LATER)["id"]
        for changed in (
            {},
            {"event": "request"},
            {"ts_event": event["ts_event"] + 1},
            {"email": "ben@example.com"},
        )
    ]

    assert len(set(ids)) == 4
    assert only("brevo", event | {"subject": "another"})["id"] == ids[0]


def test_trap_dates_without_zone_and_the_webhooks_own_time():
    """`ts_event` is when it happened; `date` has no zone, `ts` is of the webhook."""
    event = sample("brevo", "delivered")
    assert event["date"] == "2026-03-02 10:00:01"
    assert event["ts"] != event["ts_event"]

    assert only("brevo", event)["occurred_at"] == "2026-03-02T09:00:01.000000Z"


def test_trap_milliseconds_are_no_seconds():
    """`ts_epoch` alone is not the year 58,000."""
    signal = only("brevo", sample("brevo", "only_milliseconds"))

    assert signal["occurred_at"] == "2026-03-02T09:00:21.372000Z"


@pytest.mark.parametrize("word", ["proxy_open", "unique_proxy_open"])
def test_trap_machine_opens(word):
    """A mail program's proxy is nobody's open."""
    assert told("brevo", sample("brevo", word)) == [{"outcome": "unused", "word": word}]


def test_trap_the_smtp_text_never_decides_a_bounce():
    """The word does; the soft one's text says 550 5.1.1."""
    assert "550 5.1.1" in sample("brevo", "soft_bounce")["reason"]

    words = ("soft_bounce", "hard_bounce", "invalid_email", "blocked")
    said = [only("brevo", sample("brevo", word))["permanence"] for word in words]

    assert said == ["soft", "hard", "hard", "soft"]


def test_trap_deferred_is_no_bounce():
    """Brevo is still trying."""
    assert told("brevo", sample("brevo", "deferred")) == [{"outcome": "unused", "word": "deferred"}]


@pytest.mark.parametrize(
    "custom",
    ["some_custom_header", "", None, 7, [], "[1]", '"p1"', "{", '{"person_id": {}}'[:-1]],
)
def test_a_custom_header_that_is_not_ours_names_nobody(custom):
    """Whatever somebody else wrote there, the event goes on to be found by its address."""
    signal = only("brevo", sample("brevo", "delivered") | {"X-Mailin-custom": custom})

    assert (signal["person_id"], signal["study_id"]) == (None, None)
    assert signal["references"]["address"] == "ada@example.com"


def test_a_custom_header_may_be_an_object_already():
    """Some gateways open it."""
    ours = json.loads(sample("brevo", "delivered")["X-Mailin-custom"])

    signal = only("brevo", sample("brevo", "delivered") | {"X-Mailin-custom": ours})

    assert (signal["person_id"], signal["study_id"], signal["purpose"]) == ("p1", "s1", "survey")
