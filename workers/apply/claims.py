"""Taking a shard: the epoch goes up, and what the topic holds must fit what the database says."""

from typing import Any

from aiokafka import TopicPartition

from workers.apply.tools import Tools
from workers.store import shard as store
from workers.store.shard import Position


class Unfit(Exception):
    """The topic and the database do not belong together any more; the message says how."""


async def claim(tools: Tools, consumer: Any, place: TopicPartition) -> Position:
    """Make this worker the home of a shard; raises Unfit.

    The topic's bounds are read after the claim: until then the former home may still move on.
    """
    position = await store.claim(tools.engine, place.partition)
    first = (await consumer.beginning_offsets([place]))[place]
    end = (await consumer.end_offsets([place]))[place]
    if position.epoch == 1 and position.next_offset == 0 and first > 0:
        return await _begin(tools, place.partition, position, first)
    if not first <= position.next_offset <= end:
        raise Unfit(_why(place, position.next_offset, first, end))
    return position


async def _begin(tools: Tools, shard: int, position: Position, first: int) -> Position:
    """A new database on a topic whose oldest records are gone: there is nothing to miss."""
    await store.begin_at(tools.engine, shard, position.epoch, first)
    return Position(position.epoch, first, position.next_seq, position.published)


def _why(place: TopicPartition, wanted: int, first: int, end: int) -> str:
    where = f"{place.topic}/{place.partition}"
    if wanted < first:
        return f"{where} begins at {first}, but {wanted} was not read yet: retention took signals"
    return f"{where} ends at {end}, but {wanted} was read already: the topic was made anew"
