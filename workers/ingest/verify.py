"""The gate of ingest: what is not genuine ends here, what is goes on translated. Does no IO."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from schemas.codec import Refused
from schemas.vocabulary import DeadLetterClass
from schemas.webhooks import Webhook
from workers.ingest.secret_files import Secrets
from workers.ingest.translate import known_providers, translate
from workers.providers.outcomes import Dead, Element
from workers.providers.signing.table import SIGNED

VERIFIED, UNVERIFIED, UNSIGNED, BAD = "verified", "unverified", "unsigned", "bad"
SecretsOf = Callable[[str, str], Secrets | None]
"""(workspace, provider) -> the secrets that count; None: not configured."""
Studies = Mapping[tuple[str, str], object]


@dataclass(frozen=True, slots=True)
class Look:
    """What looking at a record's signature came to; `dead` if it can't be believed."""

    result: str
    dead: Dead | None = None


def _nothing(workspace_id: str, provider: str) -> Secrets | None:
    return None


class Gate:
    """Lets through what is genuine, as far as secrets are configured."""

    def __init__(self, secrets_of: SecretsOf = _nothing) -> None:
        self._secrets_of = secrets_of

    def elements(
        self, webhook: Webhook, studies: Studies, seals: Counter[tuple[str, str]]
    ) -> tuple[Element, ...]:
        """What each element of the record comes to; counts what its signature came to."""
        if webhook.provider not in known_providers():
            return translate(webhook)
        found = look(webhook, self._secrets_of)
        seals[webhook.provider, found.result] += 1
        return (found.dead,) if found.dead else translate(webhook)


OPEN = Gate()
"""For installations without secrets: everything is believed."""


def look(webhook: Webhook, secrets_of: SecretsOf) -> Look:
    """verified, bad, unverified (no secret configured) or unsigned (they never sign)."""
    row = SIGNED.get(webhook.provider)
    if row is None:
        return Look(UNSIGNED)
    secrets = secrets_of(webhook.workspace_id, webhook.provider)
    if secrets is None:
        return Look(UNVERIFIED)
    try:
        row.verify(webhook, secrets)
    except Refused as refused:
        return Look(BAD, Dead(refused.letter, refused.reason))
    except Exception as bug:  # a mistake of ours lets nobody in
        reason = f"{webhook.provider}: {type(bug).__name__} while verifying"
        return Look(BAD, Dead(DeadLetterClass.BUG, reason))
    return Look(VERIFIED)
