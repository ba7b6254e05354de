"""What ingest knows of the studies that a batch's redirects name; looked up once a batch."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import lru_cache
from typing import cast

from sqlalchemy.ext.asyncio import AsyncEngine

from schemas.codec import Refused, decode_signal
from schemas.signals import Redirects, StudyConfigured
from schemas.webhooks import Webhook
from workers.ingest.records import Record, is_redirect, webhook_of
from workers.providers.outcomes import Dead
from workers.providers.panels import SURVEYS
from workers.providers.redirect import Study, Target, target
from workers.store import redirects
from workers.store.redirects import Asked

Studies = Mapping[Asked, Study]
UntilDone = Callable[[str, Callable[[], Awaitable[None]]], Awaitable[None]]


class RedirectStudies:
    """Looks up setups. `until_done` tries again while the database is away."""

    def __init__(self, engine: AsyncEngine, until_done: UntilDone) -> None:
        self._engine = engine
        self._until_done = until_done

    async def of(self, records: Iterable[Record]) -> Studies:
        """The studies that the redirects among the records name; one statement, or none."""
        asked = set(map(asked_of, filter(None, map(_hit, records)))) - {None}
        found: dict[Asked, Study] = {}
        if not asked:
            return found

        async def look() -> None:
            async with self._engine.connect() as connection:
                bodies = await redirects.newest(connection, list(filter(None, asked)))
            found.update((one, study) for one, body in bodies.items() if (study := _study(body)))

        await self._until_done("look up redirects", look)
        return found


def asked_of(webhook: Webhook) -> Asked | None:
    """How a redirect names its study; None if it does not, or is no redirect at all."""
    try:
        hit = target(webhook)
        study_id, survey = hit.get("study_id"), _survey(hit)
    except Refused:
        return None
    if study_id is None and survey is None:
        return None
    named = (study_id or "", "" if study_id else survey or "")
    return None if "\0" in "".join(named) else Asked(webhook.workspace_id, *named)


def _survey(hit: Target) -> str | None:
    return hit.get("survey_id", *SURVEYS)


def _hit(record: Record) -> Webhook | None:
    if not is_redirect(record):
        return None
    webhook = webhook_of(record)
    return None if isinstance(webhook, Dead) or webhook.provider != "redirect" else webhook


@lru_cache(maxsize=1024)
def _study(body: str) -> Study | None:
    """What a stored setup says; None if this version can't read it."""
    try:
        setup = cast(StudyConfigured, decode_signal(body.encode()))
    except Refused:
        return None
    return Study(setup.study_id, bool(setup.public), setup.redirects or Redirects())
