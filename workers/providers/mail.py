"""What an email provider's event tells, in our words; shared by all of them, knows none."""

import re
from datetime import datetime
from typing import Any

from pydantic import model_validator

from schemas.codec import Refused, parse_json
from schemas.signals import EmailBounced, EmailClicked, EmailDelivered, EmailOpened, EmailSent
from schemas.signals import OfPersonMaybeStudy as Mail
from schemas.vocabulary import Permanence
from schemas.webhooks import Webhook
from workers.providers.ids import derived_id, own_id
from workers.providers.outcomes import Told
from workers.providers.payloads import Metadata, purpose_of

WITH_PURPOSE = frozenset({EmailSent, EmailDelivered, EmailBounced})
WITH_MESSAGE = WITH_PURPOSE | {EmailOpened, EmailClicked}
HARD = {"permanence": Permanence.HARD}
SOFT = {"permanence": Permanence.SOFT}
"""What a row of a provider's table says about a bounce beside its kind."""
NAMED = re.compile(r"[^<>]*<([^<>\s]+@[^<>\s]+)>\s*")
MAX_CAMPAIGN = 1000


class Attached(Metadata):
    """What the sender attached, as an object or as the text of one."""

    @model_validator(mode="before")
    @classmethod
    def _is_an_object(cls, attached: Any) -> Any:
        if isinstance(attached, str):
            attached = _opened(attached)
        return attached if isinstance(attached, dict) else {}


def told(
    webhook: Webhook,
    kind: type[Mail],
    permanence: Permanence | None = None,
    *,
    word: str,
    at: datetime | None,
    ours: Metadata,
    own: str | None = None,
    resource: str | None = None,
    message: str | None = None,
    address: str | None = None,
    campaign: str | None = None,
    shared: bool = False,
) -> Told:
    """An event as a signal: id `own` with the word, else derived; without a time that of receipt.

    `resource` is what the event is about, if not the message. `shared`: the message went to
    several, so neither what was attached to it nor its id says who this is about.
    """
    person = None if shared else ours.person_id or None
    return mail(
        kind,
        word=word,
        id=own_id(webhook.provider, own, word)
        or derived_id(
            webhook, word, kind, resource=resource or message, at=at, recipient=address or person
        ),
        at=at or webhook.received_at,
        person=person,
        study=ours.study_id,
        purpose=ours.purpose,
        permanence=permanence,
        message=message,
        address=address and bare(address),
        campaign=campaign,
        shared=shared,
    )


def mail(
    kind: type[Mail],
    *,
    word: str,
    id: str,
    at: datetime,
    person: str | None,
    study: str | None,
    purpose: str | None,
    permanence: Permanence | None = None,
    message: str | None = None,
    address: str | None = None,
    campaign: str | None = None,
    shared: bool = False,
) -> Told:
    """An email event; without a purpose of ours it is `other`, which moves nobody."""
    fields: dict[str, Any] = {}
    if kind in WITH_PURPOSE:
        fields["purpose"] = purpose_of(purpose)
    if permanence is not None:
        fields["permanence"] = permanence
    if message and kind in WITH_MESSAGE:
        fields["message_id"] = message
    references: dict[str, str] = {}
    if message and not shared:
        references["message_id"] = message
    if address:
        references["address"] = address
    if campaign:
        references["campaign"] = campaign
    return Told(
        word=word,
        kind=kind,
        id=id,
        occurred_at=at,
        person_id=person or None,
        study_id=study or None,
        fields=fields,
        references=references,
    )


def bare(address: str) -> str:
    """An address without the name before it: `Ada <ada@example.com>` is ada@example.com."""
    named = NAMED.fullmatch(address)
    return named[1] if named else address


def sole(tags: Any) -> str | None:
    """The tag if there is exactly one: between two nobody guesses."""
    if isinstance(tags, list) and len(tags) == 1:
        tags = tags[0]
    fits = isinstance(tags, str) and len(tags) <= MAX_CAMPAIGN and tags.isprintable()
    return tags if fits and tags else None


def _opened(text: str) -> Any:
    try:
        return parse_json(text.encode(errors="surrogatepass"))
    except Refused:
        return None
