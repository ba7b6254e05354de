"""`pstatus policy`: a workspace's governance rules: show, try, set, and how far they have come."""

import asyncio
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import uuid5

import typer

from workers.cli._acting import NAMESPACE, PATIENCE, Within, Yes
from workers.cli._deeds import group
from workers.cli._reading import answered, moment
from workers.cli.errors import WORLD, UserError
from workers.cli.options import Json, Workspace, connected, stored
from workers.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.ext.asyncio import AsyncConnection

    from workers.cli._trial import Trial
    from workers.domain.setups import Policy
    from workers.store import contacts
    from workers.store.draining import Draining

File = Annotated[Path, typer.Argument(help='JSON: {"timezone": "Europe/Berlin", "rules": [...]}.')]
By = Annotated[str, typer.Option("--by", help="Who acts: a user's opaque id.", show_default=False)]
Blindly = Annotated[
    bool,
    typer.Option("--no-preview", help="Ask without showing first what it would do to everybody."),
]
LONG = timedelta(seconds=5)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    says = "Governance rules of a workspace: show, try, set; how far a change has come."
    group(app, "policy", says, show=show, status=status, set=put, **{"try": trial})


def show(workspace: Workspace = None, as_json: Json = False) -> None:
    """Show the newest policy; with --json as a file that `policy try` and `set` read."""
    workspace_id, found = answered(stored(workspace), _newest)
    told = {name: found.body[name] for name in ("timezone", "rules")} if found else NONE
    if as_json:
        typer.echo(json.dumps(told, indent=2))
        return
    if found is None:
        typer.echo(f"{workspace_id} has no policy: no rule keeps anybody from being contacted.")
        return
    from workers.cli._contact import rule_said
    from workers.cli._policy_file import parsed
    from workers.ops import clock

    at = moment(found.occurred_at, clock.now())
    typer.echo(f"{workspace_id}: version {found.version}, {found.signal_id}, {at}")
    typer.echo(f"Time zone {told['timezone']}")
    for rule in parsed(told).rules:
        typer.echo(f"  {rule.id}: {rule_said(rule)}")


NONE: dict[str, Any] = {"timezone": "UTC", "rules": []}


async def _newest(
    connection: "AsyncConnection", workspace_id: str
) -> "tuple[str, contacts.Policy | None]":
    from workers.store.contacts import Place

    return workspace_id, await (await Place.of(connection, workspace_id)).policy()


def status(workspace: Workspace = None, as_json: Json = False) -> None:
    """Show whether the newest policy and setups have reached everybody."""

    async def ask(
        connection: "AsyncConnection", workspace_id: str
    ) -> "tuple[str, contacts.Policy | None, list[Draining]]":
        from workers.store.contacts import Place

        place = await Place.of(connection, workspace_id)
        return workspace_id, await place.policy(), await place.draining()

    workspace_id, newest, draining = answered(stored(workspace), ask)
    if as_json:
        told = [
            {"study_id": d.study_id or None, "version": d.version, "shards": d.shards,
             "people": d.people} for d in draining
        ]  # fmt: skip
        version = newest.version if newest else 0
        typer.echo(
            json.dumps(
                {"workspace_id": workspace_id, "policy_version": version, "draining": told},
                indent=2,
            )
        )
        return
    typer.echo(f"{workspace_id}: policy version {newest.version if newest else 0}")
    for one in draining:
        what = f"the setup of {one.study_id}" if one.study_id else "the policy"
        left = f"{one.shards} shards, about {one.people} people to go"
        typer.echo(f"  {what}, version {one.version}: {left}")
    if not draining:
        typer.echo("  everybody has been brought up to date")


def trial(file: File, workspace: Workspace = None, as_json: Json = False) -> None:
    """Show what a policy would do to the whole workspace, before anybody publishes it.

    Assesses everybody under the newest policy and under the file's: people by contact status
    before and after, by rule, and some of their ids. Only reads.
    """
    from workers.cli import _trial_shown
    from workers.cli._policy_file import parsed, read
    from workers.domain.setups import Policy

    becomes = Policy.of(parsed(read(file)))
    name, found, was = answered(stored(workspace), lambda c, name: _try(c, name, becomes))
    if as_json:
        typer.echo(json.dumps(_trial_shown.as_json(name, found, was, becomes), indent=2))
    else:
        _trial_shown.print_tables(name, found, was, becomes)


