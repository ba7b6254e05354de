"""The rule reference of docs/governance.md: each kind, its parameters, and an example played."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from inspect import getdoc
from json import dumps
from typing import Any

from schemas.changes import ContactStatusChanged
from schemas.codec import signal_from
from schemas.fields import format_instant
from schemas.signals import PolicyConfigured
from tests.house.reference.fields import rows
from tests.house.reference.markdown import code, table
from workers.domain.governance import RULES
from workers.domain.setups import NO_POLICY, Policy, World
from workers.domain.simulation import Arrival, Case, play

YEAR = datetime(2026, 1, 1, 9, tzinfo=UTC)
END = datetime(2027, 1, 2, tzinfo=UTC)
STORY: tuple[tuple[int, str, str, dict[str, Any]], ...] = (
    (0, "person.updated", "", {"properties": {"renewal": "2026-11-30"}}),
    (10, "email.sent", "s1", {"purpose": "survey"}),
    (14, "email.sent", "s2", {"purpose": "scheduler"}),
    (15, "survey.completed", "s1", {}),
    (16, "incentive.sent", "s1", {"reward_id": "w1", "amount_cents": 6000, "currency": "EUR"}),
    (20, "booking.no_show", "s2", {"booking_id": "b1"}),
    (40, "booking.no_show", "s2", {"booking_id": "b2"}),
    (50, "booking.completed", "s2", {"booking_id": "b3"}),
    (51, "incentive.sent", "s2", {"reward_id": "w2", "amount_cents": 6000, "currency": "EUR"}),
)
"""One person's year, the same for every rule: (day, kind, study, fields)."""


def story() -> str:
    """The story as a table."""
    lines = (
        (f"{YEAR + timedelta(days=day):%d %b %H:%M}", code(kind), study, _told(more))
        for day, kind, study, more in STORY
    )
    return table(("2026, UTC", "signal", "study", "says"), lines)


def _told(more: dict[str, Any]) -> str:
    return ", ".join(f"{name} {code(dumps(value))}" for name, value in more.items())


def reference() -> str:
    """Every kind of rule."""
    return "\n\n".join(part for kind in RULES for part in _rule(kind))


def _rule(kind: Any) -> Iterator[str]:
    name = kind.__dataclass_fields__["kind"].default
    yield f"### {code(name)}"
    yield getdoc(kind) or ""
    yield table(("parameter", "", "is"), rows(kind, frozenset({"kind"})))
    rule = {"id": "r1", "kind": name, **kind.example}
    yield f"```json\n{dumps(rule)}\n```"
    yield table(("2026 and after, UTC", "because of", "contact status", "until"), _timeline(rule))


def _timeline(rule: dict[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    policy = _signal(0, "policy.configured", {"rules": [rule], "timezone": "UTC"})
    assert isinstance(policy, PolicyConfigured)
    arrivals = tuple(_arrival(day, kind, study, more) for day, kind, study, more in STORY)
    world = World({}, Policy.of(policy))
    assert world.policy is not NO_POLICY
    for change in play(Case(END, world, arrivals)).changes:
        if isinstance(change, ContactStatusChanged):
            until = f"{change.until:%d %b %Y %H:%M}" if change.until else ""
            at = f"{change.occurred_at:%d %b %Y %H:%M}"
            yield at, code(change.cause.kind), code(change.status), until


def _arrival(day: int, kind: str, study: str, more: dict[str, Any]) -> Arrival:
    names = {"person_id": "p1"} | ({"study_id": study} if study else {})
    signal = _signal(day, kind, names | more)
    return Arrival(signal, signal.occurred_at)


def _signal(day: int, kind: str, more: dict[str, Any]) -> Any:
    at = format_instant(YEAR + timedelta(days=day))
    told = {"id": f"x:{kind}:{day}", "workspace_id": "w1", "kind": kind, "occurred_at": at}
    return signal_from(told | more)
