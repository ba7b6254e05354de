"""Diff: from what was last published and the standing now to the changes to publish."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from schemas.changes import Cause, ContactStatusChanged, ParticipantStatusChanged, PersonChange
from schemas.vocabulary import ContactStatus, Stage, Status
from workers.domain.standing import Contact, Shown, Standing


@dataclass(frozen=True, slots=True)
class PublishedParticipant:
    """A participant as last published."""

    status: Status
    stage: Stage
    sequence: int


@dataclass(frozen=True, slots=True)
class PublishedContact:
    """A contact status as last published; everybody begins free, unpublished."""

    status: ContactStatus = ContactStatus.FREE_TO_CONTACT
    until: datetime | None = None
    sequence: int = 0


@dataclass(frozen=True, slots=True)
class Published:
    """What subscribers know of one person."""

    contact: PublishedContact = PublishedContact()
    participants: Mapping[str, PublishedParticipant] = field(default_factory=dict)

    @property
    def anything(self) -> bool:
        """Whether anything was ever published about the person."""
        return self.contact.sequence > 0 or bool(self.participants)


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """Who it is about, what happened when, and what must be said of it."""

    workspace_id: str
    person_id: str
    cause: Cause
    occurred_at: datetime
    recorded_at: datetime
    corrected: frozenset[str] = frozenset()
    """Studies whose folded status changed by an entry older than one applied before."""
    notify: str | None = None
    """The study whose participant must be told of, even when nothing moved."""


def diff(before: Published, after: Standing, occasion: Occasion) -> tuple[PersonChange, ...]:
    """The changes to publish, the person's first, then the participants' by study."""
    contact = _contact_changes(before.contact, after.contact, occasion)
    return (*contact, *_participant_changes(before, after, occasion))


def published_after(before: Published, changes: tuple[PersonChange, ...]) -> Published:
    """What subscribers know once these changes are out."""
    contact, participants = before.contact, dict(before.participants)
    for change in changes:
        if isinstance(change, ContactStatusChanged):
            contact = PublishedContact(change.status, change.until, change.sequence)
        elif isinstance(change, ParticipantStatusChanged):
            participants[change.study_id] = PublishedParticipant(
                change.status, change.stage, change.sequence
            )
    return Published(contact, participants) if changes else before


def _contact_changes(
    before: PublishedContact, after: Contact, occasion: Occasion
) -> Iterator[ContactStatusChanged]:
    if (before.status, before.until) == (after.status, after.until):
        return
    yield ContactStatusChanged(
        workspace_id=occasion.workspace_id,
        person_id=occasion.person_id,
        status=after.status,
        prior_status=before.status,
        until=after.until,
        reasons=after.reasons,
        sequence=before.sequence + 1,
        occurred_at=occasion.occurred_at,
        recorded_at=occasion.recorded_at,
        cause=occasion.cause,
    )


def _participant_changes(
    before: Published, after: Standing, occasion: Occasion
) -> Iterator[ParticipantStatusChanged]:
    for study_id in sorted(after.participants):
        prior, shown = before.participants.get(study_id), after.participants[study_id]
        same = prior is not None and (prior.status, prior.stage) == (shown.status, shown.stage)
        if not same or occasion.notify == study_id:
            yield _participant_change(prior, shown, study_id, occasion)


def _participant_change(
    prior: PublishedParticipant | None, shown: Shown, study_id: str, occasion: Occasion
) -> ParticipantStatusChanged:
    return ParticipantStatusChanged(
        workspace_id=occasion.workspace_id,
        participant_id=f"{study_id}/{occasion.person_id}",
        person_id=occasion.person_id,
        study_id=study_id,
        status=shown.status,
        prior_status=prior.status if prior else None,
        stage=shown.stage,
        prior_stage=prior.stage if prior else None,
        sequence=prior.sequence + 1 if prior else 1,
        correction=study_id in occasion.corrected,
        notify=occasion.notify == study_id,
        occurred_at=occasion.occurred_at,
        recorded_at=occasion.recorded_at,
        cause=occasion.cause,
    )
