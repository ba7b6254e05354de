"""Every word of the domain once, with its label; values are what stands on the wire."""

from enum import StrEnum


class Word(StrEnum):
    """A word of the wire; readers must tolerate words that they do not know yet."""

    __hash__ = str.__hash__  # Enum's own hashes the name in Python, at every look-up

    @property
    def label(self) -> str:
        """The word as people read it: "No Showed"."""
        return self.value.replace("_", " ").title()


class Status(Word):
    """How far a participant is in one study, in the order in which people list them."""

    NOT_CONTACTED = "not_contacted"
    NOT_ELIGIBLE = "not_eligible"
    STUDY_INVITED = "study_invited"
    SCREENER_STARTED = "screener_started"
    SCREENER_QUALIFIED = "screener_qualified"
    SCREENER_NOT_QUALIFIED = "screener_not_qualified"
    SCREENER_COMPLETED = "screener_completed"
    INTERVIEW_INVITED = "interview_invited"
    INTERVIEW_SCHEDULED = "interview_scheduled"
    INTERVIEW_COMPLETED = "interview_completed"
    TEST_INVITED = "test_invited"
    TEST_STARTED = "test_started"
    TEST_COMPLETED = "test_completed"
    SURVEY_STARTED = "survey_started"
    SURVEY_COMPLETED = "survey_completed"
    INCENTIVE_NOT_SENT = "incentive_not_sent"
    INCENTIVE_SENT = "incentive_sent"
    INCENTIVE_CLAIMED = "incentive_claimed"
    CANCELED = "canceled"
    OPTED_OUT = "opted_out"
    HARD_BOUNCED = "hard_bounced"
    SOFT_BOUNCED = "soft_bounced"
    INTERVIEW_CANCELED = "interview_canceled"
    NO_SHOWED = "no_showed"


class Stage(Word):
    """The seven columns of a study's board, computed from (status, newest setup)."""

    NOT_STARTED = "not_started"
    INVITED = "invited"
    SCREENING = "screening"
    IN_PROGRESS = "in_progress"
    PENDING_INCENTIVE = "pending_incentive"
    DONE = "done"
    CANCELLED = "cancelled"


class ContactStatus(Word):
    """Whether a person may be contacted at all; strictest first."""

    OPTED_OUT = "opted_out"
    IN_BLOCKLIST = "in_blocklist"
    DO_NOT_CONTACT = "do_not_contact"
    IN_COOLDOWN = "in_cooldown"
    FREE_TO_CONTACT = "free_to_contact"


class ReasonCause(Word):
    """What a reason of a contact status goes back to."""

    PARTICIPANT = "participant"
    COMPLAINT = "complaint"
    MANUAL = "manual"
    HARD_BOUNCE = "hard_bounce"
    RULE = "rule"


class StudyType(Word):
    """What a study asks people to do."""

    INTERVIEW = "interview"
    SURVEY = "survey"
    UNMODERATED_TEST = "unmoderated_test"


class Purpose(Word):
    """What an email was for."""

    SCREENER = "screener"
    SURVEY = "survey"
    SCHEDULER = "scheduler"
    TEST = "test"
    INCENTIVE = "incentive"
    REMINDER = "reminder"
    OTHER = "other"


class Permanence(Word):
    """Whether a bounced mailbox may come back."""

    HARD = "hard"
    SOFT = "soft"


class ScreenerResult(Word):
    """What a screener said."""

    QUALIFIED = "qualified"
    NOT_QUALIFIED = "not_qualified"
    UNDECIDED = "undecided"


class TurnedAway(Word):
    """Why a survey turned somebody away."""

    SCREENED_OUT = "screened_out"
    OVER_QUOTA = "over_quota"


class RedirectOutcome(Word):
    """How far somebody got, as a redirect says it."""

    STARTED = "started"
    COMPLETED = "completed"
    SCREENED_OUT = "screened_out"
    OVER_QUOTA = "over_quota"
    QUALIFIED = "qualified"
    NOT_QUALIFIED = "not_qualified"
    UNDECIDED = "undecided"


class Panel(Word):
    """Tools whose redirects are known: a ready row each."""

    DYNATA = "dynata"
    CINT = "cint"
    PROLIFIC = "prolific"
    QUALTRICS = "qualtrics"


class Canceler(Word):
    """Who canceled a booking."""

    HOST = "host"
    PARTICIPANT = "participant"


class BlocklistReason(Word):
    """Why somebody was put on the blocklist by hand."""

    NO_SHOWS = "no_shows"
    DISHONESTY = "dishonesty"
    COMMUNICATION = "communication"
    OTHER = "other"


class BookingState(Word):
    """Where a booking stands."""

    AHEAD = "ahead"
    COMPLETED = "completed"
    NO_SHOW = "no_show"
    CANCELED = "canceled"
    REPLACED = "replaced"


class RewardState(Word):
    """Where a reward stands."""

    SENT = "sent"
    CLAIMED = "claimed"
    VOID = "void"


class Operator(Word):
    """How a property rule compares."""

    EQUALS = "equals"
    NOT_EQUALS = "not_equals"
    LESS_THAN = "less_than"
    GREATER_THAN = "greater_than"
    IS_SET = "is_set"
    IS_NOT_SET = "is_not_set"
    IN_NEXT_DAYS = "in_next_days"


class NoShowEffect(Word):
    """What a no-show limit does to a person."""

    BLOCKLIST = "blocklist"
    COOLDOWN = "cooldown"


class DeadLetterClass(Word):
    """Why a record, or one element of it, could not be used."""

    POISON = "poison"
    INVALID_SCHEMA = "invalid_schema"
    UNKNOWN_PROVIDER = "unknown_provider"
    UNMATCHED = "unmatched"
    FROM_THE_FUTURE = "from_the_future"
    BAD_SIGNATURE = "bad_signature"
    MISROUTED = "misrouted"
    BUG = "bug"


class IngestOutcome(Word):
    """What becomes of one element of a raw record: ingest's ledger."""

    SIGNAL = "signal"
    CONFIGURED = "configured"
    UNUSED = "unused"
    PARKED = "parked"
    DEAD = "dead"


class SignalOutcome(Word):
    """What becomes of one signal: apply's ledger."""

    APPLIED = "applied"
    NO_CHANGE = "no_change"
    DUPLICATE = "duplicate"
    IGNORED = "ignored"
    DEAD = "dead"
