"""What the commands that look something up share; they read the database and nothing else."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from typing import TYPE_CHECKING, TypeVar

from workers.cli.errors import UserError
from workers.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

T = TypeVar("T")
Question = Callable[["AsyncConnection", str], Awaitable[T]]
"""What to ask, of a connection and the workspace."""
NOBODY_YET = (
    "Nothing is known yet: `pstatus demo` shows sixty participants, or start the workers with"
    " `pstatus run` and send webhooks."
)


def answered(settings: Settings, question: Question[T], *, may_be_new: bool = False) -> T:
    """The answer from the database, asked in the workspace that is meant.

    `may_be_new`: one that is named need not be known yet.
    """
    return asyncio.run(_answered(settings, question, may_be_new))


async def _answered(settings: Settings, question: Question[T], may_be_new: bool) -> T:
    from workers.store import engine as engines
    from workers.store import installation, reading

    engine = engines.make(settings.database, connections=1, name="pstatus-look-up")
    try:
        await installation.schema_fits(engine)
        async with engine.connect() as connection:
            known = await reading.workspaces(connection)
            if may_be_new and settings.workspace:
                known.append(settings.workspace)
            return await question(connection, meant(settings.workspace, known))
    finally:
        await engine.dispose()


def meant(named: str | None, known: Sequence[str]) -> str:
    """The workspace that is named, or the only one; UserError between several."""
    if not known:
        raise UserError(NOBODY_YET)
    if named is None and len(known) == 1:
        return known[0]
    if named is None:
        raise UserError(f"There are several workspaces: name one with --workspace ({few(known)}).")
    if named not in known:
        raise UserError(f"There is no workspace {named!r}{hint(named, known)}")
    return named


def word(told: str, words: Iterable[str], what: str) -> str:
    """The word that is meant, however it is spelt ("No Showed"); UserError with a near one."""
    plain = "_".join(told.replace("_", " ").replace("-", " ").split()).lower()
    known = [str(known) for known in words]
    if plain in known:
        return plain
    raise UserError(f"{told!r} is no {what}{hint(plain, known)}")


def instant(told: str) -> datetime:
    """A time as people type it: a date (its midnight in UTC), or RFC 3339 with `Z`."""
    try:
        at = datetime.fromisoformat(told)
    except ValueError:
        raise UserError(f"{told!r} is no time such as 2026-03-08 or 2026-03-08T09:00Z.") from None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def hint(told: str, known: Sequence[str]) -> str:
    """The end of such a line: `: did you mean ...?`, or what there is."""
    near = get_close_matches(told, known, n=2, cutoff=0.6)
    return f": did you mean {' or '.join(near)}?" if near else f"; there are: {few(known)}."


def few(names: Sequence[str], most: int = 24) -> str:
    """The names, not too many of them."""
    shown = ", ".join(names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown


def moment(at: datetime, now: datetime) -> str:
    """A time for people: in UTC, and how long ago (or ahead) that is."""
    return f"{at:%Y-%m-%d %H:%M} UTC ({apart(at, now)})"


def apart(at: datetime, now: datetime) -> str:
    """`3 min ago`, `in 2 days`."""
    distance = abs(now - at)
    if distance < timedelta(seconds=5):
        return "just now"
    said = next(f"{distance // unit} {name}" for unit, name in UNITS if distance >= unit)
    number, _, name = said.partition(" ")
    if name in ("hour", "day") and number != "1":
        said += "s"
    return f"{said} ago" if at <= now else f"in {said}"


UNITS = (
    (timedelta(days=1), "day"),
    (timedelta(hours=1), "hour"),
    (timedelta(minutes=1), "min"),
    (timedelta(seconds=1), "s"),
)
