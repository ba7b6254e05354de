"""Examples as they stand in pages: the files themselves, so that what is shown is tested."""

from pathlib import Path

EXAMPLES = Path(__file__).parents[3] / "docs" / "examples"


def consumer() -> str:
    """The consumer, from its imports on."""
    text = (EXAMPLES / "consumer.py").read_text()
    return f"```python\n{text[text.index('import asyncio') :]}```"
