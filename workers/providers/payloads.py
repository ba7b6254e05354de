"""What models of providers' payloads are made of, and our words for what breaks them."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated, Any

from annotated_types import Ge, Le
from pydantic import (
    BaseModel,
    ConfigDict,
    PlainValidator,
    StringConstraints,
    ValidationError,
    model_validator,
)

from schemas.vocabulary import Purpose

MOMENT = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:?\d\d)", re.ASCII
)
YEAR_2000, YEAR_5000, YEAR_9999 = 946_684_800, 95_617_584_000, 253_402_300_799
WORDING = {
    "missing": "missing",
    "model_type": "no object",
    "string_pattern_mismatch": "holds a character that may not stand there",
    "string_too_long": "too long",
    "string_too_short": "empty",
    "greater_than_equal": "before the year 2000",
    "less_than_equal": "after the year 9999",
    "finite_number": "no number",
}
"""Our words for what pydantic finds; whatever else it finds is named as pydantic does."""
PURPOSES = {purpose.value: purpose for purpose in Purpose}


PersonRef = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\p{Cc}/]*$")]
"""An id of a person or study of ours, or an empty text for none."""
ResourceRef = Annotated[str, StringConstraints(max_length=200, pattern=r"^\P{Cc}*$")]
"""An id of a booking that becomes our booking id, or an empty text for none."""
Reference = Annotated[str, StringConstraints(max_length=1000, pattern=r"^\P{Cc}*$")]
"""A provider's own id, or an address: what resolving looks by."""
Seconds = Annotated[float, Ge(YEAR_2000), Le(YEAR_9999 * 1000)]
"""Seconds since 1970; beyond the year 5000 it is milliseconds sent by mistake."""


class Payload(BaseModel):
    """One element of a provider's body; unknown fields are left alone, `word` is theirs."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", coerce_numbers_to_str=True, defer_build=True
    )

    word: str


class Part(BaseModel):
    """An object inside a payload."""

    model_config = Payload.model_config


class Metadata(Part):
    """What the sender attached and the provider echoes; empty, or no object: not named."""

    person_id: PersonRef | None = None
    study_id: PersonRef | None = None
    purpose: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _is_an_object(cls, attached: Any) -> Any:
        return attached if isinstance(attached, dict) else {}


def parse_moment(text: object) -> datetime:
    """RFC 3339 with any zone and 0 to 9 fractional digits; ValueError for anything else."""
    if type(text) is not str or not MOMENT.fullmatch(text):
        raise ValueError("not a time with its zone, such as 2026-03-02T09:00:00Z")
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("no such time") from None


Moment = Annotated[datetime, PlainValidator(parse_moment)]
"""A provider's time in any zone, inside an aware datetime in UTC."""


def instant(seconds: float) -> datetime:
    """The moment of a `Seconds`."""
    return datetime.fromtimestamp(seconds if seconds < YEAR_5000 else seconds / 1000, UTC)


def purpose_of(told: str | None) -> Purpose:
    """Our purpose that metadata names; `other`, which moves nobody, if it names none of ours."""
    return PURPOSES.get(told or "", Purpose.OTHER)


def known_names(model: type[BaseModel]) -> frozenset[str]:
    """The names that may stand in a refusal: those of our models, never those of a payload."""
    names: set[str] = set()
    for name, field in model.model_fields.items():
        names.add(field.alias or name)
        for inner in _models_in(field.annotation):
            names |= known_names(inner)
    return frozenset(names)


def _models_in(annotation: Any) -> Iterable[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in getattr(annotation, "__args__", ()):
        yield from _models_in(inner)


def wording(error: ValidationError, names: frozenset[str]) -> str:
    """Where and how a payload breaks its model, without a value of it."""
    first = error.errors(include_url=False, include_input=False)[0]
    parts = [str(part) if isinstance(part, int) or part in names else "*" for part in first["loc"]]
    return f"{'.'.join(parts) or 'element'}: {_words(first)}"


def _words(error: Any) -> str:
    if error["type"] == "value_error":
        return str(error["ctx"]["error"])
    kind = str(error["type"])
    return WORDING.get(kind, kind.replace("_", " "))
