"""What raw records come to when the domain alone is asked: translated, judged, folded at once."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from schemas.codec import decode_signal
from schemas.webhooks import Webhook
from workers.domain.setups import NO_POLICY, World
from workers.domain.simulation import Arrival, Case, Ending, settle
from workers.ingest.addresses import AddressKeys
from workers.ingest.judge import Configured, ToApply, Verdict, answered, judge
from workers.ingest.questions import Question
from workers.ingest.resolve import Found, Linked, answer
from workers.ingest.translate import translate
from workers.providers.outcomes import Dead

KEYS = AddressKeys("a secret of this test")


def heard(webhook: Webhook, arrived_at: datetime) -> tuple[list[Arrival], list[Dead]]:
    """The signals of a record, received when it arrived, and its dead letters."""
    verdicts = [_settled(judge(element, webhook, KEYS)) for element in translate(webhook)]
    signals = [decode_signal(one.value) for one in verdicts if isinstance(one, ToApply)]
    signals += [one.signal for one in verdicts if isinstance(one, Configured)]
    arrivals = [Arrival(signal, arrived_at) for signal in signals]
    return arrivals, [one for one in verdicts if isinstance(one, Dead)]


def _settled(verdict: Verdict) -> Verdict:
    """A redirect's hit as it counts once something verified has named its person and study."""
    if not isinstance(verdict, Question) or not verdict.waits:
        return verdict
    links = {(verdict.workspace_id, *link): [Linked("", "", "")] for link in verdict.links}
    return answered(verdict, answer(verdict, Found(links)))


def case(arrivals: Iterable[Arrival], now: datetime) -> Case:
    """Nothing was configured before."""
    return Case(now, World({}, NO_POLICY), tuple(arrivals))


def board(ending: Ending) -> Mapping[str, Mapping[str, tuple[str, str]]]:
    """study -> person -> (status, stage)."""
    told: dict[str, dict[str, tuple[str, str]]] = {}
    for person_id, (_, standing) in ending.people.items():
        for study_id, shown in standing.participants.items():
            told.setdefault(study_id, {})[person_id] = (shown.status, shown.stage)
    return told


def settled(
    arrivals: Iterable[Arrival], now: datetime
) -> Mapping[str, Mapping[str, tuple[str, str]]]:
    """Where everybody stands when everything has been told."""
    return board(settle(case(arrivals, now)))
