"""What a home does without being told: timers, configurations on their way, refolds asked for."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress

import structlog

from schemas.changes import REFOLD
from schemas.vocabulary import ContactStatus, Stage, Status
from workers.apply import unread
from workers.apply.letters import unheard
from workers.apply.member import History, Member, Unreadable
from workers.apply.turn import Turn
from workers.domain.changes import Published, PublishedContact, PublishedParticipant
from workers.domain.tracking import Heard, HistoryNeeded
from workers.store.shard import PersonKey

FOLDS = 50
"""People in one transaction whose whole histories are folded."""
REASON = "bringing this person up to date raised an error in the worker"

log = structlog.get_logger(__name__)


class Hopeless(Exception):
    """What this person comes to can't be written: set them aside, so that others go on."""


Work = Callable[[Turn, int, bool], Awaitable[None]]
"""(turn, most people, whether the first of them is hopeless and must be set aside)"""


async def fire_timers(turn: Turn, most: int, hopeless: bool) -> None:
    """Everybody whose standing time alone changes by now, oldest first."""
    rows = await turn.rows.due(turn.now, most)
    if rows:
        await turn.take({(w, p): kept for w, p, _, *kept in rows})
        await _catch_up(turn, list(turn.members), hopeless)
        for _, _, due_at, *_ in rows:
            lateness = (turn.now - due_at).total_seconds()
            turn.tools.metrics.observe("timer_lateness_seconds", lateness)
    await turn.finish()


async def drain(turn: Turn, most: int, hopeless: bool) -> None:
    """The next people whom a newer setup or policy reaches; who is current is passed over."""
    row = await turn.rows.drain()
    if row is not None:
        people = await turn.rows.next_of(row, most)
        turn.expect(row.workspace_id, row.study_id, row.version)  # nobody else tells the cache
        behind = {(row.workspace_id, p): kept for p, is_behind, *kept in people if is_behind}
        if behind:
            await turn.take(behind)
            await _catch_up(turn, list(behind), hopeless)
        await turn.rows.drained(row, people[-1].person_id if len(people) == most else None)
    await turn.finish()


async def refold(turn: Turn, most: int, hopeless: bool) -> None:
    """Those asked for, and those whom another version could not fold, from their whole history."""
    keys = await turn.rows.to_refold(turn.tools.version, min(most, FOLDS))
    if keys:
        await turn.load(keys)
        lost = [key for key in keys if not turn.members[key].is_readable]
        await _recover(turn, lost)
        histories = await turn.histories(keys)
        await turn.know(_studies(histories))
        for key in keys:
            await _attempt(turn, key, _refolding(turn, histories[key]), hopeless)
        await _count_anew(turn, [key for key in lost if turn.members[key].refolded])
        await turn.rows.refolded(keys)
    await turn.finish()


def _studies(histories: Mapping[PersonKey, History]) -> set[PersonKey]:
    """(workspace, study) of what somebody has heard: a document may not know of all."""
    return {
        (workspace_id, study_id)
        for (workspace_id, _), history in histories.items()
        for _, signal in history
        if (study_id := getattr(signal, "study_id", None))
    }


async def _count_anew(turn: Turn, recovered: Sequence[PersonKey]) -> None:
    """Their refold adds all that they come to: what they had added before must go."""
    before = {key: turn.members[key].before.published.participants for key in recovered}
    studies = {(key[0], study_id) for key, shown in before.items() for study_id in shown}
    await unread.take_out(turn, studies, REFOLD)


async def _recover(turn: Turn, lost: Sequence[PersonKey]) -> None:
    """Of whom the document can't be read, what was published: so that a refold goes on from it."""
    if lost:
        for n, status, until, sequence, participants in await turn.rows.published_of(lost):
            with suppress(ValueError):  # a word of another version: they stay unreadable
                contact = PublishedContact(ContactStatus(status), until, sequence)
                turn.members[lost[n]].recover(Published(contact, {
                    study_id: PublishedParticipant(Status(shown), Stage(stage), number)
                    for study_id, shown, stage, number in participants or ()
                }))  # fmt: skip


async def _catch_up(turn: Turn, keys: Sequence[PersonKey], hopeless: bool) -> None:
    late: list[PersonKey] = []
    for key in keys:
        if turn.members[key].broken_by is None:
            late += await _attempt(turn, key, _catching_up(turn, None), hopeless)
    if late:
        for key, history in (await turn.histories(late)).items():
            await _attempt(turn, key, _catching_up(turn, history), hopeless)


async def _attempt(
    turn: Turn, key: PersonKey, work: Callable[[Member], Heard], hopeless: bool
) -> list[PersonKey]:
    """One person's work; who can't be brought up to date is set aside. Returns who is late."""
    member = turn.members[key]
    try:
        if hopeless:
            raise Hopeless
        turn.publish(work(member).changes)
    except HistoryNeeded:
        return [key]
    except Exception as error:
        log.error("person_set_aside", shard=turn.rows.shard, error=type(error).__name__)
        member.set_aside(turn.tools.version)
        if not isinstance(error, Unreadable):  # told once, not of everybody whom it is about
            _bury(turn, member)
    await turn.breathe()
    return []


def _bury(turn: Turn, member: Member) -> None:
    told = unheard(member.key, REASON, version=turn.tools.version, now=turn.now)
    turn.bury(None, told)


def _refolding(turn: Turn, history: History) -> Callable[[Member], Heard]:
    return lambda member: member.refold(turn.now, history)


def _catching_up(turn: Turn, history: History | None) -> Callable[[Member], Heard]:
    return lambda member: member.catch_up(turn.now, history)
