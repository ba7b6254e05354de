"""`pstatus send`: puts records on a topic as an integration would."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from schemas.webhooks import PROVIDER, WORKSPACE_ID
from workers.cli._sending import seal
from workers.cli.errors import UserError
from workers.cli.options import Workspace
from workers.settings import Settings

ALONE = 256 * 1024
"""Values from this size on are sent one by one."""

Topic = Annotated[
    str, typer.Argument(help="Where to, without the prefix: webhooks.email, webhooks.product, ...")
]
Files = Annotated[
    list[Path], typer.Argument(help="One record a file, byte for byte; - is standard input.")
]
Header = Annotated[
    list[str] | None, typer.Option("--header", "-H", metavar="K=V", help="A header; repeatable.")
]
Provider = Annotated[
    str | None, typer.Option("--provider", "-p", help="The same as --header provider=...")
]
Key = Annotated[str | None, typer.Option("--key", "-k", help="Key of the records.")]
Lines = Annotated[bool, typer.Option("--lines", "-l", help="One record a line, not a file.")]


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("send")(send)


def send(  # noqa: PLR0917 (options of a command)
    topic: Topic,
    files: Files,
    header: Header = None,
    provider: Provider = None,
    workspace: Workspace = None,
    key: Key = None,
    lines: Lines = False,
) -> None:
    """Put records on a topic, as an integration would.

    Example: pstatus send webhooks.email body.json --provider sendgrid --workspace w1
    """
    import asyncio

    from workers.cli.options import connected, effective

    plan = effective(workspace)
    name = _named(topic, plan.topic_prefix)
    headers = _headers(header or [], provider, plan.workspace)
    values = [value for file in files for value in _values(file, lines)]
    settings = connected(workspace)
    for warning in _warnings(name.removeprefix(plan.topic_prefix), dict(headers)):
        typer.echo(f"pstatus: {warning}", err=True)
    records = [(value, [*headers, *_seal(settings, dict(headers), value)]) for value in values]
    asyncio.run(_send(settings.bootstrap_servers, name, key, records))
    typer.echo(f"{len(values)} record{'' if len(values) == 1 else 's'} sent to {name}")


def _named(topic: str, prefix: str) -> str:
    from schemas.topics import TOPICS

    short = topic.removeprefix(prefix)
    if short not in {known.name for known in TOPICS}:
        known = ", ".join(one.name for one in TOPICS)
        raise UserError(f"No topic {short}. There are: {known}.")
    return prefix + short


def _warnings(topic: str, headers: dict[str, bytes]) -> Iterator[str]:
    """What would make dead letters of these; they are sent all the same: that may be the point."""
    from schemas.topics import RAW

    if topic not in {raw.name for raw in RAW}:
        return
    from workers.ingest.translate import known_providers

    told = headers.get(PROVIDER, b"").decode()
    if told not in known_providers():
        known = ", ".join(sorted(known_providers()))
        what = f"{told!r} is no provider" if told else "--provider is missing"
        yield f"This becomes a dead letter: {what}; there are: {known}."
    if not headers.get(WORKSPACE_ID):
        yield "This becomes a dead letter: --workspace is missing."


def _headers(
    given: list[str], provider: str | None, workspace: str | None
) -> list[tuple[str, bytes]]:
    pairs = [_pair(text) for text in given]
    named = {name for name, _ in pairs}
    for name, value in ((PROVIDER, provider), (WORKSPACE_ID, workspace)):
        if value is not None and name not in named:
            pairs.append((name, value.encode()))
    return pairs


def _pair(text: str) -> tuple[str, bytes]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise UserError(f"--header wants NAME=VALUE, not {text!r}.")
    return name, value.encode()


def _values(file: Path, lines: bool) -> Iterator[bytes]:
    try:
        told = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        raise UserError(f"Can't read {file}: {error.strerror}.") from None
    if not lines:
        yield told
        return
    yield from (line for line in told.splitlines() if line.strip())


def _seal(settings: Settings, headers: dict[str, bytes], value: bytes) -> list[tuple[str, bytes]]:
    """Our own signals are signed where that is asked for; a header that is given stands."""
    if headers.get(PROVIDER) != b"standard" or "http-webhook-signature" in headers:
        return []
    return seal(settings, headers.get(WORKSPACE_ID, b"").decode(), value)


async def _send(
    servers: list[str],
    topic: str,
    key: str | None,
    records: list[tuple[bytes, list[tuple[str, bytes]]]],
) -> None:
    from aiokafka import AIOKafkaProducer

    from schemas.topics import RAW_MAX_BYTES

    producer = AIOKafkaProducer(
        bootstrap_servers=servers, enable_idempotence=True, max_request_size=RAW_MAX_BYTES
    )
    try:
        await producer.start()
        if topic not in (await producer.client.fetch_all_metadata()).topics():
            raise UserError(f"Kafka has no topic {topic}: run `pstatus topics create`.")
        sent = []
        for value, headers in records:
            sent.append(await producer.send(topic, value, key and key.encode(), headers=headers))
            if len(value) >= ALONE:
                await sent[-1]
        for future in sent:
            await future
    finally:
        await producer.stop()
