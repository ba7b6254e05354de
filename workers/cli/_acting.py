"""A command that tells signals of people: preview, question, send, wait, report; never writes."""

import asyncio
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID, uuid5

import typer

from schemas.fields import format_instant
from schemas.signals import OfPerson, kind_of
from workers.cli._effects import SHOWN, change_said, effect_json, print_preview
from workers.cli._reading import answered, few
from workers.cli._whom import Whom, found
from workers.cli.errors import WORLD, UserError
from workers.cli.options import connected
from workers.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from workers.cli._sending import Seen
    from workers.domain.foretelling import Effect
    from workers.domain.person import Person

NAMESPACE = UUID("5d0f2f0e-7d0c-5f0f-9f5b-3c8d1b6a0a41")
By = Annotated[
    str,
    typer.Option("--by", help="Who acts: a user's opaque id, or participant.", show_default=False),
]
Note = Annotated[
    str | None, typer.Option("--note", help="Why, for the audit; kept, never published.")
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Don't ask.")]
Only = Annotated[bool, typer.Option("--preview", help="Only show what would change.")]
Within = Annotated[
    float, typer.Option("--timeout", min=0, help="Seconds to wait until all is applied.")
]
PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Deed:
    """What is told of each person: a kind of signal, and its own fields."""

    kind: type[OfPerson]
    fields: Mapping[str, Any]
    called: Mapping[str, Any] | None = None
    """What makes it the same deed, where the fields hold the moment of asking; else the fields."""
    is_done: Callable[["Person"], bool] = lambda person: False
    """Whether this person has it already, near enough: then there is nothing to tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class How:
    """Who acts and why, and how the command speaks."""

    by: str
    note: str | None
    workspace: str | None
    is_sure: bool
    only_preview: bool
    as_json: bool
    within: float


@dataclass(frozen=True, slots=True)
class Plan:
    """The signals worth telling, with what each would do; whom they would leave as they are."""

    workspace_id: str
    signals: tuple[OfPerson, ...]
    effects: tuple["Effect", ...]
    untouched: int
    broken: int


def act(deed: Deed, whom: Whom, how: How) -> None:
    """Show what would change, ask, tell it, wait until it is applied, and show what changed."""
    if not (how.is_sure or how.only_preview) and (how.as_json or whom.from_input):
        raise UserError("Nobody can be asked here: add --yes (or --preview, to look only).")
    settings = connected(how.workspace)
    plan = answered(settings, lambda connection, name: _plan(connection, name, deed, whom, how))
    if not how.as_json:
        _show(plan)
    changes: list[dict[str, Any]] = []
    if plan.signals and not how.only_preview:
        if not how.is_sure:
            confirm(len(plan.signals))
        changes = asyncio.run(tell(settings, plan, how.within))
    report(plan, changes, how)


async def _plan(
    connection: "AsyncConnection", workspace_id: str, deed: Deed, whom: Whom, how: How
) -> Plan:
    from workers.cli import _people
    from workers.domain.foretelling import foretell
    from workers.store.contacts import Place

    place = await Place.of(connection, workspace_id)
    people = await found(place, whom)
    scene = await _people.scene(place)
    told: dict[str, OfPerson] = {}
    done: set[str] = set()

    def ask(person_id: str, tracked: Any, history: Any) -> "Effect":
        ids = {"workspace_id": workspace_id, "person_id": person_id, "by": how.by}
        called = deed.fields if deed.called is None else deed.called
        name = signal_id(deed.kind, {**called, **ids}, tracked.person.key)
        about: dict[str, Any] = {**deed.fields, **ids, "id": name}
        about |= {"occurred_at": scene.now, "note": how.note}
        if deed.is_done(tracked.person):
            done.add(person_id)
        told[person_id] = checked(deed.kind(**about))
        return foretell(tracked, told[person_id], now=scene.now, world=scene.world, history=history)

    with progress("looking", len(people)) as seen:
        effects = await _people.asked(scene, people, ask, seen)
    felt = tuple(one for one in effects if one.is_felt and one.person_id not in done)
    signals = tuple(told[effect.person_id] for effect in felt)
    return Plan(workspace_id, signals, felt, len(effects) - len(felt), len(people) - len(effects))


def signal_id(kind: type[OfPerson], about: Mapping[str, Any], last: Any) -> str:
    """Made of what is told and of the last thing known: told again at once, it is the same."""
    newest = [format_instant(last[0]), last[1], last[2]] if last else []
    named = [kind_of(kind), {name: str(value) for name, value in about.items()}, newest]
    return f"pstatus:{uuid5(NAMESPACE, json.dumps(named, sort_keys=True))}"


def checked(signal: OfPerson) -> OfPerson:
    """The signal, if the wire takes it; UserError else."""
    from schemas.codec import Refused, decode_signal, encode_signal

    try:
        decode_signal(encode_signal(signal))
    except Refused as refused:
        raise UserError(f"{refused.reason}. Nothing was sent.") from None
    return signal


def _show(plan: Plan) -> None:
    if plan.effects:
        typer.echo(f"This would change {people_said(len(plan.effects))} in {plan.workspace_id}:")
        print_preview(plan.effects)
    if plan.untouched:
        typer.echo(f"{people_said(plan.untouched)} would stay as they are: nothing to tell.")
    if plan.broken:
        typer.echo(f"{people_said(plan.broken)} are set aside (`pstatus refold`): left out.")


def confirm(number: int) -> None:
    """Go on only when whoever sits at the terminal says so."""
    if not sys.stdin.isatty():
        raise UserError("Nobody can be asked here: add --yes (or --preview, to look only).")
    if not typer.confirm(f"Tell it of {people_said(number)}?"):
        typer.echo("Nothing was sent.")
        raise typer.Exit(0)


async def tell(settings: Settings, plan: Plan, within: float) -> list[dict[str, Any]]:
    """Send a plan's signals and wait until all are applied; what was published of them."""
    from schemas.codec import encode_signal
    from workers.cli import _sending
    from workers.store import engine as engines

    ids = [(signal.person_id, signal.id) for signal in plan.signals]
    engine = engines.make(settings.database, connections=1, name="pstatus-act")
    try:
        values = [encode_signal(signal) for signal in plan.signals]
        await _sending.send(settings, plan.workspace_id, values)
        with progress("applied", len(ids)) as seen:
            left = await _sending.applied(engine, plan.workspace_id, ids, within=within, seen=seen)
        if left:
            _not_yet(left, within)
        return await _sending.published(engine, plan.workspace_id, ids)
    finally:
        await engine.dispose()


def _not_yet(left: Sequence[tuple[str, str]], within: float) -> None:
    names = few([person_id for person_id, _ in left], 5)
    typer.echo(
        f"Sent, but after {within:g} s not applied yet for {len(left)}: {names}. Is a worker"
        " running (`pstatus run`)? Asking again is harmless.",
        err=True,
    )
    raise typer.Exit(WORLD)


def report(plan: Plan, changes: list[dict[str, Any]], how: How) -> None:
    """Say what was told and what was published because of it."""
    from schemas.codec import decode_change

    if how.as_json:
        told = {
            "workspace_id": plan.workspace_id,
            "effects": [effect_json(effect) for effect in plan.effects],
            "signals": [] if how.only_preview else [signal.id for signal in plan.signals],
            "untouched": plan.untouched,
            "changes": changes,
        }
        typer.echo(json.dumps(told, indent=2))
        return
    if how.only_preview or not plan.signals:
        typer.echo("Nothing was sent.")
        return
    typer.echo(f"Told and applied: {people_said(len(plan.signals))}. Published:")
    for change in changes[:SHOWN]:
        typer.echo(f"  {change_said(decode_change(json.dumps(change).encode()))}")
    rest = len(changes) - SHOWN
    if rest > 0 or not changes:
        typer.echo(f"  ... and {rest} changes more" if changes else "  nothing")


def people_said(number: int) -> str:
    """`1 person`, `2 people`."""
    return "1 person" if number == 1 else f"{number} people"


@contextmanager
def progress(what: str, total: int) -> Iterator["Seen"]:
    """A bar on standard error where it is a terminal and there is much to wait for."""
    if total <= SHOWN or not sys.stderr.isatty():
        yield lambda number: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda number: bar.advance(task, number)
