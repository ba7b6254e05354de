"""The metrics table: every row becomes what it says, and nothing else can be counted."""

import re
from pathlib import Path

import pytest

from workers.ops.metrics import METRICS, Kind, Metric, Metrics, reference

WORKERS = Path(__file__).parents[2] / "workers"


@pytest.mark.parametrize("row", METRICS, ids=lambda row: row.name)
def test_a_metric_is_named_as_prometheus_wants_it(row: Metric):
    """Counters end in _total, nothing else does; a unit stands in the name; no ids in labels."""
    assert re.fullmatch(r"[a-z][a-z_]*[a-z]", row.name)
    assert row.name.endswith("_total") == (row.kind is Kind.COUNTER)
    assert (row.unit == "seconds") == ("seconds" in row.name)
    assert not {"workspace", "person", "study"} & set(row.labels)
    assert len(set(row.buckets)) == len(row.buckets)


def test_what_is_counted_is_served():
    """A counter, a gauge and a histogram come out with their labels."""
    metrics = Metrics()
    metrics.count("elements_total", 3, topic="webhooks.email", outcome="signal")
    metrics.count("dead_letters_total", **{"class": "poison"})
    metrics.set("consumer_lag_records", 7, topic="signals", partition="1")
    metrics.observe("publish_latency_seconds", 0.02, times=2)

    text = metrics.text().decode()

    assert 'pstatus_elements_total{outcome="signal",topic="webhooks.email"} 3.0' in text
    assert 'pstatus_dead_letters_total{class="poison"} 1.0' in text
    assert 'pstatus_consumer_lag_records{partition="1",topic="signals"} 7.0' in text
    assert "pstatus_publish_latency_seconds_count 2.0" in text
    metrics.forget("consumer_lag_records", topic="signals", partition="1")
    metrics.forget("consumer_lag_records", topic="signals", partition="9")
    assert "pstatus_consumer_lag_records{" not in metrics.text().decode()


def test_an_unknown_name_or_label_is_an_error_at_once():
    """A typing mistake is found by the first test that runs the line."""
    metrics = Metrics()

    with pytest.raises(KeyError):
        metrics.count("elements")
    with pytest.raises(ValueError, match="label"):
        metrics.count("elements_total", outcome="signal")


def test_the_reference_names_every_metric():
    """The documentation is the table."""
    lines = "\n".join(reference())

    assert all(f"`pstatus_{row.name}`" in lines for row in METRICS)


@pytest.mark.parametrize("row", METRICS, ids=lambda row: row.name)
def test_a_metric_of_the_table_is_counted_somewhere(row: Metric):
    """The reference promises nothing that no worker fills in."""
    sources = [path for path in WORKERS.rglob("*.py") if path.name != "metrics.py"]

    assert any(f'"{row.name}"' in path.read_text() for path in sources)
