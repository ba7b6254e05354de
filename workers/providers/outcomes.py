"""What one element of a raw record comes to: told, ready, unused or dead. Knows no provider."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from schemas.signals import Signal
from schemas.vocabulary import DeadLetterClass


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A provider's event in our words; who is meant only as far as the body itself says.

    `fields` are the kind's own fields beside id, workspace, time, person and study.
    `references` are what resolving looks by: message_id, booking_id, response_id, reward_id,
    address, event_type, survey, campaign. `unverified`: anybody may have said so; it teaches
    nothing. `waits`: it goes on once something verified has named this person and study.
    """

    word: str
    kind: type[Signal]
    id: str
    occurred_at: datetime
    person_id: str | None = None
    study_id: str | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    references: Mapping[str, str] = field(default_factory=dict)
    unverified: bool = False
    waits: bool = False


@dataclass(frozen=True, slots=True)
class Ready:
    """A signal that needs no resolving (provider `standard`), with its unknown fields."""

    signal: Signal
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unused:
    """A provider's word that we do not use, or do not know.

    `for_operators`: it is about the connection, not about a participant, and somebody must act.
    """

    word: str
    for_operators: bool = False


@dataclass(frozen=True, slots=True)
class Dead:
    """An element that can't be used; the reason holds no payload values."""

    letter: DeadLetterClass
    reason: str


Element = Told | Ready | Unused | Dead
