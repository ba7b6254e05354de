"""What begins and lifts the causes against contacting a person, apart from rules."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from schemas import signals as on
from schemas.vocabulary import Permanence, ReasonCause
from workers.domain.person import Person

PARTICIPANT = "participant"
"""Who acted, when it was the participant and not a user."""


def note(person: Person, signal: on.Signal) -> Person:
    """The person with what the signal says about contacting them, their addresses, properties."""
    listener = LISTENERS.get(type(signal))
    return listener(person, signal) if listener else person


def _caused(person: Person, **causes: Any) -> Person:
    return replace(person, causes=replace(person.causes, **causes))


def _opted_out(cause: ReasonCause) -> Callable[[Person, Any], Person]:
    def listener(person: Person, signal: Any) -> Person:
        return _caused(person, opted_out=person.causes.opted_out | {cause})

    return listener


def _opted_out_by(person: Person, signal: Any) -> Person:
    by_participant = signal.by == PARTICIPANT
    cause = ReasonCause.PARTICIPANT if by_participant else ReasonCause.MANUAL
    return _opted_out(cause)(person, signal)


def _opted_in(person: Person, signal: Any) -> Person:
    return _caused(person, opted_out=frozenset())


def _bounced(person: Person, signal: Any) -> Person:
    if signal.permanence is not Permanence.HARD:
        return person
    return _caused(person, hard_bounced=True)


def _delivered(person: Person, signal: Any) -> Person:
    return _caused(person, hard_bounced=False) if person.causes.hard_bounced else person


def _updated(person: Person, signal: Any) -> Person:
    """A given field replaces the old one whole; a new address is a mailbox not yet known bad."""
    if signal.properties is not None:
        person = replace(person, properties=signal.properties)
    if signal.emails is None:
        return person
    if not person.addresses.issuperset(signal.emails):
        person = _delivered(person, signal)
    return replace(person, addresses=frozenset(signal.emails))


LISTENERS: dict[type[on.Signal], Callable[[Person, Any], Person]] = {
    on.PersonUpdated: _updated,
    on.EmailDelivered: _delivered,
    on.EmailBounced: _bounced,
    on.EmailUnsubscribed: _opted_out(ReasonCause.PARTICIPANT),
    on.EmailComplained: _opted_out(ReasonCause.COMPLAINT),
    on.ContactOptedOut: _opted_out_by,
    on.EmailResubscribed: _opted_in,
    on.ContactOptedIn: _opted_in,
    on.ContactBlocklisted: lambda person, signal: _caused(person, blocklisted=True),
    on.ContactUnblocklisted: lambda person, signal: _caused(
        person, blocklisted=False, unblocklisted_at=signal.occurred_at
    ),
    on.ContactDoNotContactSet: lambda person, signal: _caused(person, do_not_contact=True),
    on.ContactDoNotContactCleared: lambda person, signal: _caused(person, do_not_contact=False),
    on.ContactCooldownSet: lambda person, signal: _caused(person, cooldown_until=signal.until),
    on.ContactCooldownCleared: lambda person, signal: _caused(person, cooldown_until=None),
}
