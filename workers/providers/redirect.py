"""Redirects: a participant's browser comes back from a survey or test; the query tells how far.

A browser may say anything: what a hit is worth depends on its signature and on its study.
"""

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qsl, unquote

from pydantic import ValidationError

from schemas.codec import Refused, invalid
from schemas.signals import OfParticipant, Redirects
from schemas.vocabulary import DeadLetterClass, RedirectOutcome
from schemas.webhooks import Webhook
from workers.providers.answers import WITH_RESPONSE, answered
from workers.providers.ids import TIMELESS, derived_id
from workers.providers.outcomes import Dead, Element, Told
from workers.providers.panels import PATH, Row, row_of
from workers.providers.payloads import Payload, PersonRef, Reference, known_names, wording
from workers.providers.provider import Facts, unused

MAX_TARGET_BYTES, MAX_PARAMETERS = 64 * 1024, 200


class Hit(Payload):
    """What a hit says in our words; `word` is the outcome."""

    word: str
    person_id: PersonRef | None = None
    study_id: PersonRef | None = None
    purpose: str | None = None
    response_id: Reference | None = None
    session_id: Reference | None = None
    survey_id: Reference | None = None


@dataclass(frozen=True, slots=True)
class Study:
    """What a study's newest setup says of its redirects."""

    study_id: str
    is_public: bool = False
    redirects: Redirects = field(default_factory=Redirects)


@dataclass(frozen=True, slots=True)
class Target:
    """A request target: the end of its path, and its parameters, in their order."""

    end: str
    told: tuple[tuple[str, str], ...]

    def get(self, *names: str | None) -> str | None:
        """The value of the first of these that is told; Refused if that has two values."""
        for name in names:
            values = {text for key, text in self.told if key == name and text}
            if len(values) > 1:
                raise invalid("a parameter of ours has two values")
            if values:
                return values.pop()
        return None


def target(webhook: Webhook) -> Target:
    """The request target of a hit; Refused if it is none."""
    if len(webhook.body) > MAX_TARGET_BYTES:
        raise invalid(f"more than {MAX_TARGET_BYTES} bytes")
    try:
        path, _, query = webhook.body.decode().strip().partition("#")[0].partition("?")
        told = parse_qsl(
            query, keep_blank_values=True, errors="strict", max_num_fields=MAX_PARAMETERS
        )
        return Target(unquote(path.rstrip("/").rpartition("/")[2], errors="strict"), tuple(told))
    except ValueError:
        raise Refused(DeadLetterClass.POISON, "not a request target") from None


def settled(
    webhook: Webhook, hit: Target, study: Study | None, secrets: Sequence[str] | None
) -> Element:
    """What a hit comes to in this study (None: not configured), by these secrets (None: none).

    Signed: told. Unsigned: refused where the study wants signatures, `unverified` where it has
    public links, else `unverified` and waiting for something verified. Raises Refused.
    """
    rules = study.redirects if study else Redirects()
    event = _event(hit, study, rules)
    answer = answered(event.purpose, event.word)
    is_signed = _is_signed(webhook, hit, event, secrets)
    if rules.signed and not is_signed:
        raise Refused(DeadLetterClass.BAD_SIGNATURE, "sig: missing, and this study wants it")
    if answer is None:
        return unused(event.word)
    told = _told(event, webhook, *answer)
    if is_signed:
        return told
    return replace(told, unverified=True, waits=not (study and study.is_public))


def signature(
    secret: str, *, workspace_id: str, study_id: str, person_id: str, outcome: str, purpose: str
) -> str:
    """The `sig` of a link: HMAC-SHA256, hexadecimal; `purpose` is empty in a link without one.

    No id holds a line break, so each line is one of them.
    """
    message = "\n".join((workspace_id, study_id, person_id, outcome, purpose))
    return hmac.digest(secret.encode(), message.encode(), "sha256").hex()


