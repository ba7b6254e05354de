"""The table of the product, written down a second time as people drew it, and a case a cell.

A line is `what is told | from | to`; every status that a line's `from` leaves out must stay.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from schemas.vocabulary import Status
from tests.domain import story
from tests.domain.story import Json, Story

SETS = {
    "FRESH": "not_contacted",
    "INVITED": "study_invited interview_invited test_invited",
    "SCREENING": "screener_started screener_qualified screener_not_qualified screener_completed",
    "UNDERWAY": "interview_scheduled survey_started test_started",
    "FINISHED": "interview_completed survey_completed test_completed",
    "REWARD": "incentive_not_sent incentive_sent incentive_claimed",
    "LOST": "opted_out hard_bounced soft_bounced",
    "MISSED": "interview_canceled no_showed",
}
SETS["EARLY"] = " ".join(SETS[name] for name in ("FRESH", "INVITED", "SCREENING", "LOST"))
SETTABLE = tuple(status.value for status in Status if status is not Status.NOT_ELIGIBLE)
SETS["any"] = " ".join(SETTABLE)

PAGE = """
sent screener               | FRESH LOST                                          | study_invited
delivered screener          | FRESH LOST                                          | study_invited
sent survey                 | FRESH LOST                                          | study_invited
delivered survey            | FRESH LOST                                          | study_invited
sent screener, opted out    | FRESH hard_bounced soft_bounced                     | study_invited
sent scheduler              | FRESH study_invited SCREENING LOST MISSED           | interview_invited
delivered scheduler         | FRESH study_invited SCREENING LOST MISSED           | interview_invited
sent scheduler, opted out   | FRESH study_invited SCREENING hard_bounced soft_bounced MISSED | interview_invited
sent test                   | FRESH study_invited SCREENING LOST                  | test_invited
delivered test              | FRESH study_invited SCREENING LOST                  | test_invited
sent test, opted out        | FRESH study_invited SCREENING hard_bounced soft_bounced | test_invited
sent incentive              | FINISHED incentive_not_sent                         | incentive_sent
delivered incentive         | FINISHED incentive_not_sent                         | incentive_sent
sent reminder               |                                                     |
sent other                  |                                                     |
bounced soft                | FRESH INVITED                                       | soft_bounced
bounced hard                | FRESH INVITED SCREENING UNDERWAY soft_bounced MISSED | hard_bounced
bounced soft incentive      | incentive_sent                                      | incentive_not_sent
bounced soft incentive      | FRESH INVITED                                       | soft_bounced
bounced hard incentive      | incentive_sent                                      | incentive_not_sent
bounced hard incentive      | FRESH INVITED SCREENING UNDERWAY soft_bounced MISSED | hard_bounced
complained                  | FRESH INVITED SCREENING soft_bounced hard_bounced MISSED | opted_out
unsubscribed                | FRESH INVITED SCREENING soft_bounced hard_bounced MISSED | opted_out
opted out                   | FRESH INVITED SCREENING soft_bounced hard_bounced MISSED | opted_out
resubscribed                |                                                     |
opted in                    |                                                     |
opened                      |                                                     |
clicked                     |                                                     |
screener started            | FRESH study_invited LOST                            | screener_started
screener qualified          | FRESH study_invited LOST screener_started           | screener_qualified
screener not qualified      | FRESH study_invited LOST screener_started           | screener_not_qualified
screener undecided          | FRESH study_invited LOST screener_started           | screener_completed
reviewed qualified          | SCREENING                                           | screener_qualified
reviewed not qualified      | SCREENING                                           | screener_not_qualified
reviewed undecided          | SCREENING                                           | screener_completed
survey started              | FRESH study_invited SCREENING LOST                  | survey_started
survey completed            | FRESH study_invited SCREENING LOST survey_started   | survey_completed
survey screened out         | FRESH study_invited SCREENING LOST survey_started   | canceled
survey over quota           | FRESH study_invited SCREENING LOST survey_started   | canceled
test started                | EARLY                                               | test_started
test completed              | EARLY test_started                                  | test_completed
booked                      | EARLY MISSED                                        | interview_scheduled
rescheduled                 | EARLY MISSED                                        | interview_scheduled
booked again                |                                                     |
canceled                    | interview_scheduled                                 | interview_canceled
canceled, another took place | interview_scheduled                                | interview_completed
canceled, another ahead     | interview_scheduled                                 | interview_scheduled
canceled again              |                                                     |
took place                  | EARLY interview_scheduled                           | interview_completed
end passed                  | EARLY interview_scheduled                           | interview_completed
took place again            |                                                     |
no-show                     | EARLY interview_scheduled interview_completed       | no_showed
no-show, another took place | EARLY interview_scheduled interview_completed       | interview_completed
no-show, another ahead      | EARLY interview_scheduled interview_completed       | interview_scheduled
no-show of a canceled one   |                                                     |
undone, ended by then       | no_showed                                           | interview_completed
undone, end unknown         | no_showed                                           | interview_completed
undone, still ahead         | no_showed                                           | interview_scheduled
undone without a no-show    |                                                     |
logged, ended               | FRESH INVITED SCREENING UNDERWAY FINISHED LOST MISSED | interview_completed
logged, ends later          | FRESH INVITED SCREENING UNDERWAY LOST MISSED        | interview_scheduled
logged again                |                                                     |
reward sent                 | FINISHED incentive_not_sent                         | incentive_sent
reward claimed              | FINISHED incentive_not_sent incentive_sent          | incentive_claimed
reward failed               | incentive_sent                                      | incentive_not_sent
reward canceled             | incentive_sent                                      | incentive_not_sent
reward failed, another sent | incentive_sent                                      | incentive_sent
reward failed, another claimed | incentive_sent                                   | incentive_claimed
reward canceled, another claimed | incentive_sent                                 | incentive_claimed
override                    |                                                     |
added again                 |                                                     |
set canceled                | any                                                 | canceled
set incentive_claimed       | any                                                 | incentive_claimed
"""  # noqa: E501

NINE = "09:00"


def mail(word: str, purpose: str) -> Json:
    """Mail of a purpose at nine."""
    return story.signal(f"email.{word}", NINE, purpose=purpose)


def said(kind: str, **fields: str) -> Json:
    """A signal at nine."""
    return story.signal(kind, NINE, **fields)


BEFORE: dict[str, list[Json]] = {
    "booked again": [story.booked("07:00", ends="20:00")],
    "canceled": [story.booked("07:00", ends="20:00")],
    "canceled, another took place": [
        story.booked("07:00", ends="20:00"),
        story.took_place("07:01", "b2"),
    ],
    "canceled, another ahead": [
        story.booked("07:00", ends="20:00"),
        story.booked("07:01", "b2", ends="21:00"),
    ],
    "canceled again": [story.called_off("07:00")],
    "end passed": [story.booked("07:00", ends="09:00")],
    "took place again": [story.took_place("07:00")],
    "no-show, another took place": [story.took_place("07:00", "b2")],
    "no-show, another ahead": [story.booked("07:00", "b2", ends="20:00")],
    "no-show of a canceled one": [story.called_off("07:00")],
    "undone, ended by then": [story.booked("07:00", ends="09:00"), story.no_show("07:01")],
    "undone, end unknown": [story.no_show("07:01")],
    "undone, still ahead": [story.booked("07:00", ends="20:00"), story.no_show("07:01")],
    "undone without a no-show": [story.took_place("07:01")],
    "logged again": [story.logged("07:00", ends="06:00")],
    "reward failed, another sent": [story.reward("sent", "07:00", "g2")],
    "reward failed, another claimed": [story.reward("claimed", "07:00", "g2")],
    "reward canceled, another claimed": [story.reward("claimed", "07:00", "g2")],
}
"""What happened at seven, before somebody set the status at eight."""

TELLS: dict[str, Callable[[], Json | None]] = {
    "sent screener, opted out": lambda: mail("sent", "screener"),
    "sent scheduler, opted out": lambda: mail("sent", "scheduler"),
    "sent test, opted out": lambda: mail("sent", "test"),
    "bounced soft": lambda: story.bounced(NINE, "soft"),
    "bounced hard": lambda: story.bounced(NINE, "hard"),
    "bounced soft incentive": lambda: story.bounced(NINE, "soft", "incentive"),
    "bounced hard incentive": lambda: story.bounced(NINE, "hard", "incentive"),
    "complained": lambda: said("email.complained"),
    "unsubscribed": lambda: said("email.unsubscribed"),
    "opted out": lambda: story.contact("opted_out", NINE),
    "resubscribed": lambda: said("email.resubscribed"),
    "opted in": lambda: story.contact("opted_in", NINE),
    "opened": lambda: said("email.opened"),
    "clicked": lambda: said("email.clicked"),
    "screener started": lambda: said("screener.started"),
    "screener qualified": lambda: said("screener.submitted", result="qualified"),
    "screener not qualified": lambda: said("screener.submitted", result="not_qualified"),
    "screener undecided": lambda: said("screener.submitted", result="undecided"),
    "reviewed qualified": lambda: said("screener.reviewed", result="qualified", by="u1"),
    "reviewed not qualified": lambda: said("screener.reviewed", result="not_qualified", by="u1"),
    "reviewed undecided": lambda: said("screener.reviewed", result="undecided", by="u1"),
    "survey started": lambda: said("survey.started"),
    "survey completed": lambda: said("survey.completed"),
    "survey screened out": lambda: said("survey.screened_out", reason="screened_out"),
    "survey over quota": lambda: said("survey.screened_out", reason="over_quota"),
    "test started": lambda: said("test.started"),
    "test completed": lambda: said("test.completed"),
    "booked": lambda: story.booked(NINE, ends="20:00"),
    "rescheduled": lambda: story.moved(NINE, ends="20:00"),
    "booked again": lambda: story.booked(NINE, ends="20:00"),
    "end passed": lambda: None,
    "logged, ended": lambda: story.logged(NINE, ends="09:00"),
    "logged, ends later": lambda: story.logged(NINE, ends="20:00"),
    "logged again": lambda: story.logged(NINE, ends="06:00"),
    "override": lambda: said("governance.overridden", by="u1"),
    "added again": lambda: story.added(NINE),
}
FAMILIES: dict[str, Callable[[str], Json]] = {
    "sent": lambda purpose: mail("sent", purpose),
    "delivered": lambda purpose: mail("delivered", purpose),
    "canceled": lambda _: story.called_off(NINE),
    "took": lambda _: story.took_place(NINE),
    "no-show": lambda _: story.no_show(NINE),
    "no-show,": lambda _: story.no_show(NINE),
    "undone,": lambda _: story.undone(NINE),
    "undone": lambda _: story.undone(NINE),
    "canceled,": lambda _: story.called_off(NINE),
    "reward": lambda word: story.reward(word.rstrip(","), NINE),
    "set": lambda status: story.put(status, NINE),
}
"""What most lines have in common: their first word."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of the table: somebody in a status is told something, and where that leads."""

    what: str
    start: str
    end: str

    def __str__(self) -> str:
        return f"{self.what}: {self.start} -> {self.end}"

    def story(self) -> Story:
        """Set to the status at eight, told at nine, asked at ten."""
        before = [*BEFORE.get(self.what, [])]
        if self.what.endswith(", opted out"):
            before.append(story.contact("opted_out", "07:30"))
        return story.told(*before, story.put(self.start, "08:00"), *tell(self.what), now="10:00")


def tell(what: str) -> list[Json]:
    """The signal of a line, if it is not the clock's."""
    if what in TELLS:
        signal = TELLS[what]()
    else:
        first, _, rest = what.partition(" ")
        signal = FAMILIES[first](rest.split(" ")[0])
    return [signal] if signal else []


def _lines() -> dict[str, dict[str, str]]:
    moves: dict[str, dict[str, str]] = {}
    for line in PAGE.strip().splitlines():
        what, start, end = (part.strip() for part in line.split("|"))
        to = moves.setdefault(what, {})
        for name in start.split():
            to |= dict.fromkeys(SETS.get(name, name).split(), end)
    return moves


def cells() -> Iterator[Cell]:
    """Every line of the page at every status."""
    for what, to in _lines().items():
        for start in SETTABLE:
            yield Cell(what, start, to.get(start, start))
    for status in SETTABLE:
        yield Cell(f"set {status}", "study_invited", status)
