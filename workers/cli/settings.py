"""`pstatus settings`: what is in force and where it came from; secrets are shown as stars."""

import json

import typer

from workers.cli.options import Json, effective
from workers.settings import Settings, origin, strangers, variables


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
    for name in strangers():
        typer.echo(f"pstatus: {name} is no setting: it does nothing.", err=True)
    _print(rows)


def _print(rows: list[dict[str, str | None]]) -> None:
    """A line a setting, its meaning below: it fits any terminal, and grep finds it."""
    from rich.console import Console
    from rich.padding import Padding
    from rich.text import Text

    out = Console(highlight=False)
    for row in rows:
        set_by = "" if row["from"] == "default" else f"  (from {row['from']})"
        line = Text.assemble((str(row["variable"]), "bold"), f"={row['value'] or ''}{set_by}")
        out.print(line, soft_wrap=True)
        out.print(Padding(Text(str(row["meaning"]), style="dim"), (0, 0, 0, 4)))


def _row(settings: Settings, field: str) -> dict[str, str | None]:
    value = getattr(settings, field)
    shown = None if value is None else ",".join(value) if isinstance(value, tuple) else str(value)
    return {
        "variable": variables(field)[0],
        "value": shown,
        "from": origin(field) or "default",
        "meaning": Settings.model_fields[field].description,
    }
