"""`pstatus do-not-contact`: set and clear it by hand; tells signals, writes nothing."""

import typer

from schemas.signals import ContactDoNotContactCleared, ContactDoNotContactSet
from workers.cli._deeds import group, telling

SET = "Set do-not-contact by hand: holds until it is cleared. Shows first what it would change."
CLEAR = "Clear what was set by hand; rules with that effect stay. Shows first what it would change."


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group(
        app,
        "do-not-contact",
        "People who are not to be contacted until somebody clears it.",
        set=telling(ContactDoNotContactSet, SET),
        clear=telling(ContactDoNotContactCleared, CLEAR),
    )
