"""Prints every status change: python consumer.py HOST:PORT [TOPIC]."""

import asyncio
import json
import sys

from aiokafka import AIOKafkaConsumer


async def read(servers: str, topic: str = "pstatus.participant-changes") -> None:
    """Reads from the beginning, only what is committed, until it is stopped."""
    async with AIOKafkaConsumer(
        topic,
        bootstrap_servers=servers,
        isolation_level="read_committed",  # once, whatever crashed on the way
        auto_offset_reset="earliest",  # give a group_id to go on where you were
    ) as records:
        async for record in records:
            change = json.loads(record.value)
            if change["change"] == "participant.status_changed":
                print(change["participant_id"], change["prior_status"], "->", change["status"])


asyncio.run(read(*sys.argv[1:]))
