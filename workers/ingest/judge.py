"""What one element comes to: a signal's bytes, a configuration, a question, or a letter. No IO."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from pydantic_core import from_json, to_json

from schemas.codec import MAX_SIGNAL_BYTES, Refused, decode_signal, encode_signal
from schemas.routing import person_key
from schemas.signals import (
    OfPerson,
    PersonUpdated,
    PolicyConfigured,
    StudyConfigured,
    kind_of,
)
from schemas.vocabulary import DeadLetterClass
from schemas.webhooks import Webhook
from workers.ingest.addresses import AddressKeys
from workers.ingest.questions import Body, Question, question_of
from workers.ingest.resolve import Answer, is_complete
from workers.providers.outcomes import Dead, Element, Ready, Told, Unused

AHEAD = timedelta(minutes=5)
"""How far ahead of its receipt a signal may be dated."""
FUTURE = Dead(DeadLetterClass.FROM_THE_FUTURE, "dated more than 5 minutes after it was received")
TOO_LARGE = Dead(DeadLetterClass.INVALID_SCHEMA, f"more than {MAX_SIGNAL_BYTES} bytes")
SOMEBODY = {"person_id": "nobody", "study_id": "none"}
"""Stands in for whom is not known yet, so that what is known can be checked."""


@dataclass(frozen=True, slots=True)
class ToApply:
    """A signal as it goes to apply: its key and its JSON."""

    key: bytes
    value: bytes


@dataclass(frozen=True, slots=True)
class Configured:
    """A setup or policy as it goes to the database: the signal and its JSON."""

    signal: StudyConfigured | PolicyConfigured
    value: bytes


Verdict = ToApply | Configured | Question | Unused | Dead


def judge(element: Element, webhook: Webhook, addresses: AddressKeys) -> Verdict:
    """What the element comes to. Raises nothing for any content of it."""
    if isinstance(element, Told):
        return _told(element, webhook, addresses)
    if isinstance(element, Ready):
        return _ready(element, webhook, addresses)
    return element


def answered(question: Question, answer: Answer) -> ToApply | Dead:
    """The signal of a question that nothing is missing of any more."""
    named: dict[str, Any] = {
        "person_id": answer.person_id,
        "study_id": answer.study_id,
        "purpose": answer.purpose,
    }
    named["emails"] = answer.emails
    body = dict(question.body) | {name: told for name, told in named.items() if told is not None}
    return _signal(body)


def _told(told: Told, webhook: Webhook, addresses: AddressKeys) -> Verdict:
    if told.occurred_at - webhook.received_at > AHEAD:
        return FUTURE
    flat = _flat(told, webhook.workspace_id)
    if is_complete(told):
        return _signal(flat)
    checked = _signal(SOMEBODY | flat)
    if isinstance(checked, Dead):
        return checked
    body = from_json(to_json(flat))
    return question_of(told, body, webhook.workspace_id, addresses)


def _signal(flat: Body) -> ToApply | Dead:
    value = to_json(flat)
    try:
        decode_signal(value)
    except Refused as refused:
        return Dead(refused.letter, refused.reason)
    return ToApply(person_key(flat["workspace_id"], flat["person_id"]), value)


def _flat(told: Told, workspace_id: str) -> dict[str, Any]:
    """The signal as it stands on the wire; what is not known is left out."""
    flat: dict[str, Any] = {
        "id": told.id,
        "workspace_id": workspace_id,
        "kind": kind_of(told.kind),
        "occurred_at": told.occurred_at.astimezone(UTC),
    }
    if told.person_id is not None:
        flat["person_id"] = told.person_id
    if told.study_id is not None:
        flat["study_id"] = told.study_id
    if told.unverified:
        flat["unverified"] = True
    return flat | _present(told.fields)


def _present(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value.astimezone(UTC) if type(value) is datetime else value
        for name, value in fields.items()
        if value is not None
    }


def _ready(ready: Ready, webhook: Webhook, addresses: AddressKeys) -> Verdict:
    signal = ready.signal
    if signal.occurred_at - webhook.received_at > AHEAD:
        return FUTURE
    if isinstance(signal, PersonUpdated) and signal.emails is not None:
        told = signal.emails
        signal = replace(signal, emails=addresses.keys(signal.workspace_id, told))
        if addresses.rotates:
            return _updated(signal, told, ready.extra, addresses)
    value = encode_signal(signal, ready.extra)
    if len(value) > MAX_SIGNAL_BYTES:
        return TOO_LARGE
    if not isinstance(signal, OfPerson):
        return Configured(cast(StudyConfigured | PolicyConfigured, signal), value)
    return ToApply(person_key(signal.workspace_id, signal.person_id), value)


def _updated(
    signal: PersonUpdated, told: Iterable[str], extra: Mapping[str, Any], addresses: AddressKeys
) -> Verdict:
    """An address that is known under an older secret keeps that key: the database is asked."""
    value = encode_signal(signal, extra)
    if len(value) > MAX_SIGNAL_BYTES:
        return TOO_LARGE
    workspace = signal.workspace_id
    emails = tuple(dict.fromkeys(addresses.every(workspace, address) for address in told))
    return Question(workspace_id=workspace, body=from_json(value), emails=emails)
