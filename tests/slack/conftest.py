"""Slack room tests: a Slack that runs here, and our own end of it."""

from collections.abc import Iterator

import pytest

from bot.secrets import StaticSecret
from bot.slack.api.client import SlackApiClient
from infra.local.slack import SlackFake

CHANNEL = "CCONNECT"


@pytest.fixture
def slack() -> Iterator[SlackFake]:
    """With Ana, a guest, a group of people and a channel that the bot is in."""
    with SlackFake() as stand_in:
        stand_in.add_user("UANA", "Ana")
        stand_in.add_usergroup("SOPS", "ops", ["UANA", "UBOB"])
        stand_in.add_channel(CHANNEL, "connections", members=["UANA"])
        yield stand_in


@pytest.fixture
def calls(slack: SlackFake) -> SlackApiClient:
    return SlackApiClient(token=StaticSecret("xoxb-local"), api_url=slack.url, timeout_seconds=5)
