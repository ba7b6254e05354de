"""`pstatus blocklist`: put people on it and take them off; tells signals, writes nothing."""

from typing import Annotated

import typer

from schemas.signals import ContactBlocklisted, ContactUnblocklisted
from schemas.vocabulary import BlocklistReason
from workers.cli._acting import PATIENCE, By, Deed, How, Note, Only, Within, Yes, act
from workers.cli._deeds import group, telling
from workers.cli._reading import word
from workers.cli._whom import File, OfStudy, People, Statuses, whom
from workers.cli.options import Json, Workspace

REMOVE = """Take people off the blocklist, also when a rule put them there.

Shows first what it would change, and asks.
"""
Reason = Annotated[
    str | None,
    typer.Option("--reason", help="Why: no_shows, dishonesty, communication or other."),
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    says = "The blocklist: who is on it is never contacted."
    group(app, "blocklist", says, add=add, remove=telling(ContactUnblocklisted, REMOVE))


def add(
    people: People = None,
    *,
    by: By,
    reason: Reason = None,
    file: File = None,
    study: OfStudy = None,
    status: Statuses = None,
    note: Note = None,
    yes: Yes = False,
    preview: Only = False,
    timeout: Within = PATIENCE,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Put people on the blocklist. Shows first what it would change, and asks."""
    code = BlocklistReason(word(reason, BlocklistReason, "reason")) if reason else None
    how = How(
        by=by, note=note, workspace=workspace, is_sure=yes, only_preview=preview,
        as_json=as_json, within=timeout,
    )  # fmt: skip
    act(Deed(ContactBlocklisted, {"reason": code}), whom(people, file, study, status), how)
