"""`pstatus settings`: what is in force and where it came from; secrets are shown as stars."""

import json

import typer

from workers.cli.options import Json, effective
from workers.settings import Settings, origin, variables


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("settings")(show)


def show(as_json: Json = False) -> None:
    """Show every setting: its value, where that came from, what it means."""
    settings = effective()
    rows = [_row(settings, field) for field in Settings.model_fields]
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
        return
    from rich.console import Console
    from rich.table import Column, Table

    table = Table(Column("setting", no_wrap=True), "value", "from", "meaning")
    for row in rows:
        table.add_row(row["variable"], row["value"] or "-", row["from"], row["meaning"])
    Console().print(table)


def _row(settings: Settings, field: str) -> dict[str, str | None]:
    value = getattr(settings, field)
    shown = None if value is None else ",".join(value) if isinstance(value, tuple) else str(value)
    return {
        "variable": variables(field)[0],
        "value": shown,
        "from": origin(field) or "default",
        "meaning": Settings.model_fields[field].description,
    }
