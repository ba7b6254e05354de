"""What is installed is locked, checked by hash, wherever it comes from; and somebody said why."""

import re

import pytest

from tests.house.generate import ROOT

LOCKS = ("requirements.lock", "requirements-dev.lock")


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_package_has_a_hash_and_no_address(lock):
    """A package that somebody swapped is refused; where it is fetched is not our business."""
    text = (ROOT / lock).read_text()
    packages = re.split(r"\n(?=[a-zA-Z0-9])", text)[1:]

    assert len(packages) > 20
    assert [p.split()[0] for p in packages if "--hash=sha256:" not in p] == []
    assert re.findall(r"https?://|--(?:extra-)?index-url|--find-links", text) == []


def test_every_dependency_says_why_it_is_there():
    """Each line of pyproject.toml that names a package has its reason behind it."""
    text = (ROOT / "pyproject.toml").read_text()
    lists = re.findall(r"^(?:dependencies|local|dev) = \[\n(.*?)^\]", text, re.M | re.S)
    packages = [line.strip() for part in lists for line in part.splitlines()]

    assert len(lists) == 3
    assert [line for line in packages if not re.search(r'",\s+# \w', line)] == []
