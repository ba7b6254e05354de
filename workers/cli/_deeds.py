"""Makes a command that tells one plain kind of signal of people; the same options for each."""

from collections.abc import Callable

import typer

from schemas.signals import OfPerson
from workers.cli._acting import PATIENCE, By, Deed, How, Note, Only, Within, Yes, act
from workers.cli._whom import File, OfStudy, People, Statuses, whom
from workers.cli.options import Json, Workspace


def telling(kind: type[OfPerson], says: str) -> Callable[..., None]:
    """A command that tells this kind of signal; `says` is its help."""

    def tell(
        people: People = None,
        *,
        by: By,
        file: File = None,
        study: OfStudy = None,
        status: Statuses = None,
        note: Note = None,
        yes: Yes = False,
        preview: Only = False,
        timeout: Within = PATIENCE,
        workspace: Workspace = None,
        as_json: Json = False,
    ) -> None:
        how = How(
            by=by, note=note, workspace=workspace, is_sure=yes, only_preview=preview,
            as_json=as_json, within=timeout,
        )  # fmt: skip
        act(Deed(kind, {}), whom(people, file, study, status), how)

    tell.__doc__ = says
    return tell


def group(app: typer.Typer, name: str, says: str, **commands: Callable[..., None]) -> None:
    """Add a group of commands."""
    made = typer.Typer(no_args_is_help=True, help=says)
    for word, command in commands.items():
        made.command(word)(command)
    app.add_typer(made, name=name)
