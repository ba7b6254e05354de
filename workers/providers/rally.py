"""Rally's webhooks, for teams that move over: the status is set, and what it counts as is noted."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import Discriminator, Field, StringConstraints, Tag

from schemas.fields import PersonId, StudyId
from schemas.signals import (
    BookingCompleted,
    BookingNoShow,
    BookingNoShowUndone,
    ContactOptedIn,
    ContactOptedOut,
    EmailBounced,
    EmailSent,
    IncentiveClaimed,
    IncentiveSent,
    OfParticipant,
    OfPersonMaybeStudy,
    ParticipantAdded,
    Signal,
    StatusSet,
    SurveyCompleted,
    TestCompleted,
    kind_of,
)
from schemas.vocabulary import Permanence, Purpose
from schemas.vocabulary import Status as S
from schemas.webhooks import Webhook
from workers.providers.ids import derived_id, own_id
from workers.providers.outcomes import Told
from workers.providers.payloads import Moment, Part, Payload, Reference
from workers.providers.provider import Facts, Maker, Provider, Says

CHANGED, OPTED_OUT = "participant.status_changed", "person.opted_out"
ParticipantId = Annotated[str, StringConstraints(max_length=180, pattern=r"^\P{Cc}+$")]


class Changed(Part):
    """A participant's new status; people and studies keep the ids that they have in Rally."""

    participant: ParticipantId = Field(alias="participantId")
    person: PersonId = Field(alias="personId")
    study: StudyId = Field(alias="studyId")
    prior: str | None = Field(default=None, alias="priorStatus")
    updated_at: Moment | None = Field(default=None, alias="updatedAt")


class Choice(Part):
    """A person's, named by the address alone."""

    email: Reference
    opted_out: bool = Field(alias="optedOut")
    updated_at: Moment | None = Field(default=None, alias="updatedAt")


def shape(body: Any) -> str | None:
    """Which of the two a body is."""
    told = body.get("_eventType") if isinstance(body, dict) else None
    return told if isinstance(told, str) else None


class Hook(Payload):
    """The body with its word; `noted`: this element is what the status counts as."""

    word: str
    body: Annotated[
        Annotated[Changed, Tag(CHANGED)] | Annotated[Choice, Tag(OPTED_OUT)],
        Discriminator(shape),
    ]
    noted: bool = False


@dataclass(frozen=True, slots=True)
class Note:
    """What a status counts as: a kind with its fields, perhaps another one after some status.

    Rally names no booking and no reward: `names` are ids made of the participant's, for `{}`.
    """

    kind: type[Signal]
    fields: Mapping[str, Any] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    after: Mapping[str, "Note"] = field(default_factory=dict)

    def __str__(self) -> str:
        """What the provider table shows."""
        return f"and `{kind_of(self.kind)}`"

    def of(self, changed: Changed) -> tuple[type[Signal], dict[str, Any]]:
        """The kind and its fields for this participant."""
        note = self.after.get(changed.prior or "", self)
        names = {name: id.format(changed.participant) for name, id in note.names.items()}
        return note.kind, {**note.fields, **names}


def changed(
    hook: Hook, webhook: Webhook, kind: type[Signal], *, status: S, note: Note | None = None
) -> Told | None:
    """The status set, or beside it what it counts as."""
    if not isinstance(hook.body, Changed):
        return None
    fields: dict[str, Any] = {"status": status, "by": "rally"}
    if hook.noted and note:
        kind, fields = note.of(hook.body)
    return told(hook.word, hook.body, webhook, kind, fields)


def started(hook: Hook, webhook: Webhook) -> Told | None:
    """`participant.added` if there was no status before, else `status.set` not_contacted"""
    if not isinstance(hook.body, Changed):
        return None
    if hook.body.prior is None:
        return told(hook.word, hook.body, webhook, ParticipantAdded, {})
    fields = {"status": S.NOT_CONTACTED, "by": "rally"}
    return told(hook.word, hook.body, webhook, StatusSet, fields)


def told(
    word: str, body: Changed, webhook: Webhook, kind: type[Signal], fields: Mapping[str, Any]
) -> Told:
    """A changed status as a signal of this kind."""
    at, person = body.updated_at, body.person
    return Told(
        word=word,
        kind=kind,
        id=derived_id(webhook, word, kind, resource=body.participant, at=at, recipient=person),
        occurred_at=at or webhook.received_at,
        person_id=person,
        study_id=body.study if issubclass(kind, OfParticipant | OfPersonMaybeStudy) else None,
        fields=fields,
    )


def chosen(hook: Hook, webhook: Webhook) -> Told | None:
    """`contact.opted_out`, or with `optedOut` false `contact.opted_in`"""
    if not isinstance(hook.body, Choice):
        return None
    email, at = hook.body.email, hook.body.updated_at
    kind = ContactOptedOut if hook.body.opted_out else ContactOptedIn
    return Told(
        word=hook.word,
        kind=kind,
        id=own_id("rally", webhook.http.get("svix-id"))
        or derived_id(webhook, hook.word, kind, resource=None, at=at, recipient=email),
        occurred_at=at or webhook.received_at,
        fields={"by": "participant"},
        references={"address": email},
    )


