"""`pstatus topics`: makes the topics of schemas/topics.py, or says how the broker's differ."""

import asyncio
from collections.abc import Iterator
from typing import Any

import typer

from schemas.topics import TOPICS, Topic
from workers.cli.errors import WORLD, UserError
from workers.cli.options import connected
from workers.ops import clock
from workers.settings import Settings

INSYNC = "min.insync.replicas"
SEEN_WITHIN = 10.0


def register(app: typer.Typer) -> None:
    """Add the commands."""
    topics = typer.Typer(no_args_is_help=True, help="Kafka topics: create them, check them.")
    topics.command("create")(create)
    topics.command("check")(check)
    app.add_typer(topics, name="topics")


def create() -> None:
    """Create the topics that are missing; those that exist are left as they are."""
    settings = connected()
    made = asyncio.run(_create(settings))
    for name in made:
        typer.echo(f"created {name}")
    if not made:
        typer.echo("every topic exists")


def check() -> None:
    """Compare the broker's topics with what they should be; exit 1 if any differs."""
    differences = asyncio.run(_check(connected()))
    for line in differences:
        typer.echo(line)
    if differences:
        raise typer.Exit(WORLD)
    typer.echo(f"all {len(TOPICS)} topics are as they should be")


async def make(settings: Settings) -> list[str]:
    """Create what is missing; the names of what was made."""
    return await _create(settings)


async def _create(settings: Settings) -> list[str]:
    from aiokafka.admin import NewTopic
    from aiokafka.errors import TopicAlreadyExistsError, for_code

    admin = await _admin(settings)
    try:
        present = set(await admin.list_topics())
        missing = [t for t in TOPICS if settings.topic_prefix + t.name not in present]
        wanted = [
            NewTopic(
                settings.topic_prefix + topic.name,
                topic.partitions(settings.shards),
                settings.replication_factor,
                topic_configs=config(topic, settings),
            )
            for topic in missing
        ]
        answer = await admin.create_topics(wanted) if wanted else None
        for name, code, *said in answer.topic_errors if answer else ():
            if code not in (0, TopicAlreadyExistsError.errno):  # somebody else was quicker
                why = next(filter(None, said), for_code(code).__name__)
                raise UserError(f"Kafka did not create {name}: {why}")
        await _until_seen(admin, [topic.name for topic in wanted])
        return [topic.name for topic in wanted]
    finally:
        await admin.close()


async def _until_seen(admin: Any, names: list[str]) -> None:
    """A topic just made is not known at once: whoever comes next should find it."""
    deadline = clock.monotonic() + SEEN_WITHIN
    while clock.monotonic() < deadline:
        if set(names) <= set(await admin.list_topics()):
            return
        await asyncio.sleep(0.05)


async def _check(settings: Settings) -> list[str]:
    from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

    admin = await _admin(settings)
    try:
        names = {settings.topic_prefix + topic.name: topic for topic in TOPICS}
        present = set(await admin.list_topics())  # never asks by name: that could create them
        there = [name for name in names if name in present]
        told = {t["topic"]: len(t["partitions"]) for t in await admin.describe_topics(there)}
        asked = [ConfigResource(ConfigResourceType.TOPIC, name) for name in there]
        configs = _configs(await admin.describe_configs(asked)) if asked else {}
        lines = [f"{name}: missing" for name in names if name not in present]
        for name in there:
            lines += _differences(name, names[name], settings, told[name], configs[name])
        return lines
    finally:
        await admin.close()


def config(topic: Topic, settings: Settings) -> dict[str, str]:
    """A topic's settings on a broker with this many copies."""
    insync = {INSYNC: "2"} if settings.replication_factor > 2 else {}
    return topic.config | insync


def _differences(
    name: str, topic: Topic, settings: Settings, partitions: int, found: dict[str, str]
) -> Iterator[str]:
    wanted = topic.partitions(settings.shards)
    if partitions != wanted:
        yield f"{name}: {partitions} partitions, should be {wanted}"
    for key, value in config(topic, settings).items():
        if found.get(key) != value:
            yield f"{name}: {key} is {found.get(key)}, should be {value}"


def _configs(answers: Any) -> dict[str, dict[str, str]]:
    return {
        resource[3]: {entry[0]: entry[1] for entry in resource[4]}
        for answer in answers
        for resource in answer.resources
    }


async def _admin(settings: Settings) -> Any:
    from aiokafka.admin import AIOKafkaAdminClient

    admin = AIOKafkaAdminClient(bootstrap_servers=settings.bootstrap_servers)
    try:
        await admin.start()
    except BaseException:
        await admin.close()
        raise
    return admin
