"""The only file that reads a clock or draws a fresh id; all others are handed time and ids."""

import time
import uuid
from datetime import UTC, datetime


def now() -> datetime:
    """This instant, aware, in UTC."""
    return datetime.now(UTC)


def monotonic() -> float:
    """Seconds that never fall: for durations and deadlines, not for dates."""
    return time.monotonic()


def fresh_id() -> uuid.UUID:
    """An id that nobody had before. Never for what a replay must make again: that is uuid5."""
    return uuid.uuid4()


def sleep(seconds: float) -> None:
    """Let this thread rest. Never on an event loop."""
    time.sleep(seconds)
