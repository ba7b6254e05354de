"""`pstatus opt-in`: somebody may be contacted again; tells a signal, writes nothing."""

import typer

from schemas.signals import ContactOptedIn
from workers.cli._deeds import telling

HELP = """Opt people in again: lifts every opt-out and complaint, but no hard bounce.

Statuses in studies stay as they are. Shows first what it would change, and asks.
"""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("opt-in")(telling(ContactOptedIn, HELP))
