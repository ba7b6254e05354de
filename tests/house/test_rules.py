"""Rules that no linter knows: sizes, docstrings, and what never stands in a file."""

import re

from tests.house.sources import functions, modules, texts

LONGEST_FILE = 300
LONGEST_FUNCTION = 40
TABLES = {"schemas/signals.py"}
"""Files that are one table: as long as the truth."""
REGISTRY = re.compile(
    r"(pypi|pythonhosted|npmjs|maven|crates|docker|quay|ghcr)\.(apache\.)?(org|io|com)"
)
MACHINE_PATH = re.compile(r"(?<![\w./:-])/(work|root|home|opt|Users)/\w")
ADDRESS = re.compile(r"[\w.+-]+@(?:[\w-]+\.)+[a-z]{2,}")
ALLOWED = re.compile(r"@([\w-]+\.)*example\.(com|org|net)$", re.IGNORECASE)
SECRET = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY|AKIA[0-9A-Z]{16}|xox[bp]-\w+|ghp_\w{30,}")


def test_no_file_is_longer_than_300_lines():
    """A file that grows past that holds two things."""
    long = [
        path
        for path, tree in modules()
        if (tree.body[-1].end_lineno or 0 if tree.body else 0) > LONGEST_FILE
    ]
    assert [path for path in long if path not in TABLES] == []


def test_no_function_is_longer_than_40_lines():
    """The tail is policed: thirty is where one stops, ten more are for what is one statement."""
    long = [
        f"{path}:{one.lineno} {one.name}"
        for path, tree in modules()
        for one in functions(tree)
        if (one.end_lineno or 0) - one.lineno >= LONGEST_FUNCTION
    ]
    assert long == []


def test_every_module_says_what_it_is():
    """The first thing in a file is a sentence about it."""
    import ast

    assert [path for path, tree in modules() if not ast.get_docstring(tree)] == []


def test_every_test_says_its_claim_in_a_sentence():
    """Whoever reads a failure reads what is no longer true of the product."""
    import ast

    silent = [
        f"{path}:{one.lineno} {one.name}"
        for path, tree in modules()
        if path.startswith("tests/")
        for one in functions(tree)
        if one.name.startswith("test_") and not ast.get_docstring(one)
    ]
    assert silent == []


def test_no_file_names_a_package_registry():
    """Where packages come from is the business of whoever installs them."""
    assert _with(REGISTRY) == []


def test_no_file_names_a_path_of_somebodys_machine():
    """The project works wherever it is checked out."""
    assert _with(MACHINE_PATH) == []


def test_no_file_holds_a_secret():
    """No private key and no token is committed, not even a dead one."""
    assert _with(SECRET) == []


def test_email_addresses_are_examples():
    """No real person's address stands anywhere."""
    real = [
        f"{path}: {found}"
        for path, text in texts()
        for found in ADDRESS.findall(text)
        if not ALLOWED.search(found)
    ]
    assert real == []


def _with(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{path}: {found.group()}" for path, text in texts() for found in pattern.finditer(text)
    ]
