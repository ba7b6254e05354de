"""Held topics wait without anything being lost; all others go on."""

import asyncio
from types import SimpleNamespace

from aiokafka import TopicPartition

from workers.ingest.queue import Queue

EMAIL, SURVEY = TopicPartition("email", 0), TopicPartition("survey", 0)


class Consumer:
    """What the queue asks of one, noted down."""

    def __init__(self) -> None:
        self.resting: set[TopicPartition] = set()
        self.sought: dict[TopicPartition, int] = {}

    def assignment(self) -> set[TopicPartition]:
        """Both."""
        return {EMAIL, SURVEY}

    def paused(self) -> set[TopicPartition]:
        """Those paused."""
        return set(self.resting)

    def pause(self, *places: TopicPartition) -> None:
        """Notes it."""
        self.resting |= set(places)

    def resume(self, *places: TopicPartition) -> None:
        """Notes it."""
        self.resting -= set(places)

    def seek(self, place: TopicPartition, offset: int) -> None:
        """Only what is paused may be sought: nothing newer is under way then."""
        assert place in self.resting
        self.sought[place] = offset


def records(place: TopicPartition, *offsets: int) -> list[SimpleNamespace]:
    """Some of a partition."""
    return [SimpleNamespace(topic=place.topic, partition=0, offset=offset) for offset in offsets]


def queue() -> tuple[Queue, Consumer]:
    """One for ten records."""
    made, consumer = Queue(10), Consumer()
    made.consumer = consumer
    return made, consumer


async def test_what_is_held_is_put_back_and_read_again():
    """From the first record that was not taken; the other topic's are there at once."""
    ours, consumer = queue()
    ours.put([*records(EMAIL, 5, 6), *records(SURVEY, 1)])
    ours.put(records(EMAIL, 7))

    ours.hold(frozenset({"email"}))
    ours.put([*records(EMAIL, 8), *records(SURVEY, 2)])
    taken = [(await ours.take(1))[0].offset, (await ours.take(1))[0].offset]

    assert taken == [1, 2]
    assert consumer.resting == {EMAIL}
    ours.hold(frozenset())
    assert (consumer.sought, consumer.resting) == ({EMAIL: 5}, set())


async def test_a_plan_in_hand_is_put_back_too():
    """What was taken before the topic was held goes back as well."""
    ours, consumer = queue()
    ours.put(records(EMAIL, 3, 4))
    taken = await ours.take(10)
    ours.hold(frozenset({"email"}))

    assert ours.sifted(taken) == []
    ours.hold(frozenset())
    assert consumer.sought == {EMAIL: 3}


async def test_a_new_assignment_begins_where_was_committed():
    """The client has forgotten its place: seeking an old one could pass over records."""
    ours, consumer = queue()
    ours.hold(frozenset({"email"}))
    ours.put(records(EMAIL, 5))

    ours.assigned()
    ours.hold(frozenset())

    assert consumer.sought == {}


async def test_held_records_do_not_fill_the_queue():
    """A full one would stop the other topics, too."""
    ours, consumer = queue()
    ours.put(records(EMAIL, *range(20)))
    assert consumer.resting == {EMAIL, SURVEY}

    ours.hold(frozenset({"email"}))

    assert consumer.resting == {EMAIL}
    ours.put(records(SURVEY, 1))
    async with asyncio.timeout(5):
        assert [one.offset for one in await ours.take(5)] == [1]
