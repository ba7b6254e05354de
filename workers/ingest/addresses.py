"""The key that stands for an email address behind ingest; the address itself goes no further."""

import hmac
import re
from collections.abc import Iterable
from hashlib import sha256
from unicodedata import normalize

DOTLESS = frozenset({"gmail.com"})
"""Mailboxes whose provider ignores dots in their names."""
TAGGED = DOTLESS | {
    "outlook.com", "hotmail.com", "live.com", "icloud.com", "me.com", "fastmail.com",
    "proton.me", "protonmail.com", "pm.me",
}  # fmt: skip
"""Mailboxes whose provider delivers name+tag to name. Elsewhere a + may be part of a name."""
SAME = {"googlemail.com": "gmail.com"}
"""Domains that are another name of the same mailboxes."""

KEY = re.compile(r"[0-9a-f]{64}", re.ASCII)


class AddressKeys:
    """Makes keys with today's secret and those before it: HMAC-SHA-256 over workspace and address.

    The workspace is part of it, so that one address in two workspaces can't be linked.
    """

    def __init__(self, secret: str, before: Iterable[str] = ()) -> None:
        self._secrets = tuple(dict.fromkeys(one.encode() for one in (secret, *before)))

    @property
    def rotates(self) -> bool:
        """Whether an address may be known under an older secret."""
        return len(self._secrets) > 1

    def every(self, workspace_id: str, address: str) -> tuple[str, ...]:
        """The keys of one address under each secret, today's first, as hexadecimal text.

        A key is its own: a signal put back from the dead letters holds keys, not addresses.
        """
        if KEY.fullmatch(address):
            return (address,)
        told = f"{workspace_id}:{normalised(address)}".encode(errors="surrogatepass")
        return tuple(hmac.digest(secret, told, sha256).hex() for secret in self._secrets)

    def key(self, workspace_id: str, address: str) -> str:
        """The key of one address under today's secret."""
        return self.every(workspace_id, address)[0]

    def keys(self, workspace_id: str, addresses: Iterable[str]) -> tuple[str, ...]:
        """Today's keys of several addresses, each once, in their order."""
        return tuple(dict.fromkeys(self.key(workspace_id, address) for address in addresses))


def is_somebodys(address: str) -> bool:
    """Whether it names a mailbox, or is a key; a filler such as `undisclosed` is everybody's."""
    name, _, domain = address.strip().rpartition("@")
    return bool(name and domain) or KEY.fullmatch(address) is not None


def normalised(address: str) -> str:
    """An address as its mailbox provider reads it, where that is known for sure.

    White space around it and the case of letters never matter. Tags and dots only go where the
    provider says that they do not matter: elsewhere two mailboxes could be taken for one.
    """
    name, at, domain = normalize("NFC", address.strip()).lower().rpartition("@")
    domain = SAME.get(domain, domain)
    if domain in TAGGED:
        name = name.partition("+")[0] or name
    if domain in DOTLESS:
        name = name.replace(".", "") or name
    return f"{name}{at}{domain}"
