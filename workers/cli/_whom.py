"""Whom a command is about: ids typed, read from a file, or everybody of a study by status."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from schemas.vocabulary import Status
from workers.cli._reading import few, hint, word
from workers.cli.errors import UserError

if TYPE_CHECKING:
    from workers.store.contacts import Place

People = Annotated[
    list[str] | None,
    typer.Argument(help="Ids of people; - reads them from standard input, one a line."),
]
File = Annotated[
    Path | None, typer.Option("--file", "-f", help="A file of ids of people, one a line.")
]
OfStudy = Annotated[
    str | None, typer.Option("--study", help="Everybody in this study, instead of ids.")
]
Statuses = Annotated[
    list[str] | None,
    typer.Option("--status", "-s", help="Of the study only those with this status; repeatable."),
]


@dataclass(frozen=True, slots=True)
class Whom:
    """People by id, or (without ids) those of a study with one of some statuses."""

    people: tuple[str, ...]
    study_id: str | None = None
    statuses: tuple[str, ...] = ()
    from_input: bool = False
    """Whether standard input was read: then nobody can be asked there."""


def whom(
    people: Sequence[str] | None,
    file: Path | None,
    study: str | None,
    statuses: Sequence[str] | None,
    *,
    study_is_told: bool = False,
) -> Whom:
    """Who is meant; UserError when nobody is, or when two ways of saying it meet.

    `study_is_told`: the study is what the signal is about, and may stand beside ids.
    """
    if statuses and not study:
        raise UserError("--status needs --study: statuses are those of one study.")
    typed = list(people or ())
    ids = [one for one in typed if one != "-"]
    if "-" in typed:
        ids += _lines(sys.stdin.read())
    if file is not None:
        ids += _read(file)
    words = tuple(word(told, Status, "status") for told in statuses or ())
    if not study and not ids:
        raise UserError("Name people: ids, -, --file FILE, or --study S [--status X].")
    if ids and (words or (study and not study_is_told)):
        raise UserError("Name people, or those of a study by --study and --status, not both.")
    return Whom(tuple(dict.fromkeys(ids)), study, words, "-" in typed)


def somebody(meant: Whom, *, ways: str = "", more: Sequence[str] = ()) -> Whom:
    """The same; UserError where nobody is named though the whole study can't be meant.

    `ways` are further ones to name them, such as `--from-status X`; `more` is what was said so.
    """
    if not (meant.people or meant.statuses or more):
        raise UserError(f"Name people: ids, -, --file FILE{ways}.")
    return meant


def _read(file: Path) -> list[str]:
    try:
        return _lines(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"Can't read {file}: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise UserError(f"{file} is no text in UTF-8.") from None


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


async def found(place: "Place", whom: Whom) -> list[str]:
    """The ids of who is meant; UserError for who is unknown, forgotten, or for nobody."""
    if not whom.people:
        return await _of_study(place, whom)
    known: set[str] = set()
    for first in range(0, len(whom.people), 1000):
        rows = await place.documents(whom.people[first : first + 1000])
        known |= {row.person_id for row in rows}
    missing = [one for one in whom.people if one not in known]
    if missing:
        raise UserError(await _unknown(place, missing))
    return list(whom.people)


async def _unknown(place: "Place", missing: list[str]) -> str:
    erased = sorted(await place.erased(missing[:1000]))
    if erased:
        return f"Erased from {place.workspace_id}: {few(erased)}. Nothing was sent."
    names = few([repr(one) for one in missing], 10)
    return f"Nobody in {place.workspace_id} is known as {names}. Nothing was sent."


async def _of_study(place: "Place", whom: Whom) -> list[str]:
    from workers.store import reading

    studies = await reading.studies(place.connection, place.workspace_id)
    if whom.study_id not in studies:
        told = str(whom.study_id)
        raise UserError(f"There is no study {told!r} in {place.workspace_id}{hint(told, studies)}")
    people = await place.of_study(whom.study_id, whom.statuses)
    if not people:
        raise UserError("Nobody fits: nothing was sent.")
    return people