HELD, MISSED = {"booking_id": "rally:{}:held"}, {"booking_id": "rally:{}:missed"}
REWARD = {"reward_id": "rally:{}"}
INVITED = Note(EmailSent, {"purpose": Purpose.SURVEY})
TO_BOOK = Note(EmailSent, {"purpose": Purpose.SCHEDULER})
TO_TEST = Note(EmailSent, {"purpose": Purpose.TEST})
CAME = Note(
    BookingCompleted,
    names=HELD,
    after={"INTERVIEW_NO_SHOWED": Note(BookingNoShowUndone, names=MISSED)},
)
STAYED_AWAY = Note(
    BookingNoShow,
    names=MISSED,
    after={"INTERVIEW_COMPLETED": Note(BookingNoShow, names=HELD)},
)
BOUNCED = Note(EmailBounced, {"permanence": Permanence.HARD, "purpose": Purpose.OTHER})
LEFT = Note(ContactOptedOut, {"by": "participant"})

STATUSES: dict[str, tuple[S, Note | None]] = {
    # Rally's status -> (ours, what it counts as)
    "INVITE_SENT": (S.STUDY_INVITED, INVITED),
    "SCREENER_STARTED": (S.SCREENER_STARTED, None),
    "SCREENER_COMPLETED": (S.SCREENER_COMPLETED, None),
    "SCREENER_QUALIFIED": (S.SCREENER_QUALIFIED, None),
    "SCREENER_DISQUALIFIED": (S.SCREENER_NOT_QUALIFIED, None),
    "INTERVIEW_INVITE_SENT": (S.INTERVIEW_INVITED, TO_BOOK),
    "INTERVIEW_SCHEDULED": (S.INTERVIEW_SCHEDULED, None),
    "INTERVIEW_COMPLETED": (S.INTERVIEW_COMPLETED, CAME),
    "INTERVIEW_CANCELLED": (S.INTERVIEW_CANCELED, None),
    "INTERVIEW_NO_SHOWED": (S.NO_SHOWED, STAYED_AWAY),
    "SURVEY_STARTED": (S.SURVEY_STARTED, None),
    "SURVEY_COMPLETED": (S.SURVEY_COMPLETED, Note(SurveyCompleted)),
    "UNMODERATED_TEST_INVITE_SENT": (S.TEST_INVITED, TO_TEST),
    "UNMODERATED_TEST_STARTED": (S.TEST_STARTED, None),
    "UNMODERATED_TEST_COMPLETED": (S.TEST_COMPLETED, Note(TestCompleted)),
    "INCENTIVE_SENT": (S.INCENTIVE_SENT, Note(IncentiveSent, names=REWARD)),
    "INCENTIVE_CLAIMED": (S.INCENTIVE_CLAIMED, Note(IncentiveClaimed, names=REWARD)),
    "CANCELLED": (S.CANCELED, None),
    "OPTED_OUT": (S.OPTED_OUT, LEFT),
    "EMAIL_SOFT_BOUNCED": (S.SOFT_BOUNCED, None),
    "EMAIL_HARD_BOUNCED": (S.HARD_BOUNCED, BOUNCED),
}
NOTED = frozenset(f"{CHANGED}/{status}" for status, (_, note) in STATUSES.items() if note)


def _row(status: S, note: Note | None) -> Says:
    return Says(StatusSet, changed, {"status": status, **({"note": note} if note else {})})


WORDS: dict[str, Maker[Hook] | None] = {
    f"{CHANGED}/NOT_STARTED": started,
    **{f"{CHANGED}/{status}": _row(*row) for status, row in STATUSES.items()},
    f"{CHANGED}/NOT_ELIGIBLE": None,  # our rules say for themselves who is
    f"{CHANGED}/INCENTIVE_SKIPPED": None,  # nobody has to act, and nothing was sent
    f"{CHANGED}/COMPLETED_STUDY": None,  # by what, was told before
    OPTED_OUT: chosen,
    "person_import.api.finished": None,
}


def with_word(opened: Any) -> list[Any]:
    """The body with its word; twice where its status counts as something."""
    word = shape(opened)
    if word == CHANGED and isinstance(opened.get("status"), str):
        word = f"{word}/{opened['status']}"
    hook = {"word": word, "body": opened}
    return [hook | {"noted": True}, hook] if word in NOTED else [hook]


PROVIDER = Provider(
    name="rally",
    model=Hook,
    words=WORDS,
    word=("word",),
    splits=with_word,
    facts=Facts(
        id="of a status uuid5 of participant, word, kind and time (it makes two signals); of an "
        "opt-out header `svix-id`",
        time="`updatedAt`",
        ours="`personId` and `studyId`: people and studies keep the ids that they have in Rally; "
        "of an opt-out the address",
        signature="`svix-signature` (Standard Webhooks); see [signatures](signatures.md)",
        missing="bookings, their times and amounts: an interview counts once as held and once as "
        "missed",
    ),
)
