"""What is generated is fresh, complete, and says what the program really does."""

from datetime import UTC, datetime
from types import SimpleNamespace

from schemas.signals import SENDABLE, kind_of
from schemas.topics import TOPICS
from schemas.vocabulary import DeadLetterClass
from tests.house.generate import begin, main, with_block
from tests.house.reference import PAGES, shapes, words
from workers.domain.transitions import TABLE
from workers.ingest.letters import Grave, Postmark, headers_of
from workers.providers.outcomes import Dead

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def test_no_generated_file_is_stale():
    """Docs, JSON Schemas and the topics' manifest are those of the code as it stands."""
    assert main(["--check"]) == 0


def test_every_signal_and_change_has_a_json_schema():
    """Whoever reads or writes a topic finds the schema of every kind."""
    expected = {f"schemas/json/signals/{kind_of(kind)}.json" for kind in SENDABLE}
    expected |= {f"schemas/json/changes/{shapes.word_of(kind)}.json" for kind in shapes.CHANGES}

    assert set(shapes.schemas()) == expected


def test_the_wire_page_names_every_topic_and_kind():
    """No topic and no kind of signal is missing from the reference."""
    page = PAGES["docs/wire.md"]()

    told = [topic.name for topic in TOPICS] + [kind_of(kind) for kind in SENDABLE]
    assert [name for name in told if f"`{name}`" not in page] == []


def test_the_transitions_page_shows_every_row():
    """As many signals stand in the page's table as rows in the program's."""
    page = PAGES["docs/transitions.md"]().split("## Names of groups")[0]

    signals = [line.split("|")[1].split() for line in page.splitlines() if line.startswith("| `")]
    assert sum(map(len, signals)) == len(TABLE)


def test_the_wire_page_explains_the_headers_that_a_dead_letter_has():
    """The headers in the reference are the ones that ingest writes, in their order."""
    record = SimpleNamespace(
        topic="webhooks.email", partition=0, offset=1, timestamp=0, key=None, value=b"", headers=()
    )
    grave = Grave(record, DeadLetterClass.POISON, NOW, NOW)
    grave.add(0, Dead(DeadLetterClass.POISON, "not JSON"))

    written = headers_of(grave, Postmark(group="g", version="1"))

    told = [name for name, _ in words.LETTER_HEADERS if name not in words.SELDOM]
    assert [name for name, _ in written] == told


def test_every_class_of_dead_letters_is_explained():
    """An operator finds each class in the reference."""
    assert set(words.CLASSES) == set(DeadLetterClass)


def test_a_block_is_renewed_and_the_rest_of_the_page_left_alone():
    """Only what stands between the two marks is generated."""
    page = f"before\n{begin('x')}\nold\n<!-- end of generated -->\nafter\n"

    renewed = with_block(page, "x", "new")

    assert renewed == page.replace("old", "new")


def test_two_blocks_of_one_page_are_both_renewed(tmp_path):
    """A page may hold several generated parts."""
    marks = [f"{begin(block)}\n<!-- end of generated -->\n" for block in ("change", "consumer")]
    (tmp_path / "README.md").write_text("".join(marks))

    main([], tmp_path)

    page = (tmp_path / "README.md").read_text()
    assert "```json" in page
    assert "```python" in page


def test_a_page_edited_by_hand_is_stale_until_it_is_written_anew(tmp_path, capsys):
    """The check names the page; writing mends it."""
    main([], tmp_path)
    page = tmp_path / "docs" / "wire.md"
    page.write_text(page.read_text() + "by hand")
    capsys.readouterr()

    assert main(["--check"], tmp_path) == 1
    assert capsys.readouterr().out.startswith("docs/wire.md is stale: run ")
    main([], tmp_path)
    assert main(["--check"], tmp_path) == 0


def test_a_schema_whose_kind_is_gone_is_stale(tmp_path):
    """No schema is left behind for a kind that nobody sends any more."""
    main([], tmp_path)
    left = tmp_path / "schemas" / "json" / "signals" / "gone.json"
    left.write_text("{}")

    assert main(["--check"], tmp_path) == 1
    main([], tmp_path)
    assert not left.exists()
