"""`pstatus doctor`: looks the whole installation over, says what to do; changes nothing."""

import asyncio
import json
from typing import TYPE_CHECKING

import typer
from pydantic import SecretStr

from workers.cli.errors import WORLD
from workers.cli.options import Json, effective
from workers.settings import Settings

if TYPE_CHECKING:
    from workers.cli._doctor.table import Report

STYLES = {"ok": "green", "note": "cyan", "warning": "yellow", "error": "bold red"}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("doctor")(doctor)


def doctor(as_json: Json = False) -> None:
    """Look over broker, database, secrets and flow; exit 1 if anything wants to be done."""
    from workers.cli._doctor.findings import Level
    from workers.cli._doctor.table import examined

    report = asyncio.run(examined(_located()))
    worst = max(finding.level for _, findings in report for finding in findings)
    if as_json:
        typer.echo(json.dumps({"worst": worst.word, "findings": _plain(report)}, indent=2))
    else:
        _print(report)
    if worst >= Level.WARNING:
        raise typer.Exit(WORLD)


def _located() -> Settings:
    """With the local servers' addresses, as far as they run: one that is away hides no other."""
    from workers.local import infrastructure

    settings = effective()
    running = infrastructure.status(settings.home)
    found: dict[str, object] = {}
    if settings.kafka_bootstrap_servers is None and "kafka" in running:
        found["kafka_bootstrap_servers"] = (running["kafka"].address,)
    if settings.database_url is None and "postgres" in running:
        found["database_url"] = SecretStr(running["postgres"].address)
    return settings.model_copy(update=found)


def _plain(report: "Report") -> list[dict[str, str]]:
    return [
        {
            "check": check.name,
            "level": finding.level.word,
            "what": finding.what,
            "todo": finding.todo,
        }
        for check, findings in report
        for finding in findings
    ]


def _print(report: "Report") -> None:
    """A line a finding, what to do below it: grep finds both."""
    from rich.console import Console
    from rich.text import Text

    out = Console(highlight=False)
    for row in _plain(report):
        level = (f"{row['level']:<8}", STYLES[row["level"]])
        out.print(Text.assemble(level, (f"{row['check']:<13}", "bold"), row["what"]),
                  soft_wrap=True)  # fmt: skip
        if row["todo"]:
            out.print(Text(f"{'':<21}{row['todo']}", style="dim"), soft_wrap=True)
