"""The outcome of a policy tried, as tables and as JSON."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from workers.cli._contact import rule_said
from workers.domain.setups import Policy

if TYPE_CHECKING:
    from workers.cli._trial import Tally, Trial


def as_json(workspace_id: str, found: "Trial", was: Policy, becomes: Policy) -> dict[str, Any]:
    """For programs."""
    return {
        "workspace_id": workspace_id,
        "people": found.people,
        "set_aside": found.set_aside,
        "by_contact_status": {str(s): _counted(t) for s, t in found.statuses.items()},
        "by_rule": [
            _counted(tally) | {"rule_id": rule_id, "rule": {"before": before, "after": after}}
            for rule_id, tally, before, after in _rules(found.rules, was, becomes)
        ],
        "moves": [
            {
                "before": before,
                "after": after,
                "people": number,
                "sample": found.samples[before, after],
            }
            for (before, after), number in found.moves.most_common()
        ],
    }


def _counted(tally: "Tally") -> dict[str, Any]:
    return {"before": tally.before, "after": tally.after, "sample": tally.sample}


def _rules(
    tallies: "Mapping[str, Tally]", was: Policy, becomes: Policy
) -> "Iterable[tuple[str, Tally, str | None, str | None]]":
    before = {rule.id: rule_said(rule) for rule in was.rules}
    after = {rule.id: rule_said(rule) for rule in becomes.rules}
    for rule_id, tally in tallies.items():
        yield rule_id, tally, before.get(rule_id), after.get(rule_id)


def print_tables(
    workspace_id: str, found: "Trial", was: Policy, becomes: Policy, *, is_asked: bool = False
) -> None:
    """For people: by contact status, by rule, and who would go where."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    out = Console(highlight=False)
    out.print(f"{escape(workspace_id)}: {found.people} people under both policies")
    table = Table("Contact", "Before", "After", "Difference")
    for status, tally in found.statuses.items():
        table.add_row(status, *_numbers(tally))
    out.print(table)
    table = Table("Rule", "What it says", "Before", "After", "Difference", "For example")
    for rule_id, tally, before, after in _rules(found.rules, was, becomes):
        said = _rule_said(before, after)
        table.add_row(escape(rule_id), said, *_numbers(tally), escape(", ".join(tally.sample)))
    if found.rules:
        out.print(table)
    table = Table("From", "To", "People", "For example")
    for (source, target), number in found.moves.most_common():
        sample = escape(", ".join(found.samples[source, target]))
        table.add_row(source, target, str(number), sample)
    out.print(table if found.moves else "Nobody's contact status would change.")
    if found.set_aside:
        out.print(f"{found.set_aside} people are set aside (`pstatus refold`): not counted.")
    if not is_asked:
        out.print("Nothing was changed: `pstatus policy set FILE --by ...` publishes it.")


def _numbers(tally: "Tally") -> tuple[str, str, str]:
    difference = tally.after - tally.before
    return str(tally.before), str(tally.after), f"{difference:+d}" if difference else ""


def _rule_said(before: str | None, after: str | None) -> str:
    if before == after:
        return before or ""
    return f"{before or 'new'} -> {after or 'gone'}"
