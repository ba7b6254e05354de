"""kill -9 of a real apply process between any two steps: nothing lost, nothing doubled."""

import signal

import pytest

from tests.process.applying import exact, story, tell, worked_off
from tests.process.conftest import Start
from workers.apply.tools import STEPS
from workers.settings import Settings

BATCH = {
    "PSTATUS_APPLY_BATCH": "40",
    "PSTATUS_RELAY_BATCH": "25",
    "PSTATUS_SESSION_TIMEOUT_MS": "1500",
}


@pytest.mark.parametrize("step", [*STEPS, "apply.commit:3", "relay.send:3", "relay.commit:3"])
async def test_a_crash_after_any_step_loses_and_doubles_nothing(
    topics: Settings, start: Start, step: str
):
    """Who reads committed records sees the outbox once, in order, and it folds to the truth."""
    signals = story(40)
    signals = [told for nth in range(10) for told in signals[nth::10]]  # people take turns
    await tell(topics, signals)

    crashed = start("apply", PSTATUS_CRASH_AFTER=step, **BATCH)
    assert await crashed.ended() == -signal.SIGKILL
    start("apply", **BATCH)

    await worked_off(topics)
    changes = await exact(topics, signals)
    assert len({c["participant_id"] for c in changes}) == 80
