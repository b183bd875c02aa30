"""`make pictures`: takes the pictures of the documents from the gallery, the same each time on one machine."""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import Browser, Page

from infra.local.gallery.chromium import chromium
from infra.local.http_server import HttpServer
from infra.local.page.app import page_app
from infra.local.slack import SlackFake

PICTURES = {
    "failed-connection.png": (
        "cards-of-connections--connection-unable-to-connect",
        "alerts-and-reminders--alert-unable-to-connect",
    ),
    "connect-form.png": ("connect-the-form-and-its-answers--error-a-wrong-federal-ein",),
    "second-approver.png": ("cards-of-requests-that-have-no-record-yet--disconnect-waiting-for-a-second-approver",),
    "status-answer.png": ("status-help-and-details--several-matches",),
}
"""The entries that each picture shows, one below the other."""
WIDTH, SCALE = 500, 1.25
"""CSS pixels, and pixels of the picture for each."""
WAIT = 60_000
"""Milliseconds until the gallery must be shown."""
_SHOW_ONLY = """ids => {
    document.querySelectorAll(".top, nav, section > h2, .entry-title").forEach(element => { element.hidden = true; });
    document.querySelectorAll(".entry").forEach(entry => { entry.hidden = !ids.includes(entry.id); });
    document.getElementById("entries").style.padding = "10px 10px 1px";
    const missing = ids.filter(id => !document.getElementById(id));
    if (missing.length) throw new Error(`no entry ${missing}`);
}"""


def take_pictures(folder: Path) -> None:
    """Writes each picture to the folder as a PNG image."""
    folder.mkdir(parents=True, exist_ok=True)
    with HttpServer(page_app(SlackFake(), {})) as server, chromium() as browser:
        page = _open(browser, f"{server.url}/gallery")
        for name, entries in PICTURES.items():
            page.evaluate(_SHOW_ONLY, list(entries))
            page.locator("#entries").screenshot(path=folder / name, animations="disabled")


def _open(browser: Browser, address: str) -> Page:
    page = browser.new_page(
        viewport={"width": WIDTH, "height": 900}, device_scale_factor=SCALE, color_scheme="light", locale="en-US"
    )
    page.goto(address)
    page.wait_for_selector("#entries:not([aria-busy])", timeout=WAIT)
    return page


if __name__ == "__main__":
    take_pictures(Path(sys.argv[1]))
