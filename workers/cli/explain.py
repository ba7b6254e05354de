"""`pstatus explain`: how a person came to where they stand; only reads, free text if asked."""

import json
import sys
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workers.cli._reading import answered
from workers.cli.errors import UserError
from workers.cli.options import Json, Workspace, stored

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from schemas.changes import Change
    from workers.cli._history import Changes
    from workers.domain.explaining import Entry, Explanation
    from workers.domain.setups import World
    from workers.domain.standing import Standing

Study = Annotated[
    str | None, typer.Option("--study", help="Only what concerns this study, and contacting.")
]
Notes = Annotated[
    bool,
    typer.Option("--notes", help="Also notes, properties and keys of addresses; in a terminal."),
]


@dataclass(frozen=True, slots=True)
class Story:
    """A person's explained history, where it leads to, and what was published on the way."""

    workspace_id: str
    person_id: str
    explanation: "Explanation"
    standing: "Standing"
    world: "World"
    changes: "Changes"
    study_id: str | None

    @property
    def entries(self) -> list["Entry"]:
        """Those that concern the study that is asked for."""
        if self.study_id is None:
            return list(self.explanation.entries)
        return [entry for entry in self.explanation.entries if self._concerns(entry)]

    @property
    def others(self) -> list["Change"]:
        """What time alone, a configuration or a refold published."""
        told = {entry.signal.id for entry in self.explanation.entries if entry.heard}
        ends = {entry.signal.occurred_at for entry in self.entries if entry.heard is None}
        return [
            change
            for signal_id, found in self.changes.items()
            if signal_id not in told
            for change in found
            if change.cause.kind != "clock" or change.occurred_at not in ends
        ]

    def _concerns(self, entry: "Entry") -> bool:
        named = getattr(entry.signal, "study_id", None)
        moved = any(move.study_id == self.study_id for move in entry.moves)
        return moved or named in (None, self.study_id)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("explain")(explain)


def explain(
    person: Annotated[str, typer.Argument(help="The person's id.", show_default=False)],
    study: Study = None,
    notes: Notes = False,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Show how a person came to where they stand.

    Every signal in the one order with the row of the table that it found, or why it found none;
    the clock's own entries; what came late; what began each cause against contacting the person,
    and what would end it.
    """
    if notes and not sys.stdout.isatty():
        raise UserError("--notes shows free text and personal data: only in a terminal.")
    story = answered(stored(workspace), lambda c, name: story_of(c, name, person, study))
    if as_json:
        typer.echo(json.dumps(_as_json(story, notes), indent=2))
    else:
        _print(story, notes)


async def story_of(
    connection: "AsyncConnection", workspace_id: str, person_id: str, study_id: str | None
) -> Story:
    """The whole story of a person, or as far as one study goes; UserError if there is none."""
    from schemas.codec import decode_change, decode_signal
    from workers.cli._people import scene
    from workers.domain.explaining import Heard
    from workers.domain.explaining import explain as explained
    from workers.domain.standing import assess
    from workers.store.contacts import Place

    place = await Place.of(connection, workspace_id)
    told = [
        Heard(decode_signal(row.body.encode()), row.received_at, row.log_offset)
        for row in await place.told(person_id)
    ]
    if not told:
        raise UserError(await _unknown(place, person_id))
    seen = await scene(place)
    explanation = explained(told, seen.now)
    if study_id is not None and study_id not in explanation.person.participants:
        raise UserError(f"The person {person_id!r} is not in a study {study_id!r}.")
    standing = assess(explanation.person, seen.world, seen.now)
    changes: dict[str | None, list[Any]] = defaultdict(list)
    for body in await place.changes(person_id):
        change = decode_change(body.encode())
        if study_id in (None, getattr(change, "study_id", study_id)):
            changes[change.cause.signal_id].append(change)
    return Story(workspace_id, person_id, explanation, standing, seen.world, changes, study_id)


async def _unknown(place: Any, person_id: str) -> str:
    if await place.erased([person_id]):
        return f"The person {person_id!r} was erased from {place.workspace_id}."
    return f"There is no person {person_id!r} in {place.workspace_id}."


def _as_json(story: Story, with_notes: bool) -> dict[str, Any]:
    from schemas.codec import encode_change
    from workers.cli import _contact, _history
    from workers.cli._effects import contact_json

    contact = story.standing.contact
    beginnings = story.explanation.beginnings
    reasons = _contact.as_json(contact.reasons, story.world.policy, beginnings)
    return {
        "workspace_id": story.workspace_id,
        "person_id": story.person_id,
        "contact": contact_json(contact) | {"reasons": reasons},
        "participants": [
            {"study_id": study_id, "status": shown.status, "stage": shown.stage}
            for study_id, shown in sorted(story.standing.participants.items())
            if story.study_id in (None, study_id)
        ],
        "entries": [
            _history.as_json(entry, story.changes, with_notes=with_notes) for entry in story.entries
        ],
        "others": [json.loads(encode_change(change)) for change in story.others],
    }


def _print(story: Story, with_notes: bool) -> None:
    from workers.cli import _contact, _history
    from workers.cli._effects import until_said

    typer.echo(f"{story.person_id} in {story.workspace_id}, oldest first, times in UTC:")
    blocks = [
        (entry.signal.occurred_at, _history.lines(entry, story.changes, with_notes=with_notes))
        for entry in story.entries
    ]
    blocks += [(change.occurred_at, _history.other(change)) for change in story.others]
    for _, block in sorted(blocks, key=lambda block: block[0]):
        for line in block:
            typer.echo(line)
    contact = story.standing.contact
    typer.echo(f"\nContact now: {contact.status}{until_said(contact.until)}")
    beginnings = story.explanation.beginnings
    for line in _contact.lines(contact.reasons, story.world.policy, beginnings):
        typer.echo(f"  {line}")
    for study_id, shown in sorted(story.standing.participants.items()):
        if story.study_id in (None, study_id):
            typer.echo(f"{study_id} now: {shown.status} ({shown.stage})")
