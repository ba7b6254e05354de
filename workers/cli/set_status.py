"""`pstatus set-status`: a status set by hand, reviewed first; tells signals, writes nothing."""

from typing import Annotated

import typer

from schemas.signals import SETTABLE, StatusSet
from schemas.vocabulary import Stage, Status
from workers.cli._acting import PATIENCE, By, How, Note, Within, Yes
from workers.cli._reading import few, hint, word
from workers.cli._updates import Case, DryRun, Study, Tell, Update, update
from workers.cli._whom import File, People, Whom, somebody, whom
from workers.cli.errors import UserError
from workers.cli.options import Json, Workspace
from workers.domain.setups import Setup

To = Annotated[
    str, typer.Argument(metavar="STATUS", help='The status, such as no_showed or "No Showed".')
]
From = Annotated[
    list[str] | None,
    typer.Option("--from-status", help="Without ids: who has this status; repeatable."),
]
InStage = Annotated[
    list[str] | None,
    typer.Option("--stage", "-g", help="Without ids: who is in this stage; repeatable."),
]
Force = Annotated[bool, typer.Option("--force", help="Also a status that the study has no use of.")]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("set-status")(set_status)


def set_status(
    status: To,
    people: People = None,
    *,
    study: Study,
    by: By,
    file: File = None,
    from_status: From = None,
    stage: InStage = None,
    force: Force = False,
    note: Note = None,
    yes: Yes = False,
    dry_run: DryRun = False,
    timeout: Within = PATIENCE,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Set the status of participants by hand.

    Shows first where everybody stands and would stand, and what follows; then asks. A status set
    by hand is no record: it counts towards no progress and no rule. Without ids, a file or -,
    everybody of the study who fits --from-status and --stage is meant.
    """
    wanted = Status(word(status, SETTABLE, "status to set"))
    stages = [word(told, Stage, "stage") for told in stage or ()]
    meant = _meant(whom(people, file, study, from_status, study_is_told=True), stages)
    how = How(
        by=by, note=note, workspace=workspace, is_sure=yes, only_preview=dry_run,
        as_json=as_json, within=timeout,
    )  # fmt: skip
    what = Update(
        study_id=study,
        decide=lambda case: _tell(case, wanted),
        check=lambda setup: None if force else _is_offered(wanted, setup),
        stages=stages,
    )
    update(what, meant, how)


def _meant(meant: Whom, stages: list[str]) -> Whom:
    if meant.people and stages:
        raise UserError("Name people, or those of the study by --stage, not both.")
    return somebody(meant, ways=", --from-status X or --stage X", more=stages)


def _tell(case: Case, wanted: Status) -> Tell:
    return Tell(StatusSet, {"status": wanted})


def _is_offered(wanted: Status, setup: Setup) -> None:
    """The statuses of domain.md's third section; UserError with the near ones."""
    from workers.domain.stages import offered

    offers = [str(status) for status in offered(setup) if status in SETTABLE]
    if wanted not in offers:
        kind = f"{setup.type.label.lower()} study" if setup.type else "study never configured"
        said = f"{wanted} is no status of this {kind}{hint(wanted, offers)}"
        raise UserError(f"{said} Its setup offers {few(offers)}. --force sets it all the same.")
