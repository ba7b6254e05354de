"""Our ids where a sender can attach no metadata: in a link's utm fields, or in one text."""

from typing import Any
from urllib.parse import parse_qsl

from pydantic import model_validator

from workers.providers.payloads import Metadata

LONGEST = 2000
"""Two ids, written out, are not longer."""
OURS = "participant-status"
"""The utm_source of a link that we tagged; anybody else's utm fields are theirs."""


class Tracking(Metadata):
    """The utm fields of a link, where we tagged it."""

    @model_validator(mode="before")
    @classmethod
    def _only_ours(cls, utm: Any) -> dict[str, Any]:
        if not isinstance(utm, dict) or utm.get("utm_source") != OURS:
            return {}
        return {"person_id": utm.get("utm_content"), "study_id": utm.get("utm_campaign")}


class Attached(Metadata):
    """A text as `person_id=p1&study_id=s1`; whatever is no such text names nobody."""

    @model_validator(mode="before")
    @classmethod
    def _as_query(cls, text: Any) -> dict[str, Any]:
        if not isinstance(text, str) or len(text) > LONGEST:
            return {}
        told = {pair for pair in parse_qsl(text.strip()) if pair[0] in cls.model_fields}
        named = dict(told)
        return named if len(named) == len(told) else {}  # nobody chooses between two
