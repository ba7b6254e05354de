"""The ledgers of `pstatus audit`: what counts as accounted for, and what never does."""

import json
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from tests.process.test_ingest_signals import SENDGRID
from workers.cli._audit_ingest import IngestLedger, Place
from workers.cli._letters import Letter

EMAIL: Place = ("webhooks.email", 0)
WRITTEN = datetime(2026, 3, 2, tzinfo=UTC)


def ledger(*bodies: list[dict[str, Any]], first: int = 10) -> IngestLedger:
    """Of one partition, with these SendGrid records from offset 10 on."""
    made = IngestLedger({EMAIL: (first, first + len(bodies))})
    for offset, events in enumerate(bodies, first):
        headers = (("provider", b"sendgrid"), ("workspace-id", b"w1"))
        record = SimpleNamespace(
            topic="webhooks.email", partition=0, offset=offset, timestamp=0, key=None,
            value=json.dumps(events).encode(), headers=headers,
        )  # fmt: skip
        made.record(EMAIL, record, {})
    return made


def letter(offset: int, elements: str) -> Letter:
    """About some elements of one of these records."""
    told = {"topic": "webhooks.email", "partition": "0", "offset": str(offset)}
    headers = [(f"__dlq.errors.{name}", text.encode()) for name, text in told.items()]
    headers.append(("pstatus-dlq-element", elements.encode()))
    return Letter("", (0, 0), WRITTEN, None, None, headers)


def test_what_is_of_no_use_is_found_by_translating_again():
    """Nothing else tells of it; what came to nothing else is missing, and named."""
    ours = ledger([SENDGRID, {"event": "no_such_word"}, SENDGRID])
    ours.signal("webhooks.email/0/10/0")

    report = ours.report()

    told = report["topics"]["webhooks.email"]
    assert (told["elements"], told["signal"], told["unused"], told["missing"]) == (3, 1, 1, 1)
    assert report["missing"] == ["webhooks.email/0/10/2"]


def test_a_record_given_up_as_a_whole_had_one_element():
    """The version that did so saw no others: nothing of them is missing."""
    ours = ledger([SENDGRID, SENDGRID])
    ours.letter(letter(10, "0"), of=1)

    told = ours.report()["topics"]["webhooks.email"]

    assert (told["elements"], told["dead"], told["missing"]) == (1, 1, 0)


def test_a_record_that_two_versions_read_has_all_that_the_second_saw():
    """The first died before it committed; both left something, nothing is from nowhere."""
    ours = ledger([SENDGRID, SENDGRID, SENDGRID])
    ours.letter(letter(10, "0"), of=1)
    for element in range(3):
        ours.signal(f"webhooks.email/0/10/{element}")

    report = ours.report()

    told = report["topics"]["webhooks.email"]
    assert (told["elements"], told["signal"], told["twice"]) == (3, 3, 1)
    assert (report["missing"], report["strangers"]) == ([], [])


def test_a_parked_element_must_have_ended_as_it_says():
    """Resolved without a signal is a difference; waiting and dropped need nothing."""
    ours = ledger([SENDGRID], [SENDGRID], [SENDGRID], [SENDGRID])
    ends = ("resolved", "resolved", None, "dropped")
    for offset, ended in enumerate(ends, 10):
        ours.parked(EMAIL, offset, 0, ended)
    ours.signal("webhooks.email/0/10/0")

    report = ours.report()

    assert report["topics"]["webhooks.email"]["parked"] == 4
    assert report["unkept"] == ["webhooks.email/0/11/0"]
    assert report["parked"] == {"waiting": 1, "resolved": 2, "expired": 0, "dropped": 1}


def test_what_lies_outside_of_what_is_looked_at_is_no_difference():
    """Records that retention took, and those that ingest has not committed yet."""
    ours = ledger([SENDGRID])
    for origin in ("webhooks.email/0/10/0", "webhooks.email/0/9/0", "webhooks.email/0/11/0"):
        ours.signal(origin)

    report = ours.report()

    assert (report["older"], report["waiting"]) == (1, 1)
    assert (report["missing"], report["strangers"]) == ([], [])


def test_a_coordinate_that_never_was_is_from_nowhere():
    """An element beyond its record's last."""
    ours = ledger([SENDGRID])
    for element in (0, 1):
        ours.signal(f"webhooks.email/0/10/{element}")

    assert ours.report()["strangers"] == ["webhooks.email/0/10/1"]
