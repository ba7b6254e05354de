"""What we are told: one frozen dataclass a kind; the order of KINDS is the rank of equal times.

A signal is past tense and flat. `id`, `workspace_id`, `occurred_at` and `kind` are always there;
a class inherits from the shapes below which of person and study it names.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar, Literal

from annotated_types import MaxLen, MinLen

from schemas.fields import (
    Address,
    Count,
    Currency,
    Id,
    Instant,
    JsonObject,
    Note,
    PersonId,
    ProviderId,
    StudyId,
    WorkspaceId,
)
from schemas.rules import Rule
from schemas.vocabulary import (
    BlocklistReason,
    Canceler,
    Panel,
    Permanence,
    Purpose,
    RedirectOutcome,
    ScreenerResult,
    Status,
    StudyType,
    TurnedAway,
)
from schemas.zones import zone

Key = tuple[datetime, int, str]
"""What signals are sorted by: (occurred_at, rank, id)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """Something that happened; `unverified` is set by ingest, `note` is for the audit only."""

    rank: ClassVar[int]
    inert: ClassVar[bool] = False

    id: Id
    workspace_id: WorkspaceId
    occurred_at: Instant
    unverified: bool | None = None
    note: Note | None = None

    @property
    def key(self) -> Key:
        """The place of this signal in a person's history."""
        return (self.occurred_at, self.rank, self.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class OfPerson(Signal):
    """Names a person."""

    person_id: PersonId


@dataclass(frozen=True, slots=True, kw_only=True)
class OfPersonMaybeStudy(OfPerson):
    """Names a person and, if it is known, the study."""

    study_id: StudyId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OfParticipant(OfPerson):
    """Names a person and a study: a participant."""

    study_id: StudyId


@dataclass(frozen=True, slots=True, kw_only=True)
class References:
    """Providers' own ids that belong to a study; ingest resolves by them."""

    event_types: Annotated[tuple[ProviderId, ...], MaxLen(1000)] | None = None
    surveys: Annotated[tuple[ProviderId, ...], MaxLen(1000)] | None = None
    campaigns: Annotated[tuple[ProviderId, ...], MaxLen(1000)] | None = None


Parameter = Annotated[str, MinLen(1), MaxLen(100)]
"""The name of a parameter of an address, or a value of one."""
OutcomeOf = Annotated[dict[Parameter, RedirectOutcome], MaxLen(200)]
RedirectPurpose = Literal["survey", "test", "screener"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirects:
    """How a survey tool's redirect says its outcome: a tool's ready row, and the study's own.

    `mapping`: parameter (`/`: the end of the path) -> value -> outcome; `person` and `response`
    name the parameters that hold these ids; `purpose` is that of a link which names none.
    """

    signed: bool | None = None
    mapping: Annotated[dict[Parameter, OutcomeOf], MaxLen(20)] | None = None
    panel: Panel | None = None
    person: Parameter | None = None
    response: Parameter | None = None
    purpose: RedirectPurpose | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyConfigured(Signal):
    """A study's setup: the newest one alone decides stages, limits and the statuses offered."""

    study_id: StudyId
    type: StudyType
    screener: bool
    incentive: bool
    participation_limit: Count | None
    public: bool | None = None
    references: References | None = None
    redirects: Redirects | None = None
    kind: Literal["study.configured"] = "study.configured"


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyConfigured(Signal):
    """A workspace's rules and time zone: the newest list replaces the whole."""

    rules: Annotated[tuple[Rule, ...], MaxLen(1000)]
    timezone: Annotated[str, MaxLen(100)]
    kind: Literal["policy.configured"] = "policy.configured"

    def __post_init__(self) -> None:
        zone(self.timezone)


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonUpdated(OfPerson):
    """A person's addresses (behind ingest: their keys) and properties; a given field replaces."""

    emails: Annotated[tuple[Address, ...], MaxLen(1000)] | None = None
    properties: JsonObject | None = None
    kind: Literal["person.updated"] = "person.updated"


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonErased(OfPerson):
    """A person must be forgotten."""

    kind: Literal["person.erased"] = "person.erased"


@dataclass(frozen=True, slots=True, kw_only=True)
class ParticipantAdded(OfParticipant):
    """Somebody was put into a study, or came by a public link."""

    kind: Literal["participant.added"] = "participant.added"


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailSent(OfPersonMaybeStudy):
    """An email was handed over."""

    purpose: Purpose
    message_id: ProviderId | None = None
    kind: Literal["email.sent"] = "email.sent"


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailDelivered(OfPersonMaybeStudy):
    """An email reached the mailbox."""

    purpose: Purpose
    message_id: ProviderId | None = None
    kind: Literal["email.delivered"] = "email.delivered"


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailOpened(OfPersonMaybeStudy):
    """An email was opened, perhaps by a machine: recorded, and nothing else."""

    inert: ClassVar[bool] = True
    message_id: ProviderId | None = None
    kind: Literal["email.opened"] = "email.opened"


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailClicked(OfPersonMaybeStudy):
    """A link in an email was followed, perhaps by a machine: recorded, and nothing else."""

    inert: ClassVar[bool] = True
    message_id: ProviderId | None = None
    kind: Literal["email.clicked"] = "email.clicked"


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailBounced(OfPersonMaybeStudy):
    """An email came back."""

    permanence: Permanence
    purpose: Purpose
    message_id: ProviderId | None = None
    kind: Literal["email.bounced"] = "email.bounced"


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailResubscribed(OfPersonMaybeStudy):
    """The person wants mail again."""

    kind: Literal["email.resubscribed"] = "email.resubscribed"


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailUnsubscribed(OfPersonMaybeStudy):
    """The person wants no more mail."""

    kind: Literal["email.unsubscribed"] = "email.unsubscribed"


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailComplained(OfPersonMaybeStudy):
    """The person called an email spam."""

    kind: Literal["email.complained"] = "email.complained"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreenerStarted(OfParticipant):
    """A screener was begun."""

    kind: Literal["screener.started"] = "screener.started"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreenerSubmitted(OfParticipant):
    """A screener was finished."""

    result: ScreenerResult
    kind: Literal["screener.submitted"] = "screener.submitted"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreenerReviewed(OfParticipant):
    """A researcher gave the verdict."""

    result: ScreenerResult
    by: Id
    kind: Literal["screener.reviewed"] = "screener.reviewed"


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyStarted(OfParticipant):
    """A survey was begun."""

    response_id: ProviderId | None = None
    kind: Literal["survey.started"] = "survey.started"


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyScreenedOut(OfParticipant):
    """A survey turned somebody away."""

    reason: TurnedAway
    response_id: ProviderId | None = None
    kind: Literal["survey.screened_out"] = "survey.screened_out"


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyCompleted(OfParticipant):
    """A survey was answered."""

    response_id: ProviderId | None = None
    kind: Literal["survey.completed"] = "survey.completed"


@dataclass(frozen=True, slots=True, kw_only=True)
class TestStarted(OfParticipant):
    """An unmoderated test was begun."""

    __test__: ClassVar[bool] = False  # not a test class for pytest
    kind: Literal["test.started"] = "test.started"


@dataclass(frozen=True, slots=True, kw_only=True)
class TestCompleted(OfParticipant):
    """An unmoderated test was done."""

    __test__: ClassVar[bool] = False  # not a test class for pytest
    kind: Literal["test.completed"] = "test.completed"


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingScheduled(OfParticipant):
    """An interview was booked; times not told stay as they are."""

    booking_id: Id
    replaces: Id | None = None
    starts_at: Instant | None = None
    ends_at: Instant | None = None
    kind: Literal["booking.scheduled"] = "booking.scheduled"


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingRescheduled(OfParticipant):
    """A booking got other times, or stands in for the one that it replaces."""

    booking_id: Id
    replaces: Id | None = None
    starts_at: Instant | None = None
    ends_at: Instant | None = None
    kind: Literal["booking.rescheduled"] = "booking.rescheduled"


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingCanceled(OfParticipant):
    """A booking was canceled."""

    booking_id: Id
    by: Canceler
    kind: Literal["booking.canceled"] = "booking.canceled"


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingEnded(OfParticipant):
    """The clock's own: the end of a booking that was still ahead has passed. Nobody sends it."""

    booking_id: Id
    kind: Literal["booking.ended"] = "booking.ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingCompleted(OfParticipant):
    """Somebody says that the interview took place."""

    booking_id: Id
    kind: Literal["booking.completed"] = "booking.completed"


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingNoShow(OfParticipant):
    """The participant did not come."""

    booking_id: Id
    kind: Literal["booking.no_show"] = "booking.no_show"


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingNoShowUndone(OfParticipant):
    """The no-show was a mistake."""

    booking_id: Id
    kind: Literal["booking.no_show_undone"] = "booking.no_show_undone"


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingLogged(OfParticipant):
    """A researcher entered a booking by hand, past or ahead."""

    booking_id: Id
    starts_at: Instant
    ends_at: Instant
    by: Id
    replaces: ClassVar[None] = None
    kind: Literal["booking.logged"] = "booking.logged"


@dataclass(frozen=True, slots=True, kw_only=True)
class OfReward(OfParticipant):
    """Tells about a reward; amount and currency come both or not at all."""

    reward_id: Id
    amount_cents: Count | None = None
    currency: Currency | None = None

    def __post_init__(self) -> None:
        if (self.amount_cents is None) != (self.currency is None):
            raise ValueError("amount_cents and currency come both or not at all")


@dataclass(frozen=True, slots=True, kw_only=True)
class IncentiveSent(OfReward):
    """A reward was sent."""

    kind: Literal["incentive.sent"] = "incentive.sent"


@dataclass(frozen=True, slots=True, kw_only=True)
class IncentiveFailed(OfReward):
    """A reward could not be delivered."""

    kind: Literal["incentive.failed"] = "incentive.failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class IncentiveCanceled(OfReward):
    """A reward was taken back."""

    kind: Literal["incentive.canceled"] = "incentive.canceled"


@dataclass(frozen=True, slots=True, kw_only=True)
class IncentiveClaimed(OfReward):
    """A reward was redeemed."""

    kind: Literal["incentive.claimed"] = "incentive.claimed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ByHand(OfPerson):
    """A researcher, the product or the participant did it."""

    by: Id


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactOptedIn(ByHand):
    """The person may be contacted again."""

    kind: Literal["contact.opted_in"] = "contact.opted_in"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactOptedOut(ByHand):
    """The person must not be contacted any more."""

    kind: Literal["contact.opted_out"] = "contact.opted_out"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactUnblocklisted(ByHand):
    """Taken off the blocklist; also answers what a rule put there."""

    kind: Literal["contact.unblocklisted"] = "contact.unblocklisted"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactBlocklisted(ByHand):
    """Put on the blocklist; the reason is shown to people, not published."""

    reason: BlocklistReason | None = None
    kind: Literal["contact.blocklisted"] = "contact.blocklisted"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactCooldownCleared(ByHand):
    """The cooldown set by hand is over."""

    kind: Literal["contact.cooldown_cleared"] = "contact.cooldown_cleared"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactCooldownSet(ByHand):
    """No contact until a moment; the newest replaces the one before."""

    until: Instant
    kind: Literal["contact.cooldown_set"] = "contact.cooldown_set"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactDoNotContactCleared(ByHand):
    """Do-not-contact set by hand is over."""

    kind: Literal["contact.do_not_contact_cleared"] = "contact.do_not_contact_cleared"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactDoNotContactSet(ByHand):
    """No contact until cleared by hand."""

    kind: Literal["contact.do_not_contact_set"] = "contact.do_not_contact_set"


@dataclass(frozen=True, slots=True, kw_only=True)
class GovernanceOverridden(OfParticipant):
    """This person may be contacted for this study in spite of do-not-contact and cooldowns."""

    by: Id
    kind: Literal["governance.overridden"] = "governance.overridden"


SETTABLE = tuple(status for status in Status if status is not Status.NOT_ELIGIBLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusSet(OfParticipant):
    """A researcher set the status by hand; a status set by hand is no record."""

    status: Status
    by: Id
    kind: Literal["status.set"] = "status.set"

    def __post_init__(self) -> None:
        if self.status is Status.NOT_ELIGIBLE:
            raise ValueError("not_eligible is a look and can't be set")


KINDS: tuple[type[Signal], ...] = (
    StudyConfigured,
    PolicyConfigured,
    PersonUpdated,
    PersonErased,
    ParticipantAdded,
    EmailSent,
    EmailDelivered,
    EmailOpened,
    EmailClicked,
    EmailBounced,
    EmailResubscribed,
    EmailUnsubscribed,
    EmailComplained,
    ScreenerStarted,
    ScreenerSubmitted,
    ScreenerReviewed,
    SurveyStarted,
    SurveyScreenedOut,
    SurveyCompleted,
    TestStarted,
    TestCompleted,
    BookingScheduled,
    BookingRescheduled,
    BookingCanceled,
    BookingEnded,
    BookingCompleted,
    BookingNoShow,
    BookingNoShowUndone,
    BookingLogged,
    IncentiveSent,
    IncentiveFailed,
    IncentiveCanceled,
    IncentiveClaimed,
    ContactOptedIn,
    ContactOptedOut,
    ContactUnblocklisted,
    ContactBlocklisted,
    ContactCooldownCleared,
    ContactCooldownSet,
    ContactDoNotContactCleared,
    ContactDoNotContactSet,
    GovernanceOverridden,
    StatusSet,
)
"""Every kind in the order that settles equal times: the later wins."""

for _rank, _class in enumerate(KINDS):
    _class.rank = _rank

SENDABLE = tuple(kind for kind in KINDS if kind is not BookingEnded)
"""What may arrive; booking.ended is the clock's own."""

CONFIGURATIONS = (StudyConfigured, PolicyConfigured)
"""What is stored by ingest and never reaches the `signals` topic."""


def kind_of(signal_class: type[Signal]) -> str:
    """The word on the wire of a class of signals."""
    return str(signal_class.__dataclass_fields__["kind"].default)


BY_KIND: dict[str, type[Signal]] = {kind_of(kind): kind for kind in KINDS}