async def _try(
    connection: "AsyncConnection", workspace_id: str, becomes: "Policy"
) -> "tuple[str, Trial, Policy]":
    from workers.cli import _people, _trial
    from workers.store.contacts import Place

    place = await Place.of(connection, workspace_id)
    scene = await _people.scene(place)
    with _estimate(await place.count()) as seen:
        return workspace_id, await _trial.trial(scene, becomes, seen), scene.world.policy


@contextmanager
def _estimate(total: int) -> "Iterator[Callable[[int], None]]":
    """A bar with the time left; without a terminal one line, if it will take long."""
    if sys.stderr.isatty():
        from rich.console import Console
        from rich.progress import Progress

        with Progress(console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task("people", total=total)
            yield lambda number: bar.advance(task, number)
        return
    from workers.ops import clock

    began, done, is_said = clock.monotonic(), 0, False

    def seen(number: int) -> None:
        nonlocal done, is_said
        done += number
        left = (clock.monotonic() - began) / done * (total - done)
        if not is_said and left > LONG.total_seconds():
            typer.echo(f"{total} people: about {left:.0f} s to go", err=True)
            is_said = True

    yield seen


def put(
    file: File,
    *,
    by: By,
    yes: Yes = False,
    no_preview: Blindly = False,
    timeout: Within = PATIENCE,
    workspace: Workspace = None,
) -> None:
    """Check a policy and publish it; it replaces the whole list of rules.

    Shows first what it would do, as `pstatus policy try FILE` does, and asks; with --yes neither.
    `pstatus policy status` shows how far it has come.
    """
    from workers.cli._policy_file import parsed, read

    told = read(file)
    settings = connected(workspace)
    name, newest, signal = answered(
        settings, lambda c, name: _signal(c, name, told, by), may_be_new=True
    )
    if newest and (newest.body["rules"], newest.body["timezone"]) == (
        told["rules"], told["timezone"]
    ):  # fmt: skip
        typer.echo(f"{name} has this policy already (version {newest.version}): nothing was sent.")
        return
    number = len(parsed(told).rules)
    if not yes:
        if not sys.stdin.isatty():
            raise UserError("Nobody can be asked here: add --yes.")
        if not no_preview:
            _preview(settings, told)
        typer.confirm(f"Publish {number} rules to everybody in {name}?", abort=True)
    version = asyncio.run(_publish(settings, name, signal, timeout))
    if version is None:
        typer.echo(f"Sent, but not stored after {timeout:g} s: is a worker running?", err=True)
        raise typer.Exit(WORLD)
    typer.echo(f"{name} has policy version {version}: {number} rules. `pstatus policy status`")


def _preview(settings: Settings, told: dict[str, Any]) -> None:
    from workers.cli import _trial_shown
    from workers.cli._policy_file import parsed
    from workers.domain.setups import Policy

    becomes = Policy.of(parsed(told))
    name, found, was = answered(settings, lambda c, name: _try(c, name, becomes), may_be_new=True)
    _trial_shown.print_tables(name, found, was, becomes, is_asked=True)


async def _signal(
    connection: "AsyncConnection", workspace_id: str, told: dict[str, Any], by: str
) -> "tuple[str, contacts.Policy | None, dict[str, Any]]":
    from schemas.fields import format_instant
    from workers.store.contacts import Place

    place = await Place.of(connection, workspace_id)
    now, newest = await place.now(), await place.policy()
    at = max(now, newest.occurred_at + timedelta(microseconds=1)) if newest else now
    named = [workspace_id, by, told, newest.signal_id if newest else None]
    name = f"pstatus:{uuid5(NAMESPACE, json.dumps(named, sort_keys=True))}"
    signal = {"id": name, "workspace_id": workspace_id, "occurred_at": format_instant(at)}
    return workspace_id, newest, signal | {"kind": "policy.configured", "by": by} | told


async def _publish(
    settings: Settings, workspace_id: str, signal: dict[str, Any], within: float
) -> int | None:
    from workers.cli import _sending
    from workers.ops import clock
    from workers.store import engine as engines
    from workers.store.contacts import Place

    engine = engines.make(settings.database, connections=1, name="pstatus-policy")
    deadline = clock.monotonic() + within
    try:
        await _sending.send(settings, workspace_id, [json.dumps(signal).encode()])
        while clock.monotonic() <= deadline:
            async with engine.connect() as connection:
                newest = await (await Place.of(connection, workspace_id)).policy()
            if newest and newest.signal_id == signal["id"]:
                return newest.version
            await asyncio.sleep(_sending.PAUSE)
        return None
    finally:
        await engine.dispose()
