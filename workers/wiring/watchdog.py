"""Notices consumers that have died in silence, and ends the process; never repairs them.

FastStream starts a task that raised again at once and for ever, forgets one that returned or was
cancelled, and aiokafka's own tasks may end too: nothing of it would show, readiness least of all.
"""

import asyncio
from collections.abc import Callable
from typing import Any

from faststream.kafka import KafkaBroker

LOOK = 5.0
"""Seconds between two looks."""
MOST_STARTS = 20
"""So many starts of one consumer's task between two looks are no accident."""
MOST_IDLE = 120.0
"""Seconds without asking for records, with partitions assigned: long pauses are not idle."""


class Watchdog:
    """Looks at every consumer of a broker; tells `failed` of the first that is dead."""

    def __init__(self, broker: KafkaBroker, failed: Callable[[str], None]) -> None:
        self._broker = broker
        self._failed = failed
        self._starts: dict[int, int] = {}

    async def run(self) -> None:
        """Look for ever."""
        while True:
            await asyncio.sleep(LOOK)
            for subscriber in self._broker.subscribers:
                if why := self.fault(subscriber):
                    self._failed(why)

    def fault(self, subscriber: Any) -> str | None:
        """What is wrong with a consumer that was started; None while it lives."""
        name = ", ".join(topic.name for topic in subscriber.topics)
        before = self._starts.get(id(subscriber), 1)
        self._starts[id(subscriber)] = starts = len(subscriber.tasks)
        consumer = subscriber.consumer
        if starts - before >= MOST_STARTS:
            return f"{name}: the consumer fails again and again, {starts - before} times just now"
        if all(task.done() for task in subscriber.tasks) or consumer is None:
            return f"{name}: nobody reads from Kafka any more, the consumer's task has ended"
        if part := _ended_part(consumer):
            return f"{name}: nobody reads from Kafka any more, the client's {part} has ended"
        if consumer.assignment() and (idle := _idle(consumer)) > MOST_IDLE:
            return f"{name}: nothing was asked of Kafka for {idle:.0f} s"
        return None


def _ended_part(consumer: Any) -> str | None:
    """The first of the client's own tasks that runs no more."""
    tasks = {
        "fetching": getattr(consumer._fetcher, "_fetch_task", None),
        "group membership": getattr(consumer._coordinator, "_coordination_task", None),
    }
    return next((name for name, task in tasks.items() if task is not None and task.done()), None)


def _idle(consumer: Any) -> float:
    return float(consumer._subscription.fetcher_idle_time)
