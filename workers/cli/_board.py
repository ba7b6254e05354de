"""A study's board: what it knows, and how it is drawn in a terminal; only reads."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from schemas.fields import format_instant
from schemas.vocabulary import Stage, Status
from workers.cli._reading import hint, moment
from workers.cli.errors import UserError

if TYPE_CHECKING:
    from rich.table import Table
    from sqlalchemy.ext.asyncio import AsyncConnection

    from workers.domain.progress import Progress
    from workers.store.boards import Participant, Wanted
    from workers.store.reading import Study

STATUS_WIDTH = max(map(len, Status))
NEWEST = 5
BAR = 24
SETUP = ("type", "screener", "incentive", "participation_limit")
COUNTS = {
    "invited": "invited",
    "interviews_booked": "booked",
    "interviews_completed": "interviews completed",
    "surveys_completed": "surveys completed",
    "tests_completed": "tests completed",
    "incentives_sent": "incentives sent",
    "incentives_claimed": "claimed",
}


@dataclass(frozen=True, slots=True)
class Filters:
    """Who is listed; the counts are always the whole study's."""

    statuses: Sequence[str]
    stages: Sequence[str]
    contacts: Sequence[str]

    @property
    def narrow(self) -> bool:
        """Whether anything is filtered."""
        return bool(self.statuses or self.stages or self.contacts)


@dataclass(frozen=True, slots=True)
class Board:
    """One study at one moment."""

    workspace_id: str
    study: "Study"
    newest: Sequence[tuple["Participant", str | None, str]]
    """The latest changes: whose, from which status, and the kind of signal that made them."""

    @property
    def progress(self) -> "Progress":
        """What the study counts."""
        return self.study.progress

    @property
    def by_stage(self) -> dict[str, int]:
        """The seven stages in order, with how many stand there."""
        return {str(stage): self.progress.by_stage.get(stage, 0) for stage in Stage}


async def look(
    connection: "AsyncConnection", workspace_id: str, study_id: str, filters: Filters, most: int
) -> Board:
    """The board now; UserError, with the near ones, for a study that there is not."""
    from workers.store import reading

    found = await reading.study(
        connection, workspace_id, study_id, most=most,
        statuses=filters.statuses, stages=filters.stages, contacts=filters.contacts,
    )  # fmt: skip
    if not found.is_known:
        others = await reading.studies(connection, workspace_id)
        raise UserError(f"There is no study {study_id!r} in {workspace_id}{hint(study_id, others)}")
    whom = wanted((workspace_id, study_id), found)
    return Board(workspace_id, found, await _newest(connection, whom))


def wanted(key: tuple[str, str], study: "Study", filters: Filters | None = None) -> "Wanted":
    """Whom to list, as the store takes it."""
    from workers.store import boards

    setup = study.setup
    if filters is None:
        return boards.Wanted(*key, setup, boards.statuses_of(setup, (), ()))
    statuses = boards.statuses_of(setup, filters.statuses, filters.stages)
    return boards.Wanted(*key, setup, statuses, filters.contacts)


async def _newest(
    connection: "AsyncConnection", whom: "Wanted"
) -> list[tuple["Participant", str | None, str]]:
    from workers.store import boards

    listed = await boards.latest(connection, whom, NEWEST)
    listed.sort(key=lambda one: one.since, reverse=True)
    told = await boards.prior(connection, whom, [one.person_id for one in listed[:NEWEST]])
    return [(one, *told.get(one.person_id, (None, ""))) for one in listed[:NEWEST]]


def head(board: Board) -> str:
    """`s1 in w1: interview, 4 participants, screener, incentive, limit 8`."""
    from rich.markup import escape

    study = board.study
    return f"[bold]{escape(study.study_id)}[/] in {escape(board.workspace_id)}: {described(study)}"


