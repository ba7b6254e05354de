"""The key that stands for an email address behind ingest; the address itself goes no further."""

import hmac
from collections.abc import Iterable
from hashlib import sha256


class AddressKeys:
    """Makes keys with one secret: HMAC-SHA-256 over workspace and address, as hexadecimal text.

    The workspace is part of it, so that one address in two workspaces can't be linked.
    """

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    def key(self, workspace_id: str, address: str) -> str:
        """The key of one address; white space around it and the case of letters do not matter."""
        told = f"{workspace_id}:{normalised(address)}".encode()
        return hmac.new(self._secret, told, sha256).hexdigest()

    def keys(self, workspace_id: str, addresses: Iterable[str]) -> tuple[str, ...]:
        """The keys of several addresses, each once, in their order."""
        return tuple(dict.fromkeys(self.key(workspace_id, address) for address in addresses))


def normalised(address: str) -> str:
    """An address as providers agree on it."""
    return address.strip().casefold()
