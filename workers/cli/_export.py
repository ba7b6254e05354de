"""A survey tool's export as a table: its columns guessed by name or named; knows no study."""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import StringIO

from workers.cli._reading import few, hint
from workers.cli._times import moment_of
from workers.cli.errors import UserError

NAMES: Mapping[str, tuple[str, ...]] = {
    "person": (
        "person_id", "person", "participant_id", "participant", "external_reference",
        "external_data_reference", "external_id", "user_id", "custom_1",
    ),
    "email": (
        "email", "email_address", "e_mail", "e_mail_address", "recipient_email", "mail",
        "respondent_email",
    ),
    "time": (
        "completed_at", "submitted_at", "submit_date_utc", "submit_date", "end_date", "enddate",
        "date_submitted", "recorded_date", "recordeddate", "date_modified", "completed",
        "submitted", "timestamp", "time",
    ),
    "response": (
        "response_id", "responseid", "respondent_id", "submission_id", "token", "response",
    ),
    "finished": ("finished", "is_finished", "is_complete"),
}  # fmt: skip
"""What a column is for, and how survey tools name it, the surest first."""
CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
YES = {"true", "1", "yes", "complete", "completed"}
MOST = 1_000_000


@dataclass(frozen=True, slots=True)
class Row:
    """One response: the line it stands on and what its columns say; absent: None."""

    line: int
    person: str | None
    email: str | None
    time: datetime | None
    response: str | None


@dataclass(frozen=True, slots=True)
class Export:
    """The columns that were found by their use, every finished response, how many are not."""

    columns: Mapping[str, str]
    rows: Sequence[Row]
    unfinished: int


def read(text: str, named: Mapping[str, str | None], zone: str | None, *, times: bool) -> Export:
    """The export's responses; `named` are columns by use, `times` False leaves times alone.

    UserError for a file without a header, a column that there is not, or a time that nobody can
    read: then with its line.
    """
    told = list(csv.reader(StringIO(text.lstrip("\ufeff")), delimiter=_delimiter(text)))
    if len(told) < 2 or len(told[0]) < 1:
        raise UserError("This is no export: a CSV with a line of column names is needed.")
    if len(told) > MOST:
        raise UserError(f"More than {MOST} lines: split the file.")
    header = [name.strip() for name in told[0]]
    columns = _columns(header, named, told[1:])
    if not times:
        columns.pop("time", None)
    rows = list(_rows(told[1:], header, columns, zone))
    kept = [row for row in rows if row is not None]
    return Export(columns, kept, len(rows) - len(kept))


def _delimiter(text: str) -> str:
    first = text.partition("\n")[0]
    return max(",;\t", key=first.count)


def _columns(
    header: Sequence[str], named: Mapping[str, str | None], rows: Sequence[Sequence[str]]
) -> dict[str, str]:
    found: dict[str, str] = {}
    for use in NAMES:
        if wanted := named.get(use):
            if wanted not in header:
                raise UserError(f"There is no column {wanted!r}{hint(wanted, header)}")
            found[use] = wanted
        elif guess := _guessed(use, header):
            found[use] = guess
    if named.get("email") and not named.get("person"):
        found.pop("person", None)
    if "person" not in found and "email" not in found:
        _by_look(found, header, rows)
    if "person" not in found and "email" not in found:
        raise UserError(
            f"Which column says who it was? --person-column or --email-column: {few(header, 12)}."
        )
    return found


def _guessed(use: str, header: Sequence[str]) -> str | None:
    plain = {_plain(name): name for name in reversed(header)}
    return next((plain[name] for name in NAMES[use] if name in plain), None)


def _plain(name: str) -> str:
    """`External Reference`, `ExternalReference` and `external-reference` are one name."""
    apart = CAMEL.sub("_", name).lower()
    kept = "".join(c if c.isalnum() else "_" for c in apart)
    return "_".join(part for part in kept.split("_") if part)


def _by_look(found: dict[str, str], header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A column most of whose values look like addresses is one of addresses."""
    for place, name in enumerate(header):
        values = [row[place] for row in rows[:200] if place < len(row) and row[place].strip()]
        if values and sum("@" in value for value in values) > len(values) / 2:
            found["email"] = name
            return


def _rows(
    told: Sequence[Sequence[str]], header: Sequence[str], columns: Mapping[str, str],
    zone: str | None,
) -> Iterator[Row | None]:  # fmt: skip
    places = {use: header.index(name) for use, name in columns.items()}
    for line, cells in enumerate(told, start=2):
        if not any(cell.strip() for cell in cells):
            continue
        said = {
            use: (cells[place].strip() or None) if place < len(cells) else None
            for use, place in places.items()
        }
        if "finished" in places and (said["finished"] or "").lower() not in YES:
            yield None
            continue
        yield Row(
            line,
            said.get("person"),
            said.get("email"),
            _time(said.get("time"), zone, line, columns),
            said.get("response"),
        )


def _time(
    told: str | None, zone: str | None, line: int, columns: Mapping[str, str]
) -> datetime | None:
    if told is None:
        return None
    try:
        return moment_of(told, zone, f"line {line}, column {columns['time']}")
    except UserError as error:
        more = " --without-times takes none from the file."
        raise UserError(f"{error}{more}") from None
