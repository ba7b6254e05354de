"""What the pages show, read from the database: studies, one study, one person. Writes nothing."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.vocabulary import Stage, Status, StudyType
from workers.cli import _contact, _history
from workers.cli._board import described
from workers.cli.errors import UserError
from workers.cli.explain import story_of
from workers.domain.charts import chart
from workers.domain.progress import PLAIN
from workers.domain.stages import stage
from workers.store import reading
from workers.store.boards import Participant
from workers.web.drawing import Drawing, draw

FIGURES = {
    StudyType.INTERVIEW: ("interviews_booked", "interviews_completed"),
    StudyType.SURVEY: ("surveys_completed",),
    StudyType.UNMODERATED_TEST: ("tests_completed",),
}
LISTED = 12
"""Participants shown of each stage; the command line lists everybody."""


class Missing(Exception):
    """There is no such study or person; the message says so."""


@dataclass(frozen=True, slots=True)
class Column:
    """A stage of the board: how many are there, and the latest of them."""

    stage: Stage
    participants: int
    listed: tuple[Participant, ...]

    @property
    def more(self) -> int:
        """How many are not listed."""
        return self.participants - len(self.listed)


@dataclass(frozen=True, slots=True)
class Board:
    """One study as a page shows it."""

    study: reading.Study

    @property
    def says(self) -> str:
        """The study in a few words."""
        return described(self.study)

    @property
    def columns(self) -> list[Column]:
        """The seven stages."""
        counts, listed = self.study.progress.by_stage, self.study.participants
        return [
            Column(one, counts.get(one, 0), tuple(p for p in listed if p.stage == one))
            for one in Stage
        ]

    @property
    def figures(self) -> list[tuple[str, int]]:
        """The study's progress: what concerns its type, and whatever happened all the same."""
        setup, counted = self.study.setup, self.study.progress
        wanted = FIGURES.get(setup.type, ()) if setup.type else ()
        told = [(name, getattr(counted, name)) for name in PLAIN]
        figures = [(name, n) for name, n in told if n or name == "invited" or name in wanted]
        limit = setup.participation_limit
        said = [(name.replace("_", " ").capitalize(), n) for name, n in figures if name != "added"]
        return said if limit is None else [*said, ("Limit", limit)]

    @property
    def counts(self) -> list[tuple[Stage, Status, int]]:
        """How many have each status, in the order of the statuses; zeros left out."""
        study = self.study
        return [(stage(s, study.setup), s, n) for s, n in study.progress.by_status.items()]

    @property
    def drawing(self) -> Drawing:
        """Its flow chart with the counts; of an unconfigured study what every study has."""
        return draw(chart(self.study.setup), self.study.progress.by_status)


@dataclass(frozen=True, slots=True)
class Told:
    """One entry of a person's history, in lines; `at` is when it happened."""

    at: datetime
    head: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Person:
    """A person: contact status with its reasons, studies, and the explained history."""

    found: reading.Person
    reasons: tuple[str, ...]
    history: tuple[Told, ...]


async def board(connection: AsyncConnection, workspace_id: str, study_id: str) -> Board:
    """One study as a board. Raises Missing."""
    study = await reading.study(connection, workspace_id, study_id, most=LISTED)
    if not study.is_known:
        raise Missing(f"There is no study {study_id!r} in {workspace_id}.")
    return Board(study)


async def person(connection: AsyncConnection, workspace_id: str, person_id: str) -> Person:
    """One person, explained without notes, properties and addresses. Raises Missing."""
    found = await reading.person(connection, workspace_id, person_id)
    if isinstance(found, reading.Erased):
        raise Missing(f"The person {person_id!r} was erased.")
    if found is None:
        raise Missing(f"There is no person {person_id!r} in {workspace_id}.")
    try:
        story = await story_of(connection, workspace_id, person_id, None)
    except UserError as error:  # forgotten between two questions
        raise Missing(str(error)) from None
    contact = story.standing.contact
    reasons = _contact.lines(contact.reasons, story.world.policy, story.explanation.beginnings)
    blocks = [
        (entry.signal.occurred_at, _history.lines(entry, story.changes, with_notes=False))
        for entry in story.entries
    ]
    blocks += [(change.occurred_at, _history.other(change)) for change in story.others]
    history = [_told(at, block) for at, block in sorted(blocks, key=lambda block: block[0])]
    return Person(found, tuple(reasons), tuple(history))


def _told(at: datetime, block: Iterator[str]) -> Told:
    head, *lines = block
    _, _, what = head.strip().partition("  ")  # the time stands before it
    return Told(at, what, tuple(line.strip() for line in lines))
