"""``html`` in a real browser: keyboard, accessibility, speed, policy. Skipped by name where there is none.

Needs an installed Chromium and the extra ``browser``; downloads nothing.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from guard.model import Report
from guard.report import FORMATS, Options

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (extra: browser)")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed (extra: browser)")

_BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(_BROWSER is None, reason="no chromium is installed")
_QUIET = ["--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-component-update"]
_ROWS = "tbody[data-k] > tr > th"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    with playwright.sync_playwright() as running:
        opened = running.chromium.launch(executable_path=_BROWSER, args=[*_QUIET, *sandbox])
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    opened = browser.new_page(viewport={"width": 1200, "height": 900})
    yield opened
    opened.close()


@pytest.fixture
def pages(scenes: Mapping[str, Report], tmp_path: Path) -> Mapping[str, str]:
    found = {}
    for name, report in scenes.items():
        place = tmp_path / f"{name}.html"
        place.write_text(FORMATS["html"].render(report, Options()), encoding="utf-8")
        found[name] = place.as_uri()
    return found


def _names(page: Any) -> list[str]:
    return [text.removesuffix(" untouched") for text in page.locator(_ROWS).all_inner_texts()]


@pytest.mark.parametrize("scene", ["fires", "undecided", "clean", "nothing", "hostile", "many"])
def test_the_policy_admits_all_of_the_page_and_nothing_fails(scene: str, page: Any, pages: Mapping[str, str]) -> None:
    told: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: told.append(message.text))
    page.on("pageerror", lambda fault: told.append(str(fault)))
    page.on("dialog", lambda dialog: told.append(dialog.message))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(pages[scene])
    for button in page.locator("tbody th button").all()[:3]:
        button.click()
    assert told == []
    assert asked == [pages[scene]]


def test_the_keyboard_reaches_everything(page: Any, pages: Mapping[str, str]) -> None:
    page.goto(pages["fires"])
    reached = []
    for _ in range(30):
        page.keyboard.press("Tab")
        focus = page.locator(":focus")
        reached.append(focus.get_attribute("aria-label") or focus.inner_text())
        if reached[-1] == "orders-consumer":
            break
    assert reached[:2] == ["Skip to the functions", "Show functions whose name contains"]
    assert reached[-9:] == [
        "Table of functions", "verdict", "function", "memory, MB", "of its memory", "observed, MB", "growth, MB",
        "headroom, MB", "orders-consumer",
    ]  # fmt: skip
    focus = page.locator(":focus")
    assert focus.get_attribute("aria-expanded") == "false"
    page.keyboard.press("Enter")
    assert focus.get_attribute("aria-expanded") == "true"
    shown = page.locator(f"#{focus.get_attribute('aria-controls')}").inner_text()
    assert "Memory, to scale" in shown
    assert "full, what it needs is not known" in shown
    assert "Peaks by day, 2026-01-02 to 2026-01-15: 124 to 127 MB" in shown
    page.keyboard.press("Space")
    assert focus.get_attribute("aria-expanded") == "false"


def test_an_unfolded_function_shows_every_part_of_its_memory(page: Any, pages: Mapping[str, str]) -> None:
    page.goto(pages["fires"])
    page.get_by_role("button", name="invoice-mailer").click()
    parts = page.locator("#d1 figure.big").nth(1).locator("li").all_inner_texts()
    assert parts == [
        "platform, runtime and imports at cold start: 171 MB",
        "workload: observed peak − cold start: 30 MB",
        "growth of this change: 9.1 MB",
        "how much more it may be: 21.9 MB",
        "floor: 25.6 MB must stay free",
    ]


def test_sorting_says_so_and_puts_the_unknown_last(page: Any, pages: Mapping[str, str]) -> None:
    page.goto(pages["fires"])
    headers = page.locator("thead").first.locator("th")
    headers.nth(2).locator("button").click()
    assert headers.nth(2).get_attribute("aria-sort") == "ascending"
    assert _names(page)[-1] == "thumbnailer"
    headers.nth(6).locator("button").click()
    assert headers.nth(2).get_attribute("aria-sort") is None
    assert _names(page) == ["legacy-sync", "invoice-mailer", "resizer", "thumbnailer", "orders-consumer", "audit"]
    headers.nth(6).locator("button").click()
    assert headers.nth(6).get_attribute("aria-sort") == "descending"
    assert _names(page) == ["thumbnailer", "resizer", "invoice-mailer", "legacy-sync", "orders-consumer", "audit"]


def test_filters_hide_and_count(page: Any, pages: Mapping[str, str]) -> None:
    page.goto(pages["fires"])
    page.get_by_role("searchbox").fill("er")
    assert page.locator("output").inner_text() == "4 of 6 shown"
    page.get_by_role("checkbox", name="fail").uncheck()
    assert page.locator("output").inner_text() == "3 of 6 shown"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1200, 400])
def test_axe_finds_nothing(scheme: str, width: int, page: Any, pages: Mapping[str, str]) -> None:
    """No violation of any of axe's rules, contrast included, with two functions unfolded."""
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(pages["fires"])
    for button in page.locator("tbody th button").all()[:2]:
        button.click()
    for summary in page.locator(".detail summary").all():
        summary.click()
    found = axe.Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_axe_would_find_something(page: Any, pages: Mapping[str, str]) -> None:
    page.goto(pages["fires"])
    page.evaluate("document.querySelector('html').removeAttribute('lang')")
    assert axe.Axe().run(page).violations_count == 1


def test_500_functions_are_interactive_within_a_second(page: Any, pages: Mapping[str, str]) -> None:
    times: list[float] = []
    while len(times) < 8 and min(times, default=1_000) >= 1_000:  # a busy machine gets a few more chances
        page.goto(pages["many"])
        times.append(page.evaluate("performance.getEntriesByType('navigation')[0].domInteractive"))
    assert min(times) < 1_000, times
