"""What the code can't say about the wire: who sends a kind, what a header or a class means."""

from typing import Any

from schemas import rules, webhooks
from schemas import signals as on
from schemas.vocabulary import DeadLetterClass

PRODUCT = "product"
RESEARCHER = "researcher"
MAIL = "email providers"
SCREENER = "survey tools and redirects"
SCHEDULER = "schedulers"
BY_HAND = "schedulers, researcher"
REWARDS = "incentive providers"
TOLD_BY: dict[type[on.Signal], str] = {
    on.StudyConfigured: PRODUCT,
    on.PolicyConfigured: PRODUCT,
    on.PersonUpdated: "product, data sync",
    on.PersonErased: "whoever answers for privacy",
    on.ParticipantAdded: "researcher, public link",
    on.ScreenerReviewed: RESEARCHER,
    on.BookingCompleted: BY_HAND,
    on.BookingNoShow: BY_HAND,
    on.BookingNoShowUndone: BY_HAND,
    on.BookingLogged: RESEARCHER,
    on.ContactOptedIn: "researcher, product",
    on.ContactOptedOut: "researcher, product",
}
FAMILIES = {
    "email": MAIL,
    "screener": SCREENER,
    "survey": SCREENER,
    "test": SCREENER,
    "booking": SCHEDULER,
    "incentive": REWARDS,
    "contact": RESEARCHER,
    "governance": RESEARCHER,
    "status": RESEARCHER,
}


def told_by(kind: type[on.Signal]) -> str:
    """Who sends signals of a kind; KeyError for one that nobody has thought of."""
    return TOLD_BY.get(kind) or FAMILIES[on.kind_of(kind).split(".")[0]]


STUDYLESS = "From a provider, without a study it is parked until something tells it (resolving.md)."
MONEY = "`amount_cents` and `currency` come both or not at all."
NOTES: dict[type[Any], str] = {
    on.StatusSet: "Any status but `not_eligible`, which is a look.",
    on.IncentiveSent: MONEY,
    on.IncentiveFailed: MONEY,
    on.IncentiveCanceled: MONEY,
    on.IncentiveClaimed: MONEY,
    on.PolicyConfigured: "`timezone` is an IANA name such as `Europe/Berlin`.",
    on.EmailSent: STUDYLESS,
    on.EmailDelivered: STUDYLESS,
    rules.NoShowLimit: "Effect `cooldown` needs `cooldown_days`.",
    rules.PropertyRule: "`is_set` and `is_not_set` need no `value`; `less_than` and"
    " `greater_than` a number; `in_next_days` whole days, 0 to 100,000: the property is a date"
    " such as `2026-03-02`.",
}
"""What bounds of single fields can't say."""
RAW_HEADERS = (
    (
        webhooks.PROVIDER,
        "required",
        "who posted it: one of the names in [providers.md](providers.md)",
    ),
    (webhooks.WORKSPACE_ID, "required", "whose it is; a different one in the body is refused"),
    (
        webhooks.RECEIVED_AT,
        "optional",
        "when the HTTP request came in, set once per request; absent or ahead of the broker's own"
        " timestamp, that timestamp counts",
    ),
    (webhooks.CONTENT_TYPE, "optional", "the HTTP header of that name"),
    (
        f"{webhooks.HTTP}<lower-case name>",
        "optional",
        "each HTTP header that matters: signatures, delivery ids",
    ),
)
SIGNAL_HEADERS = (
    (webhooks.RECEIVED_AT, "when the raw record was received"),
    (
        webhooks.ORIGIN,
        "`topic/partition/offset/element` of the raw record that it came from",
    ),
)
CHANGE_HEADERS = (
    ("ce_specversion", "`1.0`"),
    ("ce_id", "the same change has the same id, however often it is seen: de-duplicate by it"),
    ("ce_source", "`/participant-status`"),
    ("ce_type", "the change's name, as in the value's `change`"),
    ("ce_time", "the value's `recorded_at`"),
    ("ce_subject", "`study/person`, or the person's id, or the study's"),
    ("content-type", "`application/json`"),
)
LETTER_HEADERS = (
    ("__dlq.errors.topic", "topic of the record"),
    ("__dlq.errors.partition", "its partition"),
    ("__dlq.errors.offset", "its offset"),
    ("__dlq.errors.group", "the consumer group that gave it up"),
    ("__dlq.errors.message", "why, at most 1 KiB; never a value of the record"),
    ("pstatus-dlq-class", "one of the classes below"),
    ("pstatus-dlq-attempt", "how many times it has become a dead letter"),
    ("pstatus-dlq-first-failed-at", "when it first did"),
    ("pstatus-dlq-worker-version", "the version of the worker that gave it up"),
    ("pstatus-dlq-received-at", "when the record was received"),
    ("pstatus-dlq-element", "which elements of the record's array, from 0: `3`, `0-41` or `0-6,9`"),
    (
        "pstatus-dlq-id",
        "the same however often it is written; put back and failed again, it is kept",
    ),
    ("pstatus-dlq-of", "how many elements the record had, where that is known"),
)
SELDOM = {"pstatus-dlq-cut", "pstatus-dlq-of"}
"""Headers that only some letters have."""
CLASSES = {
    DeadLetterClass.POISON: "the bytes are not what they should be: no JSON, no form",
    DeadLetterClass.INVALID_SCHEMA: "readable, but it breaks the provider's schema or this page",
    DeadLetterClass.UNKNOWN_PROVIDER: "no provider of that name",
    DeadLetterClass.UNMATCHED: "nothing says which person, or which study, is meant",
    DeadLetterClass.FROM_THE_FUTURE: "dated more than 5 minutes after it was received",
    DeadLetterClass.BAD_SIGNATURE: "the provider's signature does not fit (not checked yet)",
    DeadLetterClass.MISROUTED: "key, partition and body of a record of `signals` do not agree",
    DeadLetterClass.BUG: "this version of the worker failed on it; its log says how",
}
