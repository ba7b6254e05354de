"""Changes on the wire: complete, in the order of the page, six digits, and back again."""

import json
from datetime import UTC, datetime

import pytest

from schemas.changes import (
    CLOCK,
    Cause,
    Change,
    ContactStatusChanged,
    ParticipantStatusChanged,
    PersonErasedChange,
    Reason,
    StudyProgressChanged,
)
from schemas.codec import Refused, decode_change, encode_change
from schemas.vocabulary import ContactStatus, ReasonCause, Stage, Status

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
CAUSE = Cause(signal_id="cal:81", kind="booking.scheduled")
CHANGES: tuple[Change, ...] = (
    ParticipantStatusChanged(
        workspace_id="w1", participant_id="s1/p1", person_id="p1", study_id="s1",
        status=Status.NOT_CONTACTED, prior_status=None, stage=Stage.NOT_STARTED, prior_stage=None,
        sequence=1, correction=False, notify=False, occurred_at=NOW, recorded_at=NOW, cause=CAUSE,
    ),
    ContactStatusChanged(
        workspace_id="w1", person_id="p1", status=ContactStatus.IN_COOLDOWN,
        prior_status=ContactStatus.FREE_TO_CONTACT, until=NOW,
        reasons=(Reason(status=ContactStatus.IN_COOLDOWN, cause=ReasonCause.RULE, rule_id="r1",
                        until=NOW),),
        sequence=1, occurred_at=NOW, recorded_at=NOW, cause=CAUSE,
    ),
    PersonErasedChange(
        workspace_id="w1", person_id="p1", occurred_at=NOW, recorded_at=NOW, cause=CAUSE
    ),
    StudyProgressChanged(
        workspace_id="w1", study_id="s1", added=1, invited=0, interviews_booked=0,
        interviews_completed=0, surveys_completed=0, tests_completed=0, incentives_sent=0,
        incentives_claimed=0, by_status={"not_contacted": 1}, by_stage={"not_started": 1},
        limit_reached=False, occurred_at=NOW, recorded_at=NOW, cause=CLOCK,
    ),
)  # fmt: skip


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.change)
def test_a_change_comes_back_as_it_went(change: Change) -> None:
    """Bytes to class to bytes."""
    assert decode_change(encode_change(change)) == change


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.change)
def test_a_change_says_every_field_in_order_with_nulls_and_six_digits(change: Change) -> None:
    """A reader finds each field always there."""
    told = json.loads(encode_change(change))

    assert list(told) == list(type(change).__dataclass_fields__)
    assert told["occurred_at"] == told["recorded_at"] == "2026-03-02T09:00:00.000000Z"
    assert set(told["cause"]) == {"signal_id", "kind"}


@pytest.mark.parametrize("raw", [b"", b"[]", b"{}", b'{"change":"somebody.moved"}'])
def test_what_is_no_change_is_refused(raw: bytes) -> None:
    """Poison or invalid, never another error."""
    with pytest.raises(Refused):
        decode_change(raw)
