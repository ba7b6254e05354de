"""`pstatus booking`: what became of an interview, told by hand; tells signals, writes nothing."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any

import typer

from schemas.signals import (
    BookingCanceled,
    BookingCompleted,
    BookingNoShow,
    BookingNoShowUndone,
    OfParticipant,
)
from schemas.vocabulary import BookingState, Canceler
from workers.cli._acting import PATIENCE, How, Note, Within, Yes
from workers.cli._reading import word
from workers.cli._records import Which, meant
from workers.cli._updates import Case, DryRun, Leave, Study, Tell, Update, update
from workers.cli._whom import File, People, Whom, somebody, whom
from workers.cli.options import Json, Workspace

B = BookingState
MARKS: dict[str, tuple[type[OfParticipant], tuple[BookingState, ...], str]] = {
    "no-show": (BookingNoShow, (B.AHEAD, B.COMPLETED), "Say that participants did not come."),
    "no-show-undo": (BookingNoShowUndone, (B.NO_SHOW,), "Take a no-show back: it was a mistake."),
    "complete": (BookingCompleted, (B.AHEAD,), "Say that an interview took place."),
}
"""command -> what it tells, of a booking in which states, and its help"""
MORE = " Shows first what would happen, and asks."
Canceled = Annotated[
    str, typer.Option("--by", help="Who canceled: host or participant.", show_default=False)
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    made = typer.Typer(no_args_is_help=True, help="What became of an interview, told by hand.")
    made.command("cancel")(cancel)
    for name, (kind, states, says) in MARKS.items():
        made.command(name)(_marking(kind, states, says + MORE))
    app.add_typer(made, name="booking")


def cancel(
    people: People = None,
    *,
    study: Study,
    by: Canceled,
    booking: Which = None,
    file: File = None,
    note: Note = None,
    yes: Yes = False,
    dry_run: DryRun = False,
    timeout: Within = PATIENCE,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Cancel an interview that is ahead. Shows first what would happen, and asks."""
    canceler = Canceler(word(by, Canceler, "one who cancels"))
    how = How(
        by="", note=note, workspace=workspace, is_sure=yes, only_preview=dry_run,
        as_json=as_json, within=timeout,
    )  # fmt: skip
    more = {"by": canceler}
    tell(BookingCanceled, (B.AHEAD,), _asked(people, file, study), how, booking=booking, more=more)


def _marking(
    kind: type[OfParticipant], states: tuple[BookingState, ...], says: str
) -> Callable[..., None]:
    def mark(
        people: People = None,
        *,
        study: Study,
        booking: Which = None,
        file: File = None,
        note: Note = None,
        yes: Yes = False,
        dry_run: DryRun = False,
        timeout: Within = PATIENCE,
        workspace: Workspace = None,
        as_json: Json = False,
    ) -> None:
        how = How(
            by="", note=note, workspace=workspace, is_sure=yes, only_preview=dry_run,
            as_json=as_json, within=timeout,
        )  # fmt: skip
        tell(kind, states, _asked(people, file, study), how, booking=booking, more={})

    mark.__doc__ = says
    return mark


def _asked(people: People, file: File, study: str) -> Whom:
    return somebody(whom(people, file, study, None, study_is_told=True))


def tell(
    kind: type[OfParticipant],
    states: tuple[BookingState, ...],
    asked: Whom,
    how: How,
    *,
    booking: str | None,
    more: Mapping[str, Any],
) -> None:
    """Tell this of each person's booking that is in one of these states."""

    def decide(case: Case) -> Tell | Leave:
        known = case.participant.bookings if case.participant else {}
        found = meant(known, states, booking, "booking")
        return found if isinstance(found, Leave) else Tell(kind, {"booking_id": found, **more})

    update(Update(study_id=str(asked.study_id), decide=decide, may_join=False), asked, how)
