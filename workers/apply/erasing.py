"""Forgetting a person: one transaction, after which only (workspace, person, when, why) stays."""

from schemas.signals import PersonErased
from schemas.vocabulary import SignalOutcome
from workers.apply import unread
from workers.apply.incoming import Incoming
from workers.apply.tally import Tally
from workers.apply.turn import Turn
from workers.domain import tracking
from workers.domain.changes import Published, PublishedContact
from workers.domain.tracking import Tracked

UNREADABLE = Tracked(published=Published(contact=PublishedContact(sequence=1)))
"""Somebody whose document can't be read: something may have been published about them."""


async def forget(turn: Turn, incoming: Incoming) -> None:
    """Delete all that is known of the person, and publish it if anything ever was published."""
    signal = incoming.signal
    if not isinstance(signal, PersonErased):
        raise TypeError("only person.erased erases")
    key = (signal.workspace_id, signal.person_id)
    if not await turn.rows.erase(key, signal.occurred_at, signal.id):
        turn.outcomes[SignalOutcome.IGNORED] += 1
        await turn.finish(incoming.offset + 1)
        return
    await turn.load([key])
    member = turn.members[key]
    studies = await turn.rows.studies_of(key)
    if member.is_readable:
        tally = Tally()
        tally.leave(member.tracked, incoming)
        turn.forgotten.append((key[0], tally))
    else:
        await unread.take_out(turn, [(key[0], study_id) for study_id in studies], incoming)
    del turn.members[key]  # there is nothing to write of them
    heard = tracking.hear(
        member.tracked if member.is_readable else UNREADABLE,
        signal,
        received_at=incoming.received_at,
        now=turn.now,
        world=member.known.world,
    )
    await turn.rows.forget(key)
    turn.publish(heard.changes, studies)
    turn.outcomes[SignalOutcome.APPLIED if heard.applied else SignalOutcome.NO_CHANGE] += 1
    await turn.finish(incoming.offset + 1, erased=key)
