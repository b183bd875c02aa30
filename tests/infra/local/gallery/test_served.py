"""The demo's server shows the gallery."""

import httpx

from infra.local.http_server import HttpServer
from infra.local.page.app import page_app
from infra.local.slack import SlackFake


def test_the_page_links_to_the_gallery_and_its_entries_are_served() -> None:
    with HttpServer(page_app(SlackFake(), {})) as server, httpx.Client(base_url=server.url, timeout=60) as browser:
        assert 'href="/gallery"' in browser.get("/").text
        assert "/assets/gallery.js" in browser.get("/gallery").text
        sections = browser.get("/gallery/entries").json()
    titles = {section["title"]: [entry["title"] for entry in section["entries"]] for section in sections}
    assert "Connection: unable to connect" in titles["Cards of connections"]
