"""`pstatus simulate`: what would these signals come to? Pure: no database, no broker."""

import sys
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, TextIO

import typer

from workers.cli.errors import UserError


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command(name="simulate")(simulate)


def simulate(
    file: Annotated[
        Path | None, typer.Argument(help="Cases, one JSON line each; standard input by default.")
    ] = None,
    changes: Annotated[
        bool, typer.Option("--changes", help="Also every change that would be published.")
    ] = False,
) -> None:
    """Play cases through the domain and print one JSON line for each (docs/simulate.md)."""
    place = sys.stdin.fileno() if file is None or str(file) == "-" else file
    try:
        with open(place, encoding="utf-8", errors="surrogateescape") as stream:
            _each_line(stream, changes)  # bytes that are no UTF-8 are judged line by line
    except BrokenPipeError:
        raise
    except OSError as error:
        raise UserError(f"Cannot read {file}: {error.strerror}.") from None


def _each_line(stream: TextIO, changes: bool) -> None:
    from workers.cli._cases import NoCase
    from workers.cli._cases import simulate as answer_to

    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")  # JSON is UTF-8, whatever the terminal's locale
    for number, line in enumerate(stream, start=1):
        if not line.strip():
            continue
        try:
            sys.stdout.write(answer_to(line, changes=changes) + "\n")
        except NoCase as no_case:
            sys.stdout.flush()
            raise UserError(f"line {number}: {no_case}") from None
