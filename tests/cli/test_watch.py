"""`pstatus study --watch`: stays, and shows what changes while it stays."""

import asyncio
import os
import signal
import sys
from io import StringIO

from tests.cli.acting import added, heard
from tests.cli.updating import study
from tests.process.applying import told
from tests.process.conftest import Start, start, topics  # noqa: F401 (fixtures)
from tests.process.worker import environment
from workers.cli._board import Board, Filters, look
from workers.cli._watch import drawn
from workers.settings import Settings
from workers.store import engine as engines

NOBODY = Filters((), (), ())


async def test_who_watches_sees_each_change_until_they_stop(
    topics: Settings,  # noqa: F811
    start: Start,  # noqa: F811
):
    """Without a terminal: the counts, then a line for each change; Ctrl-C is no error."""
    await start("all").ready()
    await heard(topics, [study("s1", "survey", participation_limit=2)])
    await heard(topics, added("p1", "p2"))
    watch = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "workers", "study", "s1", "--watch",
        env=os.environ | environment(topics), stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    before = await until(watch, "p2 not_contacted")

    await heard(topics, [told("survey.completed", "p2", minute=5)])
    after = await until(watch, "p2 survey_completed was not_contacted")
    watch.send_signal(signal.SIGINT)

    assert before[0] == "not_started 2"
    assert "not_started 1, pending_incentive 1" in after
    assert await watch.wait() == 0
    assert "1 of 2" in await screen(topics)


async def until(watch: asyncio.subprocess.Process, line: str) -> list[str]:
    """The lines up to this one."""
    lines: list[str] = []
    assert watch.stdout is not None
    async with asyncio.timeout(60):
        while line not in lines:
            told = await watch.stdout.readline()
            assert told, lines
            lines.append(told.decode().strip())
    return lines


async def screen(settings: Settings) -> str:
    """What a terminal would show of s1."""
    from rich.console import Console

    engine = engines.make(settings.database, connections=1)
    async with engine.connect() as connection:
        board: Board = await look(connection, "w1", "s1", NOBODY, 0)
    await engine.dispose()
    console = Console(width=120, file=StringIO())
    with console.capture() as shown:
        console.print(drawn(board, NOBODY))
    return shown.get()
