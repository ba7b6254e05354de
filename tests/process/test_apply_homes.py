"""Shards change their home, dependencies go away: everything stays exact, nobody stands still."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.process.applying import eventually, exact, fetch, found, story, tell, worked_off
from tests.process.conftest import Start
from tests.process.worker import Worker
from workers.local.infrastructure import Local
from workers.settings import Settings

SMALL = {"PSTATUS_APPLY_BATCH": "20", "PSTATUS_RELAY_BATCH": "10"}


@pytest.fixture
async def servers(local: Local) -> AsyncIterator[Local]:
    """The session's servers; what a test took away is put back."""
    yield local
    for server in local.servers:
        if not server.is_running:
            await asyncio.to_thread(server.start)


async def shards_of(worker: Worker) -> float:
    """How many shards a worker was given."""
    return await worker.metric("pstatus_partitions_assigned")


async def shared(*workers: Worker) -> None:
    """Waits until each has some shards."""

    async def each_has_some() -> bool:
        return all([0 < await shards_of(worker) < 4 for worker in workers])

    await eventually(each_has_some)


async def test_when_one_of_two_is_killed_the_other_takes_over(topics: Settings, start: Start):
    """Both worked; after kill -9 of one the other does everything, once."""
    first, second = start("apply", **SMALL), start("apply", **SMALL)
    await shared(first, second)
    await tell(topics, story(20))
    first.kill()
    await tell(topics, story(20, first=20))

    await worked_off(topics)

    await exact(topics, story(40))
    assert await shards_of(second) == topics.shards


async def test_a_worker_that_slept_past_its_session_neither_writes_nor_publishes(
    topics: Settings, start: Start
):
    """SIGSTOP in the middle of its work, SIGCONT after another took over: what it tries is lost."""
    sleeper = start("apply", **SMALL)
    await sleeper.ready()
    telling = asyncio.create_task(tell(topics, story(60)))
    await found(topics, "select 1 from changes limit 1")
    sleeper.stop()
    await telling
    other = start("apply", **SMALL)
    await worked_off(topics)
    epochs = await fetch(topics, "select epoch from shards order by shard")

    sleeper.go_on()
    await sleeper.said("home_lost")
    await tell(topics, story(20, first=60))
    await worked_off(topics)

    assert min(row["epoch"] for row in epochs) >= 2
    await exact(topics, story(80))
    assert other.log


async def test_a_restarted_worker_resumes(topics: Settings, start: Start):
    """SIGTERM ends it within five seconds with exit code 0; the next one goes on from there."""
    await tell(topics, story(20))
    worker = await start("apply", **SMALL).ready()
    worker.terminate()
    assert await worker.ended() == 0
    await tell(topics, story(20, first=20))

    start("apply", **SMALL)
    await worked_off(topics)

    await exact(topics, story(40))


async def test_a_killed_broker_comes_back_and_all_goes_on(
    topics: Settings, start: Start, servers: Local
):
    """Relays throw their producers away and take over from themselves; nothing is doubled."""
    worker = await start("apply", **SMALL).ready()
    telling = asyncio.create_task(tell(topics, story(40)))
    await found(topics, "select 1 from changes limit 1")
    await asyncio.to_thread(servers.kafka.kill)
    await asyncio.sleep(1)
    await asyncio.to_thread(servers.kafka.start)
    await asyncio.gather(telling, return_exceptions=True)

    await tell(topics, story(50))
    await worked_off(topics)

    await exact(topics, story(50))
    assert (await worker.get("/health/live"))[0] == 200


async def test_a_killed_database_comes_back_and_all_goes_on(
    topics: Settings, start: Start, servers: Local
):
    """Homes wait for it; a commit whose answer was lost is recognised, not repeated."""
    worker = await start("apply", **SMALL).ready()
    telling = asyncio.create_task(tell(topics, story(40)))
    await found(topics, "select 1 from changes limit 1")
    await asyncio.to_thread(servers.postgres.kill)
    await telling
    await asyncio.sleep(1)
    await asyncio.to_thread(servers.postgres.start)

    await tell(topics, story(10, first=40))
    await worked_off(topics)

    await exact(topics, story(50))
    assert (await worker.get("/health/live"))[0] == 200


async def test_terminated_connections_are_made_anew(topics: Settings, start: Start):
    """Postgres ends every connection of ours several times while we work."""
    await start("apply", **SMALL).ready()
    telling = asyncio.create_task(tell(topics, story(60)))
    for _ in range(10):
        await fetch(
            topics,
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()",
        )
        await asyncio.sleep(0.2)
    await telling

    await worked_off(topics)

    await exact(topics, story(60))


async def test_a_database_that_went_back_in_time_is_refused(topics: Settings, start: Start):
    """More is published than the database knows: the process says so and ends, it skips nothing."""
    await tell(topics, story(5))
    first = start("apply")
    await worked_off(topics)
    first.terminate()
    await first.ended()
    await fetch(topics, "update shards set next_seq = 1, published = 0")

    second = start("apply")

    assert await second.ended() == 1
    assert "gone back in time" in second.log


async def test_a_topic_made_anew_is_refused(topics: Settings, start: Start):
    """The database has read further than the topic reaches."""
    await start("apply").ready()
    await fetch(topics, "update shards set next_offset = 1000000, epoch = epoch + 1")

    worker = start("apply")

    assert await worker.ended() == 1
    assert "the topic was made anew" in worker.log
