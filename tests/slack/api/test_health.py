"""The health checks of Slack: token, scopes, clock and channel membership."""

from __future__ import annotations

import pytest

from bot.errors import SlackRefused
from bot.slack.api.client import SlackApiClient
from bot.slack.api.workspace import SCOPES, SlackHealthClient
from infra.local.slack import SlackFake
from tests.slack.conftest import CHANNEL


def health_client(calls: SlackApiClient, slack: SlackFake, apart: float = 0) -> SlackHealthClient:
    return SlackHealthClient(calls, lambda: slack.workspace.clock() - apart)


def test_a_token_with_all_scopes_has_no_missing_scopes(calls: SlackApiClient, slack: SlackFake) -> None:
    slack.granted_scopes = frozenset(scope.name for scope in SCOPES)

    health = health_client(calls, slack).token()

    assert health.missing_scopes == ()
    assert health.clock_difference is not None
    assert abs(health.clock_difference) < 5


def test_missing_scopes_of_a_token_are_reported(calls: SlackApiClient, slack: SlackFake) -> None:
    slack.granted_scopes = frozenset({"chat:write"})

    assert "users:read" in (health_client(calls, slack).token().missing_scopes or ())


def test_a_slow_local_clock_shows_slacks_clock_as_ahead(calls: SlackApiClient, slack: SlackFake) -> None:
    health = health_client(calls, slack, apart=400).token()

    assert health.clock_difference is not None
    assert 390 < health.clock_difference < 410


def test_membership_is_read_for_each_channel(calls: SlackApiClient, slack: SlackFake) -> None:
    slack.add_channel("CFOREIGN", "foreign", members=["UANA"])
    slack.workspace.channels["CFOREIGN"].members.discard("U0BOT")

    assert health_client(calls, slack).is_member(CHANNEL)
    assert not health_client(calls, slack).is_member("CFOREIGN")
    with pytest.raises(SlackRefused):
        health_client(calls, slack).is_member("CNOWHERE")


class FakeHeaders:
    def __init__(self, **headers: object) -> None:
        self._headers = headers

    def headers(self, _: str) -> dict[str, object]:
        return {name.replace("_", "-"): value for name, value in self._headers.items()}


@pytest.mark.parametrize("headers", [{}, {"Date": "yesterday", "X_OAuth_Scopes": 7}])
def test_missing_or_malformed_headers_leave_the_values_unknown(headers: dict[str, object]) -> None:
    health = SlackHealthClient(FakeHeaders(**headers), lambda: 0.0).token()  # type: ignore[arg-type]

    assert (health.missing_scopes, health.clock_difference) == (None, None)


def test_a_header_value_may_be_a_list() -> None:
    health = SlackHealthClient(FakeHeaders(x_oauth_scopes=["chat:write"]), lambda: 0.0).token()  # type: ignore[arg-type]

    assert health.missing_scopes is not None
    assert "chat:write" not in health.missing_scopes
