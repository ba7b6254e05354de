"""Bulk updates: a kill in the middle, a rerun, nothing doubled. BULK_PEOPLE says how many."""

import asyncio
import os
import subprocess
import sys
from collections import Counter

from tests.cli.acting import added, heard, typed
from tests.cli.updating import BY, board, of_kind, study
from tests.process.applying import eventually, fetch, published_is_the_outbox, worked_off
from tests.process.conftest import Start, start, topics  # noqa: F401 (fixtures)
from tests.process.worker import environment
from workers.settings import Settings

PEOPLE = int(os.environ.get("BULK_PEOPLE", "10000"))
TOGETHER = 300
CANCEL = ("set-status", "canceled", "--study", "s1", *BY, "--timeout", "600")


async def test_a_bulk_update_killed_in_the_middle_finishes_on_rerun_with_nothing_doubled(
    topics: Settings,  # noqa: F811
    start: Start,  # noqa: F811
    tmp_path,
):
    """The command dies while it tells; the same again, and again, leaves one move of each."""
    await start("all").ready()
    names = [f"p{n:05}" for n in range(PEOPLE)]
    await heard(topics, [study("s1", "survey")])
    for first in range(0, PEOPLE, TOGETHER):
        await heard(topics, added(*names[first : first + TOGETHER]))
    ids = tmp_path / "ids"
    ids.write_text("\n".join(names))

    killed = await kill_in_the_middle(topics, *CANCEL, "--file", str(ids))
    both = await asyncio.gather(*(typed(topics, *CANCEL, "--file", str(ids)) for _ in range(2)))
    last = await typed(topics, *CANCEL, "--file", str(ids))

    assert killed < 0
    assert len(both) == 2
    assert "Nothing was sent." in last
    await worked_off(topics)
    assert Counter((await board(topics, "s1")).values()) == {("canceled", "cancelled"): PEOPLE}
    assert len(await of_kind(topics, "status.set")) == PEOPLE
    moves = [c for c in await published_is_the_outbox(topics) if c["change"].startswith("part")]
    assert Counter((c["person_id"], c["status"]) for c in moves) == Counter(
        (name, status) for name in names for status in ("not_contacted", "canceled")
    )


async def kill_in_the_middle(settings: Settings, *words: str) -> int:
    """Starts a command and kills it once the first of what it tells is applied; how it ended."""
    command = subprocess.Popen(  # noqa: ASYNC220 - it only begins here
        [sys.executable, "-m", "workers", *words],
        env=os.environ | environment(settings),
        stdout=subprocess.DEVNULL,
    )

    async def begun() -> bool:
        assert command.poll() is None, "it ended before it could be killed"
        return bool(
            await fetch(settings, "select 1 from signals where kind = 'status.set' limit 1")
        )

    await eventually(begun)
    command.kill()
    return command.wait()
