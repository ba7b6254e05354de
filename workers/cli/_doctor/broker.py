"""Checks of the broker: its topics as schemas/topics.py has them, and who may do what."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from schemas.topics import SIGNALS, TOPICS, Topic
from workers.cli._doctor.findings import Finding, error, listed, note, ok, warning
from workers.cli._doctor.patient import Patient

FATAL = {"cleanup.policy", "message.timestamp.type"}
"""Settings without which what is read means something else, or is gone."""
ANY = 1
WRITE, ALL = 4, 2
TOPIC = 2
ALLOW = 3
NO_AUTHORIZER, NOT_ALLOWED = 54, 31


@dataclass(frozen=True, slots=True)
class Rule:
    """One ACL: who may (or must not) do what with a topic."""

    topic: str
    pattern: int
    """3: this name, 4: every name that begins so."""
    principal: str
    operation: int
    permission: int

    def covers(self, topic: str) -> bool:
        """Whether it is about this topic."""
        if self.pattern == 4:
            return topic.startswith(self.topic)
        return self.topic in (topic, "*")


async def topics(patient: Patient) -> list[Finding]:
    """Every topic exists with its partitions and settings."""
    from workers.cli.topics import config

    there = await patient.partitions()
    shards = await _shards(patient, there)
    found = await _configs(patient, list(there))
    told: list[Finding] = []
    for topic in TOPICS:
        name = patient.name(topic.name)
        if name not in there:
            told.append(error(f"The topic {name} is missing.", "Run `pstatus topics create`."))
            continue
        told += _partitions(topic, name, there[name], topic.partitions(shards))
        told += _settings(name, found[name], config(topic, patient.settings))
    return told or [ok(f"All {len(TOPICS)} topics are as they should be.")]


async def _shards(patient: Patient, there: dict[str, int]) -> int:
    """How many there should be: as recorded, else as set, else as `signals` has."""
    from workers.cli._doctor.database import recorded

    known = await recorded(patient)
    if known is not None:
        return known.shards
    if "shards" in patient.settings.model_fields_set:
        return patient.settings.shards
    return there.get(patient.name(SIGNALS.name), patient.settings.shards)


def _partitions(topic: Topic, name: str, number: int, wanted: int) -> Iterator[Finding]:
    said = f"The topic {name} has {number} partitions, should have {wanted}"
    if number == wanted:
        return
    if topic.sharded:
        yield error(f"{said}: people would move between shards.",
                    "Stop the workers and create it anew with that number.")  # fmt: skip
    else:
        yield note(f"{said}; that does no harm.")


def _settings(name: str, found: dict[str, str], wanted: dict[str, str]) -> Iterator[Finding]:
    for key, value in wanted.items():
        if found.get(key) != value:
            yield _different(name, key, found.get(key), value)


def _different(name: str, key: str, is_: str | None, should: str) -> Finding:
    said = f"The topic {name} has {key}={is_}, should have {should}."
    if key in FATAL:
        return error(said, f"Set {key} back with your broker's tools.")
    if key == "retention.ms" and is_ and (is_ == "-1" or int(is_) > int(should)):
        return note(said, "Nothing, if records are meant to be kept longer.")
    return warning(said, f"Set {key} with your broker's tools, unless you chose it.")


async def _configs(patient: Patient, names: list[str]) -> dict[str, dict[str, str]]:
    from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

    asked = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    answers = await patient.brokered.describe_configs(asked) if asked else []
    return {
        resource[3]: {entry[0]: entry[1] for entry in resource[4]}
        for answer in answers
        for resource in answer.resources
    }


async def acls(patient: Patient) -> list[Finding]:
    """Who may write to `signals`, as far as this client may know."""
    answer = await patient.brokered._client.send(
        patient.brokered._client.get_random_node(), _every_rule()
    )
    if answer.error_code == NO_AUTHORIZER:
        return [note("The broker has no authorizer: whoever reaches it may read and write.",
                     "Guard its network, or give it an authorizer and ACLs.")]  # fmt: skip
    if answer.error_code == NOT_ALLOWED:
        return [note("ACLs can't be seen: this client may not describe the cluster.")]
    if answer.error_code:
        return [note(f"ACLs can't be seen: Kafka's error {answer.error_code}.")]
    rules = [Rule(name, pattern, who, operation, permission)
             for kind, name, pattern, entries in answer.resources if kind == TOPIC
             for who, _, operation, permission in entries]  # fmt: skip
    return judged(rules, patient.name(SIGNALS.name))


def judged(rules: list[Rule], signals: str) -> list[Finding]:
    """What the rules mean for `signals`, which nobody but ingest may write to."""
    writers = sorted(
        {
            rule.principal
            for rule in rules
            if rule.covers(signals) and rule.permission == ALLOW and rule.operation in (WRITE, ALL)
        }
    )
    if "User:*" in writers:
        return [error(f"Everybody may write to {signals}: signals could be forged.",
                      "Allow it to the workers alone.")]  # fmt: skip
    if len(writers) > 1:
        return [note(f"{len(writers)} principals may write to {signals}: {listed(writers)}.",
                     "It should be ingest alone.")]  # fmt: skip
    return [ok(f"ACLs: {listed(writers) or 'nobody but super users'} may write to {signals}.")]


def _every_rule() -> Any:
    """A request for all ACLs."""
    from aiokafka.protocol.admin import DescribeAclsRequest

    return DescribeAclsRequest(ANY, None, ANY, None, None, ANY, ANY)
