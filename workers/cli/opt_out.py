"""`pstatus opt-out`: somebody must not be contacted any more; tells a signal, writes nothing."""

import typer

from schemas.signals import ContactOptedOut
from workers.cli._deeds import telling

HELP = """Opt people out: they must not be contacted any more.

Who is still early in a study becomes opted_out there, in every study. With --by participant it is
the person's own wish. Shows first what it would change, and asks.
"""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("opt-out")(telling(ContactOptedOut, HELP))
