"""What an email provider's event tells, in our words; shared by all of them, knows none."""

from datetime import datetime
from typing import Any

from schemas.signals import EmailBounced, EmailClicked, EmailDelivered, EmailOpened, EmailSent
from schemas.signals import OfPersonMaybeStudy as Mail
from schemas.vocabulary import Permanence
from workers.providers.outcomes import Told
from workers.providers.payloads import purpose_of

WITH_PURPOSE = frozenset({EmailSent, EmailDelivered, EmailBounced})
WITH_MESSAGE = WITH_PURPOSE | {EmailOpened, EmailClicked}


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
) -> Told:
    """An email event; without a purpose of ours it is `other`, which moves nobody."""
    fields: dict[str, Any] = {}
    if kind in WITH_PURPOSE:
        fields["purpose"] = purpose_of(purpose)
    if permanence is not None:
        fields["permanence"] = permanence
    references: dict[str, str] = {}
    if message:
        references["message_id"] = message
        if kind in WITH_MESSAGE:
            fields["message_id"] = message
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
