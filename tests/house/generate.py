"""Writes every generated file of the docs, `schemas/json/` and `deploy/`; `--check` only compares.

python -m tests.house.generate            writes what is stale
python -m tests.house.generate --check    names what is stale, exit code 1
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from tests.house.reference import BLOCKS, files

ROOT = Path(__file__).parents[2]


def main(arguments: list[str], root: Path = ROOT) -> int:
    """Write or check; 0 if all is as it should be."""
    texts = wanted(root)
    stale = list(_stale(texts, root))
    if arguments == ["--check"]:
        for path in stale:
            print(f"{path.relative_to(root)} is stale: run `python -m tests.house.generate`")
        return 1 if stale else 0
    for path in stale:
        _write(path, texts.get(path))
        print(f"wrote {path.relative_to(root)}")
    return 0


def wanted(root: Path = ROOT) -> dict[Path, str]:
    """Every generated file as it should be; of hand-written ones with a generated block, too."""
    texts = {root / name: text for name, text in files().items()}
    for name, render in BLOCKS.items():
        page, _, block = name.partition("#")
        path = root / page
        if not path.exists():
            continue
        text = texts.get(path) or path.read_text()
        if begin(block) in text:
            texts[path] = with_block(text, block, render())
    return texts


def begin(block: str) -> str:
    """The line before a generated block of a hand-written page."""
    return f"<!-- generated: {block} -->"


END = "<!-- end of generated -->"


def with_block(page: str, block: str, text: str) -> str:
    """The page with the block between its two marks renewed."""
    before, mark, rest = page.partition(begin(block))
    _, end, after = rest.partition(END)
    return f"{before}{mark}\n{text}\n{end}{after}" if end else page


def _stale(texts: dict[Path, str], root: Path) -> Iterator[Path]:
    for path, text in texts.items():
        if not path.exists() or path.read_text() != text:
            yield path
    schemas = (root / "schemas" / "json").rglob("*.json")
    yield from (left for left in schemas if left not in texts)


def _write(path: Path, text: str | None) -> None:
    if text is None:
        path.unlink()
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
