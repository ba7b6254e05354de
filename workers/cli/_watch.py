"""A study's board that stays: drawn anew each second while somebody looks; only reads."""

import asyncio
from typing import TYPE_CHECKING

import typer

from workers.cli import _board
from workers.cli._board import Board, Filters

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from sqlalchemy.ext.asyncio import AsyncConnection

PAUSE = 1.0


async def watched(
    connection: "AsyncConnection", workspace_id: str, study_id: str, filters: Filters, limit: int
) -> None:
    """Until Ctrl-C; in a terminal one screen, else a line whenever a count or a change is new."""
    from rich.console import Console

    await connection.commit()
    calm = await connection.execution_options(isolation_level="AUTOCOMMIT")
    out = Console(highlight=False)
    most = limit if filters.narrow else 0
    board = await _board.look(calm, workspace_id, study_id, filters, most)
    try:
        if out.is_terminal:
            await _screen(out, calm, board, filters, most)
        else:
            await _lines(calm, board, filters)
    except (KeyboardInterrupt, asyncio.CancelledError):
        return


async def _screen(
    out: "Console", connection: "AsyncConnection", board: Board, filters: Filters, most: int
) -> None:
    from rich.live import Live

    with Live(drawn(board, filters), console=out, auto_refresh=False) as live:
        while True:
            await asyncio.sleep(PAUSE)
            board = await _again(connection, board, filters, most)
            live.update(drawn(board, filters), refresh=True)


def drawn(board: Board, filters: Filters) -> "RenderableType":
    """The board as it stays: columns, progress, newest changes, and who fits the filters."""
    from rich.console import Group
    from rich.text import Text

    from workers.ops import clock

    now = clock.now()
    lines = [*_board.counted(board), "Newest changes:", *_board.newest(board, now)]
    if filters.narrow:
        lines += _board.people(board, now, narrow=True)
    marked = [Text.from_markup(line) for line in lines]
    return Group(Text.from_markup(_board.head(board)), _board.columns(board), *marked)


async def _lines(connection: "AsyncConnection", board: Board, filters: Filters) -> None:
    """`invited 3, done 2`, then `p1 no_showed was interview_scheduled`."""
    seen: set[tuple[str, int]] = set()
    shown = ""
    while True:
        counts = ", ".join(
            f"{stage} {number}" for stage, number in board.by_stage.items() if number
        )
        if counts != shown:
            typer.echo(counts or "nobody yet")
            shown = counts
        for one, prior, _ in reversed(board.newest):
            if (one.person_id, one.sequence) not in seen:
                typer.echo(f"  {one.person_id} {one.status}" + (f" was {prior}" if prior else ""))
        seen = {(one.person_id, one.sequence) for one, _, _ in board.newest}
        await asyncio.sleep(PAUSE)
        board = await _again(connection, board, filters, 0)


async def _again(connection: "AsyncConnection", board: Board, filters: Filters, most: int) -> Board:
    return await _board.look(connection, board.workspace_id, board.study.study_id, filters, most)
