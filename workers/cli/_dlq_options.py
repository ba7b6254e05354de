"""What the commands about dead letters share: filters, the topic with its bar, the database."""

import asyncio
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from schemas.vocabulary import DeadLetterClass
from workers.cli._letters import Filters, Seen, Topic
from workers.cli._reading import instant, word
from workers.cli.errors import UserError
from workers.cli.options import Workspace, connected
from workers.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

T = TypeVar("T")
MANY = list[str] | None
By = Annotated[str, typer.Option("--by", help="Who acts: a user's opaque id; written down.")]
Dry = Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")]


Classes = Annotated[
    MANY, typer.Option("--class", "-c", help="Only this class, such as bug; repeatable.")
]
Topics = Annotated[
    MANY, typer.Option("--topic", "-t", help="Only records of this topic, such as webhooks.email.")
]
Providers = Annotated[
    MANY, typer.Option("--provider", "-p", help="Only of this provider; repeatable.")
]
Since = Annotated[
    str | None, typer.Option("--since", help="Only letters written from this time on, in UTC.")
]
Until = Annotated[
    str | None, typer.Option("--until", help="Only letters written before this time, in UTC.")
]
Partition = Annotated[
    int | None, typer.Option("--partition", help="Only records of this partition.")
]
First = Annotated[
    int | None, typer.Option("--from-offset", help="Only records from this offset on.")
]
Last = Annotated[int | None, typer.Option("--to-offset", help="Only records up to this offset.")]
Ids = Annotated[MANY, typer.Option("--id", help="Only the letter with this id; repeatable.")]


def _filtering(
    *, classes: Classes = None, topics: Topics = None, providers: Providers = None,
    since: Since = None, until: Until = None, partition: Partition = None, first: First = None,
    last: Last = None, ids: Ids = None, workspace: Workspace = None,
) -> Filters:  # fmt: skip
    from workers.cli.options import effective

    return Filters(
        classes=tuple(word(one, DeadLetterClass, "class") for one in classes or ()),
        topics=tuple(_topic(one) for one in topics or ()),
        providers=tuple(providers or ()),
        workspace_id=effective(workspace).workspace,
        since=instant(since) if since else None,
        until=instant(until) if until else None,
        partition=partition, first=first, last=last, ids=tuple(ids or ()),
    )  # fmt: skip


def filtered(command: Callable[..., None]) -> Callable[..., None]:
    """The command with an option for every filter; it is called with `filters` instead."""
    own = inspect.signature(command).parameters
    options = inspect.signature(_filtering).parameters
    kept = [one for name, one in own.items() if name != "filters"]
    shared = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in options.values()]

    @wraps(command)
    def called(**given: Any) -> None:
        filters = _filtering(**{name: given.pop(name) for name in options})
        command(filters=filters, **given)

    places = [one for one in kept if one.kind is not inspect.Parameter.KEYWORD_ONLY]
    more = [one for one in kept if one.kind is inspect.Parameter.KEYWORD_ONLY]
    merged = [*places, *shared, *more]
    called.__signature__ = inspect.Signature(merged)  # type: ignore[attr-defined]
    called.__annotations__ = {one.name: one.annotation for one in merged}
    return called


def on_letters(work: "Callable[[Settings, AsyncEngine, Topic, Seen], Awaitable[T]]") -> T:
    """What the work returns on the letters as they stand and the database; a bar meanwhile."""
    return asyncio.run(_on_letters(work))


async def _on_letters(
    work: "Callable[[Settings, AsyncEngine, Topic, Seen], Awaitable[T]]",
) -> T:
    settings = connected()
    async with database_of(settings) as database, Topic(settings) as topic:
        with bar("letters", topic.records) as seen:
            return await work(settings, database, topic, seen)


@asynccontextmanager
async def database_of(settings: Settings) -> "AsyncIterator[AsyncEngine]":
    """The database, if its schema fits. Raises UserError if another command is at work there."""
    from workers.store import engine, installation
    from workers.store.letters import Busy

    database = engine.make(settings.database, connections=3, name="pstatus-dlq")
    try:
        await installation.schema_fits(database)
        yield database
    except Busy as busy:
        raise UserError(str(busy)) from None
    finally:
        await database.dispose()


@contextmanager
def bar(what: str, of: int) -> Iterator[Seen]:
    """A progress bar on a terminal's standard error; silent elsewhere."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as shown:
        task = shown.add_task(what, total=max(of, 1))
        yield lambda more: shown.advance(task, more)


def _topic(told: str) -> str:
    from schemas.topics import RAW, SIGNALS

    known = [topic.name for topic in (*RAW, SIGNALS)]
    short = next((name for name in known if told == name or told.endswith("." + name)), told)
    if short not in known:
        raise UserError(f"{told!r} is no topic whose records become letters: {', '.join(known)}.")
    return short
