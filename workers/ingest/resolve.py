"""Who is meant, and whether that is enough: our own metadata, echoed by the provider."""

from schemas.signals import (
    EmailDelivered,
    EmailSent,
    OfParticipant,
    OfPerson,
    Signal,
)
from schemas.vocabulary import DeadLetterClass
from workers.providers.outcomes import Dead, Told

NEEDS_STUDY = (OfParticipant, EmailSent, EmailDelivered)
"""Without its study a mail that was sent or delivered says nothing that could be used."""

NO_PERSON = Dead(DeadLetterClass.UNMATCHED, "nothing says which person is meant")
NO_STUDY = Dead(DeadLetterClass.UNMATCHED, "nothing says which study is meant")


def unresolved(told: Told) -> Dead | None:
    """Why this can't go on as it is; None when it names whom its kind needs."""
    if told.person_id is None:
        return NO_PERSON if issubclass(told.kind, OfPerson) else None
    if told.study_id is None and needs_study(told.kind):
        return NO_STUDY
    return None


def needs_study(kind: type[Signal]) -> bool:
    """Whether a signal of this kind must name its study."""
    return issubclass(kind, NEEDS_STUDY)
