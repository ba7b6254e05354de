"""Why a person may not be contacted: every reason with its rule, its beginning and its end."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from schemas.changes import Reason
from schemas.signals import Signal
from schemas.vocabulary import ContactStatus, ReasonCause
from workers.cli._effects import reason_json, reason_said

if TYPE_CHECKING:
    from workers.domain.setups import Policy

OPT_IN = "an opt-in (`pstatus opt-in`) or a resubscription ends it"
ENDS = {
    ("opted_out", "participant"): OPT_IN,
    ("opted_out", "complaint"): OPT_IN,
    ("opted_out", "manual"): OPT_IN,
    ("opted_out", "hard_bounce"): "a delivered email or a new address ends it",
    ("in_blocklist", "manual"): "`pstatus blocklist remove` ends it",
    ("do_not_contact", "manual"): "`pstatus do-not-contact clear` ends it",
    ("in_cooldown", "manual"): "ends by itself, or by `pstatus cooldown clear`",
}


def what_ends(reason: Reason) -> str:
    """What would end a reason."""
    if reason.cause is not ReasonCause.RULE:
        return ENDS[str(reason.status), str(reason.cause)]
    if reason.status is ContactStatus.IN_BLOCKLIST:
        return "`pstatus blocklist remove` or another policy ends it"
    if reason.until is None:
        return "other properties, or another policy, end it"
    return "ends by itself, or by another policy"


def rule_said(rule: Any) -> str:
    """A rule's kind and parameters: `invitation_cooldown, days 7`."""
    told = {one.name: getattr(rule, one.name) for one in fields(rule)}
    shown = [f"{n} {v}" for n, v in told.items() if n not in ("id", "kind") and v is not None]
    return ", ".join([str(rule.kind), *shown])


def lines(
    reasons: Iterable[Reason], policy: "Policy", beginnings: Mapping[str, Signal] | None = None
) -> Iterator[str]:
    """Each reason: what it is, the rule or the signal that began it, and what would end it."""
    rules = {rule.id: rule for rule in policy.rules}
    for reason in reasons:
        said = reason_said(reason)
        if reason.rule_id in rules:
            said += f" ({rule_said(rules[reason.rule_id])})"
        began = (beginnings or {}).get(f"{reason.status}:{reason.cause}")
        if began:
            said += f", begun by {began.kind} {began.id}"  # type: ignore[attr-defined]
        yield f"{said}; {what_ends(reason)}"


def as_json(
    reasons: Iterable[Reason], policy: "Policy", beginnings: Mapping[str, Signal] | None = None
) -> list[dict[str, Any]]:
    """The same for programs."""
    rules = {rule.id: rule for rule in policy.rules}
    told = []
    for reason in reasons:
        rule = rules.get(reason.rule_id or "")
        began = (beginnings or {}).get(f"{reason.status}:{reason.cause}")
        more = {"rule": rule_said(rule) if rule else None, "ends": what_ends(reason)}
        if beginnings is not None:
            more["begun_by"] = began.id if began else None
        told.append(reason_json(reason) | more)
    return told
