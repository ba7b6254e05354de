"""Free ports on loopback; never remembers or reserves one, so whoever binds may have to ask again."""

import os
import socket
from collections.abc import Collection

LOOPBACK = "127.0.0.1"
FIRST, LAST = 20_000, 32_000  # below the range from which systems take ports of outgoing connections


def is_free(port: int) -> bool:
    """Whether a server could listen on this port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def free(besides: Collection[int] = ()) -> int:
    """A port that nobody listens on; the search starts elsewhere in each process."""
    span = LAST - FIRST
    start = os.getpid() * 7919
    for step in range(span):
        port = FIRST + (start + step * 17) % span
        if port not in besides and is_free(port):
            return port
    raise OSError("no free port on 127.0.0.1 between 20000 and 32000")