def _event(hit: Target, study: Study | None, rules: Redirects) -> Hit:
    row = row_of(rules)
    purpose = hit.get("purpose") or rules.purpose
    told = {
        "word": _outcome(hit, row, purpose),
        "person_id": hit.get("person_id", row.person),
        "study_id": hit.get("study_id") or (study and study.study_id),
        "purpose": purpose,
        "response_id": hit.get("response_id", row.response),
        "session_id": hit.get("session_id"),
        "survey_id": hit.get("survey_id", row.survey),
    }
    try:
        return Hit.model_validate(told)
    except ValidationError as error:
        raise invalid(wording(error, known_names(Hit))) from None


def _outcome(hit: Target, row: Row, purpose: str | None) -> str:
    """By the study's table, else by our own `outcome`; Refused if two parameters disagree."""
    known: set[RedirectOutcome] = set()
    unknown: str | None = None
    for parameter, values in row.mapping.items():
        value = hit.end if parameter == PATH else hit.get(parameter)
        if value is None:
            continue
        if value in values:
            known.add(values[value])
        elif parameter != PATH:
            unknown = value
    if len(known) > 1:
        raise invalid("two parameters tell two outcomes")
    if known:
        outcome = known.pop()
        return row.screened.get(outcome, outcome) if purpose == "screener" else outcome
    word = hit.get("outcome") or unknown
    if word is None:
        raise invalid("outcome: missing")
    return word


def _is_signed(webhook: Webhook, hit: Target, event: Hit, secrets: Sequence[str] | None) -> bool:
    """Whether its `sig` was made with one of the secrets; Refused if with none of them."""
    told = hit.get("sig")
    if told is None or secrets is None:
        return False
    for secret in secrets:
        made = signature(
            secret,
            workspace_id=webhook.workspace_id,
            study_id=event.study_id or "",
            person_id=event.person_id or "",
            outcome=event.word,
            purpose=hit.get("purpose") or "",
        )
        if hmac.compare_digest(made.encode(), told.encode()):
            return True
    raise Refused(DeadLetterClass.BAD_SIGNATURE, "sig: no configured secret made it")


def _told(
    event: Hit, webhook: Webhook, kind: type[OfParticipant], fields: Mapping[str, object]
) -> Told:
    response = event.response_id or event.session_id
    references = {"response_id": response, "survey": event.survey_id}
    return Told(
        word=event.word,
        kind=kind,
        id=_id(event, webhook, kind),
        occurred_at=webhook.received_at,
        person_id=event.person_id or None,
        study_id=event.study_id or None,
        fields={**fields, "response_id": response}
        if response and kind in WITH_RESPONSE
        else fields,
        references={name: told for name, told in references.items() if told},
    )


def _id(event: Hit, webhook: Webhook, kind: type[OfParticipant]) -> str:
    """A reloaded page of one response is the same event; without a response each hit is one."""
    response = event.response_id or event.session_id
    return derived_id(
        webhook,
        event.word,
        kind,
        resource=f"{event.study_id or ''}/{response or ''}",
        at=TIMELESS if response else None,
        recipient=event.person_id,
    )


class Redirect:
    """The provider; by itself it knows no study, so that a hit is worth what anybody says."""

    name = "redirect"
    facts = Facts(
        id="uuid5 of study, person, outcome and `response_id` (or `session_id`); without one the "
        "time of receipt, too",
        time="the time of receipt",
        ours="`person_id`, `study_id`, `purpose` (`survey`, `test`, `screener`), or the study's "
        "own parameters ([redirects](signatures.md#redirects))",
        signature="`sig`: workspace, study, person, outcome and purpose, HMAC-SHA256 "
        "(`pstatus redirect-link`)",
    )

    @property
    def shown(self) -> Mapping[str, str]:
        """Our outcomes; what others call them a study's table says."""
        return {str(outcome): "By `purpose`: see [redirects](#redirects)" for outcome in ORDER}

    def read(self, webhook: Webhook) -> tuple[Element, ...]:
        """What the hit comes to where nothing is configured."""
        return self.judged(webhook, None, None)

    def judged(
        self, webhook: Webhook, study: Study | None, secrets: Sequence[str] | None
    ) -> tuple[Element, ...]:
        """What the hit comes to in its study."""
        try:
            return (settled(webhook, target(webhook), study, secrets),)
        except Refused as refused:
            return (Dead(refused.letter, refused.reason),)


ORDER = tuple(RedirectOutcome)
PROVIDER = Redirect()
