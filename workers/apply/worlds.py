"""The newest setups and policies that a home has met, cached by version.

An entry can't go stale unseen: whoever makes a configuration newer leaves a row in `drains` for
each shard in the same transaction, only this home takes it away, and it reads them under its lock.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from schemas.changes import Cause
from schemas.codec import Refused, decode_signal
from schemas.signals import PolicyConfigured, StudyConfigured
from workers.domain.setups import NO_POLICY, UNCONFIGURED, Policy, Setup, World
from workers.store.shard import AnyRow

log = structlog.get_logger(__name__)

POLICY = ""
"""Stands in the place of the study for a workspace's policy."""


@dataclass(frozen=True, slots=True)
class Newest:
    """The version of a configuration, and the signal that told it."""

    version: int
    occurred_at: datetime
    cause: Cause

    @property
    def key(self) -> tuple[datetime, str]:
        """What the newest of several is found by."""
        return (self.occurred_at, self.cause.signal_id or "")


@dataclass(slots=True)
class Known:
    """One workspace: what is cached of it."""

    newest: dict[str, Newest | None] = field(default_factory=dict)
    setups: dict[str, Setup] = field(default_factory=dict)
    unreadable: set[str] = field(default_factory=set)
    """What this version of the worker can't read: who needs it must be set aside."""
    world: World = field(init=False)

    def __post_init__(self) -> None:
        self.world = World(self.setups, NO_POLICY)

    def version(self, study_id: str) -> int:
        """The version of a study's setup (or the policy); 0 was never configured."""
        newest = self.newest.get(study_id)
        return newest.version if newest else 0


class Worlds:
    """The cache of one home."""

    def __init__(self) -> None:
        self._known: dict[str, Known] = {}

    def of(self, workspace_id: str) -> Known:
        """What is known of a workspace."""
        known = self._known.get(workspace_id)
        if known is None:
            known = self._known[workspace_id] = Known()
        return known

    def expire(self, drains: Iterable[tuple[str, str, int]]) -> None:
        """Drop what became newer than what we have."""
        for workspace_id, study_id, version in drains:
            known = self.of(workspace_id)
            if known.version(study_id) < version:
                known.newest.pop(study_id, None)

    def missing(self, wanted: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
        """Those of (workspace, study) that must be loaded."""
        return [(w, s) for w, s in dict.fromkeys(wanted) if s not in self.of(w).newest]

    def learn(self, asked: Iterable[tuple[str, str]], rows: Iterable[AnyRow]) -> None:
        """Take what the database answered; who is not in the answer is not configured."""
        for workspace_id, study_id in asked:
            self._put(workspace_id, study_id, None, UNCONFIGURED)
        for workspace_id, study_id, version, signal_id, occurred_at, body in rows:
            kind = "study.configured" if study_id else "policy.configured"
            newest = Newest(version, occurred_at, Cause(signal_id=signal_id, kind=kind))
            self._put(workspace_id, study_id, newest, UNCONFIGURED)
            if (told := read(body.encode())) is not None:
                self._put(workspace_id, study_id, newest, _of(told))
            else:
                self.of(workspace_id).unreadable.add(study_id)
                log.error("configuration_unreadable", signal_id=signal_id, version=version)

    def _put(
        self, workspace_id: str, study_id: str, newest: Newest | None, of: Setup | Policy
    ) -> None:
        known = self.of(workspace_id)
        known.newest[study_id] = newest
        known.unreadable.discard(study_id)
        if isinstance(of, Policy):
            known.world = World(known.setups, of)
        elif study_id == POLICY:
            known.world = World(known.setups, NO_POLICY)
        else:
            known.setups[study_id] = of


def read(body: bytes) -> StudyConfigured | PolicyConfigured | None:
    """None for what another version of the worker stored and this one refuses."""
    try:
        told = decode_signal(body)
    except Refused:
        return None
    return told if isinstance(told, StudyConfigured | PolicyConfigured) else None


def _of(told: StudyConfigured | PolicyConfigured) -> Setup | Policy:
    return Setup.of(told) if isinstance(told, StudyConfigured) else Policy.of(told)
