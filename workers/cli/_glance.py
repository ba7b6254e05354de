"""A workspace's studies and their counts, each read once; what studies and stats share."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workers.domain.setups import Setup

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from workers.domain.progress import Progress


@dataclass(frozen=True, slots=True)
class Glance:
    """One study: its setup, and what it counts."""

    study_id: str
    is_configured: bool
    setup: Setup
    progress: "Progress"


async def glances(connection: "AsyncConnection", workspace_id: str) -> list[Glance]:
    """Every study of a workspace, by id."""
    from workers.store import boards, reading
    from workers.store.progress import sums

    names = await reading.studies(connection, workspace_id)
    bodies = await boards.setups(connection, workspace_id)
    counts = await sums(connection, [(workspace_id, name) for name in names])
    return [_glance(name, bodies.get(name), counts[workspace_id, name]) for name in names]


def _glance(study_id: str, body: dict[str, Any] | None, counts: dict[str, int]) -> Glance:
    from workers.domain.progress import progress
    from workers.store.boards import setup_of

    setup = setup_of(body)
    return Glance(study_id, body is not None, setup, progress(setup, [counts]))


def done(glance: Glance) -> int | None:
    """The completed count of the study's own type; None where it has none."""
    from workers.domain.progress import OWN_COUNT

    if glance.setup.type is None:
        return None
    return int(getattr(glance.progress, OWN_COUNT[glance.setup.type]))
