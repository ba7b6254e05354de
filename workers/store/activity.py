"""What was published lately, counted by hour and transition; walks each shard's newest changes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

ENDS = text(
    """
    select s.shard, greatest(s.next_seq - 1, 0) as last,
        coalesce((select c.seq from changes c where c.shard = s.shard order by c.seq limit 1), 0)
            as first
    from shards s order by s.shard
    """
)
AT = text(
    """
    select recorded_at from changes where shard = :shard and seq >= :seq
    order by seq limit 1
    """
)
COUNTED = text(
    """
    select floor(extract(epoch from c.recorded_at - cast(:since as timestamptz)) / :seconds)::int
            as slot,
        c.body ->> 'prior_status' as prior_status, c.body ->> 'status' as status,
        count(*) as number
    from changes c
    where c.shard = :shard and c.seq >= :seq and c.recorded_at >= :since
        and c.kind = 'participant.status_changed' and c.workspace_id = :workspace_id
        and (cast(:study_id as text) is null or c.study_id = :study_id)
        and c.body ->> 'prior_status' is distinct from c.body ->> 'status'
    group by 1, 2, 3
    """
)


@dataclass(frozen=True, slots=True)
class Moves:
    """How often participants went from one status to another (None: new), in each slot of time."""

    before: str | None
    after: str
    numbers: Sequence[int]

    @property
    def total(self) -> int:
        """In all slots."""
        return sum(self.numbers)


@dataclass(frozen=True, slots=True)
class Span:
    """Since when, in how many slots of so many seconds."""

    since: datetime
    slots: int
    seconds: int


async def moves(
    connection: AsyncConnection, workspace_id: str, study_id: str | None, span: Span
) -> list[Moves]:
    """Every transition since then, the most frequent first.

    In a shard `recorded_at` never falls, so where to begin is found by halving.
    """
    found: dict[tuple[str | None, str], list[int]] = {}
    for shard, last, first in (await connection.execute(ENDS)).all():
        seq = await first_since(connection, shard, (first, last + 1), span.since)
        values = {
            "shard": shard, "seq": seq, "since": span.since, "seconds": span.seconds,
            "workspace_id": workspace_id, "study_id": study_id,
        }  # fmt: skip
        for slot, before, after, number in await connection.execute(COUNTED, values):
            numbers = found.setdefault((before, after), [0] * span.slots)
            numbers[min(slot, span.slots - 1)] += number
    told = [Moves(before, after, numbers) for (before, after), numbers in found.items()]
    return sorted(told, key=lambda one: (-one.total, one.before or "", one.after))


async def first_since(
    connection: AsyncConnection, shard: int, place: tuple[int, int], since: datetime
) -> int:
    """The first number from which on nothing is older."""
    low, high = place
    while low < high:
        middle = (low + high) // 2
        row = (await connection.execute(AT, {"shard": shard, "seq": middle})).scalar_one_or_none()
        if row is None or row >= since:
            high = middle
        else:
            low = middle + 1
    return low
