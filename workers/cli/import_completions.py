"""`pstatus import-completions`: a linked survey's export, told as completions; sends no address."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from schemas.vocabulary import ScreenerResult
from workers.cli._acting import PATIENCE, How, Note, Within, Yes
from workers.cli._export import Export, read
from workers.cli._reading import answered, few, word
from workers.cli._times import Zone
from workers.cli._updates import DryRun, Study, Update, update
from workers.cli._whom import Whom
from workers.cli.errors import UserError
from workers.cli.options import Json, Workspace, stored

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from workers.cli._completions import Matched
    from workers.ingest.addresses import AddressKeys
    from workers.settings import Settings


File = Annotated[str, typer.Argument(help="The export, a CSV file; - reads standard input.")]
Person = Annotated[str | None, typer.Option(help="The column of persons' ids; guessed without it.")]
Email = Annotated[
    str | None, typer.Option(help="The column of email addresses; guessed without it.")
]
Time = Annotated[
    str | None, typer.Option(help="The column of the time of completion; guessed without it.")
]
Response = Annotated[
    str | None, typer.Option(help="The column of the response's id; guessed without it.")
]
Timeless = Annotated[
    bool, typer.Option("--without-times", help="Take no times from the file: it is now.")
]
Result = Annotated[
    str, typer.Option("--result", help="Of screeners: undecided, qualified, not-qualified.")
]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("import-completions")(import_completions)


def import_completions(
    file: File,
    *,
    study: Study,
    person_column: Person = None,
    email_column: Email = None,
    time_column: Time = None,
    response_column: Response = None,
    without_times: Timeless = False,
    zone: Zone = None,
    result: Result = "undecided",
    note: Note = None,
    yes: Yes = False,
    dry_run: DryRun = False,
    timeout: Within = PATIENCE,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Tell the completions of a linked survey from its tool's export.

    Responses are matched by the person's id or email address with who has started the survey or
    screener. Shows the columns, and whose responses were found, already told, unknown or
    ambiguous; then asks. A rerun tells nothing twice.
    """
    named = {
        "person": person_column, "email": email_column, "time": time_column,
        "response": response_column,
    }  # fmt: skip
    verdict = ScreenerResult(word(result, ScreenerResult, "result"))
    export = read(_text(file), named, zone, times=not without_times)
    how = How(
        by="", note=note, workspace=workspace, is_sure=yes, only_preview=dry_run,
        as_json=as_json, within=timeout,
    )  # fmt: skip
    _import(export, study, verdict, how, from_input=file == "-")


def _import(
    export: Export, study: str, verdict: ScreenerResult, how: How, *, from_input: bool
) -> None:
    from workers.cli._completions import decide

    settings = stored(how.workspace)
    matched = answered(settings, lambda c, name: _matched(settings, c, name, study, export))
    if not how.as_json:
        _show(export, matched)
    what = Update(
        study_id=study,
        decide=lambda case: decide(case, matched.rows[case.person_id], verdict),
        more=_as_json(export, matched),
    )
    update(what, Whom(tuple(matched.rows), None, (), from_input), how)


async def _matched(
    settings: "Settings",
    connection: "AsyncConnection",
    workspace_id: str,
    study: str,
    export: Export,
) -> "Matched":
    from workers.cli._completions import match
    from workers.cli._updates import is_known
    from workers.store.contacts import Place

    place = await Place.of(connection, workspace_id)
    await is_known(place, study)
    return await match(place, study, export.rows, await _keys(settings, connection))


async def _keys(settings: "Settings", connection: "AsyncConnection") -> "AddressKeys":
    from workers.ingest.addresses import AddressKeys
    from workers.store import configuration

    if settings.address_secret is not None:
        secret = settings.address_secret.get_secret_value()
    else:
        secret = (await connection.execute(configuration.SECRET)).scalar_one()
    return AddressKeys(secret, [one.get_secret_value() for one in settings.address_secrets_before])


def _text(file: str) -> str:
    if file == "-":
        return sys.stdin.read()
    try:
        return Path(file).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UserError(f"Can't read {file}: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise UserError(f"{file} is no text in UTF-8.") from None


def _show(export: Export, matched: "Matched") -> None:
    columns = ", ".join(f"{use} by {name!r}" for use, name in export.columns.items())
    typer.echo(f"Columns: {columns}.")
    for number, said in (
        (export.unfinished, "responses are not finished: left out"),
        (matched.repeated, "responses more of the same people: the first one counts"),
    ):
        if number:
            typer.echo(f"{number} {said}.")
    for lines, said in (
        (matched.unknown, "of nobody in this study"),
        (matched.ambiguous, "of an address that several people in it have"),
    ):
        if lines:
            typer.echo(f"{len(lines)} {said}: line {few([str(line) for line in lines], 20)}.")


def _as_json(export: Export, matched: "Matched") -> dict[str, object]:
    return {
        "columns": dict(export.columns),
        "unfinished": export.unfinished,
        "repeated": matched.repeated,
        "unknown_lines": list(matched.unknown),
        "ambiguous_lines": list(matched.ambiguous),
    }
