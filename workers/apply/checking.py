"""Compares what is kept of people with what their whole history folds to; only reads."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from schemas.changes import REFOLD
from schemas.codec import decode_signal
from schemas.signals import Signal
from workers.apply.turn import decoded
from workers.apply.worlds import POLICY, Known, Worlds
from workers.domain import tracking
from workers.domain.tracking import NOBODY, Tracked
from workers.store import checking
from workers.store.checking import Place, Scope, Snapshot
from workers.store.shard import AnyRow, Rows

MOST = 500


@dataclass(slots=True)
class Report:
    """How many people were compared, whom no version could fold, and every difference found."""

    checked: int = 0
    broken: int = 0
    differences: list[str] = field(default_factory=list)


async def check(engine: AsyncEngine, scope: Scope) -> Report:
    """Compare everybody of a scope in one snapshot of the database."""
    report, worlds = Report(), Worlds()
    after: Place = (-1, "", "")
    async with checking.snapshot(engine) as snapshot:
        while rows := await snapshot.next_people(scope, after, MOST):
            after = _place(rows[-1])
            await _compare(snapshot, rows, worlds, report)
        for workspace_id, person_id in await snapshot.unknown(scope):
            report.differences.append(f"{workspace_id}:{person_id}: has a history, no document")
    return report


async def _compare(snapshot: Snapshot, rows: Rows, worlds: Worlds, report: Report) -> None:
    places = [_place(row) for row in rows]
    histories: list[list[Signal]] = [[] for _ in rows]
    for n, body in await snapshot.histories(places):
        histories[n].append(decode_signal(body.encode()))
    kept: list[list[list[Any]]] = [[] for _ in rows]
    for n, *participant in await snapshot.participants(places):
        kept[n].append(participant)
    people = [decoded(row.document) for row in rows]
    await _configure(snapshot, rows, [one or NOBODY for one in people], worlds)
    for row, tracked, history, participants in zip(rows, people, histories, kept, strict=True):
        report.checked += 1
        if row.broken_by is not None or tracked is None:
            report.broken += 1
            continue
        person = _Person(row, tracked, history, participants, worlds.of(row.workspace_id))
        report.differences += [f"{row.workspace_id}:{row.person_id}: {d}" for d in person.faults(
            snapshot)]  # fmt: skip


async def _configure(snapshot: Snapshot, rows: Rows, people: list[Tracked], worlds: Worlds) -> None:
    wanted = {(row.workspace_id, POLICY) for row in rows}
    for row, tracked in zip(rows, people, strict=True):
        wanted |= {(row.workspace_id, study_id) for study_id in tracked.person.participants}
    if missing := worlds.missing(wanted):
        worlds.learn(missing, await snapshot.configured(missing))


@dataclass(frozen=True, slots=True)
class _Person:
    row: AnyRow
    tracked: Tracked
    history: list[Signal]
    participants: list[Any]
    known: Known

    def faults(self, snapshot: Snapshot) -> Iterator[str]:
        """Every difference, in words without any content."""
        told: dict[str, Any] = {
            "workspace_id": self.row.workspace_id, "person_id": self.row.person_id,
            "now": snapshot.now, "world": self.known.world,
        }  # fmt: skip
        afresh = tracking.refold(self.tracked, self.history, **told).tracked
        told["history"] = self.history
        if self._is_behind():
            cause: dict[str, Any] = {"cause": REFOLD, "occurred_at": snapshot.now}
            kept = tracking.reassess(self.tracked, **cause, **told).tracked
        else:
            kept = tracking.advance(self.tracked, **told).tracked
        if kept.person != afresh.person:
            yield "the document is not what the history folds to"
        if _shown(kept) != _shown(afresh):
            yield "what was published is not what the history folds to"
        yield from self._rows_at_fault()

    def _is_behind(self) -> bool:
        known = self.known
        newer = [version < known.version(study_id) for study_id, *_, version in self.participants]
        return any(newer) or self.row.policy_version < known.version(POLICY)

    def _rows_at_fault(self) -> Iterator[str]:
        published = self.tracked.published.participants
        expected = {
            (s, p.status, p.stage, self.tracked.person.participants[s].status, p.sequence)
            for s, p in published.items()
        }
        if {tuple(row[:5]) for row in self.participants} != expected:
            yield "the rows of `participants` are not those of the document"


def _shown(tracked: Tracked) -> object:
    published = tracked.published
    participants = {s: (p.status, p.stage) for s, p in published.participants.items()}
    return (published.contact.status, published.contact.until, participants)


def _place(row: AnyRow) -> Place:
    return (row.shard, row.workspace_id, row.person_id)
