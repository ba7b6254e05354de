"""Words of no use are counted by themselves, and operators hear of what concerns them."""

import json
from datetime import UTC, datetime
from types import SimpleNamespace

from structlog.testing import capture_logs

from tests.ingest.test_plan import planner
from tests.providers.made import FOLDER, webhook
from workers.ingest.plan import Plan
from workers.ingest.unused import MOST, OTHER, Idle, Words
from workers.ops.metrics import Metrics
from workers.providers.outcomes import Unused

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def record(provider: str, body: bytes) -> SimpleNamespace:
    return SimpleNamespace(
        topic="pre.webhooks.email", partition=6, offset=7, key=b"k", value=body,
        timestamp=int(NOW.timestamp() * 1000),
        headers=(("provider", provider.encode()), ("workspace-id", b"w1")),
    )  # fmt: skip


def planned(provider: str, body: bytes) -> Plan:
    plan = Plan()
    list(planner().add(plan, record(provider, body), NOW))
    return plan


def test_words_of_no_use_are_counted_by_provider_and_word():
    """Known and unknown ones alike; the ledger counts them once more as `unused`."""
    events = [{"event": word, "timestamp": 1772442000} for word in ("deferred", "new", "new")]
    metrics = Metrics()

    plan = planned("sendgrid", json.dumps(events).encode())
    Words(metrics).report(plan.idle)

    text = metrics.text().decode()
    assert 'pstatus_unused_total{provider="sendgrid",word="deferred"} 1.0' in text
    assert 'pstatus_unused_total{provider="sendgrid",word="new"} 2.0' in text
    assert plan.elements == {("pre.webhooks.email", "unused"): 3}


def test_made_up_words_do_not_fill_the_metrics():
    """Beyond a hundred unknown words they are counted together; known ones still by themselves."""
    idle, metrics = Idle(), Metrics()
    for number in range(MOST + 5):
        idle.add(Unused(f"w{number}"), webhook(b"", "sendgrid"), "o")
    idle.add(Unused("deferred"), webhook(b"", "sendgrid"), "o")

    Words(metrics).report(idle)

    text = metrics.text().decode()
    assert f'pstatus_unused_total{{provider="sendgrid",word="{OTHER}"}} 5.0' in text
    assert 'word="deferred"} 1.0' in text


def test_a_subscription_that_waits_for_confirmation_reaches_operators():
    """The log names workspace, provider, word and place, and neither the address nor the token."""
    body = (FOLDER / "ses" / "subscription_confirmation.json").read_bytes()

    with capture_logs() as logged:
        Words(Metrics()).report(planned("ses", body).idle)

    assert logged == [
        {
            "event": "connection_needs_attention", "log_level": "warning", "workspace_id": "w1",
            "provider": "ses", "word": "SubscriptionConfirmation",
            "origin": "pre.webhooks.email/6/7/0",
        }
    ]  # fmt: skip
