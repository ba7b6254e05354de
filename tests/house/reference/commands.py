"""docs/commands.md, from the command line itself."""

from collections.abc import Iterator
from typing import Any

import typer

from tests.house.reference.markdown import NOTE, code, joined, table
from workers.cli import build

INTRO = """# Commands

`pstatus COMMAND --help` says the same. A mistake of yours gets one line on standard error and exit
code 2; something that is missing, such as a broker, exit code 1."""


def page() -> str:
    """The whole page."""
    return joined(NOTE, INTRO, *(part for name, one in named() for part in _command(name, one)))


def named() -> Iterator[tuple[str, Any]]:
    """Every command with its full name, groups' commands after each other."""
    yield from _named("pstatus", typer.main.get_command(build()))


def _named(prefix: str, group: Any) -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _named(f"{prefix} {name}", command)
        elif not command.hidden:
            yield f"{prefix} {name}", command


def _command(name: str, command: Any) -> Iterator[str]:
    shown = [one for one in command.params if not getattr(one, "hidden", False)]
    arguments = [one for one in shown if one.param_type_name == "argument"]
    options = [one for one in shown if one.param_type_name == "option" and one.name != "help"]
    yield f"## {code(' '.join([name, *map(_place, arguments)]))}"
    yield _plain(command.help)
    if shown := [*map(_argument, arguments), *map(_option, options)]:
        yield table(("", "meaning"), shown)


def _plain(text: str | None) -> str:
    return "\n\n".join(" ".join(part.split()) for part in (text or "").split("\n\n"))


def _place(argument: Any) -> str:
    name = (argument.metavar or argument.name).upper().strip("[]")
    name += "..." if argument.nargs == -1 and not name.endswith("...") else ""
    return name if argument.required else f"[{name}]"


def _argument(argument: Any) -> tuple[str, str]:
    return code(_place(argument)), _plain(argument.help)


def _option(option: Any) -> tuple[str, str]:
    default = option.default
    known = default not in (None, False, (), []) and not callable(default)
    return ", ".join(map(code, option.opts)), _plain(option.help) + (
        f" Default: {code(str(default))}." if known else ""
    )
