"""Stories for the domain's tests: signals told in few words, played through `pstatus simulate`."""

import json
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from workers.cli._cases import simulate

DAY = "2026-03-02"
"""The Monday on which a time of day lies, unless it says another day."""
Json = dict[str, Any]
_ids = count(1)


def at(when: str) -> str:
    """`10:00`, `10:00:30`, `2026-03-04 10:00` or a whole instant, as an instant in UTC."""
    if when.endswith("Z"):
        return when
    day, _, clock = when.rpartition(" ")
    seconds = clock if clock.count(":") == 2 else f"{clock}:00"
    return f"{day or DAY}T{seconds}Z"


def signal(kind: str, when: str, /, **told: Any) -> Json:
    """One signal of person p1 in study s1, unless told otherwise; `study_id=None` leaves it out."""
    of_study = not kind.startswith(("person.", "contact.", "policy."))
    frame: Json = {"id": f"test:{next(_ids)}", "kind": kind, "occurred_at": at(when)}
    frame |= {} if kind.endswith(".configured") else {"person_id": "p1"}
    frame |= {"study_id": "s1"} if of_study else {}
    return {name: value for name, value in (frame | told).items() if value is not None}


def late(told: Json, received: str) -> Json:
    """The signal, received only then."""
    return told | {"received_at": at(received)}


def added(when: str, **told: Any) -> Json:
    """participant.added"""
    return signal("participant.added", when, **told)


def mailed(when: str, purpose: str = "screener", **told: Any) -> Json:
    """email.sent"""
    return signal("email.sent", when, purpose=purpose, **told)


def delivered(when: str, purpose: str = "other", **told: Any) -> Json:
    """email.delivered"""
    return signal("email.delivered", when, purpose=purpose, **told)


def bounced(when: str, permanence: str = "hard", purpose: str = "screener", **told: Any) -> Json:
    """email.bounced"""
    return signal("email.bounced", when, permanence=permanence, purpose=purpose, **told)


def booked(when: str, booking: str = "b1", ends: str | None = "10:00", **told: Any) -> Json:
    """booking.scheduled"""
    ends_at = at(ends) if ends else None
    return signal("booking.scheduled", when, booking_id=booking, ends_at=ends_at, **told)


def moved(when: str, booking: str = "b1", ends: str | None = "12:00", **told: Any) -> Json:
    """booking.rescheduled"""
    ends_at = at(ends) if ends else None
    return signal("booking.rescheduled", when, booking_id=booking, ends_at=ends_at, **told)


def called_off(when: str, booking: str = "b1", **told: Any) -> Json:
    """booking.canceled"""
    return signal("booking.canceled", when, booking_id=booking, by="host", **told)


def took_place(when: str, booking: str = "b1", **told: Any) -> Json:
    """booking.completed"""
    return signal("booking.completed", when, booking_id=booking, **told)


def no_show(when: str, booking: str = "b1", **told: Any) -> Json:
    """booking.no_show"""
    return signal("booking.no_show", when, booking_id=booking, **told)


def undone(when: str, booking: str = "b1", **told: Any) -> Json:
    """booking.no_show_undone"""
    return signal("booking.no_show_undone", when, booking_id=booking, **told)


def logged(when: str, booking: str = "b1", ends: str = "10:00", **told: Any) -> Json:
    """booking.logged"""
    times = {"starts_at": at("2026-03-01 09:00"), "ends_at": at(ends)}
    return signal("booking.logged", when, booking_id=booking, by="u1", **times, **told)


def reward(word: str, when: str, name: str = "g1", cents: int | None = None, **told: Any) -> Json:
    """incentive.sent, failed, canceled or claimed"""
    money = {} if cents is None else {"amount_cents": cents, "currency": "USD"}
    return signal(f"incentive.{word}", when, reward_id=name, **money | told)


def contact(word: str, when: str, by: str = "u1", **told: Any) -> Json:
    """contact.*"""
    return signal(f"contact.{word}", when, by=by, **told)


def put(status: str, when: str, **told: Any) -> Json:
    """status.set"""
    return signal("status.set", when, status=status, by="u1", **told)


def rule(kind: str, **parts: object) -> Json:
    """One rule."""
    return {"id": "r", "kind": kind} | parts


def setup(when: str = "", **told: Any) -> Json:
    """A study's setup: for `studies`, or with a time a study.configured."""
    parts = {"type": "interview", "screener": False, "incentive": False} | told
    if not when:
        return {"id": "s1", "participation_limit": None} | parts
    wire = signal("study.configured", when, **parts)
    return {"participation_limit": None} | wire


@dataclass(slots=True)
class Story:
    """A case of `pstatus simulate`, told on and asked."""

    now: str
    signals: list[Json] = field(default_factory=list)
    studies: list[Json] = field(default_factory=list)
    policy: list[Json] = field(default_factory=list)
    timezone: str = "UTC"

    def answer(self) -> Json:
        """Everything that simulate says, changes and all; the end is the same without them."""
        line = json.dumps(
            {
                "name": "story",
                "now": at(self.now),
                "timezone": self.timezone,
                "studies": self.studies,
                "policy": self.policy,
                "signals": self.signals,
            }
        )
        answer: Json = json.loads(simulate(line, changes=True))
        assert json.loads(simulate(line, changes=False)) == {
            name: value for name, value in answer.items() if name != "changes"
        }
        return answer

    def status(self, study: str = "s1", person: str = "p1") -> str:
        """The status shown."""
        return str(self.answer()["participants"][f"{study}/{person}"]["status"])

    def stage(self, study: str = "s1", person: str = "p1") -> str:
        """The stage shown."""
        return str(self.answer()["participants"][f"{study}/{person}"]["stage"])

    def contact(self, person: str = "p1") -> tuple[str, str | None]:
        """Contact status and until."""
        told = self.answer()["contacts"][person]
        return told["status"], told["until"]

    def reasons(self, person: str = "p1") -> list[tuple[str, str, str | None]]:
        """(status, cause, rule id) of every reason."""
        told = self.answer()["contacts"][person]["reasons"]
        return [(r["status"], r["cause"], r["rule_id"]) for r in told]

    def counts(self, study: str = "s1") -> Json:
        """The study's progress."""
        return dict(self.answer()["progress"][study])

    def changes(self, kind: str = "participant.status_changed") -> list[Json]:
        """The changes of one kind, in order."""
        return [change for change in self.answer()["changes"] if change["change"] == kind]

    def hears(self, told: Json, now: str) -> list[Json]:
        """What is published of participants because of one more signal, received now."""
        self.now = now
        before = len(self.changes())
        self.signals.append(late(told, now))
        return self.changes()[before:]


def told(*signals: Json, now: str = "2026-03-02 23:00", **case: Any) -> Story:
    """A story of these signals in the order of arrival."""
    return Story(now, list(signals), **case)


def step(change: Json) -> tuple[str | None, str]:
    """From which status to which a change goes."""
    return change["prior_status"], change["status"]
