"""What ends a process that can't go on, and that an outage or a full shard is not among it."""

import asyncio
import os
from pathlib import Path

import asyncpg

from tests.process.applying import exact, fetch, story, tell, worked_off
from tests.process.conftest import Start
from tests.process.test_apply_homes import servers  # noqa: F401 (fixture)
from workers.local.infrastructure import Local
from workers.settings import Settings

HASTY = '''
"""A process whose watchdog and relays lose patience soon, and whose client can be broken."""

import os
import sys

if any(word == "workers" for word in sys.orig_argv):
    import aiokafka

    from workers.apply import relay
    from workers.wiring import watchdog

    watchdog.LOOK, watchdog.MOST_IDLE = 0.5, 7.0
    relay.FIRST_PAUSE = relay.LONGEST_PAUSE = 0.1
    getmany = aiokafka.AIOKafkaConsumer.getmany

    def broken(self, *places, **named):
        if os.path.exists(os.environ["BROKEN"]):
            raise RuntimeError("a bug of the client's")
        return getmany(self, *places, **named)

    aiokafka.AIOKafkaConsumer.getmany = broken
'''
IDLE = 8.0
"""Longer than such a watchdog lets a consumer be idle: how long a dependency is away."""


def hasty(folder: Path) -> dict[str, str]:
    """The environment of such a process; its client breaks once `folder/broken` is there."""
    (folder / "sitecustomize.py").write_text(HASTY)
    found = os.environ.get("PYTHONPATH")
    path = os.pathsep.join(filter(None, [str(folder), found]))
    return {
        "PYTHONPATH": path, "BROKEN": str(folder / "broken"), "PSTATUS_APPLY_BATCH": "10",
    }  # fmt: skip


async def test_outages_and_full_shards_end_nobody_but_a_dead_consumer_does(
    topics: Settings,
    start: Start,
    tmp_path: Path,
    servers: Local,  # noqa: F811
):
    """Every shard full, the broker away, the database away: one process goes through it all."""
    worker = await start("apply", **hasty(tmp_path)).ready()
    holder = await asyncpg.connect(topics.database.replace("+asyncpg", ""))
    held = holder.transaction()
    await held.start()
    await holder.execute("select 1 from shards for update")
    await tell(topics, story(40))
    await asyncio.sleep(IDLE)
    assert (await worker.get("/health/live"))[0] == 200
    await held.rollback()
    await holder.close()
    await worked_off(topics)

    for number, server in enumerate((servers.kafka, servers.postgres), 1):
        await asyncio.to_thread(server.kill)
        await asyncio.sleep(IDLE)
        assert (await worker.get("/health/live"))[0] == 200
        await asyncio.to_thread(server.start)
        await tell(topics, story(10, first=40 * number))
        await worked_off(topics)
    await exact(topics, story(50) + story(10, first=80))

    (tmp_path / "broken").touch()
    assert await worker.ended() == 1
    (end,) = [line for line in worker.lines if line.get("event") == "ending"]
    assert "signals: the consumer fails again and again" in end["why"]


async def test_a_relay_that_can_never_go_on_ends_the_process(
    topics: Settings, start: Start, tmp_path: Path
):
    """A row of the outbox is gone: nothing is published past it, and it does not stand still."""
    await tell(topics, story(1))
    first = start("apply")
    await worked_off(topics)
    first.kill()
    await fetch(topics, "update shards set next_seq = next_seq + 2")
    worker = start("apply", **hasty(tmp_path))

    assert await worker.ended() == 1
    (end,) = [line for line in worker.lines if line.get("event") == "ending"]
    assert "nothing can be published any more (Gap" in end["why"]
