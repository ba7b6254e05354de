"""Who is meant: our metadata, then links, then the address; never guessed between two. No IO."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from schemas.signals import (
    BY_KIND,
    EmailBounced,
    EmailDelivered,
    EmailSent,
    OfParticipant,
    OfPerson,
    Signal,
)
from schemas.vocabulary import Purpose
from workers.ingest.fitting import Participation, fit_of, only
from workers.ingest.lessons import MAIL, OF_STUDY, OWN, PARTICIPANT
from workers.ingest.questions import Question
from workers.providers.outcomes import Told

NEEDS_STUDY = (OfParticipant, EmailSent, EmailDelivered)
"""Without its study a mail that was sent or delivered says nothing that could be used."""
SEEKS_STUDY = (*NEEDS_STUDY, EmailBounced)
"""Where the study makes a difference: an opt-out reaches every study, opens and clicks none."""
PURPOSEFUL = (EmailSent, EmailDelivered, EmailBounced)
MAIL_KINDS = frozenset(word for word, kind in BY_KIND.items() if issubclass(kind, MAIL))
"""Their address is surely that of whom they are about."""

PERSON, STUDY = "person", "study"
"""What a parked element lacks; a hit that waits to be confirmed lacks its `participant`."""


class Linked(NamedTuple):
    """What an id was told to mean; empty where it was not told."""

    person_id: str
    study_id: str
    purpose: str


@dataclass(frozen=True, slots=True)
class Found:
    """What the database knows of a batch's questions."""

    links: Mapping[tuple[str, str, str], Sequence[Linked]] = field(default_factory=dict)
    """By (workspace, kind, id)."""
    addresses: Mapping[tuple[str, tuple[str, ...]], Sequence[tuple[str, str]]] = field(
        default_factory=dict
    )
    """(key, person) by (workspace, keys), the key first taught first."""
    participations: Mapping[tuple[str, str], Sequence[Participation]] = field(default_factory=dict)
    """By (workspace, person)."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Who is meant, as far as known; `wants` is what is missing, None if nothing is."""

    person_id: str | None
    study_id: str | None
    purpose: str | None
    wants: str | None
    emails: tuple[str, ...] | None = None
    """Of a person.updated: the key that counts of each address."""


def is_complete(told: Told) -> bool:
    """Whether the body itself says all that there is to know."""
    if told.waits or (told.person_id is None and issubclass(told.kind, OfPerson)):
        return False
    if told.study_id is None and issubclass(told.kind, SEEKS_STUDY):
        return False
    return not (
        told.fields.get("purpose") == Purpose.OTHER
        and "message_id" in told.references
        and issubclass(told.kind, PURPOSEFUL)
    )


def needs_study(kind: type[Signal]) -> bool:
    """Whether a signal of this kind must name its study."""
    return issubclass(kind, NEEDS_STUDY)


def person_of(question: Question, found: Found) -> str | None:
    """The only person that metadata, else links, else the address name.

    A message's id may be that of a whole batch, of which only one recipient has been told so far:
    a mail whose address is somebody else's is not about that one.
    """
    if question.person_id:
        return question.person_id
    linked = {one.person_id for one in _links(question, found, OWN)} - {""}
    mailbox = found.addresses.get((question.workspace_id, question.keys), ())
    addressed = {person for _, person in mailbox}
    elsewhere = question.kind in MAIL_KINDS and addressed and not linked & addressed
    if len(linked) == 1 and not elsewhere:
        return linked.pop()
    return addressed.pop() if len(addressed) == 1 else None


def study_by_link(question: Question, person_id: str | None, found: Found) -> str | None:
    """The study that metadata or links name: those of the person's own ids, then the setups'."""
    if question.study_id:
        return question.study_id
    kind = BY_KIND[question.kind]
    if not issubclass(kind, SEEKS_STUDY):
        return None
    own = _about(person_id, _links(question, found, OWN))
    named = _links(question, found, OF_STUDY)
    return _one(link.study_id for link in own) or _one(link.study_id for link in named)


def purpose_of(question: Question, person_id: str | None, found: Found) -> str | None:
    """What the mail was for, where only the message's link knows; None: as the body says."""
    if question.body.get("purpose") != Purpose.OTHER:
        return None
    own = _about(person_id, _links(question, found, OWN))
    return _one(link.purpose for link in own)


def asks_participations(question: Question, person_id: str | None, study_id: str | None) -> bool:
    """Whether the person's participations may tell the study."""
    kind = BY_KIND[question.kind]
    return person_id is not None and study_id is None and issubclass(kind, SEEKS_STUDY)


def answer(question: Question, found: Found) -> Answer:
    """Who is meant, as far as the database knows."""
    person_id = person_of(question, found)
    study_id = study_by_link(question, person_id, found)
    purpose = purpose_of(question, person_id, found)
    if asks_participations(question, person_id, study_id):
        fit = fit_of(question.kind, purpose or question.body.get("purpose"))
        known = found.participations.get((question.workspace_id, person_id or ""), ())
        study_id = only(fit, known) if fit else None
    wants = _wanted(question, person_id, study_id, found)
    return Answer(person_id, study_id, purpose, wants, _first_keys(question, found))


def _wanted(
    question: Question, person_id: str | None, study_id: str | None, found: Found
) -> str | None:
    kind = BY_KIND[question.kind]
    if person_id is None and issubclass(kind, OfPerson):
        return PERSON
    if study_id is None and needs_study(kind):
        return STUDY
    if question.waits and not _is_named(question, person_id, study_id, found):
        return PARTICIPANT
    return None


def _is_named(
    question: Question, person_id: str | None, study_id: str | None, found: Found
) -> bool:
    """Whether something verified has named both: nothing else ever teaches a link."""
    own = _links(question, found, OWN)
    both = any((one.person_id, one.study_id) == (person_id, study_id) for one in own)
    return both or bool(_links(question, found, (PARTICIPANT,)))


def _first_keys(question: Question, found: Found) -> tuple[str, ...] | None:
    """Of each address the key under which the workspace knew it first, else today's."""
    if not question.emails:
        return None
    known = [found.addresses.get((question.workspace_id, keys), ()) for keys in question.emails]
    both = zip(known, question.emails, strict=True)
    return tuple(dict.fromkeys(rows[0][0] if rows else keys[0] for rows, keys in both))


def _links(question: Question, found: Found, kinds: Iterable[str]) -> list[Linked]:
    wanted = set(kinds)
    return [
        one
        for kind, id_ in question.links
        if kind in wanted
        for one in found.links.get((question.workspace_id, kind, id_), ())
    ]


def _about(person_id: str | None, links: list[Linked]) -> list[Linked]:
    """Those about this person, if there are any: a message may have gone to several."""
    return [one for one in links if one.person_id == person_id] or links


def _one(told: Iterable[str]) -> str | None:
    different = set(told) - {""}
    return different.pop() if len(different) == 1 else None
