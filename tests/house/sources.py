"""The files of the project as the house rules look at them."""

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.house.generate import ROOT


@cache
def project_files() -> tuple[Path, ...]:
    """Every file that is or would be committed, by git's own word; without git all but caches."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT, capture_output=True, text=True, check=True,
        )  # fmt: skip
        paths = {ROOT / line for line in listed.stdout.splitlines()}
    except (OSError, subprocess.CalledProcessError):
        paths = {path for path in ROOT.rglob("*") if not _is_cache(path.relative_to(ROOT))}
    return tuple(sorted(path for path in paths if path.is_file()))


def _is_cache(path: Path) -> bool:
    hidden = path.parts[0].startswith(".") and path.parts[0] != ".ci"
    return hidden or "__pycache__" in path.parts


def texts() -> Iterator[tuple[str, str]]:
    """(path in the project, text) of every file that is text."""
    for path in project_files():
        try:
            yield str(path.relative_to(ROOT)), path.read_text()
        except UnicodeDecodeError:
            continue


def modules() -> Iterator[tuple[str, ast.Module]]:
    """(path in the project, syntax tree) of every Python file."""
    for path, text in texts():
        if path.endswith(".py"):
            yield path, ast.parse(text)


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function of a module, however deep."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def pages() -> Iterator[tuple[Path, str]]:
    """Every Markdown page with its text."""
    for path in project_files():
        if path.suffix == ".md":
            yield path, path.read_text()
