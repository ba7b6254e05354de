"""One signal and one change of each kind, as they stand on the wire; made by the wire's codec."""

from datetime import UTC, datetime

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
from schemas.codec import decode_signal, encode_change
from schemas.vocabulary import ContactStatus, ReasonCause, Stage, Status

HAPPENED = datetime(2026, 3, 2, 9, tzinfo=UTC)
DECIDED = HAPPENED.replace(second=1, microsecond=250_000)
OVER = HAPPENED.replace(day=9)
TIMES = {"occurred_at": HAPPENED, "recorded_at": DECIDED}
PERSON = {"workspace_id": "w1", "person_id": "p1"}
SIGNAL = """\
{"id":"cal:81","workspace_id":"w1","kind":"booking.scheduled","occurred_at":"2026-03-02T09:00:00Z",
 "person_id":"p1","study_id":"s1","booking_id":"b1",
 "starts_at":"2026-03-04T09:00:00Z","ends_at":"2026-03-04T10:00:00Z"}"""
COOLDOWN = Reason(
    status=ContactStatus.IN_COOLDOWN, cause=ReasonCause.RULE, rule_id="r1", until=OVER
)
CHANGES: tuple[Change, ...] = (
    ParticipantStatusChanged(
        participant_id="s1/p1",
        study_id="s1",
        status=Status.INTERVIEW_SCHEDULED,
        prior_status=Status.INTERVIEW_INVITED,
        stage=Stage.IN_PROGRESS,
        prior_stage=Stage.IN_PROGRESS,
        sequence=3,
        correction=False,
        notify=False,
        cause=Cause(signal_id="cal:81", kind="booking.scheduled"),
        **PERSON,
        **TIMES,
    ),
    ContactStatusChanged(
        status=ContactStatus.IN_COOLDOWN,
        prior_status=ContactStatus.FREE_TO_CONTACT,
        until=OVER,
        reasons=(COOLDOWN,),
        sequence=1,
        cause=Cause(signal_id="mail:77", kind="email.sent"),
        **PERSON,
        **TIMES,
    ),
    PersonErasedChange(cause=Cause(signal_id="privacy:4", kind="person.erased"), **PERSON, **TIMES),
    StudyProgressChanged(
        workspace_id="w1",
        study_id="s1",
        added=2,
        invited=1,
        interviews_booked=1,
        interviews_completed=1,
        surveys_completed=0,
        tests_completed=0,
        incentives_sent=0,
        incentives_claimed=0,
        by_status={"interview_completed": 1, "not_contacted": 1},
        by_stage={"done": 1, "not_started": 1},
        limit_reached=True,
        cause=CLOCK,
        **TIMES,
    ),
)


def signal() -> str:
    """A signal; Refused if it is none."""
    decode_signal(SIGNAL.encode())
    return _json(SIGNAL)


def change(of: type[Change]) -> str:
    """A change of this class."""
    sample = next(one for one in CHANGES if type(one) is of)
    return _json(_wrapped(encode_change(sample).decode()))


def _json(text: str) -> str:
    return f"```json\n{text}\n```"


def _wrapped(text: str) -> str:
    """On several lines, broken between fields."""
    lines = [""]
    for part in text.replace(',"', ',\n"').split("\n"):
        if len(lines[-1]) + len(part) > 98:
            lines.append(" ")
        lines[-1] += part
    return "\n".join(lines)
