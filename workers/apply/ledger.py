"""What a home's work adds to the metrics; ids never get here."""

from collections import Counter
from collections.abc import Sequence

from schemas.changes import ParticipantStatusChanged
from schemas.topics import SIGNALS
from schemas.vocabulary import SignalOutcome
from workers.apply.incoming import Incoming
from workers.apply.packing import letters_of
from workers.apply.turn import Done
from workers.ops.metrics import Metrics

WORKER = "apply"


class Ledger:
    """Counts for one shard."""

    def __init__(self, metrics: Metrics, shard: int) -> None:
        self._metrics = metrics
        self._shard = str(shard)

    def heard(self, incomings: Sequence[Incoming], seconds: float) -> None:
        """A batch went through."""
        metrics = self._metrics
        metrics.count("records_consumed_total", len(incomings), topic=SIGNALS.name)
        metrics.observe("batch_records", len(incomings), worker=WORKER)
        metrics.observe("batch_duration_seconds", seconds, stage="apply")
        newest = incomings[-1]
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

    def look(self, waiting: int) -> None:
        """How much waits to be published."""
        self._metrics.set("outbox_rows", waiting, shard=self._shard)

    def close(self) -> None:
        """The shard is no longer ours."""
        self._metrics.forget("outbox_rows", shard=self._shard)

    def _moved(self, done: Done) -> None:
        changes = [c for c in done.changes if isinstance(c, ParticipantStatusChanged)]
        steps = Counter((change.prior_status or "new", change.status) for change in changes)
        for (before, after), times in steps.items():
            self._metrics.count("transitions_total", times, **{"from": before, "to": after})
        if corrections := sum(change.correction for change in changes):
            self._metrics.count("corrections_total", corrections)