def described(study: "Study") -> str:
    """Type, participants and setup in words."""
    people, setup = study.progress.added, study.setup
    said = f"{people:,} participant" + ("s" if people != 1 else "")
    if study.body is None or setup.type is None:
        return f"{said}, never configured"
    words = [setup.type.replace("_", " "), said]
    words += ["screener"] * setup.screener + ["incentive"] * setup.incentive
    if setup.participation_limit:
        words.append(f"limit {setup.participation_limit:,}")
    return ", ".join(words)


def columns(board: Board) -> "Table":
    """The seven stages with their counts."""
    from rich.table import Table

    counts = Table(*(stage.label for stage in Stage))
    counts.add_row(*(str(number) for number in board.by_stage.values()))
    return counts


def counted(board: Board) -> Iterator[str]:
    """What records count, and how far that is to the limit."""
    said = [f"{n} {what}" for name, what in COUNTS.items() if (n := getattr(board.progress, name))]
    if said:
        yield "Counted: " + ", ".join(said)
    if line := limit_said(board):
        yield line


def limit_said(board: Board) -> str | None:
    """`Limit: ████░░░░ 12 of 20`."""
    from workers.domain.progress import OWN_COUNT

    setup = board.study.setup
    if not setup.participation_limit or setup.type is None:
        return None
    done, limit = getattr(board.progress, OWN_COUNT[setup.type]), setup.participation_limit
    full = min(BAR, BAR * done // limit)
    reached = ", reached" if board.progress.limit_reached else ""
    return f"Limit: {'█' * full}{'░' * (BAR - full)} {done} of {limit}{reached}"


def newest(board: Board, now: datetime) -> Iterator[str]:
    """The latest changes, a line each."""
    from rich.markup import escape

    for one, prior, kind in board.newest:
        was = f" was {prior}" if prior else ""
        by = f" by {kind}" if kind else ""
        said = f"{escape(one.person_id)} {one.status}[dim]{was}{by}[/]"
        yield f"  [dim]{moment(one.since, now)}[/] {said}"


def people(board: Board, now: datetime, *, narrow: bool) -> Iterator[str]:
    """Who is listed, by stage, the latest first."""
    listed = board.study.participants
    wide = max((len(one.person_id) for one in listed), default=0)
    for stage in Stage:
        here = [one for one in listed if one.stage == stage]
        if here:
            yield f"[bold]{stage.label}[/]"
            yield from (_line(one, wide, now) for one in here)
            rest = board.by_stage[stage] - len(here)
            if rest > 0 and not narrow:
                yield f"  ... and {rest} more (--limit)"
    if not listed:
        yield "Nobody fits."


def _line(participant: "Participant", wide: int, now: datetime) -> str:
    from rich.markup import escape

    person = escape(participant.person_id.ljust(wide))
    return f"  {person}  {participant.status:<{STATUS_WIDTH}}  {moment(participant.since, now)}"


def as_json(board: Board) -> dict[str, Any]:
    """All but the participants, for programs."""
    body = board.study.body
    return {
        "workspace_id": board.workspace_id,
        "study_id": board.study.study_id,
        "setup": {name: body.get(name) for name in SETUP} if body else None,
        "by_stage": board.by_stage,
        "by_status": {
            str(status): n for status in Status if (n := board.progress.by_status.get(status))
        },
        "progress": progress_json(board.progress),
        "newest": [
            {**participant_json(one), "prior_status": prior, "kind": kind}
            for one, prior, kind in board.newest
        ],
    }


def progress_json(progress: "Progress") -> Mapping[str, Any]:
    """What records count, and whether the limit is reached."""
    names = ("added", *COUNTS, "limit_reached")
    return {name: getattr(progress, name) for name in names}


def participant_json(participant: "Participant") -> dict[str, Any]:
    """One participant for programs."""
    return {
        "person_id": participant.person_id,
        "status": participant.status,
        "stage": participant.stage,
        "since": format_instant(participant.since),
        "sequence": participant.sequence,
    }
