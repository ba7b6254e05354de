"""A raw record's headers: when it was received, whose it is, and what Kafka allows in them."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from schemas.webhooks import Webhook
from workers.ingest.records import received_at, webhook_of
from workers.providers.outcomes import Dead

APPENDED = datetime(2026, 3, 2, 9, tzinfo=UTC)


def record(*headers: tuple[str, bytes | None], value: bytes | None = b"{}") -> SimpleNamespace:
    """A record as the client hands it over."""
    return SimpleNamespace(
        topic="t", partition=1, offset=2, key=None, value=value, headers=headers,
        timestamp=int(APPENDED.timestamp() * 1000),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("told", "counts"),
    [
        ("2026-03-02T08:00:00Z", "2026-03-02T08:00:00+00:00"),
        ("2026-03-02T09:30:00.5+01:00", "2026-03-02T08:30:00.500000+00:00"),
        ("2026-03-02t08:00:00z", "2026-03-02T08:00:00+00:00"),
        ("2026-03-02T08:00:00.123456789Z", "2026-03-02T08:00:00.123456+00:00"),
        ("2026-03-02T09:00:00.000001Z", APPENDED.isoformat()),  # ahead of the broker
        ("2026-03-02T08:00:00", APPENDED.isoformat()),  # says no zone
        ("2026-02-30T08:00:00Z", APPENDED.isoformat()),  # no such day
        ("0001-01-01T00:00:00+01:00", APPENDED.isoformat()),  # before all time
        ("yesterday", APPENDED.isoformat()),
        ("", APPENDED.isoformat()),
        (None, APPENDED.isoformat()),
    ],
)
def test_the_header_counts_unless_it_is_absent_wrong_or_ahead(told: str | None, counts: str):
    """When a record was received is told by its sender, bounded by the broker's own timestamp."""
    assert received_at(told, APPENDED).isoformat() == counts


def test_headers_are_read_whatever_kafka_allows():
    """The first of equal names counts; nulls and bytes that are no UTF-8 are passed over."""
    webhook = webhook_of(
        record(
            ("odd", b"\xff"), ("provider", None), ("provider", b"p"), ("provider", b"second"),
            ("workspace-id", b"w1"), ("http-X-Thing", b"yes"), ("content-type", b"text/plain"),
            value=None,
        )
    )  # fmt: skip

    assert isinstance(webhook, Webhook)
    assert (webhook.provider, webhook.workspace_id, webhook.body) == ("p", "w1", b"")
    assert dict(webhook.http) == {"x-thing": "yes"}
    assert (webhook.content_type, webhook.received_at) == ("text/plain", APPENDED)


@pytest.mark.parametrize(
    "workspace", [None, b"", b"a/b", b"a:b", b"a\x00", "\x85".encode(), b"w" * 201, b"\xff"]
)
def test_a_record_of_no_workspace_is_no_webhook(workspace: bytes | None):
    """A workspace's id is 1 to 200 characters, no control character, neither slash nor colon."""
    dead = webhook_of(record(("workspace-id", workspace), ("provider", b"sendgrid")))

    assert isinstance(dead, Dead)
    assert dead.letter == "invalid_schema"


def test_a_record_of_no_provider_is_no_webhook():
    """Nobody guesses whose body it is."""
    dead = webhook_of(record(("workspace-id", b"w1")))

    assert isinstance(dead, Dead)
    assert dead.letter == "unknown_provider"
