"""Token scopes."""

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from infra.local.slack import SlackFake


def client(slack: SlackFake) -> WebClient:
    return WebClient(token="xoxb-local", base_url=slack.url)


def test_a_method_without_its_scope_is_refused_as_slack_does() -> None:
    with SlackFake() as slack:
        slack.add_user("UANA", "Ana")
        slack.granted_scopes = frozenset({"chat:write"})

        try:
            client(slack).users_info(user="UANA")
        except SlackApiError as refused:
            answer = refused.response.data
        else:
            raise AssertionError("it was let through")

        assert isinstance(answer, dict)
        assert (answer["error"], answer["needed"], answer["provided"]) == ("missing_scope", "users:read", "chat:write")


def test_each_response_has_the_scopes_and_the_workspaces_time() -> None:
    with SlackFake(clock=lambda: 1_790_000_000.0) as slack:
        slack.granted_scopes = frozenset({"chat:write", "users:read"})

        headers = client(slack).auth_test().headers

        assert headers["x-oauth-scopes"] == "chat:write,users:read"
        assert headers["date"] == "Mon, 21 Sep 2026 14:13:20 GMT"


@pytest.mark.parametrize(
    ("granted", "readable"), [("channels:history", "C1"), ("groups:history", "C2"), ("im:history", "DANA")]
)
def test_a_kind_of_conversation_is_read_with_its_own_scope(granted: str, readable: str) -> None:
    with SlackFake() as slack:
        slack.add_user("UANA", "Ana")
        slack.add_channel("C1", "public")
        slack.add_channel("C2", "private", private=True)
        client(slack).conversations_open(users="UANA")
        slack.granted_scopes = frozenset({granted})
        refused = {}
        for channel in ("C1", "C2", "DANA"):
            try:
                client(slack).conversations_history(channel=channel)
            except SlackApiError as error:
                refused[channel] = error.response["error"]
        assert refused == dict.fromkeys({"C1", "C2", "DANA"} - {readable}, "missing_scope")
