"""The gate: which records are believed, which are refused, and what is counted of them."""

from collections import Counter
from dataclasses import replace

import pytest

from schemas.signals import Redirects
from schemas.vocabulary import DeadLetterClass
from tests.providers.signing.made import CASES, RECEIVED, webhook
from workers.ingest.redirects import asked_of
from workers.ingest.verify import OPEN, Gate
from workers.providers.outcomes import Dead, Told
from workers.providers.redirect import Study, signature

SECRETS = {("w1", case.provider): (case.secret(1),) for case in CASES} | {
    ("w1", "redirect"): ("new", "old"),
    ("w3", "typeform"): (),
}
GATE = Gate(lambda workspace_id, provider: SECRETS.get((workspace_id, provider)))
HIT = "/r?person_id=p1&study_id=s1&outcome=completed"


def through(gate, record, study=None):
    """What the gate lets through of a record, and what it counted."""
    seals: Counter[tuple[str, str]] = Counter()
    studies = {asked_of(record): study} if study else {}
    return gate.elements(record, studies, seals), dict(seals)


def is_bad(elements):
    """Whether all that is left is one bad signature."""
    return [getattr(one, "letter", None) for one in elements] == [DeadLetterClass.BAD_SIGNATURE]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.provider)
def test_only_what_is_signed_is_translated(case):
    """Signed: its elements. Not: one letter, whatever stands in it. No secret: believed."""
    genuine = case.sign(1, RECEIVED)
    forged = case.sign(2, RECEIVED)

    believed, seals = through(GATE, genuine)
    assert not is_bad(believed)
    assert seals == {(case.provider, "verified"): 1}
    refused, seals = through(GATE, forged)
    assert is_bad(refused)
    assert seals == {(case.provider, "bad"): 1}
    other, seals = through(GATE, replace(forged, workspace_id="w2"))
    assert not is_bad(other)
    assert seals == {(case.provider, "unverified"): 1}


def test_a_secret_file_that_holds_nothing_lets_nobody_in():
    """Configured and empty is not the same as not configured."""
    genuine = next(case for case in CASES if case.provider == "typeform").sign(1, RECEIVED)

    refused, _ = through(GATE, replace(genuine, workspace_id="w3"))

    assert is_bad(refused)


def test_whom_nobody_knows_is_not_counted():
    """Any text may stand in the header `provider`: it becomes no label."""
    elements, seals = through(GATE, webhook("nobody\nat all", b"{}", {}))

    assert [one.letter for one in elements] == [DeadLetterClass.UNKNOWN_PROVIDER]
    assert seals == {}


def test_a_mistake_of_ours_lets_nobody_in():
    """What fails while looking is a letter of class bug, never a signal."""
    broken = Gate(lambda workspace_id, provider: (7,))
    genuine = next(case for case in CASES if case.provider == "typeform").sign(1, RECEIVED)

    for record in (genuine, hit(f"{HIT}&sig=00")):
        elements, _ = through(broken, record)
        assert [one.letter for one in elements] == [DeadLetterClass.BUG]


def hit(target: str, workspace_id: str = "w1"):
    """A redirect."""
    return replace(webhook("redirect", target.encode(), {}), workspace_id=workspace_id)


def signed(secret: str = "old", target: str = HIT, **changed: str) -> str:
    """The same target with a sig made over p1 in s1, or over something else."""
    parts = {"workspace_id": "w1", "study_id": "s1", "person_id": "p1", "outcome": "completed",
             "purpose": ""} | changed  # fmt: skip
    return f"{target}&sig={signature(secret, **parts)}"


def only(elements):
    """The one thing told."""
    (told,) = elements
    assert isinstance(told, Told), told
    return told


WANTS = Study("s1", False, Redirects(signed=True))
PUBLIC = Study("s1", True)


@pytest.mark.parametrize("secret", ["new", "old"])
@pytest.mark.parametrize("study", [None, WANTS, PUBLIC, Study("s1")])
def test_a_signed_hit_is_believed_in_every_study(secret, study):
    """Under any of the configured secrets, whatever the study asks for."""
    elements, seals = through(GATE, hit(signed(secret)), study)

    assert (only(elements).unverified, only(elements).waits) == (False, False)
    assert seals == {("redirect", "verified"): 1}


@pytest.mark.parametrize(
    "changed",
    [
        {"workspace_id": "w2"}, {"study_id": "s2"}, {"person_id": "p2"},
        {"outcome": "screened_out"}, {"purpose": "screener"},
    ],
)  # fmt: skip
@pytest.mark.parametrize("study", [None, WANTS, PUBLIC])
def test_a_sig_over_anything_else_is_bad(changed, study):
    """Of another workspace, study, person, outcome or purpose: never believed less, refused."""
    elements, seals = through(GATE, hit(signed(**changed)), study)

    assert is_bad(elements)
    assert seals == {("redirect", "bad"): 1}


def test_what_is_added_to_a_signed_link_does_not_change_what_it_says():
    """A purpose, another person or outcome, added by hand, makes the sig a wrong one."""
    for more in ("&purpose=test", "&purpose=screener"):
        assert is_bad(through(GATE, hit(signed() + more))[0])
    for more in ("&person_id=p2", "&outcome=started", "&study_id=s2"):
        (dead,) = through(GATE, hit(signed() + more))[0]
        assert isinstance(dead, Dead)
    assert only(through(GATE, hit(signed() + "&response_id=r7"))[0]).fields["response_id"] == "r7"


def test_an_unsigned_hit_is_refused_taken_or_waits_as_its_study_says():
    """signed: refused. public: taken at once. Else, or not configured: it waits."""
    assert is_bad(through(GATE, hit(HIT), WANTS)[0])
    for study, waits in ((PUBLIC, False), (Study("s1"), True), (None, True)):
        told = only(through(GATE, hit(HIT), study)[0])
        assert (told.unverified, told.waits) == (True, waits)


def test_without_a_secret_a_study_that_wants_signatures_takes_nothing():
    """Nobody can tell a signed hit from a forged one: both are kept as letters."""
    assert is_bad(through(OPEN, hit(signed()), WANTS)[0])
    assert is_bad(through(OPEN, hit(HIT), WANTS)[0])
    assert only(through(OPEN, hit(signed()), PUBLIC)[0]).unverified


def test_a_signature_is_over_our_outcome_whatever_the_tool_calls_it():
    """The study's table is applied first."""
    study = Study("s1", False, Redirects(signed=True, mapping={"rst": {"1": "completed"}}))
    target = "/r?person_id=p1&study_id=s1&rst=1"

    assert not only(through(GATE, hit(signed(target=target)), study)[0]).unverified
    assert is_bad(through(GATE, hit(signed(target=target, outcome="started")), study)[0])
