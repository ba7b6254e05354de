"""What the pages show, read from the database: studies, one study, one person. Writes nothing."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.codec import decode_signal
from schemas.signals import StudyConfigured
from schemas.vocabulary import Stage, Status, StudyType
from workers.cli import _contact, _history
from workers.cli.errors import UserError
from workers.cli.explain import story_of
from workers.domain.charts import chart
from workers.domain.progress import PLAIN, Progress, progress
from workers.domain.setups import UNCONFIGURED, Setup
from workers.domain.stages import stage
from workers.store import reading
from workers.store.boards import Participant
from workers.store.progress import sums
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
class Glance:
    """A study in a list."""

    study_id: str
    says: str
    people: int
    by_stage: tuple[tuple[Stage, int], ...]


@dataclass(frozen=True, slots=True)
class Column:
    """A stage of the board: how many are there, and the latest of them."""

    stage: Stage
    people: int
    listed: tuple[Participant, ...]

    @property
    def more(self) -> int:
        """How many are not listed."""
        return self.people - len(self.listed)


@dataclass(frozen=True, slots=True)
class Board:
    """One study: its setup, its columns, its progress."""

    study_id: str
    setup: Setup
    says: str
    columns: tuple[Column, ...]
    counts: dict[str, int]
    progress: Progress

    @property
    def people(self) -> int:
        """Everybody in the study."""
        return sum(self.counts.values())

    @property
    def figures(self) -> list[tuple[str, int]]:
        """The study's progress: what concerns its type, and whatever happened all the same."""
        wanted = FIGURES.get(self.setup.type, ()) if self.setup.type else ()
        told = [(name, getattr(self.progress, name)) for name in PLAIN]
        figures = [(name, n) for name, n in told if n or name == "invited" or name in wanted]
        limit = self.setup.participation_limit
        said = [(name.replace("_", " ").capitalize(), n) for name, n in figures if name != "added"]
        return said if limit is None else [*said, ("Limit", limit)]

    def stage_of(self, status: Status) -> Stage:
        """The column of a status in this study."""
        return stage(status, self.setup)

    @property
    def drawing(self) -> Drawing:
        """Its flow chart with the counts; of an unconfigured study what every study has."""
        return draw(chart(self.setup), self.counts)


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


async def glances(connection: AsyncConnection, workspace_id: str) -> list[Glance]:
    """Every study of a workspace with its seven counts."""
    found = []
    for study_id in await reading.studies(connection, workspace_id):
        study = await reading.study(connection, workspace_id, study_id, most=0)
        counts = by_status(study)
        found.append(
            Glance(study_id, said(setup_of(study), study), sum(counts.values()), stages(study))
        )
    return found


async def board(connection: AsyncConnection, workspace_id: str, study_id: str) -> Board:
    """One study as a board. Raises Missing."""
    study = await reading.study(connection, workspace_id, study_id, most=LISTED)
    if not study.is_known:
        raise Missing(f"There is no study {study_id!r} in {workspace_id}.")
    setup = setup_of(study)
    columns = tuple(
        Column(column, people, tuple(one for one in study.participants if one.stage == column))
        for column, people in stages(study)
    )
    counted = await sums(connection, [(workspace_id, study_id)])
    shown_so_far = progress(setup, counted.values())
    return Board(study_id, setup, said(setup, study), columns, by_status(study), shown_so_far)


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


def setup_of(study: reading.Study) -> Setup:
    """The study's newest setup."""
    if study.setup is None:
        return UNCONFIGURED
    signal = decode_signal(json.dumps(study.setup).encode())
    return Setup.of(signal) if isinstance(signal, StudyConfigured) else UNCONFIGURED


def stages(study: reading.Study) -> tuple[tuple[Stage, int], ...]:
    """The seven stages in order, with how many are there."""
    counts: Counter[str] = Counter()
    for (column, _), number in study.counts.items():
        counts[column] += number
    return tuple((column, counts[column]) for column in Stage)


def by_status(study: reading.Study) -> dict[str, int]:
    """How many have each status, in the order of the statuses; zeros left out."""
    counts: Counter[str] = Counter()
    for (_, status), number in study.counts.items():
        counts[status] += number
    return {str(status): counts[status] for status in Status if counts[status]}


def said(setup: Setup, study: reading.Study) -> str:
    """The setup in a few words."""
    if study.setup is None or setup.type is None:
        return "never configured"
    words: list[Any] = [setup.type.label]
    words += ["screener"] * setup.screener + ["incentive"] * setup.incentive
    if setup.participation_limit is not None:
        words.append(f"limit {setup.participation_limit}")
    return ", ".join(map(str, words))
