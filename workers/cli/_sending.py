"""Signals of a command on their way: through the one door, and until they are applied."""

import asyncio
from collections.abc import Callable, Sequence
from json import loads
from typing import TYPE_CHECKING, Any

from schemas.topics import RAW_MAX_BYTES
from schemas.webhooks import PROVIDER, WORKSPACE_ID
from workers.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

TOPIC = "webhooks.product"
TOGETHER = 100
"""Signals in one record: even the largest stay far below what a record may weigh."""
PAUSE = 0.1
Seen = Callable[[int], None]


async def send(settings: Settings, workspace_id: str, signals: Sequence[bytes]) -> None:
    """Put signals on `webhooks.product`; every record is acknowledged at the end."""
    from aiokafka import AIOKafkaProducer

    headers = [(PROVIDER, b"standard"), (WORKSPACE_ID, workspace_id.encode())]
    producer = AIOKafkaProducer(
        bootstrap_servers=settings.bootstrap_servers,
        enable_idempotence=True,
        max_request_size=RAW_MAX_BYTES,
    )
    await producer.start()
    try:
        for first in range(0, len(signals), TOGETHER):
            value = b"[" + b",".join(signals[first : first + TOGETHER]) + b"]"
            signed = [*headers, *seal(settings, workspace_id, value)]
            await producer.send_and_wait(settings.topic_prefix + TOPIC, value, headers=signed)
    finally:
        await producer.stop()


def seal(settings: Settings, workspace_id: str, value: bytes) -> list[tuple[str, bytes]]:
    """The headers that sign a `standard` record, where a secret for them is configured."""
    from workers.ingest.verify import sealed
    from workers.ops import clock

    message_id = f"msg_{clock.fresh_id()}"
    return sealed(settings.secrets, workspace_id, value, message_id=message_id, at=clock.now())


async def applied(
    engine: "AsyncEngine",
    workspace_id: str,
    ids: Sequence[tuple[str, str]],
    *,
    within: float,
    seen: Seen,
) -> list[tuple[str, str]]:
    """Wait until each (person, signal id) is applied; those that are not when time is up."""
    from workers.ops import clock
    from workers.store.contacts import Place

    waiting, deadline = list(ids), clock.monotonic() + within
    while waiting:
        async with engine.connect() as connection:
            place = await Place.of(connection, workspace_id)
            arrived = await place.arrived(waiting[:1000])
        if arrived:
            waiting = [one for one in waiting if one[1] not in arrived]
            seen(len(arrived))
        elif clock.monotonic() > deadline:
            return waiting
        else:
            await asyncio.sleep(PAUSE)
    return []


async def published(
    engine: "AsyncEngine", workspace_id: str, ids: Sequence[tuple[str, str]]
) -> list[dict[str, Any]]:
    """The changes that were published because of these signals, in the order of publishing."""
    from workers.store.contacts import Place

    changes: list[dict[str, Any]] = []
    for first in range(0, len(ids), 1000):
        async with engine.connect() as connection:
            place = await Place.of(connection, workspace_id)
            changes += map(loads, await place.published(ids[first : first + 1000]))
    return changes
