"""Tables that lose nothing of an id, however narrow the terminal; it reads nothing."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

WIDE = 1000
"""Columns in a pipe or file: nothing there is narrow, and a table takes what its cells need."""


def paper() -> "Console":
    """Where tables go: as wide as the terminal, and in a pipe or file as wide as they need."""
    from rich.console import Console

    out = Console(highlight=False)
    if not out.is_terminal:
        out.width = max(out.width, WIDE)
    return out


def table(*columns: str, whole: tuple[str, ...] = ()) -> "Table":
    """An empty table; cells that do not fit are folded, never cut; `whole` columns last."""
    from rich.table import Table

    made = Table()
    for column in columns:
        made.add_column(column, overflow="fold", no_wrap=column in whole)
    return made
