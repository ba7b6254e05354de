"""Every check of `pstatus doctor`, one row each, in the order of the report; runs them apart.

A check that fails or takes too long is a finding of its own and hides no other.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from workers.cli._doctor import broker, database, flow, held, newest, secrets
from workers.cli._doctor.findings import Finding, error, note, ok
from workers.cli._doctor.patient import Away, Patient, admin_of, engine_of
from workers.settings import Settings, strangers

PATIENCE = 20.0
"""Seconds that a check may take."""
UNMIGRATED = {"42P01", "42703", "42883"}
"""SQLSTATEs of a table, column or function that is not there."""
Examine = Callable[[Patient], Awaitable[list[Finding]]]


@dataclass(frozen=True, slots=True)
class Check:
    """What is looked at, in a word and in a sentence."""

    name: str
    looks_at: str
    examine: Examine


async def _settings(patient: Patient) -> list[Finding]:
    unknown = strangers()
    if unknown:
        return [note(f"Environment variables that are no setting: {', '.join(unknown)}.",
                     "They do nothing; `pstatus settings` lists what does.")]  # fmt: skip
    return [ok("No variable with our prefix is unknown.")]


async def _broker(patient: Patient) -> list[Finding]:
    patient.admin = await admin_of(patient.settings)
    cluster = await patient.admin.describe_cluster()
    return [ok(f"Kafka answers: cluster {cluster['cluster_id']}.")]


async def _database(patient: Patient) -> list[Finding]:
    patient.database = await engine_of(patient.settings)
    return [ok("PostgreSQL answers.")]


OPENING = (
    Check("broker", "Kafka answers.", _broker),
    Check("database", "PostgreSQL answers.", _database),
)
"""These come first: the others need what they open."""
CHECKS = (
    Check("settings", "No environment variable is mistyped.", _settings),
    Check("topics", "Every topic exists, with its partitions and settings.", broker.topics),
    Check("acls", "Who may write to `signals`, as far as can be seen.", broker.acls),
    Check("migrations", "The schema is the one needed.", database.migrations),
    Check("installation", "Cluster, prefix and shards are as recorded.", database.installation),
    Check("clocks", "The clocks of this machine, database and broker agree.", newest.clocks),
    Check("secrets", "The folder of secrets is readable, private and parses.", secrets.secrets),
    Check("unverified", "Who lately sent what nobody can verify.", newest.unverified),
    Check("groups", "Both consumer groups have members and keep up.", flow.groups),
    Check("shards", "No shard stands still while work waits.", flow.shards),
    Check("limits", "No topic is held by the dead letters' limit.", held.limits),
    Check("parked", "Nothing has been parked for more than a day.", held.parked),
    Check("aside", "Nobody is set aside.", held.aside),
    Check("drains", "Setups and policies have reached everybody.", held.drains),
)
Report = list[tuple[Check, list[Finding]]]


async def examined(settings: Settings) -> Report:
    """What every check found."""
    patient = Patient(settings)
    try:
        opened = await asyncio.gather(*(_one(check, patient) for check in OPENING))
        found = await asyncio.gather(*(_one(check, patient) for check in CHECKS))
        return list(zip((*OPENING, *CHECKS), (*opened, *found), strict=True))
    finally:
        if patient.admin is not None:
            await patient.admin.close()
        if patient.database is not None:
            await patient.database.dispose()


async def _one(check: Check, patient: Patient) -> list[Finding]:
    try:
        async with asyncio.timeout(PATIENCE):
            return await check.examine(patient)
    except Away as away:
        return [note(f"Not looked at: it needs the {away}.")]
    except TimeoutError:
        return [error("No answer in time.", "Is the address right, and the server overloaded?")]
    except Exception as failure:
        return [_failed(failure)]


def _failed(failure: Any) -> Finding:
    """A library's message may quote what it was given: its own words are only told if known."""
    from workers.cli.errors import told

    state = getattr(getattr(failure, "orig", None), "sqlstate", None)
    if state in UNMIGRATED:
        return note("Not looked at: the database has another schema.", "See the check migrations.")
    if type(failure) is LookupError:  # Settings' own words
        return error(f"There is {failure}.", "Name it, or start it.")
    line = told(failure)
    if line is not None and line[0]:
        return error(line[0], "See docs/settings.md for the addresses of servers.")
    return error(f"It could not be looked at: {type(failure).__name__} {state or ''}".strip() + ".",
                 "The check failed itself: tell whoever maintains it.")  # fmt: skip
