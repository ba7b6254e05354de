"""Times as people type them, to moments: a local time needs its zone, and one reading only."""

from datetime import UTC, datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from schemas.zones import zone
from workers.cli.errors import UserError

Zone = Annotated[
    str | None,
    typer.Option("--zone", help="Of times without an offset: such as Europe/Berlin, or UTC."),
]


def moment_of(told: str, zone_name: str | None, option: str) -> datetime:
    """The moment in UTC of `2026-03-02T09:00Z`, `...+01:00`, or a local time with its zone.

    UserError for no time, for a local time without a zone, for one that the clocks skip, and
    for one that they show twice: then with both readings.
    """
    try:
        at = datetime.fromisoformat(told)
    except ValueError:
        raise UserError(f"{option}: {told!r} is no time such as 2026-03-02T09:00+01:00.") from None
    if at.tzinfo is not None:
        return _in_utc(at, option)
    if len(told.strip()) <= len("2026-03-02"):
        raise UserError(f"{option}: {told!r} is a day: say the time too, such as {told}T09:00.")
    if zone_name is None:
        raise UserError(
            f"{option}: {told!r} is a local time: say --zone, such as Europe/Berlin, or an offset"
            f" such as {told}+01:00."
        )
    return _in_utc(_local(at, _zone(zone_name), option), option)


def _zone(name: str) -> ZoneInfo:
    try:
        return zone(name)
    except ValueError:
        raise UserError(f"--zone: {name!r} is no time zone such as Europe/Berlin.") from None


def _local(at: datetime, where: ZoneInfo, option: str) -> datetime:
    first, second = (at.replace(tzinfo=where, fold=fold) for fold in (0, 1))
    if first.utcoffset() == second.utcoffset():
        return first
    if first.astimezone(UTC).astimezone(where).replace(tzinfo=None) == at:
        raise UserError(
            f"{option}: the clocks in {where.key} show {at:%Y-%m-%d %H:%M} twice. Say which:"
            f" {_said(first)} (before they change) or {_said(second)} (after)."
        )
    raise UserError(
        f"{option}: the clocks in {where.key} skip {at:%Y-%m-%d %H:%M}:"
        f" {_said(second.astimezone(UTC).astimezone(where))} or"
        f" {_said(first.astimezone(UTC).astimezone(where))}?"
    )


def _said(at: datetime) -> str:
    return at.isoformat(timespec="minutes")


def _in_utc(at: datetime, option: str) -> datetime:
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise UserError(f"{option}: no time that can be kept.") from None


LONGEST = timedelta(days=1)


def slot(starts: str, ends: str, zone_name: str | None) -> tuple[datetime, datetime]:
    """Beginning and end; UserError for an end before the beginning, or more than a day later."""
    start, end = moment_of(starts, zone_name, "--starts"), moment_of(ends, zone_name, "--ends")
    if end <= start:
        raise UserError(f"--ends {ends} is not behind --starts {starts}.")
    if end - start > LONGEST:
        raise UserError(f"From {starts} to {ends} is more than a day: a slip of the pen?")
    return start, end
