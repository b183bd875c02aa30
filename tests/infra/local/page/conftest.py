"""Fixtures of the Slack fake, and its page on a server of its own."""

from collections.abc import Iterator

import httpx
import pytest

from infra.local.http_server import HttpServer
from infra.local.page.app import page_app
from infra.local.slack import SlackFake
from tests.infra.local.slack.conftest import bot, bot_url, client, clock, slack, with_bot

__all__ = ["bot", "bot_url", "client", "clock", "slack", "with_bot"]


@pytest.fixture
def page(slack: SlackFake) -> Iterator[httpx.Client]:
    app = page_app(slack, {"people": [{"id": "U1"}]})
    with HttpServer(app) as server, httpx.Client(base_url=server.url, timeout=5) as browser:
        yield browser
