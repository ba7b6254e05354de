"""Providers' webhooks as they would post them, for made-up people. Pure; sends nothing.

Each function makes a `Tell`: who, when and the story's time line to a raw body.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from schemas.fields import format_instant

SPACE = uuid5(NAMESPACE_URL, "participant-status:demo")
MEETING = timedelta(minutes=30)
When = Callable[[float], datetime]
"""The story's time line: 0 the beginning, 1 the end -> the moment."""


@dataclass(frozen=True, slots=True)
class Who:
    """A made-up person in a study."""

    person_id: str
    study_id: str

    @property
    def address(self) -> str:
        """Where mail to them would go."""
        return f"{self.person_id}@example.com"

    def name(self, *what: str) -> str:
        """An id of something of theirs, the same in every run."""
        return str(uuid5(SPACE, "/".join((self.study_id, self.person_id, *what))))


@dataclass(frozen=True, slots=True)
class Raw:
    """A body: `payload` is text as it stands, or something to be written as JSON."""

    topic: str
    provider: str
    payload: Any


Tell = Callable[[Who, datetime, When], Raw]


def mail(word: str, purpose: str, letter: str = "first", **own: Any) -> Tell:
    """One event of SendGrid's; the feed puts those of a moment together, as SendGrid does."""

    def tell(who: Who, at: datetime, when: When) -> Raw:
        message = who.name("mail", purpose, letter)
        event = {
            "email": who.address,
            "timestamp": int(at.timestamp()),
            "smtp-id": f"<{message}@example.com>",
            "event": word,
            "sg_event_id": who.name("mail", purpose, letter, word),
            "sg_message_id": f"{message}.recvd-demo-0",
            "person_id": who.person_id,
            "study_id": who.study_id,
            "purpose": purpose,
        }
        return Raw("webhooks.email", "sendgrid", event | own)

    return tell


def form(outcome: str, purpose: str, *, word: str = "form_response") -> Tell:
    """A Typeform response that carries our hidden fields; its ending says how it went."""

    def tell(who: Who, at: datetime, when: When) -> Raw:
        response = {
            "form_id": "lT4Z3j",
            "token": who.name("form", purpose),
            "landed_at": format_instant(at - timedelta(minutes=0 if "partial" in word else 9)),
            "submitted_at": format_instant(at),
            "hidden": {"person_id": who.person_id, "study_id": who.study_id, "purpose": purpose},
            "ending": {"id": "dN5FLyFpCMFo", "ref": outcome},
            "answers": [{"type": "choice", "choice": {"label": "Every day"}}],
        }
        told = {"event_id": who.name("form", purpose, word), "event_type": word}
        return Raw("webhooks.survey", "typeform", told | {"form_response": response})

    return tell


def redirect(outcome: str, purpose: str = "survey") -> Tell:
    """A browser coming back from a survey or test: the request target, no JSON."""

    def tell(who: Who, at: datetime, when: When) -> Raw:
        session = who.name("session", purpose)
        query = f"person_id={who.person_id}&study_id={who.study_id}&session_id={session}"
        target = f"/back?outcome={outcome}&purpose={purpose}&{query}"
        return Raw("webhooks.survey", "redirect", target)

    return tell


def booked(name: str, *, ends: float, instead_of: str | None = None) -> Tell:
    """Calendly's invitee.created; `instead_of` names the booking that was moved here."""

    def tell(who: Who, at: datetime, when: When) -> Raw:
        old = _invitee(who, instead_of) if instead_of else None
        return _calendly("invitee.created", who, name, at, when(ends), old_invitee=old)

    return tell


def unbooked(name: str, *, ends: float, by: str = "invitee", moved_to: str | None = None) -> Tell:
    """Calendly's invitee.canceled; with `moved_to` it is the old half of a reschedule."""

    def tell(who: Who, at: datetime, when: When) -> Raw:
        new = _invitee(who, moved_to) if moved_to else None
        cancellation = {"canceler_type": by, "created_at": format_instant(at)}
        more = {"cancellation": cancellation, "rescheduled": bool(new), "new_invitee": new}
        return _calendly("invitee.canceled", who, name, at, when(ends), **more)

    return tell


def no_show(name: str, word: str, *, ends: float) -> Tell:
    """Calendly's mark that nobody came (`created`), or that this was a mistake (`deleted`)."""

    def tell(who: Who, at: datetime, when: When) -> Raw:
        mark = {"uri": f"https://api.calendly.com/invitee_no_shows/{who.name(name, 'no_show')}"}
        return _calendly(f"invitee_no_show.{word}", who, name, at, when(ends), no_show=mark)

    return tell


def reward(word: str, name: str = "reward") -> Tell:
    """One of Tremendous' words about a reward."""

    def tell(who: Who, at: datetime, when: When) -> Raw:
        meta = {"person_id": who.person_id, "study_id": who.study_id}
        told = {
            "uuid": who.name(name, word),
            "created_utc": format_instant(at),
            "event": word,
            "payload": {"resource": {"id": who.name(name), "type": "rewards"}, "meta": meta},
        }
        return Raw("webhooks.incentive", "tremendous", told)

    return tell


def signal(kind: str, **fields: Any) -> Tell:
    """A signal of ours, from the product or a researcher; of `reward` the reward's id is told."""

    def tell(who: Who, at: datetime, when: When) -> Raw:
        told = {
            "id": f"demo:{who.name(kind)}",
            "kind": kind,
            "occurred_at": format_instant(at),
            "person_id": who.person_id,
        }
        if kind != "person.erased":
            told["study_id"] = who.study_id
        if kind.startswith("incentive."):
            told["reward_id"] = who.name("reward")
        return Raw("webhooks.product", "standard", told | fields)

    return tell


def _calendly(word: str, who: Who, name: str, at: datetime, ends_at: datetime, **more: Any) -> Raw:
    meeting = {
        "uri": _meeting(who, name),
        "name": "Talk about onboarding",
        "start_time": format_instant(ends_at - MEETING),
        "end_time": format_instant(ends_at),
        "event_type": "https://api.calendly.com/event_types/GBGBDCAADAEDCRZ2",
    }
    payload = {
        "uri": _invitee(who, name),
        "email": who.address,
        "tracking": {
            "utm_source": "participant-status",
            "utm_content": who.person_id,
            "utm_campaign": who.study_id,
        },
        "old_invitee": None,
        "rescheduled": False,
        "scheduled_event": meeting,
    }
    told = {"created_at": format_instant(at), "event": word, "payload": payload | more}
    return Raw("webhooks.scheduler", "calendly", told)


def _meeting(who: Who, name: str) -> str:
    return f"https://api.calendly.com/scheduled_events/{who.name(name)}"


def _invitee(who: Who, name: str) -> str:
    return f"{_meeting(who, name)}/invitees/{who.name(name, 'invitee')}"
