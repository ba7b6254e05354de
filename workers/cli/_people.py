"""People of one workspace as the domain sees them: documents decoded, histories at need."""

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from workers.domain.setups import World
from workers.domain.tracking import History, HistoryNeeded, Tracked

if TYPE_CHECKING:
    from workers.store.contacts import Place

T = TypeVar("T")
Ask = Callable[[str, Tracked, History | None], T]
"""What is asked of a person: (id, what is kept, the history where it was needed)."""
MOST = 500


@dataclass(frozen=True, slots=True)
class Scene:
    """What everybody is seen in: the place in the database, the configurations, and the time."""

    place: "Place"
    world: World
    now: datetime


async def scene(place: "Place") -> Scene:
    """The newest configurations and the time now."""
    from schemas.codec import decode_signal
    from workers.domain.simulation import configured

    told = [decode_signal(body.encode()) for body in await place.configured()]
    return Scene(place, configured(World(), told), await place.now())


async def asked(
    scene: Scene, people: Sequence[str], ask: Ask[T], seen: Callable[[int], None] = lambda n: None
) -> list[T]:
    """The answer of each person who is known and whole, in the order asked."""
    answers: dict[str, T] = {}
    for first in range(0, len(people), MOST):
        some = people[first : first + MOST]
        rows = await scene.place.documents(some)
        found = [(row.person_id, row[1]) for row in rows if not row.is_broken]
        async for person_id, answer in each(scene, found, ask):
            answers[person_id] = answer
        seen(len(some))
    return [answers[person_id] for person_id in people if person_id in answers]


async def each(
    scene: Scene, documents: Iterable[tuple[str, str]], ask: Ask[T]
) -> AsyncIterator[tuple[str, T]]:
    """The answers of these people, at most a few hundred at once."""
    from workers.store.documents import decode

    late: dict[str, Tracked] = {}
    for person_id, document in documents:
        tracked = decode(document)
        try:
            yield person_id, ask(person_id, tracked, None)
        except HistoryNeeded:
            late[person_id] = tracked
    if late:
        histories = await _histories(scene, list(late))
        for person_id, tracked in late.items():
            yield person_id, ask(person_id, tracked, histories[person_id])


async def _histories(scene: Scene, people: list[str]) -> dict[str, History]:
    from schemas.codec import decode_signal

    told: dict[str, list[object]] = {person_id: [] for person_id in people}
    for person_id, body in await scene.place.histories(people):
        told[person_id].append(decode_signal(body.encode()))
    return told  # type: ignore[return-value]
