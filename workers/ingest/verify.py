"""The gate of ingest: what is not genuine ends here, what is goes on translated. Does no IO."""

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from schemas.codec import Refused
from schemas.vocabulary import DeadLetterClass
from schemas.webhooks import HTTP, Webhook
from workers.ingest import redirects
from workers.ingest.redirects import asked_of
from workers.ingest.secret_files import SecretFiles, Secrets
from workers.ingest.translate import known_providers, translate
from workers.providers.outcomes import Dead, Element, Told
from workers.providers.redirect import PROVIDER as REDIRECT
from workers.providers.signing import standard_webhooks
from workers.providers.signing.table import SIGNED

VERIFIED, UNVERIFIED, UNSIGNED, BAD = "verified", "unverified", "unsigned", "bad"
Studies = redirects.Studies
SecretsOf = Callable[[str, str], Secrets | None]
"""(workspace, provider) -> the secrets that count; None: not configured."""


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
        if webhook.provider == REDIRECT.name:
            return self._redirected(webhook, studies, seals)
        found = look(webhook, self._secrets_of)
        seals[webhook.provider, found.result] += 1
        return (found.dead,) if found.dead else translate(webhook)

    def _redirected(
        self, webhook: Webhook, studies: Studies, seals: Counter[tuple[str, str]]
    ) -> tuple[Element, ...]:
        """A hit is judged by its study: some want signatures, some take whoever comes."""
        asked = asked_of(webhook)
        study = studies.get(asked) if asked else None
        secrets = self._secrets_of(webhook.workspace_id, REDIRECT.name)
        try:
            elements = REDIRECT.judged(webhook, study, secrets)
        except Exception as bug:  # a mistake of ours lets nobody in
            elements = (Dead(DeadLetterClass.BUG, f"redirect: {type(bug).__name__}"),)
        seals[REDIRECT.name, _result(elements[0])] += 1
        return elements


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


def _result(element: Element) -> str:
    if isinstance(element, Told) and not element.unverified:
        return VERIFIED
    if isinstance(element, Dead) and element.letter is DeadLetterClass.BAD_SIGNATURE:
        return BAD
    return UNVERIFIED


def sealed(
    folder: Path | None, workspace_id: str, body: bytes, *, message_id: str, at: datetime
) -> list[tuple[str, bytes]]:
    """The headers by which a `standard` record of ours passes the gate; none without a secret."""
    secrets = SecretFiles(folder).of(workspace_id, "standard") if folder else None
    for secret in secrets or ():
        with suppress(ValueError):
            signed = standard_webhooks.signed(secret, message_id, at, body)
            return [(HTTP + name, text.encode()) for name, text in signed.items()]
    return []
