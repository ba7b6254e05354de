"""A bad version is held before it has emptied a topic; only a person or another version goes on."""

import asyncio
from collections.abc import Iterable
from pathlib import Path

from tests.cli.acting import run, typed, typed_json
from tests.process import wire
from tests.process.applying import eventually
from tests.process.conftest import Start
from tests.process.test_ingest_signals import SENDGRID, SET, body
from tests.process.versions import broken
from tests.process.wire import webhook
from workers.settings import Settings

EVENTS, RUN = 90, 20
SMALL = {"PSTATUS_DEAD_LETTER_RUN": str(RUN), "PSTATUS_INGEST_BATCH": "10"}


def mails(numbers: Iterable[int], workspace: str = "w1") -> list[wire.Put]:
    """One SendGrid event each, over three partitions."""
    bodies = ((n, body([SENDGRID | {"sg_event_id": f"ev{n}"}])) for n in numbers)
    return [webhook(one, "sendgrid", workspace, partition=n % 3) for n, one in bodies]


async def told(settings: Settings, number: int) -> None:
    """Our own signals go their way beside it: `number` of them have, now."""
    one = SET | {"id": f"prod:{number}"}
    await wire.put(settings, "webhooks.product", webhook(body(one), "standard"))
    await wire.until(settings, "signals", lambda found: len(found) >= number)


async def test_a_bad_version_is_held_until_another_one_or_a_person_goes_on(
    topics: Settings, start: Start, tmp_path: Path
):
    """The topic rests, others go on; restarting changes nothing; nothing is lost in the end."""
    bad = broken(tmp_path / "broken") | SMALL
    await wire.put(topics, "webhooks.email", *mails(range(EVENTS)))

    first = start("ingest", **bad)
    await first.said("dead_letter_limit_open")
    await told(topics, 1)
    held = len(await wire.records_of(topics, "dead-letters"))
    assert RUN <= held < EVENTS / 2
    await first.counts("pstatus_dead_letter_limit_open", 1)
    assert (await first.get("/health/ready"))[0] == 200
    first.kill()

    second = start("ingest", **bad)
    await second.said("dead_letter_limit_open")
    await told(topics, 2)
    assert len(await wire.records_of(topics, "dead-letters")) == held
    (limit,) = (await typed_json(topics, "dlq", "stats"))["limits"]
    assert (limit["topic"], limit["version"], limit["run"]) == (
        "webhooks.email", "0.0.1.broken", held,
    )  # fmt: skip

    assert "webhooks.email" in await typed(topics, "dlq", "resume", "--by", "u1")
    await eventually(lambda: _more_than(topics, held))
    await eventually(lambda: _is_open(second))
    second.kill()
    before = len(await wire.records_of(topics, "dead-letters"))
    assert before < EVENTS

    start("ingest", **SMALL)
    await wire.until(topics, "signals", EVENTS - before + 2)
    assert len(await wire.records_of(topics, "dead-letters")) == before
    await asyncio.to_thread(run, topics, "dlq", "replay", "--by", "u1")
    ids = {f"sendgrid:ev{n}:delivered" for n in range(EVENTS)} | {"prod:1", "prod:2"}
    assert {_id(one) for one in await wire.until(topics, "signals", EVENTS + 2)} == ids


async def test_one_workspaces_flood_stops_nobody(topics: Settings, start: Start):
    """Where several send, only what hits two of them counts; what they send then is all read."""
    good = mails(range(3), "w2")
    flood = [webhook(b"[1]", "sendgrid", "w1", partition=n % 3) for n in range(5 * RUN)]
    await wire.put(topics, "webhooks.email", *good, *flood, *mails([99], "w2"))

    worker = start("ingest", **SMALL)
    await wire.until(topics, "dead-letters", 5 * RUN)
    await wire.until(topics, "signals", 4)

    assert "dead_letter_limit_open" not in worker.log
    (limit,) = (await typed_json(topics, "dlq", "stats"))["limits"]
    assert limit["held_since"] is None
    assert limit["share"] > 0.5


async def _more_than(settings: Settings, number: int) -> bool:
    return len(await wire.records_of(settings, "dead-letters")) > number


async def _is_open(worker: object) -> bool:
    lines = worker.lines  # type: ignore[attr-defined]
    return sum(line.get("event") == "dead_letter_limit_open" for line in lines) == 2


def _id(record: object) -> str:
    import json

    return str(json.loads(record.value)["id"])  # type: ignore[attr-defined]
