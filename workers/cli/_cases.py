"""Cases of `pstatus simulate`: one JSON line in, one JSON line out; a public contract."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from json import dumps, loads
from typing import Any

from schemas.changes import PersonChange, Reason
from schemas.codec import Refused, encode_change, signal_from
from schemas.fields import format_instant, parse_instant
from schemas.signals import PolicyConfigured, Signal, StudyConfigured
from schemas.vocabulary import DeadLetterClass
from workers.domain.progress import Progress
from workers.domain.setups import Policy, Setup, World
from workers.domain.simulation import Arrival, Case, Ending, play, settle

EARLY = timedelta(minutes=5)
"""How far ahead of its receipt a signal may be dated."""
UNNAMED = "case"
"""The workspace of a case that does not name one."""
BEGINNING = datetime.min.replace(tzinfo=UTC)
Json = dict[str, Any]


class NoCase(Exception):
    """This line is no case; the message says why."""


@dataclass(frozen=True, slots=True)
class Told:
    """A case as it was told: what to simulate, and what was refused."""

    name: Any
    workspace_id: str | None
    case: Case
    refused: list[Json]


def simulate(line: str, *, changes: bool) -> str:
    """The answer to one line, as one line; NoCase if the line is none."""
    told = parse(line)
    ending = play(told.case) if changes else settle(told.case)
    answer = _answer(told, ending)
    if changes:
        answer["changes"] = [_change(change, told.workspace_id) for change in ending.changes]
    return _line(answer)


def _line(answer: Json) -> str:
    """One line; half characters, which no UTF-8 can carry, stay escaped."""
    line = dumps(answer, ensure_ascii=False, separators=(",", ":"))
    try:
        line.encode()
    except UnicodeEncodeError:
        return dumps(answer, separators=(",", ":"))
    return line


def parse(line: str) -> Told:
    """The case on a line; NoCase if there is none."""
    try:
        told = loads(line)
    except (ValueError, RecursionError):
        raise NoCase("not JSON") from None
    if not isinstance(told, dict):
        raise NoCase("not a JSON object")
    now = _instant(told, "now")
    workspace_id = _workspace(told)
    arrivals, refused = _arrivals(_list(told, "signals"), workspace_id or UNNAMED)
    case = Case(now, _world(told), tuple(a for a in arrivals if a.received_at <= now))
    answers = [{"id": i, "class": letter} for at, i, letter in refused if at <= now]
    return Told(told.get("name"), workspace_id, case, answers)


def _list(told: Json, name: str) -> list[Any]:
    value = told.get(name)
    if value is None and name != "signals":
        return []
    if not isinstance(value, list):
        raise NoCase(f"{name} must be a list")
    return value


def _instant(told: Json, name: str) -> datetime:
    try:
        return parse_instant(told.get(name))
    except ValueError as error:
        raise NoCase(f"{name}: {error}") from None


def _workspace(told: Json) -> str | None:
    """One case is one workspace: the one of the case, or of the first signal that names one."""
    named = [told, *(s for s in _list(told, "signals") if isinstance(s, dict))]
    return next((w for s in named if isinstance(w := s.get("workspace_id"), str)), None)


def _world(told: Json) -> World:
    setups = dict(_setup(study) for study in _list(told, "studies"))
    rules, timezone = _list(told, "policy"), told.get("timezone") or "UTC"
    policy = _configuration("policy", "policy.configured", rules=rules, timezone=timezone)
    assert isinstance(policy, PolicyConfigured)  # noqa: S101  the kind says so
    return World(setups, Policy.of(policy))


def _setup(study: Any) -> tuple[str, Setup]:
    if not isinstance(study, dict):
        raise NoCase("studies: a study must be an object")
    fields = {"screener": False, "incentive": False, "participation_limit": None} | {
        name: value for name, value in study.items() if value is not None
    }
    typeless = fields.get("type") is None
    told = _configuration(
        "studies",
        "study.configured",
        **fields | {"study_id": study.get("id"), "type": fields.get("type", "survey")},
    )
    assert isinstance(told, StudyConfigured)  # noqa: S101  the kind says so
    setup = Setup.of(told)
    if typeless:
        setup = Setup(None, setup.screener, setup.incentive, setup.participation_limit)
    return told.study_id, setup


def _configuration(place: str, kind: str, **fields: Any) -> Signal:
    frame = {
        "id": place,
        "kind": kind,
        "workspace_id": UNNAMED,
        "occurred_at": "2000-01-01T00:00:00Z",
    }
    try:
        return signal_from(fields | frame)
    except Refused as refused:
        raise NoCase(f"{place}: {refused.reason}") from None


Refusal = tuple[datetime, str | None, DeadLetterClass]


def _arrivals(told: list[Any], workspace_id: str) -> tuple[list[Arrival], list[Refusal]]:
    """The signals accepted and those refused, each alone, in the order of arrival."""
    arrivals: list[Arrival] = []
    refused: list[Refusal] = []
    received_at = BEGINNING
    for signal in told:
        received_at = _received_at(signal, received_at)
        try:
            arrivals.append(_arrival(signal, received_at, workspace_id))
        except Refused as refusal:
            refused.append((received_at, _id(signal), refusal.letter))
    return arrivals, refused


def _arrival(told: Any, received_at: datetime, workspace_id: str) -> Arrival:
    if not isinstance(told, dict):
        raise Refused(DeadLetterClass.INVALID_SCHEMA, "not an object")
    if told.get("received_at") is not None and _moment(told["received_at"]) is None:
        raise Refused(DeadLetterClass.INVALID_SCHEMA, "received_at: not a time in UTC")
    body = {name: value for name, value in told.items() if name != "received_at"}
    signal = signal_from({"workspace_id": workspace_id} | body)
    if signal.workspace_id != workspace_id:
        raise Refused(DeadLetterClass.INVALID_SCHEMA, "workspace_id: another than the case's")
    if signal.occurred_at - EARLY > received_at:
        raise Refused(DeadLetterClass.FROM_THE_FUTURE, "dated more than 5 minutes ahead")
    return Arrival(signal, received_at)


def _received_at(told: Any, previous: datetime) -> datetime:
    """By default the later of the signal's own time and the previous signal's receipt."""
    if not isinstance(told, dict):
        return previous
    if (received_at := _moment(told.get("received_at"))) is not None:
        return received_at
    occurred_at = _moment(told.get("occurred_at"))
    return max(occurred_at, previous) if occurred_at else previous


def _moment(told: Any) -> datetime | None:
    try:
        return parse_instant(told)
    except ValueError:
        return None


def _id(told: Any) -> str | None:
    named = told.get("id") if isinstance(told, dict) else None
    return named if isinstance(named, str) else None


def _answer(told: Told, ending: Ending) -> Json:
    return {
        "name": told.name,
        "participants": dict(sorted(_participants(ending).items())),
        "contacts": {person_id: _contact(ending, person_id) for person_id in ending.people},
        "progress": {study: _progress(p) for study, p in ending.progress().items()},
        "refused": told.refused,
    }


def _participants(ending: Ending) -> Json:
    return {
        f"{study_id}/{person_id}": {"status": shown.status, "stage": shown.stage}
        for person_id, (_, standing) in ending.people.items()
        for study_id, shown in standing.participants.items()
    }


def _contact(ending: Ending, person_id: str) -> Json:
    contact = ending.people[person_id][1].contact
    return {
        "status": contact.status,
        "until": format_instant(contact.until) if contact.until else None,
        "reasons": [_reason(reason) for reason in contact.reasons],
    }


def _reason(reason: Reason) -> Json:
    until = format_instant(reason.until) if reason.until else None
    return {
        "status": reason.status,
        "cause": reason.cause,
        "rule_id": reason.rule_id,
        "until": until,
    }


def _progress(progress: Progress) -> Json:
    return {
        name: dict(value) if isinstance(value, Mapping) else value
        for name in progress.__dataclass_fields__
        for value in [getattr(progress, name)]
    }


def _change(change: PersonChange, workspace_id: str | None) -> Json:
    told: Json = loads(encode_change(change))
    if workspace_id is None:
        del told["workspace_id"]
    return told
