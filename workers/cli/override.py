"""`pstatus override`: contact somebody for one study all the same; tells a signal."""

from typing import Annotated

import typer

from schemas.signals import GovernanceOverridden
from workers.cli._acting import PATIENCE, By, Deed, How, Note, Only, Within, Yes, act
from workers.cli._whom import File, People, Statuses, whom
from workers.cli.options import Json, Workspace

Study = Annotated[
    str, typer.Option("--study", help="For which study; without ids: everybody in it.")
]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("override")(override)


def override(
    people: People = None,
    *,
    study: Study,
    by: By,
    file: File = None,
    status: Statuses = None,
    note: Note = None,
    yes: Yes = False,
    preview: Only = False,
    timeout: Within = PATIENCE,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Let people be contacted for one study, for good.

    Lifts do-not-contact and cooldowns there, never an opt-out or the blocklist. Somebody who is
    not in the study yet joins it. Shows first what it would change, and asks.
    """
    how = How(
        by=by, note=note, workspace=workspace, is_sure=yes, only_preview=preview,
        as_json=as_json, within=timeout,
    )  # fmt: skip
    meant = whom(people, file, study, status, study_is_told=True)
    act(Deed(GovernanceOverridden, {"study_id": study}), meant, how)
