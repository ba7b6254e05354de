"""Who is meant, through a real ingest process: links, addresses, what is parked and taught late."""

import json
from typing import Any

import asyncpg

from tests.process import wire
from tests.process.conftest import Start
from tests.process.test_ingest_signals import SENDGRID, body
from workers.settings import Settings

SENT = SENDGRID | {"event": "processed", "sg_event_id": "sent1"}
NOBODY = {"person_id": None, "study_id": None, "purpose": None}
BOUNCE = SENDGRID | NOBODY | {"event": "bounce", "type": "bounce", "sg_event_id": "b1"}


def without(event: dict[str, Any], *names: str) -> dict[str, Any]:
    """The event without some of its fields."""
    return {name: told for name, told in event.items() if name not in names}


async def rows(settings: Settings, query: str, *values: Any) -> list[dict[str, Any]]:
    """What the database says."""
    database = await asyncpg.connect(settings.database.replace("+asyncpg", ""))
    try:
        return [dict(row) for row in await database.fetch(query, *values)]
    finally:
        await database.close()


async def test_a_bounce_before_its_send_event_waits_and_is_resolved_by_it(
    topics: Settings, start: Start
):
    """Parked by its message id alone; the send event teaches, and the bounce goes on as of then."""
    worker = start("ingest")
    await wire.put(
        topics, "webhooks.email", wire.webhook(body([without(BOUNCE, "email")]), "sendgrid")
    )
    await worker.counts('pstatus_elements_total{outcome="parked"', 1)

    await wire.put(topics, "webhooks.email", wire.webhook(body([SENT]), "sendgrid"))
    found = await wire.until(topics, "signals", 2)

    bounce = next(json.loads(one.value) for one in found if b"bounced" in one.value)
    assert (bounce["person_id"], bounce["study_id"], bounce["purpose"]) == ("p1", "s1", "survey")
    (parked,) = await rows(topics, "select * from parked")
    assert (parked["ended"], parked["body"], parked["person_id"]) == ("resolved", None, None)
    assert await rows(topics, "select * from parked_waits") == []
    assert await rows(topics, "select * from parked_records") == []
