"""Takes the pictures of the README: plays the demo, looks at its board in a Chromium.

python -m tests.browser.pictures        writes docs/pictures/*.png
"""

import asyncio
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from playwright.async_api import Browser, async_playwright

from tests.browser.conftest import NAMES

FOLDER = Path(__file__).parents[2] / "docs" / "pictures"
PICTURES = {
    "board.png": ("/study?workspace={workspace}&study=interviews", 1280, 720, "light"),
    "chart.png": ("/study?workspace={workspace}&study=interviews&view=chart", 1480, 800, "light"),
    "person.png": ("/person?workspace={workspace}&person=p08", 1000, 720, "dark"),
    "phone.png": ("/study?workspace={workspace}&study=survey", 390, 760, "dark"),
}
SETTLED_MS = 1500


def main() -> int:
    """Play, look, end; 1 without a Chromium."""
    chromium = next(filter(None, map(shutil.which, NAMES)), None)
    if chromium is None:
        print("Needs Chromium (on Debian: apt install chromium)")
        return 1
    words = ["demo", "--seconds", "15", "--stay", "--plain"]
    playing = subprocess.Popen(
        [sys.executable, "-m", "workers", *words], stdout=subprocess.PIPE, text=True
    )
    try:
        origin, workspace = _told(playing)
        asyncio.run(_take(chromium, origin, workspace))
    finally:
        playing.send_signal(signal.SIGINT)
        playing.wait(30)
    return 0


def _told(playing: "subprocess.Popen[str]") -> tuple[str, str]:
    """Where the board is, said again when the story is over."""
    assert playing.stdout is not None
    for line in playing.stdout:
        found = re.search(r"in a browser: (http://\S+)/\?workspace=(\S+)", line)
        if found and "The board" not in line:
            return found[1], found[2]
    raise SystemExit("the demo has ended without telling where its board is")


async def _take(chromium: str, origin: str, workspace: str) -> None:
    FOLDER.mkdir(exist_ok=True)
    flags = ["--no-sandbox"] if os.geteuid() == 0 else []
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=chromium, args=flags)
        for name, (path, wide, high, scheme) in PICTURES.items():
            address = origin + path.format(workspace=workspace)
            await _picture(browser, address, FOLDER / name, (wide, high, scheme))
            print(f"wrote docs/pictures/{name}")
        await browser.close()


async def _picture(browser: Browser, address: str, to: Path, looks: tuple[int, int, str]) -> None:
    wide, high, scheme = looks
    window = await browser.new_context(
        viewport={"width": wide, "height": high},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    page = await window.new_page()
    await page.goto(address)
    await page.wait_for_timeout(SETTLED_MS)
    await page.screenshot(path=to)
    await window.close()


if __name__ == "__main__":
    sys.exit(main())
