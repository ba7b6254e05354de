"""`pstatus dlq stats`: how many dead letters of what, which topics are held, who did what."""

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import typer

from schemas.fields import format_instant
from workers.cli._dlq_options import filtered, on_letters
from workers.cli._letters import Filters, Letter, Seen, Topic
from workers.cli.options import Json
from workers.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

ACTIONS = 10
BY = ("class", "topic", "provider", "workspace_id")


@filtered
def stats(filters: Filters, *, as_json: Json = False) -> None:
    """Count dead letters; say which topics are held, and what was done last."""
    told = on_letters(
        lambda settings, database, topic, seen: _told(settings, database, topic, seen, filters)
    )
    if as_json:
        typer.echo(json.dumps(told, indent=2))
    else:
        _print(told)


async def _told(
    settings: Settings, database: "AsyncEngine", topic: Topic, seen: Seen, filters: Filters
) -> dict[str, Any]:
    from workers.store import letters as store
    from workers.store import limits

    states: Counter[str] = Counter()
    elements = 0
    by: dict[str, Counter[str]] = {name: Counter() for name in BY}
    waiting: list[Letter] = []
    async with database.connect() as connection:

        async def look() -> None:
            known = await store.marked(connection, [letter.handle for letter in waiting])
            states.update(known.get(letter.handle, "open") for letter in waiting)
            waiting.clear()

        async for letter in topic.letters(filters, seen):
            waiting.append(letter.without_value())
            elements += letter.count
            shown = letter.shown()
            for name in BY:
                by[name][shown[name] or "-"] += 1
            if len(waiting) >= 1000:
                await look()
        await look()
        held = await limits.limits(connection)
        actions = await store.actions(connection, ACTIONS)
    return {
        "letters": states.total(), "elements": elements,
        **{state: states[state] for state in ("open", "replayed", "purged")},
        "by": {name: dict(counts.most_common()) for name, counts in by.items()},
        "limits": [_limit(one, settings.topic_prefix) for one in held],
        "actions": [_action(one) for one in actions],
    }  # fmt: skip


def _limit(one: Any, prefix: str) -> dict[str, Any]:
    return {
        "topic": one.topic.removeprefix(prefix), "version": one.version,
        "share": round(one.lost / one.records, 4) if one.records else 0.0, "run": one.run,
        "held_since": format_instant(one.opened_at) if one.opened_at else None,
        "unlimited": one.unlimited,
    }  # fmt: skip


def _action(one: Any) -> dict[str, Any]:
    return {
        "what": one.what, "by": one.by, "started_at": format_instant(one.started_at),
        "ended_at": format_instant(one.ended_at) if one.ended_at else None,
        "filters": one.filters, "result": one.result,
    }  # fmt: skip


def _print(told: dict[str, Any]) -> None:
    typer.echo(
        f"{told['letters']} letters about {told['elements']} elements: {told['open']} open,"
        f" {told['replayed']} replayed, {told['purged']} purged"
    )
    for name, counts in told["by"].items():
        said = ", ".join(f"{word} {times}" for word, times in counts.items())
        typer.echo(f"by {name.removesuffix('_id')}: {said or '-'}")
    for one in told["limits"]:
        if one["held_since"]:
            where = f"{one['topic']} for version {one['version']}"
            typer.echo(f"HELD since {one['held_since']}: {where} (see `pstatus dlq resume`)")
    for one in told["actions"]:
        end = one["ended_at"] or "not ended: it goes on, or was interrupted"
        typer.echo(f"{one['started_at']} {one['what']} by {one['by']}: {json.dumps(one['result'])}"
                   f" ({end})")  # fmt: skip
