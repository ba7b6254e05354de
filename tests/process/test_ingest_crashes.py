"""kill -9 of a real ingest process between any two steps of a batch: nothing lost, ids the same."""

import asyncio
import json
import signal

import asyncpg
import pytest

from tests.process import wire
from tests.process.conftest import Start
from tests.process.test_ingest_signals import SENDGRID, SETUP, body
from workers.ingest.deliver import STEPS
from workers.settings import Settings

EVENTS = 60
RAW = ("webhooks.email", "webhooks.product")


async def load(settings: Settings) -> None:
    """Records on several partitions: good ones, one bad element each, and a setup."""
    for number in range(EVENTS // 2):
        events = [
            SENDGRID | {"sg_event_id": f"ev{number}-{side}", "person_id": f"p{number}"}
            for side in (0, 1)
        ]
        await wire.put(
            settings,
            "webhooks.email",
            wire.webhook(body([*events, {"bad": number}]), "sendgrid", partition=number % 5),
        )
    await wire.put(settings, "webhooks.product", wire.webhook(body(SETUP), "standard", partition=0))


def ids(signals: list) -> set[str]:
    """Their ids."""
    return {json.loads(record.value)["id"] for record in signals}


def letter_ids(letters: list) -> set[bytes]:
    """Theirs."""
    return {dict(record.headers)["pstatus-dlq-id"] for record in letters}


@pytest.mark.parametrize("step", [*STEPS, "ingest.acknowledged:2"])
async def test_a_crash_after_any_step_loses_nothing(topics: Settings, start: Start, step: str):
    """Whatever was done twice carries the same ids, and everything that was told has come out."""
    await load(topics)

    crashed = start("ingest", PSTATUS_CRASH_AFTER=step, PSTATUS_INGEST_BATCH="10")
    assert await crashed.ended() == -signal.SIGKILL
    start("ingest", PSTATUS_INGEST_BATCH="10")

    wanted = {f"sendgrid:ev{n}-{side}:delivered" for n in range(EVENTS // 2) for side in (0, 1)}
    signals = await wire.until(topics, "signals", lambda found: ids(found) >= wanted)
    letters = await wire.until(
        topics, "dead-letters", lambda found: len(letter_ids(found)) == EVENTS // 2
    )
    assert ids(signals) == wanted
    assert len({record.value for record in signals}) == len(wanted)
    assert len({(dict(one.headers)["pstatus-dlq-id"], one.value) for one in letters}) == EVENTS // 2
    await everything_committed(topics)
    assert await setups(topics) == [("s1", 1)]


async def everything_committed(settings: Settings) -> None:
    """Waits until the group's offsets stand behind the last record."""
    group = settings.topic_prefix + "ingest"
    wanted = {"webhooks.email": EVENTS // 2, "webhooks.product": 1}
    async with asyncio.timeout(wire.PATIENCE):
        while await wire.committed(settings, group, RAW) != wanted:  # noqa: ASYNC110
            await asyncio.sleep(0.1)


async def setups(settings: Settings) -> list[tuple[str, int]]:
    """Studies and versions as stored."""
    database = await asyncpg.connect(settings.database.replace("+asyncpg", ""))
    try:
        rows = await database.fetch("select study_id, version from setups")
    finally:
        await database.close()
    return [(row["study_id"], row["version"]) for row in rows]
