"""The page's HTTP application: its own page may use it, nobody else may, and every change is sent to it."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from slack_sdk import WebClient

from infra.local.page.app import ASSETS
from infra.local.slack import SlackFake
from tests.infra.local.slack.conftest import Bot

LOCATION = {"person": "U1", "conversation": "C1"}


@contextmanager
def screens(page: httpx.Client, **location: str) -> Iterator[Iterator[dict[str, Any]]]:
    with page.stream("GET", "/screens", params=LOCATION | location) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        lines = (line for line in response.iter_lines() if line.startswith("data: "))
        yield (json.loads(line.removeprefix("data: ")) for line in lines)


def act(page: httpx.Client, name: str, **given: Any) -> httpx.Response:
    return page.post(f"/actions/{name}", json={"person": "U1"} | given)


def test_the_page_loads_only_its_own_files(page: httpx.Client) -> None:
    index = page.get("/")
    policy = index.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "<script type=" in index.text
    assert "http" not in index.text.replace("http-equiv", "")
    for asset in ASSETS.iterdir():
        assert page.get(f"/assets/{asset.name}").status_code == 200


@pytest.mark.parametrize("name", ["missing.js", "..%2fapp.py", "%2e%2e%2fapp.py", "%00", "long" * 1000])
def test_no_other_file_is_served(page: httpx.Client, name: str) -> None:
    assert page.get(f"/assets/{name}").status_code == 404


def test_another_sites_page_cannot_act(page: httpx.Client, slack: SlackFake) -> None:
    body = {"person": "U1", "channel": "C1", "text": "hello"}
    for headers in ({"Origin": "http://evil.example"}, {"Host": "evil.example"}):
        assert page.post("/actions/type", json=body, headers=headers).status_code == 403
    assert slack.channel("C1") == []


def test_each_change_is_sent_once(page: httpx.Client, client: WebClient) -> None:
    with screens(page) as shown:
        assert next(shown)["messages"] == []
        client.chat_postMessage(channel="C1", text="hello")
        assert len(next(shown)["messages"]) == 1
        act(page, "type", channel="C1", text="an answer")
        assert [message["sender"] for message in next(shown)["messages"]] == ["Switchboard", "Ana"]


def test_an_unknown_conversation_is_refused(page: httpx.Client) -> None:
    assert page.get("/screens", params=LOCATION | {"conversation": "C404"}).status_code == 404


def test_a_command_reaches_the_bot_and_its_failure_is_shown_in_slacks_words(
    page: httpx.Client, with_bot: SlackFake, bot: Bot
) -> None:
    assert act(page, "type", channel="C1", text="/noyo status Test Company").json() == {}
    assert bot.last.form["command"] == "/noyo"
    assert bot.last.form["text"] == "status Test Company"
    assert with_bot.channel("C1") == []

    bot.answer = lambda _: 500
    assert act(page, "type", channel="C1", text="/noyo").json() == {
        "error": '/noyo failed with the error "http_service_error"'
    }


def test_a_thread_takes_messages_and_no_commands(page: httpx.Client, with_bot: SlackFake, bot: Bot) -> None:
    ts = with_bot.say("U1", "C1", "parent")
    for text in ("/noyo status", "a reply"):
        answer = act(page, "type", channel="C1", thread=ts, text=text).json()
        assert answer == ({"error": "/noyo is not supported in threads. Sorry!"} if text.startswith("/") else {})
    assert bot.received == []
    assert [message.text for message in with_bot.channel("C1")[0].thread] == ["a reply"]


def test_a_button_is_pressed_on_the_message_as_it_is_now(
    page: httpx.Client, with_bot: SlackFake, client: WebClient, bot: Bot
) -> None:
    button = {"type": "button", "action_id": "go", "value": "7", "text": {"type": "plain_text", "text": "Go"}}
    block = {"type": "actions", "block_id": "b", "elements": [button]}
    ts = client.chat_postMessage(channel="C1", text="-", blocks=[block])["ts"]
    given = {"channel": "C1", "ts": ts, "ephemeral": False, "block": "b", "action": "go"}
    assert act(page, "click", **given).json() == {}
    assert bot.last.payload["actions"][0]["value"] == "7"
    assert bot.last.payload["user"]["id"] == "U1"

    refused = act(page, "click", **(given | {"action": "gone"}))
    assert refused.status_code == 409
    assert "not possible" in refused.json()["error"]


def test_shortcuts_reach_the_bot_with_what_they_were_used_on(page: httpx.Client, with_bot: SlackFake, bot: Bot) -> None:
    ts = with_bot.say("U2", "C1", "a message")
    assert act(page, "shortcut", callback="connect").json() == {}
    assert act(page, "message_shortcut", callback="note", channel="C1", ts=ts).json() == {}
    assert [received.payload["callback_id"] for received in bot.received] == ["connect", "note"]
    assert bot.last.payload["message"]["text"] == "a message"
    assert act(page, "message_shortcut", callback="note", channel="C1", ts="1.0").status_code == 409


@pytest.mark.parametrize("body", ["", "[]", "null", "{}", '{"person": "U404", "channel": "C404", "text": "x"}'])
def test_a_malformed_request_is_refused(page: httpx.Client, body: str) -> None:
    assert page.post("/actions/type", content=body).status_code == 400


@pytest.mark.parametrize("text", [None, 1, [], {}, "\ud800"])
def test_a_text_that_is_not_text_is_refused_and_changes_nothing(
    page: httpx.Client, slack: SlackFake, text: object
) -> None:
    body = json.dumps({"person": "U1", "channel": "C1", "text": text})
    assert page.post("/actions/type", content=body).status_code == 400
    assert slack.channel("C1") == []


@pytest.mark.parametrize("name", ["use", "close", "shortcut"])
def test_half_a_character_is_refused_in_every_field(page: httpx.Client, name: str) -> None:
    given = json.dumps({"person": "U1", "view": "\ud800", "callback": "\ud800", "action": "a", "block": "b"})
    assert page.post(f"/actions/{name}", content=given).status_code == 400


def test_a_request_that_is_nested_too_deeply_is_refused(page: httpx.Client) -> None:
    assert page.post("/actions/type", content="[" * 100_000).status_code == 400


def test_nobody_unknown_opens_the_home(page: httpx.Client, with_bot: SlackFake, bot: Bot) -> None:
    assert with_bot.bot_url
    assert act(page, "open_home", person="U404").status_code == 400
    assert bot.received == []


def test_a_client_may_leave_in_the_middle_of_its_request(page: httpx.Client, slack: SlackFake) -> None:
    address = page.base_url.host, page.base_url.port
    with socket.create_connection(address) as leaving:
        leaving.sendall(b"POST /actions/type HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\n{")
    assert act(page, "type", channel="C1", text="still served").status_code == 200
    assert len(slack.channel("C1")) == 1


@pytest.mark.parametrize("messages", ["0", "-1"])
def test_at_least_one_message_is_shown(page: httpx.Client, slack: SlackFake, messages: str) -> None:
    for text in ("one", "two", "three"):
        slack.say("U1", "C1", text)
    with screens(page, messages=messages) as shown:
        now = next(shown)
    assert (len(now["messages"]), now["earlier"]) == (1, 2)


@pytest.mark.parametrize("query", [{}, LOCATION | {"person": "U404"}, LOCATION | {"messages": "many"}])
def test_a_location_that_does_not_exist_is_refused(page: httpx.Client, query: dict[str, str]) -> None:
    assert page.get("/screens", params=query).status_code == 404


def test_an_unknown_action_is_refused(page: httpx.Client) -> None:
    assert act(page, "dance").status_code == 409
