"""The board as a person meets it: it loads, is live, obeys the keyboard, and is accessible."""

import json
from datetime import timedelta
from itertools import product

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, expect

from schemas.fields import format_instant
from tests.process import wire
from tests.process.conftest import Start
from workers.ops import clock
from workers.settings import Settings

WAIT_MS = 30_000
STUDY = "/study?workspace=w1&study=s1"
PAGES = {
    "studies": "/?workspace=w1",
    "board": STUDY,
    "chart": f"{STUDY}&view=chart",
    "person": "/person?workspace=w1&person=p1",
    "nothing": "/person?workspace=w1&person=nobody",
    "sign-in": "/enter",
}


def signal(kind: str, number: int, **more: object) -> wire.Put:
    """What the product tells."""
    at = clock.now() - timedelta(hours=1) + timedelta(seconds=number)
    told = {"id": f"t:{kind}:{number}", "kind": kind, "occurred_at": format_instant(at), **more}
    return wire.webhook(json.dumps(told).encode(), "standard")


@pytest.fixture
async def told(topics: Settings, start: Start) -> Settings:
    """A study with two people in it, told by webhooks to a real worker."""
    worker = start("all")
    setup = {"type": "interview", "screener": True, "incentive": True, "participation_limit": 3}
    await wire.put(
        topics, "webhooks.product",
        signal("study.configured", 0, study_id="s1", **setup),
        signal("participant.added", 1, study_id="s1", person_id="p1"),
        signal("participant.added", 2, study_id="s1", person_id="p2"),
        signal("contact.opted_out", 3, person_id="p2", by="u1"),
    )  # fmt: skip
    await worker.ready()
    await wire.until(topics, "contact-changes", 1)
    return topics


async def opened(browser: Browser, address: str, **looks: object) -> Page:
    """A page in a window of its own; anything that its console says fails the test."""
    window = await browser.new_context(**looks)
    page = await window.new_page()
    page.set_default_timeout(WAIT_MS)
    page.on("console", lambda said: pytest.fail(f"console: {said.text}"))
    page.on("pageerror", lambda error: pytest.fail(f"script: {error}"))
    await page.goto(address)
    return page


async def test_a_webhook_moves_somebody_on_the_board_while_one_looks(
    told: Settings, browser: Browser, board: str
):
    """Without a reload; paused, it waits until one goes on."""
    page = await opened(browser, board + STUDY)
    column = page.locator("section.invited")
    await expect(page.locator("#pulse")).to_have_text("Live", timeout=WAIT_MS)
    await expect(column.locator(".count")).to_have_text("0")

    mail = {"study_id": "s1", "person_id": "p1", "purpose": "screener"}
    await wire.put(told, "webhooks.product", signal("email.sent", 10, **mail))
    await expect(column).to_contain_text("Study Invited", timeout=WAIT_MS)

    await page.get_by_role("button", name="Pause updates").click()
    await expect(page.locator("#pulse")).to_have_text("Paused")
    begun = {"study_id": "s1", "person_id": "p1"}
    await wire.put(told, "webhooks.product", signal("screener.started", 11, **begun))
    await wire.until(
        told, "participant-changes",
        lambda found: any(b"screener_started" in one.value for one in found),
    )  # fmt: skip
    await expect(column).to_contain_text("Study Invited")
    await page.get_by_role("button", name="Pause updates").click()
    await expect(page.locator("section.screening")).to_contain_text("p1", timeout=WAIT_MS)


async def test_the_keyboard_alone_leads_everywhere(told: Settings, browser: Browser, board: str):
    """From the studies to a study, to a person, to the chart; the focus survives news."""
    page = await opened(browser, f"{board}/?workspace=w1")
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    await page.keyboard.press("Enter")
    await _tab_to(page, "s1")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/study?*")
    await expect(page.locator("#pulse")).to_have_text("Live", timeout=WAIT_MS)
    await _tab_to(page, "p1")
    begun = {"study_id": "s1", "person_id": "p2"}
    await wire.put(told, "webhooks.product", signal("screener.started", 12, **begun))
    await expect(page.locator("section.screening")).to_contain_text("p2", timeout=WAIT_MS)
    await expect(page.get_by_role("link", name="p1", exact=True)).to_be_focused()
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/person?*")
    await _tab_to(page, "s1")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/study?*")
    await _tab_to(page, "Flow chart")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("img", name="How participants move through s1")).to_be_visible()


@pytest.mark.usefixtures("told")
async def test_every_page_passes_the_accessibility_rules(browser: Browser, board: str):
    """axe-core finds nothing, on a phone and on a desk, light and dark; nothing is cut off."""
    for scheme, width in product(("light", "dark"), (390, 1280)):
        window = await browser.new_context(
            viewport={"width": width, "height": 800}, color_scheme=scheme
        )
        page = await window.new_page()
        for name, path in PAGES.items():
            await page.goto(board + path)
            results = await Axe().run(page)
            assert results.violations_count == 0, f"{name}: {results.generate_report()}"
            spare = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            assert await page.evaluate(spare) <= 0, f"{name} scrolls sideways as a whole"
        await window.close()


async def _tab_to(page: Page, name: str) -> None:
    for _ in range(60):
        await page.keyboard.press("Tab")
        if await page.evaluate("document.activeElement.textContent.trim()") == name:
            return
    pytest.fail(f"no Tab leads to {name}")
