"""`pstatus erase`: somebody is forgotten; shows what goes, asks, tells the signal, waits."""

import asyncio
import json
import sys
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from schemas.fields import format_instant
from schemas.signals import PersonErased
from schemas.topics import RAW, SIGNALS
from workers.cli import _acting
from workers.cli._acting import PATIENCE, By, Plan, Within, Yes
from workers.cli._reading import answered, few
from workers.cli.errors import UserError
from workers.cli.options import Json, Workspace, connected
from workers.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

ALONE = "Nobody can be asked here: add --yes (or --preview, to look only)."
SAID = (
    ("signals", "signal", "signals"),
    ("documents", "document", "documents"),
    ("participants", "participant", "participants"),
    ("links", "link", "links"),
    ("addresses", "address (its key)", "addresses (their keys)"),
    ("parked", "parked event", "parked events"),
)
"""Stores whose rows are deleted, as counted and as said."""
Note = Annotated[
    str | None, typer.Option("--note", help="Why; it travels with the signal, and is not stored.")
]
Only = Annotated[bool, typer.Option("--preview", help="Only show what would go.")]
Advance = Annotated[
    bool, typer.Option("--in-advance", help="Also somebody unknown: what will come is ignored.")
]


@dataclass(frozen=True, slots=True)
class Going:
    """What there is of a person, and when what no erasure reaches will have run out."""

    workspace_id: str
    person_id: str
    holds: dict[str, int]
    studies: dict[str, str]
    """Study -> status as shown."""
    erased_at: datetime | None
    now: datetime

    @property
    def is_known(self) -> bool:
        """Whether anything at all is there."""
        return any(self.holds.values())

    @property
    def runs_out(self) -> dict[str, datetime]:
        """When topics hold nothing of today any more, by their own retention."""
        days = {"webhooks": RAW[0].retention_days, "the rest": SIGNALS.retention_days}
        return {name: self.now + timedelta(days=kept or 30) for name, kept in days.items()}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("erase")(erase)


def erase(
    person: Annotated[str, typer.Argument(help="The person's id.")],
    *,
    by: By,
    note: Note = None,
    in_advance: Advance = False,
    yes: Yes = False,
    preview: Only = False,
    timeout: Within = PATIENCE,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Forget a person for good: only who, when and by which signal stays.

    Shows first what would go, and asks. Who and why (`--by`, `--note`) travel with the signal
    and run out with the topics: nothing of them is stored.
    """
    if not (yes or preview) and (as_json or not sys.stdin.isatty()):
        raise UserError(ALONE)
    settings = connected(workspace)
    going = _looked(settings, person)
    signal = _signal(going, by, note)
    if not as_json:
        _show(going)
    is_to_do = going.erased_at is None and not preview
    if is_to_do and not (going.is_known or in_advance):
        raise UserError("To have what is still to come ignored as well, add --in-advance.")
    if is_to_do and not yes:
        is_to_do = typer.confirm("Erase for good?")
    changes = _told(settings, going, signal, timeout) if is_to_do else []
    left = _looked(settings, person) if is_to_do else going
    _report(going, left, changes, is_to_do, as_json)


def _looked(settings: Settings, person_id: str) -> Going:
    return answered(settings, lambda c, name: _going(c, name, person_id), may_be_new=True)


async def _going(connection: "AsyncConnection", workspace_id: str, person_id: str) -> Going:
    from workers.store import forgetting, reading
    from workers.store.contacts import Place

    place = await Place.of(connection, workspace_id)
    holds = await forgetting.held(connection, place.shard(person_id), workspace_id, person_id)
    found = await reading.person(connection, workspace_id, person_id)
    studies, erased_at = {}, None
    if isinstance(found, reading.Erased):
        erased_at = found.erased_at
    elif found is not None:
        studies = {one.study_id: one.status for one in found.participants}
    return Going(
        workspace_id, person_id, dict(holds), studies, erased_at, await place.now()
    )  # fmt: skip


def _signal(going: Going, by: str, note: str | None) -> PersonErased:
    """Told again, it has the same id; the signal has no field of who asked but its note."""
    workspace_id, person_id = going.workspace_id, going.person_id
    about = {"workspace_id": workspace_id, "person_id": person_id}
    signal = PersonErased(
        id=_acting.signal_id(PersonErased, about, None),
        workspace_id=workspace_id,
        person_id=person_id,
        occurred_at=going.now,
        note=f"by {by}: {note}" if note else f"by {by}",
    )
    _acting.checked(signal)
    return signal


def _told(
    settings: Settings, going: Going, signal: PersonErased, within: float
) -> list[dict[str, Any]]:
    plan = Plan(going.workspace_id, (signal,), (), 0, 0)
    return asyncio.run(_acting.tell(settings, plan, within))


def _show(going: Going) -> None:
    who, where = going.person_id, going.workspace_id
    if going.erased_at is not None:
        typer.echo(f"{who} was erased from {where} on {_day(going.erased_at)}.")
    elif not going.is_known:
        typer.echo(f"Nobody in {where} is known as {who!r}, and nothing waits for them.")
    else:
        typer.echo(f"This would erase {who} from {where}, for good:")
    for line in _lines(going):
        typer.echo(f"  {line}")
    if going.erased_at is None:
        out = going.runs_out
        typer.echo(
            f"In Kafka, raw webhooks run out by {_day(out['webhooks'])}; signals, changes and"
            f" dead letters by {_day(out['the rest'])}. Files of `pstatus dlq export` and backups"
            " are yours to delete."
        )


def _lines(going: Going) -> list[str]:
    holds = going.holds
    rows = [
        f"{holds[name]} {one if holds[name] == 1 else many}"
        for name, one, many in SAID
        if holds[name]
    ]
    lines = [f"deleted: {', '.join(rows)}"] if rows else []
    if going.studies:
        named = [f"{study} ({status})" for study, status in sorted(going.studies.items())]
        lines.append(f"studies: {few(named)}; their counts go down")
    if holds["changes"] or holds["letters"]:
        lines.append(
            f"emptied: {holds['changes']} published changes, {holds['letters']} dead letters"
        )
    return lines


def _report(
    going: Going, left: Going, changes: list[dict[str, Any]], is_done: bool, as_json: bool
) -> None:
    if as_json:
        typer.echo(json.dumps(_as_json(going, left, changes, is_done), indent=2))
    elif not is_done:
        typer.echo("Nothing was sent.")
    else:
        told = "person.erased is published" if changes else "nothing was ever published of them"
        typer.echo(f"Erased {going.person_id} from {going.workspace_id}; {told}.")
        if left.is_known:
            typer.echo("Written meanwhile, and swept within a minute: " + "; ".join(_lines(left)))


def _as_json(
    going: Going, left: Going, changes: list[dict[str, Any]], is_done: bool
) -> dict[str, Any]:
    return {
        "workspace_id": going.workspace_id,
        "person_id": going.person_id,
        "is_known": going.is_known,
        "holds": going.holds,
        "studies": going.studies,
        "erased_at": left.erased_at and format_instant(left.erased_at),
        "runs_out": {name: format_instant(at) for name, at in going.runs_out.items()},
        "was_sent": is_done,
        "left": left.holds,
        "changes": changes,
    }


def _day(at: datetime) -> str:
    return f"{at:%Y-%m-%d}"
