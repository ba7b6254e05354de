"""`pstatus db`: brings the database to this version's schema, or says whether it is there."""

import typer

from workers.cli.errors import WORLD
from workers.cli.options import stored


def register(app: typer.Typer) -> None:
    """Add the commands."""
    db = typer.Typer(no_args_is_help=True, help="The database's schema: migrate it, check it.")
    db.command("migrate")(migrate)
    db.command("check")(check)
    app.add_typer(db, name="db")


def migrate() -> None:
    """Apply every migration that is missing; safe to repeat."""
    from workers.store import migrate as steps

    url = stored().database
    before, needed = steps.versions(url)
    steps.upgrade(url)
    typer.echo(f"schema version {needed}" + ("" if before != needed else " (nothing to do)"))


def check() -> None:
    """Say which schema version the database has; exit 1 if it is not the one needed."""
    from workers.store import migrate as steps

    found, needed = steps.versions(stored().database)
    if found != needed:
        typer.echo(
            f"schema version {found or 'none'}, needed is {needed}: run `pstatus db migrate`"
        )
        raise typer.Exit(WORLD)
    typer.echo(f"schema version {found}, as needed")
