"""Our own signals, setups and policies, one or an array; what they hold the wire's codec judges."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from schemas.codec import Refused, parse_json, signal_from
from schemas.signals import SENDABLE, Signal, kind_of
from schemas.webhooks import Webhook
from workers.providers.outcomes import Dead, Element, Ready
from workers.providers.provider import MAX_ELEMENTS, Facts, as_they_come, invalid

NAMES: Mapping[type[Signal], frozenset[str]] = {
    kind: frozenset(field.name for field in fields(kind)) for kind in SENDABLE
}
"""The fields of each kind; whatever else a signal holds is kept and passed on."""


class Standard:
    """The provider whose words are ours already."""

    name = "standard"
    facts = Facts(
        id="the signal's own `id`",
        time="`occurred_at`",
        ours="`person_id`, `study_id`, `purpose` of the signal",
        signature="Standard Webhooks: `webhook-id`, `webhook-timestamp`, `webhook-signature`; "
        "see [signatures](signatures.md)",
    )

    @property
    def shown(self) -> Mapping[str, str]:
        """Every kind that may be sent says itself."""
        return {kind_of(kind): f"`{kind_of(kind)}`" for kind in SENDABLE}

    def read(self, webhook: Webhook) -> tuple[Element, ...]:
        """What each element of the body comes to, in order."""
        try:
            parts = as_they_come(parse_json(webhook.body))
        except Refused as refused:
            return (Dead(refused.letter, refused.reason),)
        if len(parts) > MAX_ELEMENTS:
            return (invalid(f"more than {MAX_ELEMENTS} elements"),)
        return tuple([_element(part, webhook.workspace_id) for part in parts])


def _element(part: Any, workspace_id: str) -> Element:
    if not isinstance(part, dict):
        return invalid("signal: no object")
    if part.setdefault("workspace_id", workspace_id) != workspace_id:
        return invalid("workspace_id: not the one of the record's header")
    try:
        signal = signal_from(part)
    except Refused as refused:
        return Dead(refused.letter, refused.reason)
    return Ready(signal, _unknown(part, NAMES[type(signal)]))


def _unknown(part: dict[str, Any], known: frozenset[str]) -> Mapping[str, Any]:
    return {name: told for name, told in part.items() if name not in known}


PROVIDER = Standard()
