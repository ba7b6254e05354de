"""The guide to dead letters explains what the program makes."""

import re

from schemas.letters import OURS
from schemas.vocabulary import DeadLetterClass
from tests.house.generate import ROOT
from workers.ingest.letters import LIMITED

GUIDE = (ROOT / "docs/dead-letters.md").read_text()


def test_every_class_has_its_section():
    """Whoever has a letter finds what to do; no section is about a class that there is not."""
    sections = re.findall(r"^### `(\w+)`$", GUIDE, re.MULTILINE)

    assert set(sections) == {str(one) for one in DeadLetterClass}
    assert len(sections) == len(set(sections))


def test_the_classes_that_hold_a_topic_are_those_told():
    """The sentence about the limit names them, and no other."""
    (told,) = re.findall(r"^- Counted are the classes (.+?):", GUIDE, re.MULTILINE)

    assert set(re.findall(r"`(\w+)`", told)) == {str(one) for one in LIMITED}


def test_headers_named_are_headers_of_letters():
    """A header that the guide names begins as ours do."""
    named = re.findall(r"`((?:pstatus-dlq|__dlq)[\w.-]*)`", GUIDE)

    assert named
    assert all(one.startswith(OURS) for one in named)
