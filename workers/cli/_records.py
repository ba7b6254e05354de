"""Which booking or reward of a participant is meant: the one that is named, or the only one."""

from collections.abc import Collection, Mapping
from typing import Annotated, Any

import typer

from workers.cli._reading import few
from workers.cli._updates import Leave

Which = Annotated[
    str | None,
    typer.Option("--booking", help="Which booking; not needed where only one fits."),
]


def meant(
    records: Mapping[str, Any], states: Collection[str], named: str | None, what: str
) -> str | Leave:
    """The id of the record in one of these states; Leave with what there is instead."""
    fitting = [name for name, record in records.items() if record.state in states]
    if named is not None:
        return _named(records, fitting, named, what)
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        return Leave(f"which {what}? --{what} {few(sorted(fitting), 5)}", is_mistake=True)
    there = ", ".join(f"{name} is {record.state}" for name, record in records.items())
    return Leave(f"no {what} that fits: {there or 'there is none'}", is_mistake=not records)


def _named(
    records: Mapping[str, Any], fitting: Collection[str], named: str, what: str
) -> str | Leave:
    if named in fitting:
        return named
    if named not in records:
        return Leave(f"there is no {what} {named}: {few(sorted(records), 5)}", is_mistake=True)
    return Leave(f"{named} is {records[named].state}: nothing to tell")
