"""The home of studies: publishes their progress, at most once a second each; counts nothing."""

from dataclasses import fields

import structlog
from msgspec import Raw
from msgspec.json import Encoder

from schemas.changes import Cause, StudyProgressChanged
from schemas.signals import StudyConfigured
from workers.apply.turn import Turn
from workers.apply.worlds import read
from workers.domain.progress import Progress, progress
from workers.domain.setups import UNCONFIGURED, Setup
from workers.ops import clock
from workers.store.progress import StudyKey
from workers.store.shard import AnyRow

EVERY = 1.0
"""Seconds between two looks at a study."""
MOST = 500
"""Writers' rows that one turn takes: there may be thousands of studies."""
FIRST: StudyKey = ("", "")

log = structlog.get_logger(__name__)
_encode = Encoder(order="deterministic").encode


class Pulse:
    """When a home looks at its studies again.

    The second counts from the end of the last look, and from our becoming home: the one before us
    may just have published.
    """

    def __init__(self) -> None:
        self.after: StudyKey | None = None
        """Behind which study to go on; None: at the first, for the look is over."""
        self._next = clock.monotonic() + EVERY

    @property
    def due_in(self) -> float:
        """Seconds until studies may be looked at."""
        return max(self._next - clock.monotonic(), 0.0)

    def end(self) -> None:
        """The look is over."""
        self._next = clock.monotonic() + EVERY

    async def publish(self, turn: Turn) -> None:
        """The next studies that writers have told of: what is not as last published."""
        after = self.after or FIRST
        taken, studies = await turn.rows.take_due(after, MOST)
        if studies:
            await _publish(turn, studies)
        await turn.finish()
        self.after = studies[-1] if taken == MOST else None


async def _publish(turn: Turn, studies: list[StudyKey]) -> None:
    kept = []
    for row in await turn.rows.look(studies):
        setup = _setup(row)
        if setup is None:
            log.error("progress_withheld", signal_id=row.signal_id, why="setup unreadable")
            continue
        now = progress(setup, [row.counts])
        told = _encode(now)
        if told.decode() != row.published:
            kept.append({"w": row.workspace_id, "s": row.study_id, "c": Raw(told)})
            turn.publish([_change(turn, row, now)])
    if kept:
        await turn.rows.keep(_encode(kept).decode(), turn.now)


def _setup(row: AnyRow) -> Setup | None:
    """None for what another version of the worker stored and this one refuses.

    What was published of the study stands until a setup that can be read, or its next step after
    this version: one study must not end the home of all others.
    """
    if row.setup is None:
        return UNCONFIGURED
    told = read(row.setup.encode())
    return Setup.of(told) if isinstance(told, StudyConfigured) else None


def _change(turn: Turn, row: AnyRow, now: Progress) -> StudyProgressChanged:
    counted = {field.name: getattr(now, field.name) for field in fields(now)}
    return StudyProgressChanged(
        workspace_id=row.workspace_id,
        study_id=row.study_id,
        occurred_at=row.occurred_at,
        recorded_at=turn.now,
        cause=Cause(signal_id=row.signal_id, kind=row.kind),
        **counted,
    )
