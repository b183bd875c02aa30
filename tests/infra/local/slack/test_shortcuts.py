"""Global and message shortcuts: what the bot receives, and how it can answer."""

from typing import Any

import httpx
import pytest
from slack_sdk import WebClient

from infra.local.slack import NotPossible, SlackFake
from tests.infra.local.slack.conftest import Bot

VIEW: dict[str, Any] = {"type": "modal", "title": {"type": "plain_text", "text": "T"}, "blocks": [{"type": "divider"}]}
DOCUMENTED = {"type", "token", "action_ts", "team", "user", "callback_id", "trigger_id"}
ALSO_SENT = {"enterprise", "is_enterprise_install"}


def test_a_global_shortcut_has_a_trigger_and_neither_channel_nor_response_url(
    with_bot: SlackFake, bot: Bot, client: WebClient
) -> None:
    with_bot.shortcut("U1", "connect")
    payload = bot.last.payload
    assert payload.keys() == DOCUMENTED | ALSO_SENT
    assert (payload["type"], payload["callback_id"], payload["user"]["id"]) == ("shortcut", "connect", "U1")
    client.views_open(trigger_id=payload["trigger_id"], view=VIEW)
    assert with_bot.view_of("U1") is not None


def test_a_message_shortcut_has_the_message_and_its_channel(with_bot: SlackFake, bot: Bot, client: WebClient) -> None:
    parent = client.chat_postMessage(channel="C1", text="parent")["ts"]
    ts = with_bot.say("U2", "C1", "a reply", parent)
    with_bot.message_shortcut("U1", "C1", ts, "note")
    payload = bot.last.payload
    assert payload.keys() == DOCUMENTED | ALSO_SENT | {"channel", "message", "message_ts", "response_url"}
    assert (payload["type"], payload["callback_id"], payload["user"]["id"]) == ("message_action", "note", "U1")
    assert (payload["channel"], payload["message_ts"]) == ({"id": "C1", "name": "carriers"}, ts)
    shown = {name: payload["message"][name] for name in ("type", "user", "text", "ts", "thread_ts")}
    assert shown == {"type": "message", "user": "U2", "text": "a reply", "ts": ts, "thread_ts": parent}
    client.views_open(trigger_id=payload["trigger_id"], view=VIEW)


def test_the_response_url_of_a_message_shortcut_posts_and_leaves_the_message_as_it_is(
    with_bot: SlackFake, bot: Bot
) -> None:
    ts = with_bot.say("U1", "C1", "mine")
    with_bot.message_shortcut("U1", "C1", ts, "note")
    url = bot.last.payload["response_url"]
    assert httpx.post(url, json={"text": "noted", "replace_original": True}).status_code == 200
    assert httpx.post(url, json={"delete_original": True}).status_code == 200
    assert [message.text for message in with_bot.channel("C1")] == ["mine"]
    assert [message.text for message in with_bot.ephemerals("U1")] == ["noted"]


def test_a_shortcut_that_the_bot_does_not_acknowledge_fails(with_bot: SlackFake, bot: Bot) -> None:
    bot.answer = lambda _: 404
    assert with_bot.shortcut("U1", "connect").error == "http_service_error"


def test_nobody_uses_a_shortcut_on_a_message_that_they_do_not_see(
    with_bot: SlackFake, bot: Bot, client: WebClient
) -> None:
    with_bot.add_channel("C2", "secret", members=["U2"], private=True)
    secret = client.chat_postMessage(channel="C2", text="x")["ts"]
    only_visible_to_one = client.chat_postEphemeral(channel="C1", user="U1", text="x")["message_ts"]
    for channel, ts in (("C2", secret), ("C1", only_visible_to_one), ("C1", "1.0")):
        with pytest.raises(NotPossible):
            with_bot.message_shortcut("U1", channel, ts, "note")
    with_bot.add_user("U1", "Ana", deleted=True)
    with pytest.raises(NotPossible):
        with_bot.shortcut("U1", "connect")
    assert bot.received == []
