"""Forgetting a person: one transaction, after which only (workspace, person, when, why) stays."""

from schemas.signals import PersonErased
from schemas.vocabulary import SignalOutcome
from workers.apply.incoming import Incoming
from workers.apply.member import Member
from workers.apply.tally import Tally
from workers.apply.turn import Turn
from workers.domain import tracking
from workers.domain.changes import Published, PublishedContact
from workers.domain.tracking import NOBODY, Tracked

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
    tally = Tally()
    tally.leave(await _counted(turn, member), incoming)
    turn.forgotten.append((key[0], tally))
    del turn.members[key]  # there is nothing to write of them
    heard = tracking.hear(
        member.tracked if member.is_readable else UNREADABLE,
        signal,
        received_at=incoming.received_at,
        now=turn.now,
        world=member.known.world,
    )
    studies = await turn.rows.studies_of(key)
    await turn.rows.forget(key)
    turn.publish(heard.changes, studies)
    turn.outcomes[SignalOutcome.APPLIED if heard.applied else SignalOutcome.NO_CHANGE] += 1
    await turn.finish(incoming.offset + 1, erased=key)


async def _counted(turn: Turn, member: Member) -> Tracked:
    """What the person added to counters; of a document that can't be read, what it should say."""
    if member.is_readable:
        return member.tracked
    signals = [signal for _, signal in (await turn.histories([member.key]))[member.key]]
    workspace_id, person_id = member.key
    told = {"workspace_id": workspace_id, "person_id": person_id}
    try:
        heard = tracking.refold(NOBODY, signals, now=turn.now, world=member.known.world, **told)
    except Exception:  # nor can the history be folded: who is forgotten stops nobody
        return NOBODY
    return heard.tracked
