"""Compares the counters of studies with a recount from people's documents; only reads."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncEngine

from workers.apply.turn import decoded
from workers.domain.progress import counts
from workers.domain.tracking import NOBODY, Tracked
from workers.store import checking, progress
from workers.store.checking import Place, Scope, Snapshot

MOST = 1000
CounterKey = tuple[str, str, int]
"""(workspace_id, study_id, shard)"""


@dataclass(slots=True)
class Recount:
    """How many studies of how many participants were compared, and every difference found."""

    studies: int = 0
    participants: int = 0
    differences: list[str] = field(default_factory=list)


async def recount(
    engine: AsyncEngine, workspace_id: str | None = None, study_id: str | None = None
) -> Recount:
    """Compare one study, those of a workspace, or all, in one snapshot of the database."""
    async with checking.snapshot(engine) as snapshot:
        kept = await _kept(snapshot, workspace_id, study_id)
        afresh, unread = await _afresh(snapshot, workspace_id, study_id)
    keys = sorted(kept.keys() | afresh.keys())
    return Recount(
        studies=len({key[:2] for key in keys}),
        participants=sum(counter["added"] for counter in afresh.values()),
        differences=[
            f"{key[0]}:{key[1]}: {fault} (shard {key[2]})"
            for key in keys
            for fault in _faults(kept.get(key, {}), afresh.get(key, {}))
        ]
        + ([f"{unread} people can't be read and are not counted afresh"] if unread else []),
    )


async def _kept(
    snapshot: Snapshot, workspace_id: str | None, study_id: str | None
) -> dict[CounterKey, Mapping[str, int]]:
    rows = await progress.counters(snapshot.connection, workspace_id, study_id)
    return {(row.workspace_id, row.study_id, row.shard): row.counts for row in rows}


async def _afresh(
    snapshot: Snapshot, workspace_id: str | None, study_id: str | None
) -> tuple[dict[CounterKey, Counter[str]], int]:
    unread = 0
    found: dict[CounterKey, Counter[str]] = defaultdict(Counter)
    after: Place = (-1, "", "")
    while rows := await snapshot.next_people(Scope(workspace_id), after, MOST):
        after = (rows[-1].shard, rows[-1].workspace_id, rows[-1].person_id)
        for row in rows:
            tracked = decoded(row.document)
            unread += tracked is None
            for study, counted in contributions(tracked or NOBODY):
                if study_id in (None, study):
                    found[row.workspace_id, study, row.shard].update(counted)
    return found, unread


def contributions(tracked: Tracked) -> Iterator[tuple[str, Counter[str]]]:
    """What a person adds to each of their studies."""
    for study_id, shown in tracked.published.participants.items():
        if participant := tracked.person.participants.get(study_id):
            yield study_id, counts(participant, shown.status)


def _faults(kept: Mapping[str, int], afresh: Mapping[str, int]) -> Iterator[str]:
    for name in sorted(kept.keys() | afresh.keys()):
        is_kept, should = kept.get(name, 0), afresh.get(name, 0)
        if is_kept != should:
            yield f"{name} is {is_kept}, should be {should}"
