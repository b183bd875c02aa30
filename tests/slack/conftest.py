"""Fixtures of the Slack tests: a fake Slack with our client, and a whole system shared by a module's tests."""

from collections.abc import Iterator

import pytest

from bot.slack.api.client import SlackApiClient
from infra.local.slack import SlackFake
from tests.slack.incoming import new_system, reset_system
from tests.static_secret import StaticSecret
from tests.system import System

CHANNEL = "CCONNECT"


@pytest.fixture
def slack() -> Iterator[SlackFake]:
    """A fake Slack with Ana, a user group and a channel that the bot is a member of."""
    with SlackFake() as fake:
        fake.add_user("UANA", "Ana")
        fake.add_usergroup("SOPS", "ops", ["UANA", "UBOB"])
        fake.add_channel(CHANNEL, "connections", members=["UANA"])
        yield fake


@pytest.fixture
def calls(slack: SlackFake) -> SlackApiClient:
    return SlackApiClient(token=StaticSecret("xoxb-local"), api_url=slack.url, timeout_seconds=5)


@pytest.fixture(scope="module")
def shared(request: pytest.FixtureRequest) -> Iterator[System]:
    """One system for all tests of a module; `SETTINGS` of the module are its environment variables."""
    yield from new_system(**getattr(request.module, "SETTINGS", {}))


@pytest.fixture
def system(shared: System) -> System:
    """The shared system, without open modals and faults of the previous test."""
    reset_system(shared)
    return shared
