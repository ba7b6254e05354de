"""Our own signals through the one door, and what it refuses."""

import json

import pytest

from tests.providers.made import only, told, webhook
from workers.ingest.translate import translate
from workers.providers.outcomes import Ready

SIGNAL = {
    "id": "app:1",
    "workspace_id": "w1",
    "kind": "test.completed",
    "occurred_at": "2026-03-02T08:00:00Z",
    "person_id": "p1",
    "study_id": "s1",
}


def test_the_workspace_is_the_headers():
    """A body that names none belongs to the header's; one that names another is refused."""
    nameless = {name: value for name, value in SIGNAL.items() if name != "workspace_id"}

    assert only("standard", nameless, workspace_id="w9")["workspace_id"] == "w9"
    [line] = told("standard", SIGNAL, workspace_id="w9")
    assert (line["outcome"], line["class"]) == ("dead", "invalid_schema")


def test_unknown_fields_are_kept():
    """Whatever a newer sender adds goes on with the signal."""
    [ready] = translate(webhook(json.dumps(SIGNAL | {"extra": {"a": [1]}}).encode(), "standard"))

    assert isinstance(ready, Ready)
    assert ready.extra == {"extra": {"a": [1]}}


def test_nobody_sends_what_only_the_clock_says():
    """booking.ended is the clock's own."""
    [line] = told("standard", SIGNAL | {"kind": "booking.ended", "booking_id": "b1"})

    assert (line["outcome"], line["class"]) == ("dead", "invalid_schema")


def test_a_long_text_in_any_script_counts_by_its_bytes():
    """What weighs less than 64 KiB as sent is not refused for how we would write it."""
    note = "ж" * 9_000
    assert only("standard", SIGNAL | {"note": note})["note"] == note

    [line] = told("standard", SIGNAL | {"x": "y" * 65_536})
    assert line["class"] == "invalid_schema"


@pytest.mark.parametrize("body", ["5", '"text"', "null", "[5]", '[["nested"]]'])
def test_what_is_no_object_is_no_signal(body):
    """JSON, but nothing of ours."""
    [line] = told("standard", body)

    assert (line["outcome"], line["class"]) == ("dead", "invalid_schema")


def test_an_empty_array_tells_nothing():
    """No element, no outcome."""
    assert told("standard", "[]") == []


@pytest.mark.parametrize(
    "broken",
    [
        {"deep": json.loads("[" * 100 + "]" * 100)},
        {"note": "a\u0000b"},
        {"id": ""},
        {"id": "x" * 201},
        {"id": "a\u0085b"},
        {"person_id": "p/1"},
        {"person_id": 7},
        {"occurred_at": "2026-03-02T08:00:00.1234567Z"},
        {"occurred_at": 1772442000},
    ],
    ids=lambda broken: next(iter(broken)),
)
def test_a_broken_signal_loses_only_itself(broken):
    """Its neighbours in the array go on, and their numbers are their places."""
    lines = told("standard", [SIGNAL, SIGNAL | broken, SIGNAL])

    assert [line["outcome"] for line in lines] == ["signal", "dead", "signal"]
    assert lines[1]["class"] == "invalid_schema"
