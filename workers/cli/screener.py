"""`pstatus screener review`: a researcher's verdict on screeners; tells signals, writes nothing."""

from typing import Annotated

import typer

from schemas.signals import ScreenerReviewed
from schemas.vocabulary import ScreenerResult
from workers.cli._acting import PATIENCE, By, How, Note, Within, Yes
from workers.cli._reading import word
from workers.cli._updates import DryRun, Study, Tell, Update, update
from workers.cli._whom import File, Whom, somebody, whom
from workers.cli.options import Json, Workspace

VERDICTS = (ScreenerResult.QUALIFIED, ScreenerResult.NOT_QUALIFIED)
Reviewed = Annotated[
    list[str],
    typer.Argument(
        metavar="PERSON... VERDICT",
        help="Ids of people (- reads them from standard input), then qualified or not-qualified.",
    ),
]
From = Annotated[
    list[str] | None,
    typer.Option("--from-status", help="Without ids: who has this status; repeatable."),
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    made = typer.Typer(no_args_is_help=True, help="Screeners, as researchers judge them.")
    made.command("review")(review)
    app.add_typer(made, name="screener")


def review(
    told: Reviewed,
    *,
    study: Study,
    by: By,
    file: File = None,
    from_status: From = None,
    note: Note = None,
    yes: Yes = False,
    dry_run: DryRun = False,
    timeout: Within = PATIENCE,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Say who is qualified and who is not, after looking at their answers.

    Moves only who is at a screener's status. Shows first what would happen, and asks.
    """
    *people, verdict = told
    result = ScreenerResult(word(verdict, VERDICTS, "verdict (it stands last)"))
    how = How(
        by=by, note=note, workspace=workspace, is_sure=yes, only_preview=dry_run,
        as_json=as_json, within=timeout,
    )  # fmt: skip
    what = Update(
        study_id=study,
        decide=lambda case: Tell(ScreenerReviewed, {"result": result}),
        may_join=False,
    )
    update(what, _meant(people, file, study, from_status), how)


def _meant(people: list[str], file: File, study: str, statuses: From) -> Whom:
    meant = whom(people, file, study, statuses, study_is_told=True)
    return somebody(meant, ways=" or --from-status X")
