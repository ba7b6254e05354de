"""The load: raw webhooks of people going through studies, as providers send them. Pure."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import islice
from json import dumps
from zlib import crc32

from schemas.fields import format_instant
from schemas.topics import RAW

EMAIL, SURVEY, SCHEDULER, *_ = (topic.name for topic in RAW)
WORKSPACE = "bench"
STUDIES = ("s1", "s2", "s3")


@dataclass(frozen=True, slots=True)
class Raw:
    """One raw record: its topic without prefix, its provider, whom it is about, its body."""

    topic: str
    provider: str
    person: str
    body: bytes

    @property
    def partition(self) -> int:
        """Integrations that key by person keep each person's webhooks in order."""
        return crc32(self.person.encode()) % 12

    @property
    def headers(self) -> list[tuple[str, bytes]]:
        """What an integration sets."""
        return [("provider", self.provider.encode()), ("workspace-id", WORKSPACE.encode())]


@dataclass(frozen=True, slots=True)
class Step:
    """One webhook about a participant: who, in which study, when."""

    person: str
    study: str
    at: datetime

    @property
    def name(self) -> str:
        """Unique among the steps of one kind."""
        return f"{self.study}-{self.person}"


def _mail(event: str, purpose: str) -> Callable[[Step], Raw]:
    def raw(step: Step) -> Raw:
        told = {
            "email": f"{step.person}@example.com",
            "timestamp": int(step.at.timestamp()),
            "smtp-id": f"<{step.name}@example.com>",
            "event": event,
            "category": ["study"],
            "sg_event_id": f"{event}-{purpose}-{step.name}",
            "sg_message_id": f"{purpose}-{step.name}.filter0001.16648.5515E0B88.0",
            "person_id": step.person,
            "study_id": step.study,
            "purpose": purpose,
        }
        return Raw(EMAIL, "sendgrid", step.person, dumps([told]).encode())

    return raw


def _screened(step: Step) -> Raw:
    told = {
        "event_id": f"e-{step.name}",
        "event_type": "form_response",
        "form_response": {
            "form_id": "Fm1",
            "token": f"t-{step.name}",
            "landed_at": format_instant(step.at - timedelta(minutes=3)),
            "submitted_at": format_instant(step.at),
            "hidden": {
                "person_id": step.person,
                "study_id": step.study,
                "purpose": "screener",
            },
            "answers": [{"type": "boolean", "boolean": True, "field": {"id": "f1"}}],
        },
    }
    return Raw(SURVEY, "typeform", step.person, dumps(told).encode())


def _booked(step: Step) -> Raw:
    event = f"https://api.calendly.com/scheduled_events/{step.name}"
    told = {
        "event": "invitee.created",
        "created_at": format_instant(step.at),
        "payload": {
            "uri": f"{event}/invitees/{step.name}",
            "event": event,
            "email": f"{step.person}@example.com",
            "status": "active",
            "rescheduled": False,
            "tracking": {
                "utm_source": "participant-status",
                "utm_content": step.person,
                "utm_campaign": step.study,
            },
            "scheduled_event": {
                "uri": event,
                "start_time": format_instant(step.at + timedelta(days=900)),
                "end_time": format_instant(step.at + timedelta(days=900, hours=1)),
                "event_type": "https://api.calendly.com/event_types/ET1",
            },
        },
    }
    return Raw(SCHEDULER, "calendly", step.person, dumps(told).encode())


def _redirect(outcome: str) -> Callable[[Step], Raw]:
    def raw(step: Step) -> Raw:
        target = (
            f"/r?person_id={step.person}&study_id={step.study}&outcome={outcome}"
            f"&response_id=R-{step.name}"
        )
        return Raw(SURVEY, "redirect", step.person, target.encode())

    return raw


def _canceled(step: Step) -> Raw:
    event = f"https://api.calendly.com/scheduled_events/{step.name}"
    told = {
        "event": "invitee.canceled",
        "created_at": format_instant(step.at),
        "payload": {
            "uri": f"{event}/invitees/{step.name}",
            "event": event,
            "status": "canceled",
            "rescheduled": False,
            "tracking": {
                "utm_source": "participant-status",
                "utm_content": step.person,
                "utm_campaign": step.study,
            },
            "cancellation": {"canceler_type": "host", "created_at": format_instant(step.at)},
        },
    }
    return Raw(SCHEDULER, "calendly", step.person, dumps(told).encode())


MAILED = (
    _mail("delivered", "screener"),
    _mail("open", "screener"),
    _mail("delivered", "scheduler"),
    _mail("click", "scheduler"),
)
SURVEYED = (_screened, _redirect("started"), _redirect("completed"))
BOOKED = (_booked, _canceled)
STORIES = 7 * (MAILED,) + 2 * (SURVEYED,) + (BOOKED,)
"""Ten people, ten stories: mostly mail, half of it opens and clicks. A story keeps to one topic,
so that what is read from a backlog is in order, as it is when webhooks come in live."""
LONGEST = max(len(story) for story in STORIES)


def records(count: int, start: datetime) -> Iterator[Raw]:
    """`count` raw records, everybody in every study one step further at a time."""
    a_person = len(STUDIES) * sum(map(len, STORIES)) / len(STORIES)
    people = int(count / a_person) + 10
    return islice(_steps(people, start), count)


def _steps(people: int, start: datetime) -> Iterator[Raw]:
    for number in range(LONGEST):
        at = start + timedelta(seconds=10 * number)
        for study in STUDIES:
            for person in range(people):
                story = STORIES[person % len(STORIES)]
                if number < len(story):
                    yield story[number](Step(f"p{person:06d}", study, at))


def shuffled(raws: Iterable[Raw]) -> list[Raw]:
    """The same records in no order at all, the same way each time."""
    return sorted(raws, key=lambda raw: sha256(raw.body).digest())


def beginning(now: datetime) -> datetime:
    """When the load's first webhook happened: an hour ago, on the second."""
    return now.astimezone(UTC).replace(microsecond=0) - timedelta(hours=1)
