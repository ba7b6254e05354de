"""A raw Kafka record as a webhook: its headers, and when it was received. Opens no body."""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, TypeAlias

from schemas.vocabulary import DeadLetterClass
from schemas.webhooks import (
    CONTENT_TYPE,
    PROVIDER,
    RECEIVED_AT,
    WORKSPACE_ID,
    Webhook,
    header_texts,
    http_headers,
)
from workers.providers.outcomes import Dead

Record: TypeAlias = Any
"""aiokafka's ConsumerRecord: the library has no types."""

REDIRECT = (PROVIDER, b"redirect")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LAST_MS = 253_402_300_799_000
"""The last second that a datetime can say: topics without LogAppendTime take any number."""
RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
WORKSPACE = re.compile(r"[^\x00-\x1f\x7f-\x9f/:]{1,200}")


def origin(record: Record, element: int) -> str:
    """Where an element stands: `topic/partition/offset/element`."""
    return f"{record.topic}/{record.partition}/{record.offset}/{element}"


def is_redirect(record: Record) -> bool:
    """Whether a browser sent it, as far as the header tells."""
    return REDIRECT in record.headers


def broker_time(record: Record) -> datetime:
    """When the broker appended the record."""
    return EPOCH + timedelta(milliseconds=min(max(record.timestamp, 0), LAST_MS))


def webhook_of(record: Record) -> Webhook | Dead:
    """The record as a webhook; Dead if its headers do not say whose it is."""
    texts = header_texts(record.headers)
    workspace_id = texts.get(WORKSPACE_ID)
    if workspace_id is None or not WORKSPACE.fullmatch(workspace_id):
        return Dead(DeadLetterClass.INVALID_SCHEMA, "header workspace-id: missing or no valid id")
    provider = texts.get(PROVIDER)
    if not provider:
        return Dead(DeadLetterClass.UNKNOWN_PROVIDER, "header provider: missing")
    return Webhook(
        provider=provider,
        workspace_id=workspace_id,
        received_at=received_at(texts.get(RECEIVED_AT), broker_time(record)),
        body=record.value or b"",
        content_type=texts.get(CONTENT_TYPE, ""),
        http=http_headers(texts),
    )


def received_at(told: str | None, appended: datetime) -> datetime:
    """The header's moment; the broker's if it is absent, no moment, or ahead of the broker's."""
    moment = _moment(told) if told else None
    return appended if moment is None or moment > appended else moment


@lru_cache(maxsize=1024)
def _moment(told: str) -> datetime | None:
    if not RFC3339.fullmatch(told):
        return None
    try:
        return datetime.fromisoformat(told.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
