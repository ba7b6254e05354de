"""Assess: where a person stands now, under the newest setups and the newest policy."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from schemas.changes import Reason
from schemas.vocabulary import ContactStatus, ReasonCause, Stage, Status
from workers.domain import governance
from workers.domain.person import Participant, Person
from workers.domain.setups import Policy, World
from workers.domain.stages import stage

RANK = {status: rank for rank, status in enumerate(ContactStatus)}
OVERRIDABLE = {ContactStatus.DO_NOT_CONTACT, ContactStatus.IN_COOLDOWN}


@dataclass(frozen=True, slots=True)
class Contact:
    """Whether the person may be contacted, until when, and every reason in force."""

    status: ContactStatus = ContactStatus.FREE_TO_CONTACT
    until: datetime | None = None
    reasons: tuple[Reason, ...] = ()


FREE = Contact()


@dataclass(frozen=True, slots=True)
class Shown:
    """A participant as shown."""

    status: Status
    stage: Stage


@dataclass(frozen=True, slots=True)
class Standing:
    """Everything that is published about a person, and when time alone would change it."""

    contact: Contact
    participants: Mapping[str, Shown]
    due_at: datetime | None


def assess(person: Person, world: World, now: datetime) -> Standing:
    """The standing of a folded person at `now`."""
    reasons, turns = _reasons(person, world.policy, now)
    contact = _contact(reasons)
    participants = {
        study_id: _shown(participant, contact.status, study_id, world)
        for study_id, participant in person.participants.items()
    }
    turns.extend(ends_at for _, _, ends_at in person.ends_ahead())
    turns.extend(ends_at for ends_at, _ in person.overtaken)
    return Standing(contact, participants, min(turns, default=None))


def _shown(participant: Participant, contact: ContactStatus, study_id: str, world: World) -> Shown:
    status = participant.status
    if status is Status.NOT_CONTACTED and not _may_contact(participant, contact):
        status = Status.NOT_ELIGIBLE
    return Shown(status, stage(status, world.setup(study_id)))


def _may_contact(participant: Participant, contact: ContactStatus) -> bool:
    if contact is ContactStatus.FREE_TO_CONTACT:
        return True
    return participant.overridden and contact in OVERRIDABLE


def _contact(reasons: list[Reason]) -> Contact:
    if not reasons:
        return FREE
    reasons.sort(key=lambda r: (RANK[r.status], r.cause, r.rule_id or ""))
    status = reasons[0].status
    ends = [reason.until for reason in reasons if reason.status is status]
    until = None if None in ends else max(end for end in ends if end)
    return Contact(status, until, tuple(reasons))


def _reasons(person: Person, policy: Policy, now: datetime) -> tuple[list[Reason], list[datetime]]:
    """Every reason in force, and the later instants at which one begins or ends by itself."""
    reasons = list(_causes(person, now))
    turns = [reason.until for reason in reasons if reason.until]
    if not policy.rules or person.key is None:
        return reasons, turns
    records = governance.records_of(person)
    for rule in policy.rules:
        hold, turns_at = governance.verdict(rule, records, now, policy.timezone)
        turns.extend(at for at in (turns_at,) if at)
        reasons.extend(_held(hold, rule.id))
    return reasons, turns


def _held(hold: governance.Hold | None, rule_id: str) -> Iterable[Reason]:
    if hold:
        cause = ReasonCause.RULE
        yield Reason(status=hold.status, cause=cause, rule_id=rule_id, until=hold.until)


def _causes(person: Person, now: datetime) -> Iterator[Reason]:
    causes = person.causes
    manual = ReasonCause.MANUAL
    for cause in causes.opted_out:
        yield _open(ContactStatus.OPTED_OUT, cause)
    if causes.hard_bounced:
        yield _open(ContactStatus.OPTED_OUT, ReasonCause.HARD_BOUNCE)
    if causes.blocklisted:
        yield _open(ContactStatus.IN_BLOCKLIST, manual)
    if causes.do_not_contact:
        yield _open(ContactStatus.DO_NOT_CONTACT, manual)
    if causes.cooldown_until and now < causes.cooldown_until:
        until = causes.cooldown_until
        yield Reason(status=ContactStatus.IN_COOLDOWN, cause=manual, rule_id=None, until=until)


def _open(status: ContactStatus, cause: ReasonCause) -> Reason:
    return Reason(status=status, cause=cause, rule_id=None, until=None)
