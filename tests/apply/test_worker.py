"""What the worker does with homes that come and go; the rest is proved on real processes."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

from workers.apply.worker import Apply
from workers.ops.metrics import Metrics
from workers.settings import Settings


async def test_a_home_that_ends_while_it_is_being_closed_stops_no_other():
    """A rebalance takes two shards away; closing the first, the second ends by itself."""
    nothing = cast(Any, None)
    apply = Apply(Settings(), nothing, nothing, Metrics())
    apply._assigned = set()

    async def lives() -> None:
        await asyncio.sleep(0)

    for shard in (1, 2):
        home = SimpleNamespace(shard=shard, close_soon=lambda: apply._homes.pop(2, None))
        apply._homes[shard] = cast(Any, home)
        apply._tasks[shard] = asyncio.create_task(lives())

    await apply._assign({1, 2})

    assert apply._homes == {}
