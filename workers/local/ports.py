"""Free ports on loopback; none is reserved, so whoever binds may have to ask again."""

import os
import socket
from itertools import count

from workers.local.errors import LocalError

LOOPBACK = "127.0.0.1"
FIRST, LAST = 20_000, 32_000  # below the range from which systems take outgoing connections' ports
STEPS = count()  # two servers that start side by side do not ask for the same one


def is_free(port: int) -> bool:
    """Whether a server could listen on this port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def free() -> int:
    """A port that nobody listens on; the search starts elsewhere in each process."""
    span = LAST - FIRST
    start = os.getpid() * 7919
    for _ in range(span):
        port = FIRST + (start + next(STEPS) * 17) % span
        if is_free(port):
            return port
    raise LocalError(f"No free port on {LOOPBACK} between {FIRST} and {LAST}: end some servers.")
