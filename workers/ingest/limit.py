"""How much of a topic may become dead letters: past it the topic is held, whoever restarts.

A bad version would otherwise empty a topic into dead letters within minutes. Counted are records
of which something died for a reason that a version has (letters.LIMITED): as a share of what came
of late, and as a run of records of which nothing was left. Where several workspaces send, only
what hits two of them counts: one workspace's flood is an alert, no reason to stop the others.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from workers.ingest.plan import Share
from workers.ops.metrics import Metrics
from workers.store import limits
from workers.store.limits import Kept, LimitRows

MEMORY = 10
"""The share is that of the last records, some ten to five times as many as a run."""
MIXED = ""
"""`run_of` when a run is of several workspaces; no workspace has an empty name."""

log = structlog.get_logger(__name__)

Senders = Mapping[str, tuple[float, float]]
"""workspace -> (records, lost), lost in records' worth"""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What is too much: so many records lost in a row, or this share (and as many at least)."""

    run: int
    share: float


class Limit:
    """Counts for this version of the worker, in the database, and knows which topics are held."""

    def __init__(
        self, engine: AsyncEngine, *, bounds: Bounds, version: str, prefix: str, metrics: Metrics
    ) -> None:
        self._engine = engine
        self._bounds = bounds
        self._version = version
        self._prefix = prefix
        self._metrics = metrics
        self._sound: defaultdict[str, list[Share]] = defaultdict(list)
        self._runs: set[str] = set()
        self.held: frozenset[str] = frozenset()

    async def look(self) -> None:
        """Learn what is held: by this worker, another one, or one before."""
        held = await limits.held(self._engine, self._version)
        for topic in held - self.held:
            log.error("dead_letter_limit_open", topic=topic, version=self._version, do=(
                "too much of this topic became dead letters, it is held: look with"
                " `pstatus dlq stats`, then start another version or run `pstatus dlq resume`"
            ))  # fmt: skip
        for topic in self.held - held:
            log.info("dead_letter_limit_closed", topic=topic)
        for topic in self.held | held:
            name = topic.removeprefix(self._prefix)
            self._metrics.set("dead_letter_limit_open", float(topic in held), topic=name)
        self.held = held

    async def count(self, shares: Sequence[Share]) -> None:
        """Add a batch, before it is written; the database is asked only where something died."""
        by_topic: defaultdict[str, list[Share]] = defaultdict(list)
        for share in shares:
            by_topic[share.topic].append(share)
        opened = False
        for topic, told in sorted(by_topic.items()):
            if topic not in self._runs and not any(share.lost for share in told):
                self._remember(topic, told)
                continue
            opened |= await self._add(topic, [*self._sound.pop(topic, []), *told])
        if opened:
            await self.look()

    def _remember(self, topic: str, told: Sequence[Share]) -> None:
        """Sound records are counted with the next broken one; a restart may forget them."""
        kept = self._sound[topic]
        kept += told
        del kept[: -MEMORY * self._bounds.run]

    async def _add(self, topic: str, told: Sequence[Share]) -> bool:
        async with self._engine.begin() as connection:
            rows = LimitRows(connection, topic, self._version)
            before = await rows.lock()
            await rows.add(_senders(told))
            senders = await rows.senders()
            after, longest = counted(before, told)
            opens = not before.unlimited and exceeded(after, longest, senders, self._bounds)
            if after.records > MEMORY * self._bounds.run:
                after = replace(after, records=after.records / 2, lost=after.lost / 2)
                await rows.fade()
            await rows.save(replace(after, is_open=before.is_open or opens))
        (self._runs.add if after.run else self._runs.discard)(topic)
        return opens


def counted(before: Kept, told: Sequence[Share]) -> tuple[Kept, Kept]:
    """What is known after these records, and as it was at the end of the longest run in them."""
    run, run_of = before.run, before.run_of
    longest = before
    for share in told:
        if share.lost < share.elements:
            run, run_of = 0, None
            continue
        run_of = share.workspace_id if run == 0 or run_of == share.workspace_id else MIXED
        run += 1
        if run > longest.run:
            longest = replace(longest, run=run, run_of=run_of)
    lost = sum(share.lost / share.elements for share in told)
    after = replace(
        before, records=before.records + len(told), lost=before.lost + lost, run=run, run_of=run_of
    )
    return after, longest


def exceeded(kept: Kept, longest: Kept, senders: Senders, bounds: Bounds) -> bool:
    """Whether that is too much, and of more than one workspace where several send."""
    alone = len(senders) < 2
    if longest.run >= bounds.run and (alone or longest.run_of == MIXED):
        return True
    hit = [
        w for w, (records, lost) in senders.items() if records and lost / records >= bounds.share
    ]
    too_many = kept.lost >= bounds.run and kept.lost >= bounds.share * kept.records
    return too_many and (alone or len(hit) > 1)


def _senders(told: Sequence[Share]) -> Senders:
    sums: defaultdict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for share in told:
        sums[share.workspace_id][0] += 1
        sums[share.workspace_id][1] += share.lost / share.elements
    return {workspace: (records, lost) for workspace, (records, lost) in sums.items()}
