"""What every home of a worker works with, and the named steps of its work."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from sqlalchemy.ext.asyncio import AsyncEngine

from workers.apply.pace import turns
from workers.ops import clock
from workers.ops.crash import Crash
from workers.ops.metrics import Metrics
from workers.settings import Settings
from workers.store.installation import Installation

STEPS: Mapping[str, str] = MappingProxyType({
    "apply.lock": "the shard's row is locked, nothing is written",
    "apply.record": "the signals are inserted",
    "apply.load": "the documents are loaded",
    "apply.fold": "the changes are decided",
    "apply.save": "people, participants and changes are written",
    "apply.advance": "the position is written, nothing is committed",
    "apply.commit": "the database has committed, the relay does not know yet",
    "relay.begin": "the Kafka transaction has begun",
    "relay.send": "every record is acknowledged, nothing is committed",
    "relay.commit": "Kafka has committed, nobody here has taken note",
})  # fmt: skip
"""A process may die after each of these: the setting `crash_after` makes it, for tests."""


@dataclass(frozen=True, slots=True)
class Tools:
    """The worker's connections and constants."""

    settings: Settings
    engine: AsyncEngine
    installation: Installation
    metrics: Metrics
    crash: Crash
    version: str
    background: asyncio.Semaphore = field(default_factory=turns)

    def topic(self, name: str) -> str:
        """A topic's full name."""
        return self.settings.topic_prefix + name


class Steps:
    """Notes how long each step of one piece of work took; where a test may end the process."""

    def __init__(self, tools: Tools) -> None:
        self.tools = tools
        self._since = clock.monotonic()

    def done(self, step: str) -> None:
        """This step of STEPS is behind us."""
        now = clock.monotonic()
        self.tools.metrics.observe("batch_duration_seconds", now - self._since, stage=step)
        self._since = now
        self.tools.crash.after(step)
