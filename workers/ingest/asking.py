"""Asks the database who is meant by a batch of questions, in a few statements."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from workers.ingest.fitting import Participation
from workers.ingest.lessons import Teacher, Whose
from workers.ingest.questions import Question
from workers.ingest.resolve import (
    Answer,
    Found,
    Linked,
    answer,
    asks_participations,
    person_of,
    study_by_link,
)
from workers.store import resolving
from workers.store.resolving import Link


async def answers(
    connection: AsyncConnection, questions: Sequence[Question], teacher: Teacher
) -> list[Answer]:
    """The answer to each question, in their order."""
    if not questions:
        return []
    found = await _found(connection, questions)
    whose = [_participant(question, found) for question in questions]
    known = await _participations(connection, {one for one in whose if one}, teacher)
    found = Found(found.links, found.addresses, known)
    return [answer(question, found) for question in questions]


def learned(question: Question, found: Answer, teacher: Teacher) -> Iterable[Link]:
    """What an answered question teaches in turn: its ids are now known to be that person's."""
    if found.wants or not found.person_id or question.waits or question.body.get("unverified"):
        return ()
    whose = Whose(question.workspace_id, found.person_id, found.study_id or "")
    purpose = found.purpose or question.body.get("purpose")
    return teacher.of_references(whose, question.links, purpose)


async def _found(connection: AsyncConnection, questions: Iterable[Question]) -> Found:
    links = list(dict.fromkeys(
        (one.workspace_id, kind, id_) for one in questions for kind, id_ in one.links
    ))  # fmt: skip
    mailboxes = list(dict.fromkeys(
        (one.workspace_id, keys)
        for one in questions
        for keys in (*one.emails, *([one.keys] if one.keys else []))
    ))  # fmt: skip
    linked, addressed = defaultdict(list), defaultdict(list)
    for n, *told in await resolving.linked(connection, links):
        linked[links[n]].append(Linked(*told))
    for n, key, person in await resolving.addressed(connection, mailboxes):
        addressed[mailboxes[n]].append((key, person))
    return Found(linked, addressed)


def _participant(question: Question, found: Found) -> tuple[str, str] | None:
    """(workspace, person) of whom the participations may tell the study."""
    person_id = person_of(question, found)
    study_id = study_by_link(question, person_id, found)
    asks = asks_participations(question, person_id, study_id)
    return (question.workspace_id, person_id) if asks and person_id else None


async def _participations(
    connection: AsyncConnection, people: Iterable[tuple[str, str]], teacher: Teacher
) -> dict[tuple[str, str], list[Participation]]:
    keys = sorted(people)
    rows: Any = await resolving.participations(
        connection, [(teacher.shard(*one), *one) for one in keys]
    )
    known = defaultdict(list)
    for n, *told in rows:
        known[keys[n]].append(Participation(*told))
    return known
