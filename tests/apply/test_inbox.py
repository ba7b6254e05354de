"""What a home lets in: each record once, in order, and never more than it can hold."""

from types import SimpleNamespace
from typing import Any

from workers.apply.inbox import Inbox


def records(*offsets: int) -> list[Any]:
    """Records as the client delivers them."""
    return [SimpleNamespace(offset=offset) for offset in offsets]


def offsets(taken: list[Any]) -> list[int]:
    """Their offsets."""
    return [record.offset for record in taken]


def attached(fed: int = 0, bound: int = 100) -> tuple[Inbox, list[bool]]:
    """An inbox after its seek, and what it asked of the partition."""
    pressed: list[bool] = []
    inbox = Inbox(fed, bound, pressed.append)
    inbox.attached = True
    return inbox, pressed


async def test_older_offsets_are_not_let_in_twice():
    """Before the seek of a new assignment the client delivers what was delivered before."""
    inbox, _ = attached()
    inbox.put(records(*range(200)))

    inbox.put(records(*range(50, 250)))

    assert offsets(await inbox.take(1000, 0, 1)) == list(range(250))


async def test_nothing_is_let_in_before_the_seek():
    """Between a revocation and our seek whatever comes is not ours to fold."""
    inbox, _ = attached(fed=10)
    inbox.attached = False
    inbox.put(records(10, 11))

    inbox.attached = True
    inbox.put(records(10))

    assert offsets(await inbox.take(10, 0, 1)) == [10]


async def test_gaps_are_no_loss():
    """Transactional producers leave holes in the offsets."""
    inbox, _ = attached()

    inbox.put(records(0, 5, 9))

    assert offsets(await inbox.take(10, 0, 1)) == [0, 5, 9]
    assert inbox.fed == 10


async def test_a_full_inbox_rests_its_partition_and_an_emptier_one_wakes_it():
    """Nobody waits: the partition is paused, and resumed once there is room."""
    inbox, pressed = attached(bound=3)
    inbox.put(records(0, 1))
    assert pressed == []

    inbox.put(records(2, 3))
    assert pressed == [True]
    await inbox.take(1, 0, 1)
    assert pressed == [True]
    await inbox.take(2, 0, 1)

    assert pressed == [True, False]


async def test_waiting_ends():
    """A home looks around though no signal comes."""
    inbox, _ = attached()

    assert await inbox.take(10, 0, 0.01) == []
