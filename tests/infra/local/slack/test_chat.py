"""Posting, updating and reading messages with slack_sdk's client."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from infra.local.slack import SlackFake

Refusal = Callable[..., str]
SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": "hello"}}
METADATA = {"event_type": "card", "event_payload": {"id": "7"}}


def test_a_posted_message_is_read_back_with_its_blocks_and_metadata(slack: SlackFake, client: WebClient) -> None:
    sent = client.chat_postMessage(channel="C1", text="hi", blocks=[SECTION], metadata=METADATA)
    (message,) = slack.channel("C1")
    assert (message.ts, message.text, message.metadata) == (sent["ts"], "hi", METADATA)
    assert message.blocks[0]["block_id"]
    assert sent["message"]["blocks"] == message.blocks


def test_timestamps_are_unique_and_increase_while_the_clock_stands_still(client: WebClient) -> None:
    sent = [client.chat_postMessage(channel="C1", text=str(n))["ts"] for n in range(5)]
    assert sent == sorted(set(sent))


def test_form_encoded_arguments_do_the_same_as_json(slack: SlackFake) -> None:
    body = f"channel=C1&text=hi&token=xoxb-local&blocks={json.dumps([SECTION])}"
    with urllib.request.urlopen(slack.url + "chat.postMessage", body.encode()) as answer:
        assert json.load(answer)["ok"] is True
    assert slack.channel("C1")[0].blocks[0]["text"] == SECTION["text"]


@pytest.mark.parametrize(
    ("token", "error"), [("xoxb-wrong", "invalid_auth"), ("xoxb-lócal", "invalid_auth"), (None, "not_authed")]
)
def test_a_wrong_or_missing_token_is_refused(slack: SlackFake, token: str | None, error: str) -> None:
    headers = {"Authorization": f"Bearer {token}".encode().decode("latin-1")} if token else {}
    request = urllib.request.Request(slack.url + "auth.test", b"", headers)
    with urllib.request.urlopen(request) as answer:
        assert json.load(answer) == {"ok": False, "error": error}


@pytest.mark.parametrize(
    ("address", "body"), [("auth.test?token=xoxb-local", b""), ("auth.test", b'{"token": "xoxb-local"}')]
)
def test_a_token_in_the_query_or_in_json_is_not_read(slack: SlackFake, address: str, body: bytes) -> None:
    request = urllib.request.Request(slack.url + address, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        assert json.load(answer) == {"ok": False, "error": "not_authed"}


def test_a_token_that_was_replaced_is_revoked(slack: SlackFake) -> None:
    slack.replace_token("xoxb-new")
    for token, error in (("xoxb-local", "token_revoked"), ("xoxb-new", None)):
        body = f"token={token}".encode()
        with urllib.request.urlopen(slack.url + "auth.test", body) as answer:
            assert json.load(answer).get("error") == error


@pytest.mark.parametrize(
    ("kind", "body", "error"),
    [
        ("application/json", b"{", "invalid_json"),
        ("application/json", b"[]", "json_not_object"),
        ("text/csv", b"a,b", "invalid_post_type"),
        ("application/x-www-form-urlencoded", b"\xff", "invalid_charset"),
    ],
)
def test_a_body_that_slack_cannot_read_is_refused(slack: SlackFake, kind: str, body: bytes, error: str) -> None:
    request = urllib.request.Request(slack.url + "chat.postMessage", body, {"Content-Type": kind})
    with urllib.request.urlopen(request) as answer:
        assert json.load(answer)["error"] == error


def test_an_unknown_method_is_refused(client: WebClient, refusal: Refusal) -> None:
    assert refusal(client.api_call, api_method="chat.shout") == "unknown_method"


def test_a_method_that_only_reads_takes_no_json_body(client: WebClient, refusal: Refusal) -> None:
    call: Any = client.api_call
    assert refusal(call, api_method="users.info", json={"user": "U1"}) == "user_not_found"
    assert client.users_info(user="U1")["user"]["name"] == "ana"


def test_a_message_without_text_and_blocks_is_refused(client: WebClient, refusal: Refusal) -> None:
    for nothing in ({"text": " "}, {"text": "", "blocks": []}, {}):
        sent = {"channel": "C1", **nothing}
        assert refusal(client.api_call, api_method="chat.postMessage", json=sent) == "no_text"


def test_51_blocks_are_refused_with_a_json_pointer(client: WebClient) -> None:
    with pytest.raises(SlackApiError) as caught:
        client.chat_postMessage(channel="C1", text="x", blocks=[{"type": "divider"}] * 51)
    answer = caught.value.response
    assert answer["error"] == "invalid_blocks"
    assert answer["response_metadata"]["messages"] == ["[ERROR] no more than 50 items allowed [json-pointer:/blocks]"]


@pytest.mark.parametrize("blocks", ["not json", '"text"', "5"])
def test_blocks_that_are_not_a_list_are_refused(client: WebClient, refusal: Refusal, blocks: str) -> None:
    assert refusal(client.chat_postMessage, channel="C1", text="x", blocks=blocks) == "invalid_blocks_format"


def test_text_past_40000_characters_is_cut_when_posted(slack: SlackFake, client: WebClient) -> None:
    client.chat_postMessage(channel="C1", text="x" * 40_001)
    assert len(slack.channel("C1")[0].text) == 40_000


def test_text_past_4000_characters_is_refused_in_an_update(client: WebClient, refusal: Refusal) -> None:
    ts = client.chat_postMessage(channel="C1", text="x")["ts"]
    client.chat_update(channel="C1", ts=ts, text="x" * 4000)
    assert refusal(client.chat_update, channel="C1", ts=ts, text="x" * 4001) == "msg_too_long"


def test_an_update_of_an_unknown_or_foreign_message_is_refused(
    slack: SlackFake, client: WebClient, refusal: Refusal
) -> None:
    user_message = slack.say("U1", "C1", "mine")
    assert refusal(client.chat_update, channel="C1", ts="1.000001", text="x") == "message_not_found"
    assert refusal(client.chat_update, channel="C1", ts=user_message, text="x") == "cant_update_message"
    assert refusal(client.chat_delete, channel="C1", ts=user_message) == "cant_delete_message"


def test_an_update_without_blocks_removes_them_and_marks_the_message_edited(
    slack: SlackFake, client: WebClient
) -> None:
    ts = client.chat_postMessage(channel="C1", text="x", blocks=[SECTION], metadata=METADATA)["ts"]
    client.chat_update(channel="C1", ts=ts, text="y", blocks=[SECTION])
    assert slack.channel("C1")[0].edited is False
    client.chat_update(channel="C1", ts=ts, text="y")
    (message,) = slack.channel("C1")
    assert (message.blocks, message.edited, message.metadata) == ([], True, METADATA)


def test_an_update_with_empty_metadata_removes_it(slack: SlackFake, client: WebClient) -> None:
    ts = client.chat_postMessage(channel="C1", text="x", metadata=METADATA)["ts"]
    client.chat_update(channel="C1", ts=ts, text="y", metadata={})
    assert slack.channel("C1")[0].metadata is None


@pytest.mark.parametrize(
    ("channel", "error"),
    [
        ("C404", "channel_not_found"),
        ("C2", "not_in_channel"),
        ("C3", "channel_not_found"),
        ("C4", "is_archived"),
        ("U404", "channel_not_found"),
        ("U9", "user_disabled"),
        ("U0BOT", "cannot_dm_bot"),
    ],
)
def test_posting_where_the_bot_may_not_post_is_refused(
    slack: SlackFake, client: WebClient, refusal: Refusal, channel: str, error: str
) -> None:
    slack.add_channel("C2", "public", bot_is_member=False)
    slack.add_channel("C3", "private", bot_is_member=False, private=True)
    slack.add_channel("C4", "old", archived=True)
    slack.add_user("U9", "Gone", deleted=True)
    assert refusal(client.chat_postMessage, channel=channel, text="x") == error


def test_reading_a_channel_without_being_in_it_is_refused(
    slack: SlackFake, client: WebClient, refusal: Refusal
) -> None:
    slack.add_channel("C2", "public", bot_is_member=False)
    slack.add_channel("C3", "private", bot_is_member=False, private=True)
    for method in (client.conversations_history, client.conversations_replies):
        assert refusal(method, channel="C2", ts="1.0") == "not_in_channel"
        assert refusal(method, channel="C3", ts="1.0") == "channel_not_found"


def test_a_message_to_a_person_goes_to_their_direct_messages(slack: SlackFake, client: WebClient) -> None:
    sent = client.chat_postMessage(channel="U1", text="psst")
    assert sent["channel"].startswith("D")
    assert [m.text for m in slack.direct_messages("U1")] == ["psst"]
    client.chat_update(channel=sent["channel"], ts=sent["ts"], text="changed")
    assert slack.direct_messages("U1")[0].text == "changed"
    assert client.conversations_open(users="U1")["channel"]["id"] == sent["channel"]


def test_a_direct_message_is_not_updated_by_the_persons_id(client: WebClient, refusal: Refusal) -> None:
    ts = client.chat_postMessage(channel="U1", text="psst")["ts"]
    assert refusal(client.chat_update, channel="U1", ts=ts, text="x") == "channel_not_found"


def test_a_direct_message_to_a_deactivated_user_is_refused(
    slack: SlackFake, client: WebClient, refusal: Refusal
) -> None:
    dm = client.chat_postMessage(channel="U1", text="psst")["channel"]
    slack.add_user("U1", "Ana", deleted=True)
    assert refusal(client.chat_postMessage, channel=dm, text="x") == "user_disabled"


def test_a_reply_is_in_its_thread_and_needs_a_parent(slack: SlackFake, client: WebClient, refusal: Refusal) -> None:
    ts = client.chat_postMessage(channel="C1", text="card")["ts"]
    reply = client.chat_postMessage(channel="C1", text="line", thread_ts=ts)["ts"]
    (message,) = slack.channel("C1")
    assert [r.text for r in message.thread] == ["line"]
    assert refusal(client.chat_postMessage, channel="C1", text="x", thread_ts="1.0") == "thread_not_found"
    assert refusal(client.chat_postMessage, channel="C1", text="x", thread_ts=reply) == "cannot_reply_to_message"


def test_history_is_newest_first_without_replies_and_bounded(client: WebClient, clock: Any) -> None:
    sent = []
    for number in range(4):
        clock.advance(1)
        sent.append(client.chat_postMessage(channel="C1", text=str(number))["ts"])
    client.chat_postMessage(channel="C1", text="reply", thread_ts=sent[0])
    client.chat_postMessage(channel="C1", text="loud", thread_ts=sent[0], reply_broadcast=True)

    def texts(**bounds: Any) -> list[str]:
        found = client.conversations_history(channel="C1", **bounds)["messages"]
        return [message["text"] for message in found]

    assert texts() == ["loud", "3", "2", "1", "0"]
    assert texts(oldest=sent[1], latest=sent[3]) == ["2"]
    assert texts(oldest=sent[1], latest=sent[3], inclusive=True) == ["3", "2", "1"]


def test_history_pages_by_cursor(client: WebClient) -> None:
    for number in range(3):
        client.chat_postMessage(channel="C1", text=str(number))
    first = client.conversations_history(channel="C1", limit=2)
    assert [m["text"] for m in first["messages"]] == ["2", "1"]
    cursor = first["response_metadata"]["next_cursor"]
    rest = client.conversations_history(channel="C1", limit=2, cursor=cursor)
    assert ([m["text"] for m in rest["messages"]], rest["has_more"]) == (["0"], False)


def test_history_shows_all_metadata_only_when_asked(client: WebClient) -> None:
    client.chat_postMessage(channel="C1", text="x", metadata=METADATA)
    (plain,) = client.conversations_history(channel="C1")["messages"]
    assert plain["metadata"] == {"event_type": "card"}
    (full,) = client.conversations_history(channel="C1", include_all_metadata=True)["messages"]
    assert full["metadata"] == METADATA


def test_replies_begin_with_the_parent(client: WebClient, refusal: Refusal) -> None:
    ts = client.chat_postMessage(channel="C1", text="card")["ts"]
    client.chat_postMessage(channel="C1", text="line", thread_ts=ts)
    found = client.conversations_replies(channel="C1", ts=ts)["messages"]
    assert [m["text"] for m in found] == ["card", "line"]
    assert refusal(client.conversations_replies, channel="C1", ts="1.0") == "thread_not_found"


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"limit": 1000}, "invalid_limit"),
        ({"limit": 0}, "invalid_limit"),
        ({"cursor": "x"}, "invalid_cursor"),
        ({"oldest": "yesterday"}, "invalid_ts_oldest"),
        ({"latest": "now"}, "invalid_ts_latest"),
    ],
)
def test_bad_bounds_of_history_are_refused(
    client: WebClient, refusal: Refusal, arguments: dict[str, Any], error: str
) -> None:
    assert refusal(client.conversations_history, channel="C1", **arguments) == error


@pytest.mark.parametrize(
    ("metadata", "error"),
    [
        ("{", "invalid_metadata_format"),
        ([], "invalid_metadata_format"),
        ({"event_type": "card"}, "invalid_metadata_format"),
        ({"event_type": "", "event_payload": {}}, "invalid_metadata_format"),
        ({"event_type": "a b", "event_payload": {}}, "invalid_metadata_format"),
        ({"event_type": "card", "event_payload": "x"}, "invalid_metadata_format"),
        ({**METADATA, "extra": 1}, "invalid_metadata_format"),
        ({"event_type": "card", "event_payload": {"x": "y" * 8000}}, "metadata_too_large"),
    ],
)
def test_metadata_of_a_wrong_shape_or_size_is_refused(
    client: WebClient, refusal: Refusal, metadata: Any, error: str
) -> None:
    assert refusal(client.chat_postMessage, channel="C1", text="x", metadata=metadata) == error


def test_an_ephemeral_message_reaches_one_person_in_the_channel_and_cannot_be_updated(
    slack: SlackFake, client: WebClient, refusal: Refusal
) -> None:
    slack.add_user("U3", "Cy")
    ts = client.chat_postEphemeral(channel="C1", user="U1", text="only you")["message_ts"]
    assert [m.text for m in slack.ephemerals("U1")] == ["only you"]
    assert slack.ephemerals("U2") == slack.channel("C1") == []
    assert refusal(client.chat_update, channel="C1", ts=ts, text="x") == "message_not_found"
    assert refusal(client.chat_postEphemeral, channel="C1", user="U3", text="x") == "user_not_in_channel"


def test_a_deleted_message_with_replies_leaves_a_placeholder(slack: SlackFake, client: WebClient) -> None:
    message_without_replies = client.chat_postMessage(channel="C1", text="lone")["ts"]
    parent = client.chat_postMessage(channel="C1", text="parent", metadata=METADATA)["ts"]
    client.chat_postMessage(channel="C1", text="line", thread_ts=parent)
    client.chat_delete(channel="C1", ts=message_without_replies)
    client.chat_delete(channel="C1", ts=parent)
    (placeholder,) = slack.channel("C1")
    assert (placeholder.ts, placeholder.text, placeholder.metadata) == (parent, "This message was deleted.", None)


def test_a_broadcast_reply_is_deleted_from_thread_and_channel(
    slack: SlackFake, client: WebClient, refusal: Refusal
) -> None:
    parent = client.chat_postMessage(channel="C1", text="card")["ts"]
    broadcast = client.chat_postMessage(channel="C1", text="loud", thread_ts=parent, reply_broadcast=True)["ts"]
    (found,) = [
        message for message in client.conversations_history(channel="C1")["messages"] if message["ts"] == broadcast
    ]
    assert (found["subtype"], found["thread_ts"]) == ("thread_broadcast", parent)
    client.chat_delete(channel="C1", ts=broadcast)
    assert [message["ts"] for message in client.conversations_history(channel="C1")["messages"]] == [parent]
    assert len(client.conversations_replies(channel="C1", ts=parent)["messages"]) == 1
    assert refusal(client.chat_delete, channel="C1", ts=broadcast) == "message_not_found"


def test_a_permalink_names_the_message_and_its_thread(client: WebClient, refusal: Refusal) -> None:
    ts = client.chat_postMessage(channel="C1", text="card")["ts"]
    reply = client.chat_postMessage(channel="C1", text="line", thread_ts=ts)["ts"]
    link = client.chat_getPermalink(channel="C1", message_ts=reply)["permalink"]
    assert link.endswith(f"/archives/C1/p{reply.replace('.', '')}?thread_ts={ts}&cid=C1")
    assert refusal(client.chat_getPermalink, channel="C1", message_ts="1.0") == "message_not_found"


def test_users_and_groups_are_as_they_were_added(slack: SlackFake, client: WebClient, refusal: Refusal) -> None:
    slack.add_user("U5", "Guest", is_ultra_restricted=True, team_id="T9")
    slack.add_user("U6", "Gone", deleted=True)
    slack.add_usergroup("S1", "approvers", ["U1", "U6"])
    user = client.users_info(user="U5")["user"]
    assert (user["is_ultra_restricted"], user["is_restricted"], user["team_id"]) == (True, False, "T9")
    assert client.users_info(user="U6")["user"]["deleted"] is True
    assert client.usergroups_users_list(usergroup="S1")["users"] == ["U1"]
    assert client.usergroups_list(include_users=True)["usergroups"][0]["users"] == ["U1", "U6"]
    assert refusal(client.users_info, user="U404") == "user_not_found"
    assert refusal(client.usergroups_users_list, usergroup="S404") == "no_such_subteam"
    assert refusal(client.conversations_open, users="U6") == "user_disabled"


def test_auth_test_and_conversations_info_describe_the_bot(
    slack: SlackFake, client: WebClient, refusal: Refusal
) -> None:
    slack.add_channel("C2", "public", bot_is_member=False)
    assert client.auth_test()["user_id"] == "U0BOT"
    assert client.conversations_info(channel="C1")["channel"]["is_member"] is True
    assert client.conversations_info(channel="C2")["channel"]["is_member"] is False
    assert refusal(client.conversations_info, channel="C404") == "channel_not_found"


def test_blocks_validate_needs_no_token_and_points_at_the_fault(slack: SlackFake) -> None:
    nobody = WebClient(base_url=slack.url)
    assert nobody.api_call("blocks.validate", json={"blocks": [SECTION]})["ok"] is True
    with pytest.raises(SlackApiError) as caught:
        nobody.api_call("blocks.validate", json={"view": {"type": "modal", "blocks": []}})
    answer = caught.value.response
    assert answer["error"] == "invalid_view"
    assert {"/view", "/view/blocks"} <= {error["pointer"] for error in answer["errors"]}


def test_every_call_is_recorded_without_its_token(slack: SlackFake, client: WebClient) -> None:
    client.chat_postMessage(channel="C1", text="x")
    (call,) = slack.calls
    assert (call.method, call.status, call.args["text"]) == ("chat.postMessage", 200, "x")
    assert "xoxb" not in json.dumps(call.args)
