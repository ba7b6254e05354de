"""`pstatus dlq`: looks through the dead letters; a body is shown only on a terminal, if asked."""

import asyncio
import json
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workers.cli._dlq_files import export, import_
from workers.cli._dlq_handle import purge, replay
from workers.cli._dlq_options import By, database_of, filtered, on_letters
from workers.cli._dlq_stats import stats
from workers.cli._letters import Filters, Letter, Seen, Topic
from workers.cli._tables import paper, table
from workers.cli.errors import UserError
from workers.cli.options import Json, stored

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

SHORTEST = 4
STATES = ("open", "replayed", "purged", "all")
State = Annotated[str, typer.Option("--state", "-s", help="open, replayed, purged or all of them.")]
Limit = Annotated[int, typer.Option("--limit", "-n", min=1, help="The latest so many.")]
Id = Annotated[
    str, typer.Argument(metavar="ID", help="A letter's id, or its beginning, as `list` shows it.")
]
Body = Annotated[
    bool, typer.Option("--body", help="Also the body; only on a terminal: it is personal data.")
]
Held = Annotated[
    str | None, typer.Argument(help="The topic, such as webhooks.email; without it: all held.")
]
ForGood = Annotated[
    bool, typer.Option("--unlimited", help="Never hold it again while this version runs.")
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    dlq = typer.Typer(
        no_args_is_help=True, help="Dead letters: look at them, replay them, settle them."
    )
    commands: dict[str, Callable[..., None]] = {
        "list": list_,
        "peek": peek,
        "stats": stats,
        "replay": replay,
        "purge": purge,
    }
    commands |= {"export": export, "import": import_, "resume": resume}
    for name, command in commands.items():
        dlq.command(name)(command)
    app.add_typer(dlq, name="dlq")


@filtered
def list_(
    filters: Filters, *, state: State = "open", limit: Limit = 50, as_json: Json = False
) -> None:
    """List dead letters, the latest last; nothing of their bodies."""
    if state not in STATES:
        raise UserError(f"--state is one of {', '.join(STATES)}.")
    found = on_letters(lambda _, database, topic, seen: _found(database, topic, seen, filters))
    fitting = [(one, told) for one, told in found if state in ("all", told)]
    shown = fitting[-limit:]
    if as_json:
        rows = [letter.shown() | {"state": told} for letter, told in shown]
        typer.echo(json.dumps({"letters": rows, "of": len(fitting)}, indent=2))
    else:
        _print(shown, len(fitting))


def peek(id_: Id, *, body: Body = False, as_json: Json = False) -> None:
    """Show a dead letter's headers, and its body if that is asked for on a terminal."""
    if body and not sys.stdout.isatty():
        raise UserError("--body is for terminals only; `pstatus dlq export --id` writes a file.")
    if len(id_) < SHORTEST:
        raise UserError(f"At least {SHORTEST} characters of an id are wanted.")
    fitting = on_letters(
        lambda _, database, topic, seen: _found(database, topic, seen, Filters(), id_)
    )
    if len({letter.id for letter, _ in fitting}) != 1:
        raise UserError(f"{len(fitting) or 'No'} letters have an id that begins with {id_!r}.")
    for letter, state in fitting:
        _show(letter, state, body, as_json)


def resume(
    topic: Held = None, *, by: By, unlimited: ForGood = False, as_json: Json = False
) -> None:
    """Let a topic go on that is held because too much of it became dead letters."""
    names = asyncio.run(_resume(topic, by, unlimited))
    if as_json:
        typer.echo(json.dumps({"resumed": names}))
    elif names:
        typer.echo(f"goes on within seconds: {', '.join(names)}")
    else:
        typer.echo("no topic is held")


async def _found(
    database: "AsyncEngine", topic: Topic, seen: Seen, filters: Filters, beginning: str = ""
) -> list[tuple[Letter, str]]:
    """Letters that fit, the oldest first, with what became of them.

    Their values are kept only where ids are asked for by their `beginning`.
    """
    from workers.store import letters as store

    found = [
        letter if beginning else letter.without_value()
        async for letter in topic.letters(filters, seen)
        if letter.id.startswith(beginning)
    ]
    found.sort(key=lambda letter: (letter.written_at, letter.place))
    states: dict[tuple[str, int], str] = {}
    async with database.connect() as connection:
        for first in range(0, len(found), 5000):
            handles = [letter.handle for letter in found[first : first + 5000]]
            states |= await store.marked(connection, handles)
    return [(letter, states.get(letter.handle, "open")) for letter in found]


async def _resume(topic: str | None, by: str, unlimited: bool) -> list[str]:
    from workers.store import limits
    from workers.store.letters import action

    settings = stored()
    name = topic and settings.topic_prefix + topic.removeprefix(settings.topic_prefix)
    filters = {"topic": name, "unlimited": unlimited}
    async with database_of(settings) as database, action(database, "resume", by, filters) as deed:
        resumed = await limits.resume(database, name, unlimited=unlimited)
        names = [one.removeprefix(settings.topic_prefix) for one in resumed]
        await deed.end({"resumed": names})
    return names


def _print(shown: list[tuple[Letter, str]], number: int) -> None:
    from rich.markup import escape

    out = paper()
    if not shown:
        out.print("No dead letters.")
        return
    columns = ("Written", "Class", "Where", "Elements", "From", "Attempt", "State", "Id", "Why")
    rows = table(*columns, whole=("Id", "Class"))
    for letter, state in shown:
        where = f"{letter.topic}/{letter.partition}/{letter.offset}" if letter.topic else "-"
        sender = f"{letter.provider} {letter.workspace_id}"
        told = letter.shown()
        row = (f"{letter.written_at:%m-%d %H:%M:%S}", letter.letter, where, letter.elements,
               sender, str(letter.attempt), state, letter.id[:8], told["reason"])  # fmt: skip
        rows.add_row(*map(escape, row))
    out.print(rows)
    if number > len(shown):
        out.print(f"the latest {len(shown)} of {number}; --limit shows more", highlight=False)


def _show(letter: Letter, state: str, body: bool, as_json: bool) -> None:
    headers: list[list[Any]] = [
        [name, None if raw is None else raw.decode(errors="replace")]
        for name, raw in letter.headers
    ]
    if as_json:
        typer.echo(json.dumps(letter.shown() | {"state": state, "headers": headers}, indent=2))
        return
    typer.echo(f"letter {letter.id}, attempt {letter.attempt}, {state}")
    typer.echo(f"key: {'null' if letter.key is None else letter.key.decode(errors='replace')}")
    for name, text in headers:
        typer.echo(f"{name}: {'null' if text is None else text}")
    typer.echo(f"body: {'null' if letter.value is None else f'{len(letter.value)} bytes'}")
    if body and letter.value is not None:
        typer.echo(_harmless(letter.value.decode(errors="replace")))


def _harmless(text: str) -> str:
    """Without characters that would tell the terminal what to do."""
    return "".join(one if one.isprintable() or one in "\n\t" else "\ufffd" for one in text)
