"""Rate limits, and network and server faults."""

import http.client
import json
import socket
import threading
import urllib.error
from collections.abc import Callable
from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from infra.local.slack import Limits, SlackFake

Refusal = Callable[..., str]


def retry_after_of(call: Callable[..., Any], **arguments: Any) -> int:
    """Make a call that must be rate-limited; returns its Retry-After."""
    with pytest.raises(SlackApiError) as caught:
        call(**arguments)
    answer = caught.value.response
    assert (answer.status_code, answer["error"]) == (429, "ratelimited")
    return int(answer.headers["Retry-After"])


def test_after_a_burst_a_channel_accepts_one_message_a_second(slack: SlackFake, client: WebClient, clock: Any) -> None:
    slack.add_channel("C2", "other")
    for number in range(5):
        client.chat_postMessage(channel="C1", text=str(number))
    assert retry_after_of(client.chat_postMessage, channel="C1", text="6th") == 1
    client.chat_postMessage(channel="C2", text="elsewhere")
    clock.advance(1)
    client.chat_postMessage(channel="C1", text="6th")
    assert retry_after_of(client.chat_postMessage, channel="C1", text="7th") == 1
    assert [m.text for m in slack.channel("C1")] == ["0", "1", "2", "3", "4", "6th"]


def test_the_51st_update_in_a_minute_is_refused_until_the_first_is_a_minute_old(client: WebClient, clock: Any) -> None:
    ts = client.chat_postMessage(channel="C1", text="card")["ts"]
    for number in range(50):
        client.chat_update(channel="C1", ts=ts, text=str(number))
    clock.advance(20)
    assert retry_after_of(client.chat_update, channel="C1", ts=ts, text="x") == 40
    client.chat_postMessage(channel="C1", text="other methods go on")
    clock.advance(40)
    client.chat_update(channel="C1", ts=ts, text="x")


@pytest.mark.parametrize(
    ("method", "arguments", "a_minute"),
    [
        ("usergroups.list", {}, 20),
        ("conversations.history", {"channel": "C1"}, 50),
        ("users.info", {"user": "U1"}, 100),
        ("chat.postEphemeral", {"channel": "C1", "user": "U1", "text": "x"}, 100),
    ],
)
def test_each_method_has_its_tier(client: WebClient, method: str, arguments: dict[str, str], a_minute: int) -> None:
    def call() -> None:
        client.api_call(method, params=arguments)

    for _ in range(a_minute):
        call()
    assert retry_after_of(call) == 60


def test_a_workspace_has_a_limit_of_messages_per_minute() -> None:
    limits = Limits(posts_per_minute=2, message_burst=5)
    with SlackFake(clock=lambda: 1_712_345_678.0, limits=limits) as slack:
        client = WebClient(token="xoxb-local", base_url=slack.url)
        for channel in ("C1", "C2", "C3"):
            slack.add_channel(channel, channel.lower())
        client.chat_postMessage(channel="C1", text="x")
        client.chat_postMessage(channel="C2", text="x")
        assert retry_after_of(client.chat_postMessage, channel="C3", text="x") == 60


def test_a_reset_before_processing_has_no_effect(slack: SlackFake, client: WebClient) -> None:
    slack.faults.reset_before("chat.postMessage")
    with pytest.raises(ConnectionResetError):
        client.chat_postMessage(channel="C1", text="x")
    assert slack.channel("C1") == []
    client.chat_postMessage(channel="C1", text="x")
    assert len(slack.channel("C1")) == 1


def test_a_reset_after_processing_keeps_the_message(slack: SlackFake, client: WebClient) -> None:
    slack.faults.reset_after("chat.postMessage")
    with pytest.raises(ConnectionResetError):
        client.chat_postMessage(channel="C1", text="x")
    assert len(slack.channel("C1")) == 1


def test_a_truncated_response_is_incomplete_although_the_message_was_posted(
    slack: SlackFake, client: WebClient
) -> None:
    slack.faults.truncated("chat.postMessage")
    with pytest.raises(http.client.IncompleteRead):
        client.chat_postMessage(channel="C1", text="x")
    assert len(slack.channel("C1")) == 1


def test_refusals_and_server_errors_affect_only_their_method_and_change_nothing(
    slack: SlackFake, client: WebClient, refusal: Refusal
) -> None:
    slack.faults.rate_limited(30, "chat.postMessage")
    slack.faults.api_error("fatal_error", "chat.postMessage", times=2)
    slack.faults.server_error("chat.postMessage", status=503)
    client.auth_test()
    assert retry_after_of(client.chat_postMessage, channel="C1", text="x") == 30
    assert refusal(client.chat_postMessage, channel="C1", text="x") == "fatal_error"
    assert refusal(client.chat_postMessage, channel="C1", text="x") == "fatal_error"
    assert refusal(client.chat_postMessage, channel="C1", text="x") == "internal_error"
    assert slack.channel("C1") == []
    assert [call.status for call in slack.calls] == [200, 429, 200, 200, 503]


def test_a_client_times_out_during_a_delay(slack: SlackFake) -> None:
    slack.faults.delay(5, "auth.test")
    impatient_client = WebClient(token="xoxb-local", base_url=slack.url, timeout=1, retry_handlers=[])
    with pytest.raises((TimeoutError, urllib.error.URLError)):
        impatient_client.auth_test()


def test_faults_can_be_cleared(slack: SlackFake, client: WebClient) -> None:
    slack.faults.server_error()
    slack.faults.clear()
    client.auth_test()


def test_a_connection_is_kept_alive_until_the_fake_stops() -> None:
    slack = SlackFake().start()
    port = int(slack.url.split(":")[2].split("/")[0])
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    headers = {"Authorization": "Bearer xoxb-local"}
    for _ in range(2):
        connection.request("POST", "/api/auth.test", headers=headers)
        assert json.load(connection.getresponse())["ok"] is True
    open_socket = connection.sock
    assert isinstance(open_socket, socket.socket)
    slack.stop()
    assert open_socket.recv(1) == b""
    connection.close()


def test_many_posts_at_once_are_all_kept_with_their_own_timestamps() -> None:
    with SlackFake(limits=Limits(message_burst=100)) as slack:
        slack.add_channel("C1", "carriers")
        client = WebClient(token="xoxb-local", base_url=slack.url, retry_handlers=[])

        def post_five() -> None:
            for _ in range(5):
                client.chat_postMessage(channel="C1", text="x")

        threads = [threading.Thread(target=post_five) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        stamps = [message.ts for message in slack.channel("C1")]
    assert len(stamps) == len(set(stamps)) == 40
    assert stamps == sorted(stamps)
