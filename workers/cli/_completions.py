"""An export's responses, matched with a study's participants; never shows an address."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid5

from schemas.fields import format_instant
from schemas.signals import OfParticipant, ScreenerSubmitted, SurveyCompleted, kind_of
from schemas.vocabulary import ScreenerResult, Status
from workers.cli._acting import NAMESPACE
from workers.cli._export import Row
from workers.cli._updates import Case, Leave, Tell
from workers.domain.transitions import REWARD, SCREENING

if TYPE_CHECKING:
    from workers.ingest.addresses import AddressKeys
    from workers.store.contacts import Place

AHEAD = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Matched:
    """Whose responses they are; the lines of those that are nobody's, or of several people's."""

    rows: Mapping[str, Row]
    """person -> the first response of theirs."""
    repeated: int
    unknown: Sequence[int]
    ambiguous: Sequence[int]


async def match(place: "Place", study_id: str, rows: Sequence[Row], keys: "AddressKeys") -> Matched:
    """Each response by its person's id, or else by the key of its address."""
    ids = {row.line: _person(row, study_id) for row in rows}
    owners = await _owners(place, [row for row in rows if ids[row.line] is None], keys)
    candidates = {
        row.line: {p} if (p := ids[row.line]) else owners.get(row.line, set()) for row in rows
    }
    known = await _known(place, study_id, candidates.values())
    told: dict[str, Row] = {}
    unknown, ambiguous, repeated = list[int](), list[int](), 0
    for row in sorted(rows, key=_order):
        fitting = candidates[row.line] & known
        if len(fitting) != 1:
            (ambiguous if fitting else unknown).append(row.line)
        elif (person_id := fitting.pop()) in told:
            repeated += 1
        else:
            told[person_id] = row
    return Matched(told, repeated, sorted(unknown), sorted(ambiguous))


def _person(row: Row, study_id: str) -> str | None:
    """The id, also where it is told as study/person."""
    if row.person is None:
        return None
    return row.person.removeprefix(f"{study_id}/")


def _order(row: Row) -> tuple[str, int]:
    """A completion is the first one; those without a time are last."""
    return (format_instant(row.time) if row.time else "~", row.line)


async def _owners(place: "Place", rows: Sequence[Row], keys: "AddressKeys") -> dict[int, set[str]]:
    from workers.store import matching

    wanted = {row.line: keys.every(place.workspace_id, row.email) for row in rows if row.email}
    flat = list(dict.fromkeys(key for some in wanted.values() for key in some))
    found = await matching.owners(place, flat)
    return {
        line: {person for key in some for person in found.get(key, ())}
        for line, some in wanted.items()
    }


async def _known(place: "Place", study_id: str, candidates: Iterable[set[str]]) -> set[str]:
    from workers.store import matching

    people = list(dict.fromkeys(person for some in candidates for person in some))
    return await matching.in_study(place, study_id, people)


def decide(case: Case, row: Row, result: ScreenerResult) -> Tell | Leave:
    """What a response tells of its participant; why nothing, where it was told already."""
    participant = case.participant
    if participant is None:
        return Leave("not in the study", is_mistake=True)
    if row.time is not None and row.time > case.now + AHEAD:
        return Leave(f"line {row.line}: its time is still to come", is_mistake=True)
    status = participant.status
    if status is Status.SCREENER_STARTED:
        return _told(ScreenerSubmitted, case, row, {"result": result})
    if participant.survey_completed_at is not None or status in SCREENING:
        return Leave(f"already done: {status}")
    if status in COUNTABLE:
        return _told(SurveyCompleted, case, row, {"response_id": row.response})
    return Leave(f"not at a started survey or screener: {status}")


COUNTABLE = REWARD | {Status.SURVEY_STARTED, Status.SURVEY_COMPLETED}
"""Who has started, and who was put further by hand: that counts only now."""


def _told(kind: type[OfParticipant], case: Case, row: Row, more: Mapping[str, Any]) -> Tell:
    """Its id is made of what the file says of the person: told again, it is the same."""
    of = [kind_of(kind), case.workspace_id, case.study_id, case.person_id]
    event = row.response or (format_instant(row.time) if row.time else "")
    fields = {"id": f"pstatus:{uuid5(NAMESPACE, json.dumps([*of, event]))}", **more}
    return Tell(kind, fields | ({"occurred_at": row.time} if row.time else {}))
