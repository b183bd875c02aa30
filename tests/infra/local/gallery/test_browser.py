"""Chromium shows the gallery: nothing overflows, nothing is clipped, no text becomes active, nothing is loaded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Request

from infra.local.gallery.page import gallery
from infra.local.http_server import HttpServer
from infra.local.page.app import page_app
from infra.local.slack import SlackFake

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

WAIT = 60_000
"""Milliseconds until the gallery must be shown; long enough for a slow machine."""
TOO_WIDE = """entries => entries.flatMap(entry => [...entry.querySelectorAll("*")].filter(element => {
    if (element.closest(".scroll, select") || element.matches("input, textarea")) return false;
    const outside = element.getBoundingClientRect().right > entry.getBoundingClientRect().right + 1;
    const inline = getComputedStyle(element).display === "inline";
    return outside || (!inline && element.scrollWidth > element.clientWidth + 1);
}).map(element => `${entry.id}: ${element.tagName} ${element.className}`))"""
"""The elements that are wider than their entry, or whose text is. Tables and text fields scroll."""
CLIPPED = """entries => entries.flatMap(entry => [...entry.querySelectorAll("*")].filter(element => {
    const cuts = getComputedStyle(element).overflowY !== "visible" && !element.matches("textarea, select, .scroll");
    return cuts && element.scrollHeight > element.clientHeight + 1;
}).map(element => `${entry.id}: ${element.tagName} ${element.className}`))"""
"""The elements that hide a part of their text."""


@pytest.fixture(scope="module")
def server() -> Iterator[HttpServer]:
    with HttpServer(page_app(SlackFake(), {})) as started:
        yield started


@pytest.fixture(params=[(1280, "light"), (390, "dark")], ids=["1280", "390"])
def page(request: pytest.FixtureRequest, browser: Browser, server: HttpServer) -> Iterator[Page]:
    """The gallery in a window of its own. Nothing may fail in it, and nothing but this server may be asked."""
    problems: list[str] = []
    width, scheme = request.param
    window = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    window.on("pageerror", lambda error: problems.append(str(error)))
    window.on("console", lambda line: problems.append(line.text) if line.type == "error" else None)
    window.on("dialog", lambda dialog: problems.append(dialog.message))
    window.on("request", lambda sent: problems.extend(_elsewhere(sent, server.url)))
    window.goto(f"{server.url}/gallery")
    window.wait_for_selector("#entries:not([aria-busy])", timeout=WAIT)
    yield window
    window.close()
    assert problems == []


def _elsewhere(sent: Request, url: str) -> list[str]:
    return [] if sent.url.startswith(f"{url}/") else [f"asked {sent.url}"]


def found(page: Page, script: str) -> Any:
    return page.locator(".entry").evaluate_all(script)


def test_every_entry_fits_its_window(page: Page) -> None:
    assert page.locator(".entry").count() == sum(len(section["entries"]) for section in gallery())
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
    assert found(page, TOO_WIDE) == []
    assert found(page, CLIPPED) == []


def test_everything_is_shown_as_text(page: Page) -> None:
    assert page.locator(".unknown").count() == 0
    assert page.locator("#entries").locator("script, img, iframe, object").count() == 0
    targets = page.locator("#entries .block a").evaluate_all("links => links.map(link => new URL(link.href).hostname)")
    assert set(targets) == {"local.slack.com", "app.example.com"}


def test_a_link_leads_to_an_entry(page: Page, server: HttpServer) -> None:
    page.goto(f"{server.url}/gallery#doctor--many-problems")
    entry = page.locator("#doctor--many-problems")
    entry.wait_for(timeout=WAIT)
    page.wait_for_function("document.getElementById('doctor--many-problems').getBoundingClientRect().top < 200")
    assert "problems found" in entry.inner_text()
