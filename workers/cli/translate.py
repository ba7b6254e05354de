"""`pstatus translate`: what a provider's body would come to, offline; writes nothing anywhere."""

import json
import sys
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workers.cli.errors import UserError
from workers.cli.options import Workspace, effective

if TYPE_CHECKING:
    from workers.ingest.verify import Gate

Provider = Annotated[
    str, typer.Option("--provider", "-p", help="Who posted it: sendgrid, typeform, standard ...")
]
Header = Annotated[
    list[str] | None,
    typer.Option(
        "--header",
        metavar="K=V",
        help="A header of the raw record, or an HTTP header of the webhook; may be repeated.",
    ),
]
Received = Annotated[
    str | None,
    typer.Option("--received-at", help="When it was received (RFC 3339, Z); else now."),
]
Verify = Annotated[
    bool,
    typer.Option("--verify", help="Check the signature, too, with the secrets in PSTATUS_SECRETS."),
]
DEFAULT_WORKSPACE = "workspace"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("translate")(show)


def show(  # noqa: PLR0917 (options of a command)
    file: Annotated[str, typer.Argument(help="The body as it was received; - for standard input.")],
    provider: Provider,
    workspace: Workspace = None,
    header: Header = None,
    received_at: Received = None,
    verify: Verify = False,
) -> None:
    """Show what each element of a webhook's body comes to, one JSON line each, offline."""
    from schemas.webhooks import CONTENT_TYPE, RECEIVED_AT, WORKSPACE_ID, Webhook
    from workers.ingest.translate import known_providers, translate

    record, http = _headers(header or [])
    named = workspace or record.get(WORKSPACE_ID) or effective().workspace
    webhook = Webhook(
        provider=provider,
        workspace_id=named or DEFAULT_WORKSPACE,
        received_at=_moment(received_at or record.get(RECEIVED_AT)),
        body=_body(file),
        content_type=record.get(CONTENT_TYPE, ""),
        http=http,
    )
    if provider not in known_providers():
        known = ", ".join(sorted(known_providers()))
        typer.echo(f"pstatus: {provider!r} is no provider; there are: {known}.", err=True)
    for element in _gate().elements(webhook, {}, Counter()) if verify else translate(webhook):
        typer.echo(json.dumps(line(element, webhook.workspace_id), ensure_ascii=False))


def _gate() -> "Gate":
    from workers.ingest.secret_files import SecretFiles
    from workers.ingest.verify import Gate

    folder = effective().secrets
    if folder is None or not folder.is_dir():
        raise UserError("--verify: set PSTATUS_SECRETS to the folder of secrets.")
    return Gate(SecretFiles(folder).of)


def _headers(pairs: list[str]) -> tuple[dict[str, str], dict[str, str]]:
    """The raw record's own headers, and those of HTTP, with or without the prefix `http-`."""
    from schemas.webhooks import CONTENT_TYPE, HTTP, PROVIDER, RECEIVED_AT, WORKSPACE_ID

    record, http = {}, {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals or not name.strip():
            raise UserError("--header takes NAME=VALUE, such as http-svix-id=msg_1.")
        name = name.strip().lower()
        if name in (CONTENT_TYPE, PROVIDER, RECEIVED_AT, WORKSPACE_ID):
            record[name] = text
        else:
            http[name.removeprefix(HTTP)] = text
    return record, http


def _moment(text: str | None) -> datetime:
    from schemas.fields import parse_instant
    from workers.ops import clock

    try:
        return parse_instant(text) if text else clock.now()
    except ValueError as error:
        raise UserError(f"--received-at: {error}.") from None


def _body(file: str) -> bytes:
    if file == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise UserError(f"{file}: {error.strerror or 'can not be read'}.") from None


def line(element: Any, workspace_id: str) -> Mapping[str, Any]:
    """What one element comes to, as an object to print."""
    from workers.providers.outcomes import Dead, Ready, Unused

    match element:
        case Unused(word):
            return {"outcome": "unused", "word": word}
        case Dead(letter, reason):
            return {"outcome": "dead", "class": letter.value, "reason": reason}
        case Ready():
            return _ready(element)
    return {"outcome": "signal", "signal": _told(element, workspace_id)}


def _ready(ready: Any) -> Mapping[str, Any]:
    from schemas.codec import encode_signal
    from schemas.signals import CONFIGURATIONS

    configured = isinstance(ready.signal, CONFIGURATIONS)
    signal = json.loads(encode_signal(ready.signal, ready.extra))
    return {"outcome": "configured" if configured else "signal", "signal": signal}


def _told(told: Any, workspace_id: str) -> Mapping[str, Any]:
    """The signal as the body tells it: who is not named is null, found by the references."""
    from schemas.signals import kind_of

    return {
        "id": told.id,
        "workspace_id": workspace_id,
        "kind": kind_of(told.kind),
        "occurred_at": _plain(told.occurred_at),
        "person_id": told.person_id,
        "study_id": told.study_id,
        **({"unverified": True} if told.unverified else {}),
        **{name: _plain(value) for name, value in told.fields.items()},
        "references": dict(told.references),
    }


def _plain(value: Any) -> Any:
    from schemas.fields import format_instant

    return format_instant(value) if isinstance(value, datetime) else value
