"""Kafka and PostgreSQL as tests treat them: killed, started again, paused, on the same data."""

import asyncio

import pytest

from tests.local import talk
from workers.local import ports, processes
from workers.local.errors import LocalError
from workers.local.infrastructure import Local


async def test_a_broker_killed_and_started_again_keeps_address_and_records(
    local: Local, topic_prefix: str
):
    """After kill -9 the broker comes back on the same port with every acknowledged record."""
    topic, address = topic_prefix + "kept", local.bootstrap_servers
    await talk.make_topic(address, topic)
    await talk.produce(address, topic, b"before")

    local.kafka.kill()
    assert not local.kafka.is_running
    local.kafka.start()

    assert local.bootstrap_servers == address
    await talk.produce(address, topic, b"after")
    assert await talk.values(address, topic) == [b"before", b"after"]


async def test_a_database_killed_and_started_again_keeps_address_and_rows(
    local: Local, empty_database: str
):
    """After kill -9, its children too, PostgreSQL comes back on the same port with its rows."""
    await talk.query(empty_database, "create table kept as select 7 as n")
    family = local.postgres.process.family()

    local.postgres.kill()
    assert not [process for process in family if processes.lives(process)]
    local.postgres.start()

    assert await talk.query(empty_database, "select n from kept") == [7]


async def test_servers_stopped_in_order_start_again(local: Local, empty_database: str):
    """Stop and start is not special either."""
    await talk.query(empty_database, "create table kept as select 7 as n")

    for server in local.servers:
        server.stop()
        assert not server.is_running
        server.start()

    assert await talk.query(empty_database, "select n from kept") == [7]
    assert await talk.topics(local.bootstrap_servers) is not None


async def test_a_paused_server_lives_and_answers_nobody_until_resumed(
    local: Local, empty_database: str
):
    """SIGSTOP and SIGCONT: connections stay open, answers stay away."""
    local.postgres.pause()
    asking = asyncio.create_task(talk.query(empty_database, "select 1"))
    done, _ = await asyncio.wait([asking], timeout=0.5)
    assert not done
    assert local.postgres.is_running

    local.postgres.resume()

    assert await asking == [1]


async def test_a_topic_is_never_made_by_asking_for_it(local: Local, topic_prefix: str):
    """A consumer's question about an unknown topic must not create it with broker defaults."""
    from aiokafka.admin import AIOKafkaAdminClient

    admin = AIOKafkaAdminClient(bootstrap_servers=local.bootstrap_servers)
    await admin.start()
    await admin.describe_topics([topic_prefix + "unknown"])
    await admin.close()

    assert topic_prefix + "unknown" not in await talk.topics(local.bootstrap_servers)


async def test_both_listen_on_loopback_alone(local: Local):
    """Nobody from outside can reach a server that trusts everybody."""
    for server in local.servers:
        listening = [
            link.laddr
            for process in server.process.family()
            for link in process.net_connections("inet")
            if link.status == "LISTEN"
        ]
        assert {address.port for address in listening} == set(server.ports)
        assert {address.ip.removeprefix("::ffff:") for address in listening} == {ports.LOOPBACK}


async def test_a_server_that_cannot_start_tells_why(local: Local):
    """The error names the server and shows the end of its log."""
    local.postgres.kill()
    broken = local.postgres.data / "postgresql.conf"
    right = broken.read_text()
    broken.write_text("no_such_setting = 1\n")
    try:
        with pytest.raises(LocalError, match=r"PostgreSQL did not start .*no_such_setting"):
            local.postgres.start()
    finally:
        broken.write_text(right)
        local.postgres.start()
