"""The commands that tell signals: previewed, sent through the one door, waited for, shown."""

import asyncio
from datetime import timedelta

import pytest

from schemas.fields import format_instant, parse_instant
from tests.cli.acting import added, heard, run, typed, typed_json
from tests.cli.talk import person, pstatus, write
from tests.process import applying
from tests.process.applying import told
from tests.process.conftest import Start, start, topics  # noqa: F401 (fixtures)
from workers.settings import Settings

BY = ("--by", "u1", "--yes")


@pytest.fixture
async def people(topics: Settings, start: Start) -> Settings:  # noqa: F811
    """p1 and p2 in s1, p1 invited in s2 besides; a worker runs."""
    await start("all").ready()
    invited = told("email.sent", "p1", "s2", minute=1, purpose="survey")
    await heard(topics, [*added("p1", "p2"), *added("p1", study="s2"), invited])
    return topics


async def contact(settings: Settings, name: str) -> str:
    """The contact status of a person as `pstatus person` tells it."""
    told = await typed_json(settings, "person", name)
    return str(told["contact"]["status"])


async def test_an_opt_out_shows_what_it_would_change_and_what_it_changed(people: Settings):
    """The preview says every effect, the end says what was published, and a rerun tells nothing."""
    looked = await typed(people, "opt-out", "p1", "--by", "u1", "--preview")
    before = await contact(people, "p1")

    done = await typed(people, "opt-out", "p1", *BY, "--note", "asked on the phone")
    again = await typed(people, "opt-out", "p1", *BY)

    assert "free_to_contact -> opted_out" in looked
    assert "s2: study_invited (invited) -> opted_out (cancelled)" in looked
    assert (before, await contact(people, "p1")) == ("free_to_contact", "opted_out")
    assert "p1: contact free_to_contact -> opted_out" in done
    assert "p1: s2 study_invited -> opted_out (cancelled)" in done
    assert "would stay as they are" in again
    assert "Nothing was sent." in again
    rows = await applying.fetch(people, "select body from signals where kind like 'contact.%'")
    assert len(rows) == 1
    assert '"note":"asked on the phone"' in rows[0]["body"].replace('": "', '":"')


async def test_each_command_and_what_takes_it_back(people: Settings):
    """Blocklist, do-not-contact and cooldown are set, shown, and cleared by hand."""
    for do, undo, status in (
        (("blocklist", "add", "--reason", "no shows"), ("blocklist", "remove"), "in_blocklist"),
        (("do-not-contact", "set"), ("do-not-contact", "clear"), "do_not_contact"),
        (("cooldown", "set", "--days", "30"), ("cooldown", "clear"), "in_cooldown"),
        (("opt-out",), ("opt-in",), "opted_out"),
    ):
        done = await typed_json(people, *do, "p2", *BY)
        undone = await typed_json(people, *undo, "p2", *BY)

        first, last = done["changes"], undone["changes"]
        assert [one.get("status") for one in first if "contact" in one["change"]] == [status]
        assert [one["status"] for one in last if "contact" in one["change"]] == ["free_to_contact"]
        assert done["effects"][0]["contact"]["after"]["status"] == status
        assert undone["effects"][0]["contact"]["after"]["status"] == "free_to_contact"


async def test_a_study_is_overridden_for_whom_it_names(people: Settings):
    """A cooldown makes p2 not eligible; the override of s1 lets them be contacted there."""
    await typed(people, "cooldown", "set", "--until", "2100-01-01", "p2", *BY)
    cooling = await typed_json(people, "person", "p2")

    done = await typed_json(people, "override", "p2", "--study", "s1", *BY)

    assert cooling["participants"][0]["status"] == "not_eligible"
    assert [(c["study_id"], c["status"]) for c in done["changes"]] == [("s1", "not_contacted")]
    assert await contact(people, "p2") == "in_cooldown"


