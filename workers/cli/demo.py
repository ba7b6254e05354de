"""`pstatus demo`: everything started, a story told by raw webhooks, and a board that watches it."""

import asyncio
import signal
from functools import cache
from typing import TYPE_CHECKING, Annotated

import typer

from workers.cli._demo.story import STUDIES
from workers.cli.errors import UserError
from workers.cli.options import Workspace, effective

if TYPE_CHECKING:
    from rich.console import Console

    from workers.cli._demo.stack import Stack
    from workers.settings import Settings

INTERRUPTED = 130


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("demo")(demo)


def demo(
    seconds: Annotated[
        float, typer.Option("--seconds", min=5, max=3600, help="How long the story takes.")
    ] = 60,
    stay: Annotated[
        bool | None,
        typer.Option(
            "--stay/--no-stay", help="Go on at the end until Ctrl-C; by default with a terminal."
        ),
    ] = None,
    plain: Annotated[bool, typer.Option("--plain", help="Lines instead of the board.")] = False,
    workspace: Workspace = None,
) -> None:
    """Start everything and watch sixty participants go through three studies, in about a minute.

    Real servers and a real worker on this machine; Ctrl-C stops what was started here.
    Each run is a workspace of its own; what it has written stays.
    """
    from rich.console import Console

    from workers.cli._demo.stack import running

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    console = Console(highlight=False)
    settings = effective(workspace)
    with running(settings, lambda part: console.print(f"Starting {part}")) as stack:
        board = console.is_terminal and not plain
        stays = console.is_terminal if stay is None else stay
        told = _play(stack, console, seconds, stays=stays, board=board)
    if board and not stack.servers_stay:
        console.print("Kafka and PostgreSQL are stopped, all this is kept: `pstatus local up`.")
    raise typer.Exit(0 if told else INTERRUPTED)


def _play(stack: "Stack", console: "Console", seconds: float, *, stays: bool, board: bool) -> bool:
    from rich.live import Live

    from workers.cli._demo.board import Board
    from workers.cli._demo.lines import Lines, summary
    from workers.cli._demo.play import Play
    from workers.cli._demo.seen import Seen
    from workers.cli._demo.steps import invitation, looks, program

    workspace_id, is_only = asyncio.run(_fresh_workspace(stack.settings))
    seen = Seen(workspace_id, STUDIES)
    page = f"{stack.board}?workspace={workspace_id}"
    console.print(f"The board in a browser: {page}", soft_wrap=True)

    @cache  # once: what is told is copied from the board
    def steps() -> list[str]:
        if stays:
            looking = looks(seen, is_only=is_only)
            return [f"in a browser: {page}", *looking, *invitation(seen, stack.log.parent)]
        again = [] if stack.servers_stay else [f"{program()} local up"]
        return [*again, *looks(seen, is_only=is_only), f"{program()} web"]

    if board:
        with Live(console=console, screen=True, auto_refresh=False) as live:
            play = Play(stack, seen, Board(live, seen, steps), seconds)
            told = asyncio.run(play.run(stay=stays))
        summary(seen, console)
    else:
        play = Play(stack, seen, Lines(console, seen, steps), seconds)
        told = asyncio.run(play.run(stay=stays))
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # the event loop has put it back
    return told


async def _fresh_workspace(settings: "Settings") -> tuple[str, bool]:
    """A workspace that nobody has used (`demo`, `demo-2`, ...), and whether it is the only one."""
    from workers.store import engine as engines
    from workers.store import reading

    engine = engines.make(settings.database, connections=1)
    try:
        async with engine.connect() as connection:
            known = await reading.workspaces(connection)
    finally:
        await engine.dispose()
    return unused(settings.workspace, known), not known


def unused(named: str | None, known: list[str]) -> str:
    """The named workspace, else the first free name; UserError if the named one is in use."""
    if named in known:
        raise UserError(f"The workspace {named!r} is in use: the demo wants one of its own.")
    names = ("demo", *(f"demo-{number}" for number in range(2, len(known) + 3)))
    return named or next(name for name in names if name not in known)
