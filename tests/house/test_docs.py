"""The docs hold together: links lead somewhere, commands and settings exist, nothing is hidden."""

import re
from collections.abc import Iterator
from pathlib import Path

from tests.house.generate import ROOT
from tests.house.reference.commands import named
from tests.house.sources import pages
from workers.settings import Settings, variables

LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
COMMAND = re.compile(r"(?:^|[`$|] ?|bin/)(pstatus(?: [a-z]+(?:-[a-z]+)*)+)", re.MULTILINE)
OPTION = re.compile(r" (--[a-z-]+)")
VERB = re.compile(r"\bmake ([a-z]+)\b(?=`|$)", re.MULTILINE)
VARIABLE = re.compile(r"\bPSTATUS_[A-Z_]+\b")


def test_every_link_leads_somewhere():
    """A link to a file, or to a heading of one, is not broken."""
    broken = [
        f"{path.relative_to(ROOT)}: {link}"
        for path, text in pages()
        for link in LINK.findall(text)
        if not link.startswith("http") and not _leads(path, link)
    ]
    assert broken == []


def test_every_page_of_the_docs_is_linked_from_the_readme():
    """A newcomer finds every page from the first one."""
    linked = {link.split("#")[0] for link in LINK.findall((ROOT / "README.md").read_text())}

    hidden = [f"docs/{page.name}" for page in (ROOT / "docs").glob("*.md")]
    assert [page for page in hidden if page not in linked] == []


def test_every_command_in_the_docs_exists():
    """What the docs tell to type is a command."""
    known = [name for name, _ in named()]
    wrong = [
        f"{path.relative_to(ROOT)}: {told}"
        for path, text in pages()
        for told in COMMAND.findall(text)
        if not _is_command(told, known)
    ]
    assert wrong == []


def test_every_option_of_a_command_in_the_docs_exists():
    """The options that an example passes are ones of that command."""
    options = {name: {o for p in one.params for o in p.opts} for name, one in named()}
    wrong = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for path, text in pages()
        for line in text.splitlines()
        for name, known in options.items()
        if line.strip().removeprefix(".venv/bin/").startswith(name + " ")
        for option in OPTION.findall(line)
        if option not in known | {"--help"}
    ]
    assert wrong == []


def test_every_make_verb_in_the_docs_exists():
    """What the docs tell to make can be made."""
    makefile = (ROOT / "Makefile").read_text()
    known = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    told = {verb for _, text in pages() for verb in VERB.findall(text)}

    assert told - known == set()


def test_every_setting_in_the_docs_exists():
    """A variable that the docs name is read by the program."""
    known = {name for field in Settings.model_fields for name in variables(field)}
    wrong = [
        f"{path.relative_to(ROOT)}: {told}"
        for path, text in pages()
        for told in VARIABLE.findall(text)
        if told not in known
    ]
    assert wrong == []


def _is_command(told: str, known: list[str]) -> bool:
    """Whether these words begin with a command, or are a group of commands.

    A group with a `show` shows by itself: `pstatus study s1`.
    """
    itself = [name.removesuffix(" show") for name in known]
    begins = any(told == name or told.startswith(name + " ") for name in (*known, *itself))
    return begins or any(name.startswith(told + " ") for name in known)


def _leads(page: Path, link: str) -> bool:
    name, _, anchor = link.partition("#")
    target = (page.parent / name).resolve() if name else page
    if not target.exists():
        return False
    return not anchor or anchor in set(_anchors(target.read_text()))


def _anchors(text: str) -> Iterator[str]:
    for heading in HEADING.findall(text):
        plain = re.sub(r"[^\w\- ]", "", heading.replace("`", "").lower())
        yield plain.replace(" ", "-")
