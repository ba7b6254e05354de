"""Every metric, one row each: the Prometheus objects and the reference are made from this table."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)

PREFIX = "pstatus"
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Kind(StrEnum):
    """How a metric behaves."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 300.0)
AGES = (1.0, 5.0, 60.0, 300.0, 3600.0, 21600.0, 86400.0, 604800.0)
SIZES = (1.0, 10.0, 50.0, 100.0, 250.0, 500.0, 1000.0, 2000.0, 5000.0)


@dataclass(frozen=True, slots=True)
class Metric:
    """One row: its name without the prefix, with unit and `_total` as Prometheus wants them."""

    name: str
    kind: Kind
    unit: str
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = SECONDS


def _counter(name: str, unit: str, text: str, *labels: str) -> Metric:
    return Metric(name, Kind.COUNTER, unit, text, labels)


def _gauge(name: str, unit: str, text: str, *labels: str) -> Metric:
    return Metric(name, Kind.GAUGE, unit, text, labels)


def _histogram(
    name: str, unit: str, text: str, *labels: str, buckets: tuple[float, ...] = SECONDS
) -> Metric:
    return Metric(name, Kind.HISTOGRAM, unit, text, labels, buckets)


METRICS = (
    _counter("records_consumed_total", "records", "Records taken from a topic", "topic"),
    _counter(
        "elements_total",
        "elements",
        "Ingest's ledger: what each element of a raw record came to "
        "(signal, configured, unused, parked, dead)",
        "topic",
        "outcome",
    ),
    _counter("unused_total", "elements",
             "Elements of no use, by their provider's word; SubscriptionConfirmation is one too",
             "provider", "word"),
    _counter("parked_ended_total", "elements", "How parked elements ended "
             "(resolved, expired, dropped), whoever ended them", "topic", "outcome"),
    _gauge("parked_elements", "elements", "Elements that nobody explains yet"),
    _gauge("parked_oldest_age_seconds", "seconds", "Age of the oldest parked element"),
    _counter(
        "signals_total",
        "signals",
        "Apply's ledger: what each signal came to (applied, no_change, duplicate, ignored, dead)",
        "outcome",
    ),
    _counter("transitions_total", "changes", "Participant statuses published", "from", "to"),
    _counter("corrections_total", "changes", "Changes that corrected what was said before"),
    _gauge("consumer_lag_records", "records", "Records not read yet", "topic", "partition"),
    _gauge("consumer_lag_seconds", "seconds", "Age of the newest record read while more wait",
           "topic", "partition"),
    _histogram("ingest_latency_seconds", "seconds",
               "From a signal's broker timestamp to its database commit"),
    _histogram("publish_latency_seconds", "seconds",
               "From a change's database commit to its Kafka commit"),
    _histogram("event_age_seconds", "seconds",
               "How long ago what a signal tells had happened when it was received", buckets=AGES),
    _histogram("batch_records", "records", "Records worked off at once", "worker", buckets=SIZES),
    _histogram("batch_duration_seconds", "seconds", "What each step of a batch takes", "stage"),
    _gauge("outbox_rows", "rows", "Changes decided and not yet published", "shard"),
    _gauge("outbox_oldest_age_seconds", "seconds", "Age of the oldest unpublished change", "shard"),
    _counter("relay_transactions_total", "transactions", "Kafka transactions of relays", "result"),
    _counter("dead_letters_total", "records", "Dead letters written, retries included", "class"),
    _gauge("dead_letter_limit_open", "1 or 0",
           "Whether a topic is held because too much of it became dead letters", "topic"),
    _counter("signatures_total", "records",
             "What records' signatures came to (verified, unverified, unsigned, bad)",
             "provider", "result"),
    _counter("dedupe_hits_total", "signals", "Signals that were known already"),
    _counter("rebalances_total", "rebalances", "Assignments received from the group", "worker"),
    _gauge("partitions_assigned", "partitions", "Partitions held now", "worker"),
    _gauge("timers_pending", "people", "People whose standing time alone will change", "shard"),
    _gauge("drains_pending", "setups and policies",
           "Newer configurations on their way to people", "shard"),
    _gauge("drain_people", "people", "People whom these have not reached yet", "shard"),
    _histogram("timer_lateness_seconds", "seconds", "How late the clock's entries were applied"),
    _gauge("last_progress_timestamp_seconds", "seconds",
           "When a batch last went through, in Unix time", "worker"),
    _gauge("build_info", "1", "Always 1; the version is the label", "version"),
)  # fmt: skip


class Metrics:
    """The table's Prometheus objects in one registry; an unknown name or label is an error."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # a series more for each
        self._registry = CollectorRegistry()
        self._made = {row.name: _made(row, self._registry) for row in METRICS}

    def count(self, name: str, amount: float = 1, **labels: str) -> None:
        """Adds to a counter."""
        self._child(name, labels).inc(amount)

    def set(self, name: str, value: float, **labels: str) -> None:
        """Sets a gauge."""
        self._child(name, labels).set(value)

    def forget(self, name: str, **labels: str) -> None:
        """Takes a labelled value out again: a partition or shard that is no longer ours."""
        made = self._made[name]
        values = tuple(labels[label] for label in made._labelnames)
        if values in made._metrics:
            made.remove(*values)

    def observe(self, name: str, value: float, *, times: int = 1, **labels: str) -> None:
        """Adds one observation, or several equal ones, to a histogram."""
        histogram = self._child(name, labels)
        for _ in range(times):
            histogram.observe(value)

    def _child(self, name: str, labels: dict[str, str]) -> Any:
        made = self._made[name]
        return made.labels(**labels) if labels else made

    def text(self) -> bytes:
        """All of it in Prometheus text, for /metrics."""
        return generate_latest(self._registry)


def _made(row: Metric, registry: CollectorRegistry) -> Counter | Gauge | Histogram:
    name = f"{PREFIX}_{row.name}"
    if row.kind is Kind.COUNTER:
        return Counter(name, row.help, row.labels, registry=registry)
    if row.kind is Kind.GAUGE:
        return Gauge(name, row.help, row.labels, registry=registry)
    return Histogram(name, row.help, row.labels, registry=registry, buckets=row.buckets)


def reference() -> Iterator[str]:
    """The metric reference of docs/operations.md, as lines of a Markdown table."""
    yield "| metric | type | unit | labels | meaning |"
    yield "|---|---|---|---|---|"
    for row in METRICS:
        labels = ", ".join(f"`{label}`" for label in row.labels) or "-"
        yield f"| `{PREFIX}_{row.name}` | {row.kind} | {row.unit} | {labels} | {row.help} |"
