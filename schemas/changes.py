"""What we publish: four kinds of change, complete without their headers."""

from dataclasses import dataclass
from typing import Literal

from schemas.fields import Instant
from schemas.vocabulary import ContactStatus, ReasonCause, Stage, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """What made us publish: a signal by id and kind, or `clock` or `refold` without an id."""

    signal_id: str | None
    kind: str


CLOCK = Cause(signal_id=None, kind="clock")
REFOLD = Cause(signal_id=None, kind="refold")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a person has a contact status; `until` is null while it is open-ended."""

    status: ContactStatus
    cause: ReasonCause
    rule_id: str | None
    until: Instant | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ParticipantStatusChanged:
    """A participant's status or stage is not the one last published, or somebody must be told."""

    change: Literal["participant.status_changed"] = "participant.status_changed"
    workspace_id: str
    participant_id: str
    person_id: str
    study_id: str
    status: Status
    prior_status: Status | None
    stage: Stage
    prior_stage: Stage | None
    sequence: int
    correction: bool
    notify: bool
    occurred_at: Instant
    recorded_at: Instant
    cause: Cause


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactStatusChanged:
    """A person's contact status or its `until` is not the one last published."""

    change: Literal["contact.status_changed"] = "contact.status_changed"
    workspace_id: str
    person_id: str
    status: ContactStatus
    prior_status: ContactStatus
    until: Instant | None
    reasons: tuple[Reason, ...]
    sequence: int
    occurred_at: Instant
    recorded_at: Instant
    cause: Cause


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonErasedChange:
    """A person about whom something was published has been forgotten."""

    change: Literal["person.erased"] = "person.erased"
    workspace_id: str
    person_id: str
    occurred_at: Instant
    recorded_at: Instant
    cause: Cause


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyProgressChanged:
    """A study's counts are not those last published."""

    change: Literal["study.progress_changed"] = "study.progress_changed"
    workspace_id: str
    study_id: str
    added: int
    invited: int
    interviews_booked: int
    interviews_completed: int
    surveys_completed: int
    tests_completed: int
    incentives_sent: int
    incentives_claimed: int
    by_status: dict[str, int]
    by_stage: dict[str, int]
    limit_reached: bool
    occurred_at: Instant
    recorded_at: Instant
    cause: Cause


PersonChange = ParticipantStatusChanged | ContactStatusChanged | PersonErasedChange
Change = PersonChange | StudyProgressChanged
