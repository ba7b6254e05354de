"""The console command `pstatus`: one command a file, each found by itself; no work is done here."""

from importlib import import_module
from pkgutil import iter_modules
from typing import Annotated

import typer

ORDER = (
    # what people reach for first
    "demo", "study", "studies", "stats", "person", "people", "explain", "simulate", "charts",
    "translate", "send", "redirect_link",
    # what happened, told by hand
    "set_status", "screener", "book", "booking", "incentive", "import_completions",
    # may this person be contacted?
    "opt_out", "opt_in", "blocklist", "cooldown", "do_not_contact", "override", "policy",
    # running it
    "run", "local", "topics", "db", "refold", "erase", "dlq", "audit", "doctor", "settings",
)  # fmt: skip


def build() -> typer.Typer:
    """The application with every command of this folder that has a `register(app)`."""
    app = typer.Typer(
        name="pstatus",
        help="How far every research participant is in each study.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        add_completion=False,
        rich_markup_mode="markdown",
    )
    app.callback()(_root)
    for name in sorted(_names(), key=_place):
        module = import_module(f"{__name__}.{name}")
        if hasattr(module, "register"):
            module.register(app)
    return app


def _names() -> list[str]:
    return [module.name for module in iter_modules(__path__) if module.name[0] != "_"]


def _place(name: str) -> tuple[int, str]:
    return (ORDER.index(name) if name in ORDER else len(ORDER), name)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"pstatus {version('participant-status')}")
        raise typer.Exit


def _root(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and stop."
        ),
    ] = False,
) -> None:
    return
