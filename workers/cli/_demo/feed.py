"""The story as raw records in the order in which they arrive. Pure: the clock is an argument.

They arrive as in life: mail events in arrays, some late, some out of order, some twice, and a few
that nobody can use.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from json import dumps
from typing import Any

from schemas.fields import format_instant
from schemas.webhooks import CONTENT_TYPE, PROVIDER, RECEIVED_AT, WORKSPACE_ID
from workers.cli._demo.bodies import Raw, When, Who, mail, signal
from workers.cli._demo.story import (
    INTERVIEWS,
    RULES,
    SPREAD,
    STUDIES,
    SURVEY,
    TODAY,
    WAYS,
    Step,
    Way,
)

PAST = timedelta(hours=20)
"""How long ago the story begins."""
WINDOW = 0.012
"""The part of the story whose mail events come in one array."""
LATE, AGAIN = 0.025, 0.03
JSON_BODY, TARGET = "application/json", "text/plain"


@dataclass(frozen=True, slots=True)
class Happening:
    """A body that arrives at a place of the story, of what happened at another one."""

    at: float
    happened: float
    raw: Raw


@dataclass(frozen=True, slots=True)
class Post:
    """A raw record, and the place of the story at which it is put on its topic."""

    at: float
    topic: str
    headers: tuple[tuple[str, bytes], ...]
    value: bytes


def feed(begun_at: datetime, *, seconds: float, workspace_id: str) -> list[Post]:
    """Everything that arrives, in order, for a story that takes so many seconds from now."""
    when = time_line(begun_at, seconds)
    told = [*_as_in_life([*_opening(when), *_mail(_lives(when))]), *_noise(when)]
    return [_post(one, when, workspace_id) for one in sorted(told, key=lambda one: one.at)]


def time_line(begun_at: datetime, seconds: float) -> When:
    """A place of the story -> its moment: the past day up to TODAY, from there on as it runs."""

    def when(place: float) -> datetime:
        at = begun_at + timedelta(seconds=place * seconds) - max(0.0, 1 - place / TODAY) * PAST
        return at.replace(microsecond=at.microsecond // 1000 * 1000)

    return when


def people() -> Iterator[tuple[Way, str, float]]:
    """Everybody: their way, their id, and how far behind the first of their study they are."""
    places: dict[str, int] = defaultdict(int)
    size = {study: sum(w.people for w in WAYS if w.study_id == study) for study in STUDIES}
    everybody = [way for way in WAYS for _ in range(way.people)]
    for number, way in enumerate(everybody, start=1):
        place = places[way.study_id] * 7 % size[way.study_id]  # the ways of a study mix
        places[way.study_id] += 1
        yield way, f"p{number:02}", SPREAD * place / size[way.study_id]


def _opening(when: When) -> Iterator[Happening]:
    """The product tells of studies, rules, people, and whom researchers have added."""
    yield _from_product(0.0, [*map(_setup, STUDIES), _policy()], when)
    everybody = list(people())
    yield _from_product(0.004, [_known(person_id) for _, person_id, _ in everybody], when)
    for number, study_id in enumerate(STUDIES):
        added = [
            signal("participant.added")(Who(person_id, study_id), when(0.0), when).payload
            for way, person_id, _ in everybody
            if way.study_id == study_id and way.listed
        ]
        yield _from_product(0.008 + number * 0.004, added, when)


def _from_product(at: float, told: Sequence[dict[str, Any]], when: When) -> Happening:
    frame = {"occurred_at": format_instant(when(0.0))}
    return Happening(at, at, Raw("webhooks.product", "standard", [frame | one for one in told]))


def _setup(study_id: str) -> dict[str, Any]:
    told = {"id": f"demo:setup:{study_id}", "kind": "study.configured", "study_id": study_id}
    return told | STUDIES[study_id] | {"participation_limit": None}


def _policy() -> dict[str, Any]:
    return {"id": "demo:policy", "kind": "policy.configured", "rules": RULES, "timezone": "UTC"}


def _known(person_id: str) -> dict[str, Any]:
    address = Who(person_id, "").address
    told = {"id": f"demo:person:{person_id}", "kind": "person.updated"}
    return told | {"person_id": person_id, "emails": [address]}


def _lives(when: When) -> Iterator[Happening]:
    for way, person_id, behind in people():
        who = Who(person_id, way.study_id)
        for step in way.steps:
            yield _happening(step, who, behind, when)
        if way.also_in:
            joined = Step(0.86, signal("participant.added"))
            yield _happening(joined, Who(person_id, way.also_in), behind, when)


def _happening(step: Step, who: Who, behind: float, when: When) -> Happening:
    happened = (step.at if step.happened is None else step.happened) + behind
    raw = step.tell(who, when(happened), lambda place: when(place + behind))
    return Happening(step.at + behind, happened, raw)


def _mail(happenings: Iterable[Happening]) -> Iterator[Happening]:
    """Mail events of a window become one array; every other one is out of order."""
    windows: dict[int, list[Happening]] = defaultdict(list)
    for one in happenings:
        if one.raw.provider == "sendgrid":
            windows[int(one.at / WINDOW)].append(one)
        else:
            yield one
    for window, events in sorted(windows.items()):
        array = [one.raw.payload for one in sorted(events, key=lambda one: one.at)]
        array = array[::-1] if window % 2 else array
        at = (window + 1) * WINDOW
        yield Happening(at, at, replace(events[0].raw, payload=array))


def _as_in_life(happenings: Iterable[Happening]) -> Iterator[Happening]:
    """Some come late, some twice."""
    for number, one in enumerate(happenings):
        yield replace(one, at=one.at + LATE) if number % 9 == 4 else one
        if number % 8 == 5:
            yield replace(one, at=one.at + AGAIN)


def _noise(when: When) -> Iterator[Happening]:
    """What nobody can use, and an array of which one element is good."""
    nobody = {"event_type": "form_response", "form_response": {"token": "t0", "hidden": {}}}
    later = {"id": "demo:later", "kind": "participant.added", "person_id": "p01"}
    tomorrow = format_instant(when(1.0) + timedelta(days=1))
    opened = mail("open", "survey")(Who("p40", SURVEY), when(0.41), when).payload
    flagged = {"resource": {"id": "r0", "type": "rewards"}}
    for at, topic, provider, payload in (
        (0.22, "survey", "typeform", '{"event_id": "LtWXD3crgy", "form_resp'),
        (0.3, "incentive", "tremendous", {"event": "REWARDS.FLAGGED", "payload": flagged}),
        (0.42, "email", "sendgrid", [opened, {"event": "delivered", "timestamp": "yesterday"}]),
        (0.47, "survey", "handmade", {"who": "p03", "done": True}),
        (0.56, "survey", "typeform", nobody),
        (0.63, "scheduler", "calendly", {"event": "invitee.pondered", "payload": {}}),
        (0.7, "product", "standard",
         later | {"study_id": INTERVIEWS, "occurred_at": tomorrow}),
    ):  # fmt: skip
        yield Happening(at, at, Raw(f"webhooks.{topic}", provider, payload))


def _post(happening: Happening, when: When, workspace_id: str) -> Post:
    raw = happening.raw
    is_text = isinstance(raw.payload, str)
    received = happening.happened if raw.provider == "redirect" else happening.at
    headers = {
        PROVIDER: raw.provider,
        WORKSPACE_ID: workspace_id,
        RECEIVED_AT: format_instant(when(received)),
        CONTENT_TYPE: TARGET if raw.provider == "redirect" else JSON_BODY,
    }
    value = raw.payload if is_text else dumps(raw.payload)
    told = tuple((name, text.encode()) for name, text in headers.items())
    return Post(happening.at, raw.topic, told, value.encode())
