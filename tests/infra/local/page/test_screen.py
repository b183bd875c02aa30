"""What one person sees: their conversations, messages, threads and modals, and nobody else's."""

from typing import Any

import pytest
from slack_sdk import WebClient

from infra.local.page.blocks import BlockPresenter
from infra.local.page.screen import Location, screen
from infra.local.page.text import TextPresenter
from infra.local.slack import SlackFake
from infra.local.slack.validation.blocks import BLOCKS
from tests.infra.local.slack.conftest import Bot


def seen(slack: SlackFake, person: str, conversation: str = "C1", **more: Any) -> dict[str, Any]:
    return screen(slack.workspace, Location(person, conversation, **({"since": "0"} | more)))


def texts_of(messages: list[dict[str, Any]]) -> list[str]:
    return ["".join(node["text"] for node in message["text"]) for message in messages]


def test_messages_are_shown_oldest_first_with_their_replies(slack: SlackFake, client: WebClient) -> None:
    parent = client.chat_postMessage(channel="C1", text="first")["ts"]
    client.chat_postMessage(channel="C1", text="a reply", thread_ts=parent)
    client.chat_postMessage(channel="C1", text="second")

    shown = seen(slack, "U1", thread=parent)
    assert texts_of(shown["messages"]) == ["first", "second"]
    assert [message["replies"] for message in shown["messages"]] == [1, 0]
    assert texts_of(shown["thread"]["messages"]) == ["first", "a reply"]
    assert shown["messages"][0]["sender"] == "Switchboard"
    assert shown["messages"][0]["bot"]


def test_earlier_messages_are_counted(slack: SlackFake, client: WebClient) -> None:
    for number in range(5):
        client.chat_postMessage(channel="C1", text=str(number))
    shown = seen(slack, "U1", messages=2)
    assert texts_of(shown["messages"]) == ["3", "4"]
    assert shown["earlier"] == 3


def test_only_the_person_who_typed_a_command_sees_its_answer(with_bot: SlackFake, bot: Bot) -> None:
    bot.answer = lambda _: "only for Ana"
    with_bot.command("U1", "C1", text="help")
    assert texts_of(seen(with_bot, "U1")["messages"]) == ["only for Ana"]
    assert seen(with_bot, "U1")["messages"][0]["ephemeral"]
    assert seen(with_bot, "U2")["messages"] == []


def test_a_private_channel_is_seen_by_its_members(slack: SlackFake) -> None:
    slack.add_channel("C2", "secret", members=["U1"], private=True)
    names = {person: [each["name"] for each in seen(slack, person)["conversations"]] for person in ("U1", "U2")}
    assert "secret" in names["U1"]
    assert "secret" not in names["U2"]
    with pytest.raises(KeyError):
        seen(slack, "U2", "C2")


def test_messages_that_mention_the_reader_are_listed(slack: SlackFake, client: WebClient) -> None:
    client.chat_postMessage(channel="C1", text="for nobody")
    ts = client.chat_postMessage(channel="C1", text="<@U1>, look")["ts"]
    [channel, direct] = seen(slack, "U1")["conversations"]
    assert channel["mentions"] == [ts]
    assert channel["latest"] == ts
    assert direct["direct"]
    assert seen(slack, "U2")["conversations"][0]["mentions"] == []
    assert seen(slack, "U1", since=ts)["conversations"][0]["mentions"] == [], "it existed when the pane was opened"


def test_the_modal_on_top_is_shown_with_what_was_entered_and_its_errors(with_bot: SlackFake, client: WebClient) -> None:
    field = {"type": "plain_text_input", "action_id": "name", "max_length": 5}
    block = {"type": "input", "block_id": "b", "label": {"type": "plain_text", "text": "Name"}, "element": field}
    title, submit = {"type": "plain_text", "text": "A form"}, {"type": "plain_text", "text": "Send"}
    view = {"type": "modal", "title": title, "submit": submit, "blocks": [block]}
    trigger = with_bot.workspace.new_trigger("U1")
    opened = client.views_open(trigger_id=trigger, view=view)["view"]["id"]
    with_bot.submit("U1", opened, {"name": "too long"})

    modal = seen(with_bot, "U1")["modal"]
    assert (modal["title"], modal["submit"], modal["close"], modal["depth"]) == ("A form", "Send", "Cancel", 1)
    [shown] = modal["blocks"]
    assert shown["element"]["value"] == "too long"
    assert shown["error"] == "This field can be at most 5 characters"
    assert seen(with_bot, "U2")["modal"] is None


SHOWN_AS_UNKNOWN = {"call", "data_visualization", "file", "plan", "task_card", "video"}


def test_every_block_is_shown_or_named_as_one_that_the_page_cannot_show(slack: SlackFake) -> None:
    presenter = BlockPresenter(TextPresenter(slack.workspace, slack.workspace.users["U1"]), {})
    assert set(presenter.kinds) == set(BLOCKS) - SHOWN_AS_UNKNOWN
    [node] = presenter.blocks([{"type": "video", "title": {"type": "plain_text", "text": "x"}}])
    assert node == {"kind": "unknown", "text": "A video block, which this page cannot show."}
