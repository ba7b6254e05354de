"""The review of what is told of participants, and what came of it, for people and programs."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import typer

from workers.cli._acting import How, people_said
from workers.cli._effects import SHOWN, change_said
from workers.cli._follows import Told, follows, said
from workers.cli._tables import paper, table

if TYPE_CHECKING:
    from rich.console import Console

    from workers.cli._updates import Review

ALL = 1000
"""A table of so many participants is still shown whole; of more the first, and the sums."""
Row = tuple[str, str, str, str]
"""person, now, then, what follows"""


def show(review: "Review") -> None:
    """A table of every participant, and how many would be told of."""
    from rich.markup import escape

    out = paper()
    rows = list(_rows(review))
    made = table("Person", "Now", "Then", "What follows")
    shown = rows if len(rows) <= ALL else rows[:SHOWN]
    for row in shown:
        made.add_row(*map(escape, row))
    if rows:
        out.print(made)
    if len(rows) > len(shown):
        _sums(out, rows, len(rows) - len(shown))
    number = people_said(len(review.told))
    typer.echo(f"To tell in study {review.study_id} of {review.workspace_id}: {number}.")
    if review.left:
        typer.echo(f"Left as they are: {people_said(len(review.left))}.")
    if review.plan.broken:
        typer.echo(f"Set aside (`pstatus refold`), left out: {people_said(review.plan.broken)}.")


def _sums(out: "Console", rows: list[Row], rest: int) -> None:
    from rich.markup import escape

    out.print(f"... and {rest} more. Altogether:")
    for (now, then, what), number in Counter(row[1:] for row in rows).most_common(SHOWN):
        out.print(f"  {number:>8}  {escape(f'{now} -> {then}: {what}')}", soft_wrap=True)


def _rows(review: "Review") -> Iterator[Row]:
    for person_id, told in review.told.items():
        yield person_id, said(told.was), said(told.will), "\n".join(follows(told))
    for person_id, left in review.left.items():
        yield person_id, review.stood[person_id], "stays", left.why


def report(
    review: "Review", changes: list[dict[str, Any]], how: How, more: Mapping[str, Any]
) -> None:
    """What was told, and everything that was published because of it; `more` for programs."""
    from schemas.codec import decode_change

    is_sent = bool(review.plan.signals) and not how.only_preview
    if how.as_json:
        typer.echo(json.dumps({**more, **_as_json(review, changes, is_sent)}, indent=2))
        return
    if not is_sent:
        typer.echo("Nothing was sent.")
        return
    typer.echo(f"Told and applied: {people_said(len(review.plan.signals))}. Published:")
    for change in changes[:SHOWN]:
        notified = ", notify" if change.get("notify") else ""
        typer.echo(f"  {change_said(decode_change(json.dumps(change).encode()))}{notified}")
    if not changes:
        typer.echo("  nothing")
    elif len(changes) > SHOWN:
        _changed(changes)


def _changed(changes: list[dict[str, Any]]) -> None:
    typer.echo(f"  ... and {len(changes) - SHOWN} more. Altogether:")
    moves = Counter((one.get("prior_status") or "new", one.get("status")) for one in changes)
    for (before, after), number in moves.most_common():
        typer.echo(f"  {number:>8}  {before} -> {after}")


def _as_json(review: "Review", changes: list[dict[str, Any]], is_sent: bool) -> dict[str, Any]:
    return {
        "workspace_id": review.workspace_id,
        "study_id": review.study_id,
        "review": [
            *(_told(told) for told in review.told.values()),
            *(
                {"person_id": person_id, "stays": review.stood[person_id], "why": left.why}
                for person_id, left in review.left.items()
            ),
        ],
        "signals": [signal.id for signal in review.plan.signals] if is_sent else [],
        "untouched": len(review.left),
        "changes": changes,
    }


def _told(told: Told) -> dict[str, Any]:
    was, will = told.was, told.will
    return {
        "person_id": told.signal.person_id,
        "prior_status": was.status if was else None,
        "prior_stage": was.stage if was else None,
        "status": will.status if will else None,
        "stage": will.stage if will else None,
        "follows": list(follows(told)),
    }
