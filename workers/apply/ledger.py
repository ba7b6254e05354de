"""What a home's work adds to the metrics; ids never get here."""

from collections import Counter
from collections.abc import Sequence

from schemas.changes import ParticipantStatusChanged
from schemas.topics import SIGNALS
from schemas.vocabulary import SignalOutcome
from workers.apply.incoming import Incoming
from workers.apply.packing import letters_of
from workers.apply.turn import Done
from workers.ops import clock
from workers.ops.metrics import Metrics
from workers.store.draining import Pending

WORKER = "apply"
OF_SHARD = (
    "outbox_rows", "outbox_oldest_age_seconds", "timers_pending", "drains_pending", "drain_people",
)  # fmt: skip


class Ledger:
    """Counts for one shard."""

    def __init__(self, metrics: Metrics, shard: int) -> None:
        self._metrics = metrics
        self._shard = str(shard)
        self._newest = 0.0

    def heard(self, incomings: Sequence[Incoming], seconds: float) -> None:
        """A batch went through."""
        metrics = self._metrics
        metrics.count("records_consumed_total", len(incomings), topic=SIGNALS.name)
        metrics.observe("batch_records", len(incomings), worker=WORKER)
        metrics.observe("batch_duration_seconds", seconds, stage="apply")
        newest = incomings[-1]
        self._newest = newest.record.timestamp / 1000
        metrics.observe("ingest_latency_seconds", max(clock.now().timestamp() - self._newest, 0.0))
        if newest.signal is not None:
            age = (newest.received_at - newest.signal.occurred_at).total_seconds()
            metrics.observe("event_age_seconds", max(age, 0.0))

    def committed(self, done: Done) -> None:
        """The database has committed."""
        metrics = self._metrics
        for outcome, times in done.outcomes.items():
            if times:
                metrics.count("signals_total", times, outcome=outcome)
        if known := done.outcomes[SignalOutcome.DUPLICATE]:
            metrics.count("dedupe_hits_total", known)
        for letter in letters_of(done.rows):
            metrics.count("dead_letters_total", 1, **{"class": letter})
        self._moved(done)
        metrics.set("last_progress_timestamp_seconds", done.now.timestamp(), worker=WORKER)

    def look(self, waiting: int, age: float) -> None:
        """How much waits to be published, and for how many seconds the oldest of it does."""
        self._metrics.set("outbox_rows", waiting, shard=self._shard)
        self._metrics.set("outbox_oldest_age_seconds", age, shard=self._shard)

    def pending(self, pending: Pending) -> None:
        """What waits for the clock, or for a newer configuration."""
        self._metrics.set("timers_pending", pending.timers, shard=self._shard)
        self._metrics.set("drains_pending", pending.drains, shard=self._shard)
        self._metrics.set("drain_people", pending.people, shard=self._shard)

    def lag(self, behind: int) -> None:
        """How many records wait to be heard; while some do, the age of the newest heard counts."""
        age = clock.now().timestamp() - self._newest if behind > 0 and self._newest else 0.0
        self._metrics.set("consumer_lag_records", max(behind, 0), **self._place)
        self._metrics.set("consumer_lag_seconds", max(age, 0.0), **self._place)

    def close(self) -> None:
        """The shard is no longer ours."""
        for name in OF_SHARD:
            self._metrics.forget(name, shard=self._shard)
        for name in ("consumer_lag_records", "consumer_lag_seconds"):
            self._metrics.forget(name, **self._place)

    @property
    def _place(self) -> dict[str, str]:
        return {"topic": SIGNALS.name, "partition": self._shard}

    def _moved(self, done: Done) -> None:
        changes = [c for c in done.changes if isinstance(c, ParticipantStatusChanged)]
        steps = Counter((change.prior_status or "new", change.status) for change in changes)
        for (before, after), times in steps.items():
            self._metrics.count("transitions_total", times, **{"from": before, "to": after})
        if corrections := sum(change.correction for change in changes):
            self._metrics.count("corrections_total", corrections)
