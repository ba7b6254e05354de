"""Workers die, sleep and come while signals flow: what is published stays exact."""

import asyncio
import random

from tests.process.applying import exact, story, tell, worked_off
from tests.process.conftest import Start
from workers.settings import Settings

SMALL = {
    "PSTATUS_APPLY_BATCH": "50",
    "PSTATUS_RELAY_BATCH": "30",
    "PSTATUS_SESSION_TIMEOUT_MS": "1500",
}
ROUNDS = 12


async def test_kills_and_sleeps_at_any_moment_change_nothing(topics: Settings, start: Start):
    """Twelve times one of two workers is killed or put to sleep past its session, in full work."""
    chance = random.Random(20260302)
    workers = [start("apply", **SMALL) for _ in range(2)]
    telling = [asyncio.create_task(tell(topics, story(150, first=n * 150))) for n in range(4)]

    for _ in range(ROUNDS):
        await asyncio.sleep(chance.uniform(0.3, 2.5))
        victim = chance.choice(workers)
        if chance.random() < 0.6:
            victim.kill()
            workers[workers.index(victim)] = start("apply", **SMALL)
        else:
            victim.stop()
            await asyncio.sleep(chance.uniform(0.1, 3))
            victim.go_on()
    await asyncio.gather(*telling)

    await worked_off(topics)
    changes = await exact(topics, story(600))
    assert len({change["person_id"] for change in changes}) == 600
