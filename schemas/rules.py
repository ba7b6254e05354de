"""The parameters of the governance rules, one class a kind; what they mean is in the domain."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

from annotated_types import MaxLen

from schemas.fields import AtLeastOne, Count, Currency, Days, Id, JsonValue, TaggedBy
from schemas.vocabulary import NoShowEffect, Operator, StudyType

Example = Mapping[str, Any]
"""Parameters as somebody might set them: the reference shows what they come to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationCooldown:
    """After an invitation, no contact for some days.

    Holds from the latest invitation (one per participant, the first mail) for `days` of 24 hours.
    """

    example: ClassVar[Example] = {"days": 7}

    id: Id
    days: Days
    kind: Literal["invitation_cooldown"] = "invitation_cooldown"


@dataclass(frozen=True, slots=True, kw_only=True)
class ParticipationCooldown:
    """After taking part, no contact for some days.

    Holds from the latest completion, of `study_type` if it is given, for `days` of 24 hours.
    """

    example: ClassVar[Example] = {"days": 30, "study_type": "survey"}

    id: Id
    days: Days
    study_type: StudyType | None = None
    kind: Literal["participation_cooldown"] = "participation_cooldown"


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationLimit:
    """At most so many invitations within a window of days.

    Holds from the `max`-th invitation on until the `max`-th latest is `window_days` old.
    """

    example: ClassVar[Example] = {"max": 2, "window_days": 30}

    id: Id
    max: AtLeastOne
    window_days: Days
    kind: Literal["invitation_limit"] = "invitation_limit"


@dataclass(frozen=True, slots=True, kw_only=True)
class ParticipationLimit:
    """At most so many completions within a window of days.

    Holds from the `max`-th completion on until the `max`-th latest is `window_days` old.
    """

    example: ClassVar[Example] = {"max": 2, "window_days": 60}

    id: Id
    max: AtLeastOne
    window_days: Days
    study_type: StudyType | None = None
    kind: Literal["participation_limit"] = "participation_limit"


@dataclass(frozen=True, slots=True, kw_only=True)
class IncentiveLimit:
    """At most so much paid to a person in a calendar year of the workspace.

    Holds from `max_cents` on until local midnight of new year: do_not_contact. Void rewards and
    other currencies do not count.
    """

    example: ClassVar[Example] = {"max_cents": 10_000, "currency": "EUR"}

    id: Id
    max_cents: Count
    currency: Currency
    kind: Literal["incentive_limit"] = "incentive_limit"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoShowLimit:
    """Too many no-shows within a window: onto the blocklist, or a cooldown.

    Fires at each no-show that is the `max`-th or later within less than `window_days`: in_blocklist
    until somebody takes the person off it, or in_cooldown for `cooldown_days`.
    """

    example: ClassVar[Example] = {
        "max": 2, "window_days": 90, "effect": "cooldown", "cooldown_days": 14
    }  # fmt: skip

    id: Id
    max: AtLeastOne
    window_days: Days
    effect: NoShowEffect
    cooldown_days: Days | None = None
    kind: Literal["no_show_limit"] = "no_show_limit"

    def __post_init__(self) -> None:
        if self.effect is NoShowEffect.COOLDOWN and self.cooldown_days is None:
            raise ValueError("effect cooldown needs cooldown_days")


NUMERIC = {Operator.LESS_THAN, Operator.GREATER_THAN}
VALUELESS = {Operator.IS_SET, Operator.IS_NOT_SET}


@dataclass(frozen=True, slots=True, kw_only=True)
class PropertyRule:
    """People with a property like this are not contacted.

    do_not_contact while the property compares so; `in_next_days` looks at a date YYYY-MM-DD and
    holds from `value` days before its local midnight until then. A missing property is only
    `is_not_set`.
    """

    example: ClassVar[Example] = {
        "property": "renewal", "operator": "in_next_days", "value": 30
    }  # fmt: skip

    id: Id
    property: Annotated[str, MaxLen(1000)]
    operator: Operator
    value: JsonValue = None
    kind: Literal["property_rule"] = "property_rule"

    def __post_init__(self) -> None:
        if self.operator not in VALUELESS and self.value is None:
            raise ValueError(f"operator {self.operator} needs a value")
        if self.operator in NUMERIC and type(self.value) not in (int, float):
            raise ValueError(f"operator {self.operator} needs a number")
        if self.operator is Operator.IN_NEXT_DAYS and not self._days_are_sane():
            raise ValueError("operator in_next_days needs whole days, 0 to 100000")

    def _days_are_sane(self) -> bool:
        return type(self.value) is int and 0 <= self.value <= 100_000


Rule = Annotated[
    InvitationCooldown
    | ParticipationCooldown
    | InvitationLimit
    | ParticipationLimit
    | IncentiveLimit
    | NoShowLimit
    | PropertyRule,
    TaggedBy("kind"),
]