async def test_many_are_named_by_input_file_or_filter(people: Settings, tmp_path):
    """Standard input, a file, and those of a study with a status are the same kind of list."""
    await heard(people, added(*(f"q{n}" for n in range(120)), study="s3"))
    file = tmp_path / "ids"
    file.write_text("q3\n\nq4\nq3\n")

    by_input = await typed_json(people, "do-not-contact", "set", "-", *BY, stdin="q1\nq2\n")
    by_file = await typed_json(people, "do-not-contact", "set", "--file", str(file), *BY)
    rest = ("--study", "s3", "--status", "not_contacted")
    by_filter = await typed_json(people, "do-not-contact", "set", *rest, *BY)

    assert [one["person_id"] for one in by_input["effects"]] == ["q1", "q2"]
    assert [one["person_id"] for one in by_file["effects"]] == ["q3", "q4"]
    assert len(by_filter["signals"]) == 116
    assert len(by_filter["changes"]) == 2 * 116


async def test_asked_twice_at_once_it_is_told_once(people: Settings):
    """Two runs that both looked before either was applied make the same signal ids."""
    both = await asyncio.gather(
        *(typed_json(people, "opt-out", "--by", "u1", "--yes", "p2") for _ in range(2))
    )

    ids = {one for told in both for one in told["signals"]}
    rows = await applying.fetch(people, "select id from signals where kind = 'contact.opted_out'")
    assert {row["id"] for row in rows} == ids
    assert len(ids) == 1


async def test_days_said_again_in_a_later_hour_do_not_extend(people: Settings):
    """A rerun within a day is the same deed; another number of days replaces the end."""
    first = await typed_json(people, "cooldown", "set", "--days", "30", "p2", *BY)
    end = parse_instant(first["changes"][0]["until"])
    earlier = format_instant(end - timedelta(hours=2))  # as if it had been said two hours ago
    await typed(people, "cooldown", "set", "--until", earlier, "p2", *BY)

    again = await typed_json(people, "cooldown", "set", "--days", "30", "p2", *BY)
    shorter = await typed_json(people, "cooldown", "set", "--days", "3", "p2", *BY)

    assert (again["signals"], again["untouched"]) == ([], 1)
    assert len(shorter["signals"]) == 1


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("opt-out", "p9", *BY), "Nobody in w1 is known as 'p9'"),
        (("opt-out", *BY), "Name people"),
        (("opt-out", "p1", "--by", "u1"), "add --yes"),
        (("opt-out", "p1", "--study", "s1", *BY), "not both"),
        (("opt-out", "--study", "s9", *BY), "no study 's9'"),
        (("blocklist", "add", "p1", "--reason", "dishonest", *BY), "did you mean dishonesty"),
        (("cooldown", "set", "p1", *BY), "--until TIME or --days N"),
        (("cooldown", "set", "p1", "--until", "2020-01-01", *BY), "has passed"),
        (("cooldown", "set", "p1", "--until", "soon", *BY), "no time such as"),
        (("opt-out", "p1", "--by", "", "--yes"), "by: string pattern mismatch"),
    ],
)
def test_a_mistake_is_told_in_one_line(fresh_database: str, words: tuple[str, ...], line: str):
    """What is wrong and what there is instead; exit code 2, nothing sent."""
    write(
        fresh_database,
        [("w1", "s1", "p1", "not_contacted", "not_started")],
        people=[person("w1", "p1")],
    )

    said = pstatus(fresh_database, *words)

    assert (said.code, line in said.error) == (2, True), said.error


async def test_without_a_worker_it_says_so(topics: Settings, start: Start):  # noqa: F811
    """What was sent and is not applied in time is told, with exit code 1; asking again helps."""
    worker = start("all")
    await worker.ready()
    await heard(topics, added("p1"))
    worker.kill()

    done = await asyncio.to_thread(run, topics, "opt-out", "p1", *BY, "--timeout", "1")
    start("all")
    again = await typed(topics, "opt-out", "p1", *BY)

    assert (done.returncode, "is a worker running" in done.stderr.lower()) == (1, True)
    assert "opted_out" in again or "would stay as they are" in again
    rows = await applying.found(topics, "select id from signals where kind = 'contact.opted_out'")
    assert len(rows) == 1
