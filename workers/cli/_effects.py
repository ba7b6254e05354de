"""What a command would change, and what it changed, as people and programs read it."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from schemas.changes import Change, ContactStatusChanged, ParticipantStatusChanged, Reason
from schemas.fields import format_instant

if TYPE_CHECKING:
    from workers.domain.foretelling import Effect
    from workers.domain.standing import Contact

SHOWN = 20


def print_preview(effects: Sequence["Effect"]) -> None:
    """A table of every effect; of very many the first, and how often each occurs."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    out = Console(highlight=False)
    table = Table("Person", "Contact", "Studies")
    for effect in effects[:SHOWN]:
        contact, studies = _contact(effect), "\n".join(_moves(effect)) or "no change"
        table.add_row(*map(escape, (effect.person_id, contact, studies)))
    out.print(table)
    if len(effects) > SHOWN:
        out.print(f"... and {len(effects) - SHOWN} more. Altogether:")
        for line, number in _totals(effects):
            out.print(f"  {number:>8}  {escape(line)}", soft_wrap=True)


def _contact(effect: "Effect") -> str:
    before, after = effect.before.contact, effect.after.contact
    lines = [f"{_said(before)} -> {_said(after)}" if before != after else "no change"]
    if (before.status, before.until) == (after.status, after.until) and before != after:
        lines = [f"stays {_said(after)}"]
    lines += [f"+ {reason_said(one)}" for one in after.reasons if one not in before.reasons]
    lines += [f"- {reason_said(one)}" for one in before.reasons if one not in after.reasons]
    return "\n".join(lines)


def _said(contact: "Contact") -> str:
    return f"{contact.status}{until_said(contact.until)}"


def until_said(until: Any) -> str:
    """` until 2026-03-08 09:00 UTC`, or nothing where there is no end."""
    return f" until {until:%Y-%m-%d %H:%M} UTC" if until else ""


def reason_said(reason: Reason) -> str:
    """`in_cooldown by rule r1 until ...`."""
    by = f"rule {reason.rule_id}" if reason.rule_id else str(reason.cause)
    return f"{reason.status} by {by}{until_said(reason.until)}"


def _moves(effect: "Effect") -> Iterator[str]:
    for study_id, (before, after) in effect.moves.items():
        was = f"{before.status} ({before.stage})" if before else "new"
        yield f"{study_id}: {was} -> {after.status} ({after.stage})"


def _totals(effects: Iterable["Effect"]) -> list[tuple[str, int]]:
    from collections import Counter

    counted: Counter[str] = Counter()
    for effect in effects:
        before, after = effect.before.contact, effect.after.contact
        counted[f"contact {before.status} -> {after.status}"] += 1
        for was, shown in effect.moves.values():
            counted[f"status {was.status if was else 'new'} -> {shown.status}"] += 1
    return counted.most_common()


def effect_json(effect: "Effect") -> dict[str, Any]:
    """One effect for programs."""
    return {
        "person_id": effect.person_id,
        "contact": {
            "before": contact_json(effect.before.contact),
            "after": contact_json(effect.after.contact),
        },
        "participants": [
            {
                "study_id": study_id,
                "prior_status": was.status if was else None,
                "status": shown.status,
                "prior_stage": was.stage if was else None,
                "stage": shown.stage,
            }
            for study_id, (was, shown) in effect.moves.items()
        ],
    }


def contact_json(contact: "Contact") -> dict[str, Any]:
    """A contact status with every reason, for programs."""
    return {
        "status": contact.status,
        "until": format_instant(contact.until) if contact.until else None,
        "reasons": [reason_json(reason) for reason in contact.reasons],
    }


def reason_json(reason: Reason) -> dict[str, Any]:
    """One reason as it is published."""
    return {
        "status": reason.status,
        "cause": reason.cause,
        "rule_id": reason.rule_id,
        "until": format_instant(reason.until) if reason.until else None,
    }


def change_said(change: Change) -> str:
    """One published change in a line."""
    if isinstance(change, ContactStatusChanged):
        until = until_said(change.until)
        return f"{change.person_id}: contact {change.prior_status} -> {change.status}{until}"
    if isinstance(change, ParticipantStatusChanged):
        was = change.prior_status or "new"
        said = f"{change.person_id}: {change.study_id} {was} -> {change.status} ({change.stage})"
        return f"{said}, a correction" if change.correction else said
    return change.change
