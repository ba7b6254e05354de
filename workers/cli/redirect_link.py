"""`pstatus redirect-link`: ways back from a survey that nobody can forge; reads one secret."""

import json
from typing import Annotated
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

import typer

from workers.cli._reading import few, word
from workers.cli.errors import UserError
from workers.cli.options import Json, Workspace, effective
from workers.settings import Settings

PURPOSES = ("survey", "screener", "test")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("redirect-link")(show)


def show(
    address: Annotated[
        str, typer.Argument(metavar="URL", help="Where redirects are received: https://...")
    ],
    *,
    study: Annotated[str, typer.Option("--study", help="The study's id.")],
    person: Annotated[
        list[str], typer.Option("--person", "-p", help="The person's id; repeatable.")
    ],
    purpose: Annotated[
        str | None, typer.Option("--purpose", help="survey (as without it), screener or test.")
    ] = None,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Print signed links, one an outcome, by which a survey tool sends somebody back.

    The secret is the first line of the file `redirect` in the workspace's folder of
    PSTATUS_SECRETS.

    Example: pstatus redirect-link https://r.example.com/back --study s1 --person p1
    """
    purpose = word(purpose, PURPOSES, "purpose") if purpose else None
    for told in (study, *person):
        _refuse_no_id(told)
    workspace_id, secret = _secret(effective(workspace))
    links = [
        _link(address, secret, workspace_id, study, one, outcome, purpose)
        for one in person
        for outcome in _outcomes(purpose)
    ]
    if as_json:
        typer.echo(json.dumps(links, indent=2))
        return
    for link in links:
        who = f"{link['person_id']}  " if len(person) > 1 else ""
        typer.echo(f"{who}{link['outcome']:<13}  {link['url']}")


def _outcomes(purpose: str | None) -> list[str]:
    from workers.providers.answers import TABLE

    return [outcome for told, outcome in TABLE if told == (purpose or "survey")]


def _link(  # noqa: PLR0917 (the parts of a link)
    address: str, secret: str, workspace_id: str, study: str, person: str, outcome: str,
    purpose: str | None,
) -> dict[str, str]:  # fmt: skip
    from workers.providers.redirect import signature

    sig = signature(
        secret, workspace_id=workspace_id, study_id=study, person_id=person, outcome=outcome,
        purpose=purpose or "",
    )  # fmt: skip
    named = {"person_id": person, "study_id": study, "purpose": purpose, "outcome": outcome}
    query = {name: told for name, told in named.items() if told} | {"sig": sig}
    return {"person_id": person, "outcome": outcome, "sig": sig, "url": _with(address, query)}


def _with(address: str, query: dict[str, str]) -> str:
    try:
        parts = urlsplit(address)
    except ValueError:
        raise UserError(f"{address!r} is no address such as https://r.example.com/back.") from None
    if not parts.scheme or not parts.netloc:
        raise UserError(f"{address!r} is no address such as https://r.example.com/back.")
    if twice := [name for name, _ in parse_qsl(parts.query) if name in query]:
        raise UserError(f"The address has {few(sorted(set(twice)))} already.")
    told = "&".join(filter(None, (parts.query, urlencode(query, quote_via=quote, safe=""))))
    return urlunsplit(parts._replace(query=told))


def _secret(settings: Settings) -> tuple[str, str]:
    """The workspace that is meant, and the secret that signs its links."""
    from workers.ingest.secret_files import SecretFiles

    folder = settings.secrets
    if folder is None or not folder.is_dir():
        raise UserError("Set PSTATUS_SECRETS to the folder of secrets (docs/signatures.md).")
    files = SecretFiles(folder)
    known = [one for one, provider, _ in files.configured() if provider == "redirect"]
    named = settings.workspace or (known[0] if len(known) == 1 else None)
    if named is None:
        told = f": {few(known)}" if known else "; no workspace has a file `redirect` yet"
        raise UserError(f"Name a workspace with --workspace{told}.")
    secrets = files.of(named, "redirect")
    if not secrets:
        raise UserError(f"No secret for the links of {named}: put one into its file `redirect`.")
    return named, secrets[0]


def _refuse_no_id(told: str) -> None:
    from workers.providers.ids import CONTROL

    if not 0 < len(told) <= 200 or "/" in told or CONTROL.search(told):
        raise UserError(f"{told!r} is no id: 1 to 200 characters, no /.")
