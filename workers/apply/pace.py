"""How much a home does for people beside their signals, so that signals do not wait for it."""

import asyncio

TOGETHER = 2
"""Homes of one worker that drain or refold at the same time: one waits for the database while
the other works."""
GOAL = 0.15
"""Seconds that one piece of such work may take: a signal that comes meanwhile waits so long."""
FEWEST, MOST = 100, 800
"""People in one piece."""
SOON = 0.01
"""Seconds until it is tried again when it had to stand back."""


class Pace:
    """The size of the next piece: it grows while pieces are quick, and halves when one is slow."""

    def __init__(self) -> None:
        self.most = 2 * FEWEST

    def took(self, seconds: float) -> None:
        """A piece is done."""
        if seconds > GOAL:
            self.most = max(FEWEST, self.most // 2)
        elif seconds < GOAL / 2:
            self.most = min(MOST, self.most * 5 // 4)


def turns() -> asyncio.Semaphore:
    """What the homes of one worker take turns by."""
    return asyncio.Semaphore(TOGETHER)
