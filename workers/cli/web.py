"""`pstatus web`: the board in a browser; reads only, for this machine unless there are tokens."""

from typing import Annotated

import typer

from workers.cli.options import Workspace, stored

Host = Annotated[str | None, typer.Option("--host", help="Address to serve on (PSTATUS_WEB_HOST).")]
Port = Annotated[
    int | None,
    typer.Option("--port", min=0, max=65_535, help="Port (PSTATUS_WEB_PORT); 0 takes a free one."),
]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("web")(web)


def web(host: Host = None, port: Port = None, workspace: Workspace = None) -> None:
    """Serve the board until Ctrl-C: studies live, flow charts, people and why they stand there.

    Without a file of tokens (PSTATUS_WEB_TOKENS) only on this machine.
    """
    import asyncio

    from workers.cli.errors import UserError
    from workers.web.serve import CannotServe, serve

    said = {"web_host": host, "web_port": port}
    settings = stored(workspace).model_copy(
        update={name: told for name, told in said.items() if told is not None}
    )
    try:
        asyncio.run(serve(settings, lambda url: typer.echo(f"The board is at {url}")))
    except CannotServe as error:
        raise UserError(str(error)) from None
    except KeyboardInterrupt:
        raise typer.Exit(0) from None
