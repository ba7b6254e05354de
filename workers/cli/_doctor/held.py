"""Checks of what is held back: topics, parked elements, people set aside, drains; reads only."""

from importlib.metadata import version

from workers.cli._doctor.findings import Finding, error, listed, note, ok, warning
from workers.cli._doctor.patient import Patient
from workers.ops import clock

OLD_HOURS = 24


async def limits(patient: Patient) -> list[Finding]:
    """No topic is held because too much of it became dead letters."""
    from workers.store import examining
    from workers.store.limits import limits as kept

    async with examining.carefully(patient.engine) as connection:
        rows = await kept(connection)
    told = []
    for row in rows:
        if row.opened_at is not None:
            judge = error if row.version == version("participant-status") else warning
            told.append(judge(
                f"{row.topic} is held for version {row.version} since {row.opened_at:%F %R} UTC:"
                " too much of it became dead letters.",
                "Find out why with `pstatus dlq stats`, then `pstatus dlq resume`.",
            ))  # fmt: skip
        elif row.unlimited:
            told.append(note(f"{row.topic} is never held while version {row.version} runs."))
    return told or [ok("No topic is held.")]


async def parked(patient: Patient) -> list[Finding]:
    """Nothing has been waiting for its person or study for more than a day."""
    from workers.store import examining

    old = await examining.parked(patient.engine, OLD_HOURS)
    if old.since is None:
        return [ok(f"Nothing has been parked for more than {OLD_HOURS} hours.")]
    hours = (clock.now() - old.since).total_seconds() / 3600
    return [warning(
        f"{old.number} elements have been parked for more than {OLD_HOURS} hours, the oldest for"
        f" {hours:.0f}; after 72 they become dead letters.",
        "`pstatus parked list` says what they lack.",
    )]  # fmt: skip


async def aside(patient: Patient) -> list[Finding]:
    """Nobody has been set aside because a worker failed on them."""
    from workers.store import examining

    rows = await examining.aside(patient.engine)
    if not rows:
        return [ok("Nobody is set aside.")]
    people = sum(row.people for row in rows)
    versions = sorted({row.version for row in rows})
    shards = sorted({row.shard for row in rows})
    return [error(
        f"{people} people stand still, for version {listed(versions)} failed on them"
        f" (shards {listed(shards)}).",
        "The worker's log has the place in the code; a version that is mended takes them up.",
    )]  # fmt: skip


async def drains(patient: Patient) -> list[Finding]:
    """Whether newer setups and policies have reached everybody."""
    from workers.store import examining

    waiting = await examining.drains(patient.engine)
    if not waiting.shards:
        return [ok("Every setup and policy has reached everybody.")]
    return [note(
        f"{waiting.setups} newer setups and {waiting.policies} policies are on their way to"
        f" people in {waiting.shards} shards.",
        "Wait; if it stays so, look at the check `shards`.",
    )]  # fmt: skip
