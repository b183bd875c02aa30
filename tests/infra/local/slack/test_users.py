"""What users do, what the bot receives, and what users see of its responses."""

import hashlib
import hmac
import json
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.signature import SignatureVerifier

from infra.local.slack import Limits, NotPossible, SlackFake
from infra.local.slack.client.bot_endpoint import signature

Refusal = Callable[..., str]


def plain(text: str) -> dict[str, str]:
    return {"type": "plain_text", "text": text}


def input_block(block_id: str, element: dict[str, Any], **more: Any) -> dict[str, Any]:
    inner = {"action_id": block_id + "_in", **element}
    return {"type": "input", "block_id": block_id, "label": plain(block_id), "element": inner, **more}


def modal(*blocks: dict[str, Any], **more: Any) -> dict[str, Any]:
    base = {"type": "modal", "title": plain("T"), "submit": plain("Send"), "callback_id": "cb"}
    return {**base, "blocks": list(blocks) or [input_block("name", {"type": "plain_text_input"})], **more}


def option(value: str) -> dict[str, Any]:
    return {"text": plain(value.title()), "value": value}


RETRY = {
    "type": "actions",
    "block_id": "v1",
    "elements": [{"type": "button", "action_id": "retry", "text": plain("Retry…"), "value": "c1"}],
}


def post(url: str, payload: Any) -> tuple[int, dict[str, Any]]:
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


@pytest.fixture
def open_modal(with_bot: SlackFake, bot: Any, client: WebClient) -> Callable[..., str]:
    """Opens a modal for Ana. Returns its id."""

    def run(*blocks: dict[str, Any], **more: Any) -> str:
        with_bot.command("U1", "C1")
        trigger = bot.last.form["trigger_id"]
        return str(client.views_open(trigger_id=trigger, view=modal(*blocks, **more))["view"]["id"])

    return run


def test_the_documented_example_is_signed_as_documented() -> None:
    body = (
        b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
        b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
        b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554"
        b"%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
    )
    signed = signature("8f742231b10e8888abcd99yyyzzz85a5", "1531420618", body)
    assert signed == "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"


def test_a_command_is_signed_and_names_the_user_channel_and_text(with_bot: SlackFake, bot: Any, clock: Any) -> None:
    with_bot.command("U1", "C1", "/noyo", "status ämne")
    (received,) = bot.received
    at, signed = received.headers["X-Slack-Request-Timestamp"], received.headers["X-Slack-Signature"]
    assert at == str(int(clock()))
    checker = SignatureVerifier("local-signing-secret")
    assert checker.generate_signature(timestamp=at, body=received.body) == signed
    assert received.form["text"] == "status ämne"
    fields = {name: received.form[name] for name in ("command", "user_id", "channel_id", "channel_name")}
    assert fields == {"command": "/noyo", "user_id": "U1", "channel_id": "C1", "channel_name": "carriers"}
    assert (received.form["team_id"], received.form["api_app_id"]) == ("T0LOCAL", "A0LOCAL")
    assert received.form["trigger_id"]
    assert received.form["response_url"].startswith("http://127.0.0.1:")


@pytest.mark.parametrize("answer", ["hello", {"text": "hello"}, {"response_type": "ephemeral", "text": "hello"}])
def test_the_response_to_a_command_is_visible_only_to_its_user(with_bot: SlackFake, bot: Any, answer: Any) -> None:
    bot.answer = lambda _: answer
    reply = with_bot.command("U1", "C1")
    assert (reply.status, reply.error, reply.text) == (200, None, "hello")
    assert [m.text for m in with_bot.ephemerals("U1")] == ["hello"]
    assert with_bot.ephemerals("U2") == with_bot.channel("C1") == []


def test_an_answer_in_channel_is_seen_by_all(with_bot: SlackFake, bot: Any) -> None:
    bot.answer = lambda _: {"response_type": "in_channel", "text": "hello"}
    assert with_bot.command("U1", "C1").messages == []
    assert [m.text for m in with_bot.channel("C1")] == ["hello"]


def test_an_acknowledgement_after_three_seconds_is_an_error(with_bot: SlackFake, bot: Any, clock: Any) -> None:
    def late(_: Any) -> str:
        clock.advance(3.01)
        return "too late"

    bot.answer = late
    reply = with_bot.command("U1", "C1")
    assert (reply.error, reply.messages) == ("operation_timeout", [])
    assert with_bot.ephemerals("U1") == []


def test_an_acknowledgement_at_three_seconds_is_in_time(with_bot: SlackFake, bot: Any, clock: Any) -> None:
    def just_in_time(_: Any) -> str:
        clock.advance(3)
        return "phew"

    bot.answer = just_in_time
    assert with_bot.command("U1", "C1").text == "phew"


@pytest.mark.parametrize("status", [201, 302, 401, 404, 500])
def test_any_status_except_200_is_an_error_for_the_user(with_bot: SlackFake, bot: Any, status: int) -> None:
    bot.answer = lambda _: status
    reply = with_bot.command("U1", "C1")
    assert (reply.status, reply.error) == (status, "http_service_error")


def test_the_user_sees_an_error_if_the_bot_is_not_reachable(slack: SlackFake) -> None:
    slack.bot_url = "http://127.0.0.1:1/slack/events"
    reply = slack.command("U1", "C1")
    assert (reply.status, reply.error) == (None, "http_client_error")


def test_an_answer_to_a_command_that_slack_would_refuse_is_not_shown(with_bot: SlackFake, bot: Any) -> None:
    bot.answer = lambda _: {"text": "x", "blocks": [{"type": "divider"}] * 51}
    reply = with_bot.command("U1", "C1")
    assert (reply.error, reply.messages) == ("invalid_command_response", [])


def test_json_without_its_content_type_is_shown_as_text(with_bot: SlackFake, bot: Any) -> None:
    bot.answer = lambda _: '{"text": "hello"}'
    assert with_bot.command("U1", "C1").text == '{"text": "hello"}'


def test_the_user_sees_a_timeout_if_the_bot_never_answers(bot: Any, bot_url: str) -> None:
    continue_event = threading.Event()
    bot.answer = lambda _: continue_event.wait(20) and None
    with SlackFake(bot_url=bot_url, limits=Limits(hang_up_seconds=0.2)) as slack:
        slack.add_user("U1", "Ana")
        slack.add_channel("C1", "carriers")
        reply = slack.command("U1", "C1")
    continue_event.set()
    assert (reply.status, reply.error) == (None, "operation_timeout")


def test_a_response_url_works_five_times(with_bot: SlackFake, bot: Any) -> None:
    with_bot.command("U1", "C1")
    url = bot.last.form["response_url"]
    for number in range(5):
        assert post(url, {"text": str(number)})[0] == 200
    assert post(url, {"text": "sixth"}) == (404, {"ok": False, "error": "used_url"})
    assert [m.text for m in with_bot.ephemerals("U1")] == ["0", "1", "2", "3", "4"]


def test_a_response_url_works_for_thirty_minutes(with_bot: SlackFake, bot: Any, clock: Any) -> None:
    with_bot.command("U1", "C1")
    url = bot.last.form["response_url"]
    clock.advance(1800)
    assert post(url, {"text": "in time"})[0] == 200
    clock.advance(1)
    assert post(url, {"text": "late"}) == (404, {"ok": False, "error": "expired_url"})
    assert post(url + "0", {"text": "x"})[0] == 404


@pytest.mark.parametrize(
    ("payload", "error"),
    [
        (b"{", "invalid_payload"),
        ({"text": ""}, "no_text"),
        ({"text": "x", "response_type": "shout"}, "invalid_payload"),
        ({"text": "x", "blocks": [{"type": "alert", "text": plain("x")}]}, "invalid_blocks"),
    ],
)
def test_a_response_that_slack_cannot_show_is_refused(with_bot: SlackFake, bot: Any, payload: Any, error: str) -> None:
    with_bot.command("U1", "C1")
    status, answer = post(bot.last.form["response_url"], payload)
    assert (status, answer["error"]) == (400, error)


def test_a_click_sends_the_message_container_action_and_user(with_bot: SlackFake, bot: Any, client: WebClient) -> None:
    metadata = {"event_type": "card", "event_payload": {"id": "7"}}
    parent = client.chat_postMessage(channel="C1", text="card")["ts"]
    ts = client.chat_postMessage(channel="C1", text="line", thread_ts=parent, blocks=[RETRY], metadata=metadata)["ts"]
    with_bot.click("U1", "C1", ts, "retry")
    payload = bot.last.payload
    assert payload["type"] == "block_actions"
    assert payload["user"]["id"] == "U1"
    assert payload["user"]["team_id"] == payload["team"]["id"] == "T0LOCAL"
    assert payload["channel"] == {"id": "C1", "name": "carriers"}
    container = {"type": "message", "message_ts": ts, "channel_id": "C1", "thread_ts": parent}
    assert payload["container"] == {**container, "is_ephemeral": False}
    assert (payload["message"]["ts"], payload["message"]["metadata"]) == (ts, metadata)
    assert payload["message"]["blocks"] == [RETRY]
    (action,) = payload["actions"]
    fields = {name: action[name] for name in ("type", "action_id", "block_id", "value")}
    assert fields == {"type": "button", "action_id": "retry", "block_id": "v1", "value": "c1"}


def test_the_name_of_a_private_channel_is_not_told(with_bot: SlackFake, bot: Any, client: WebClient) -> None:
    with_bot.add_channel("C2", "secret", members=["U1"], private=True)
    with_bot.command("U1", "C2")
    assert bot.last.form["channel_name"] == "privategroup"
    direct = str(client.conversations_open(users="U1")["channel"]["id"])
    for channel, name in (("C2", "privategroup"), (direct, "directmessage")):
        ts = client.chat_postMessage(channel=channel, text="card", blocks=[RETRY])["ts"]
        with_bot.click("U1", channel, ts, "retry")
        assert bot.last.payload["channel"] == {"id": channel, "name": name}


def test_a_button_that_is_not_shown_cannot_be_clicked(with_bot: SlackFake, bot: Any, client: WebClient) -> None:
    ts = client.chat_postMessage(channel="C1", text="card", blocks=[RETRY])["ts"]
    (before,) = with_bot.channel("C1")
    client.chat_update(channel="C1", ts=ts, text="card")
    with pytest.raises(NotPossible):
        with_bot.click("U1", "C1", ts, "retry")
    with pytest.raises(NotPossible):
        with_bot.click("U1", "C1", "1.0", "retry")
    assert bot.received == []
    with_bot.click_stale("U1", before, "retry", value="forged")
    assert bot.last.payload["actions"][0]["value"] == "forged"


def test_a_select_in_a_message_sends_its_option_and_the_state(with_bot: SlackFake, bot: Any, client: WebClient) -> None:
    menu = {"type": "static_select", "action_id": "pick", "options": [option("a"), option("b")]}
    blocks = [{"type": "actions", "block_id": "m", "elements": [menu]}]
    ts = client.chat_postMessage(channel="C1", text="x", blocks=blocks)["ts"]
    with_bot.click("U1", "C1", ts, "pick", value="b")
    assert bot.last.payload["actions"][0]["selected_option"] == option("b")
    assert bot.last.payload["state"]["values"]["m"]["pick"]["selected_option"] == option("b")
    with pytest.raises(NotPossible):
        with_bot.click("U1", "C1", ts, "pick", value="c")


def test_a_click_on_an_ephemeral_message_can_replace_it_by_its_response_url(
    with_bot: SlackFake, bot: Any, client: WebClient
) -> None:
    ts = client.chat_postEphemeral(channel="C1", user="U1", text="sure?", blocks=[RETRY])["message_ts"]
    with_bot.click_ephemeral("U1", ts, "retry")
    payload = bot.last.payload
    assert payload["container"]["is_ephemeral"] is True
    assert "message" not in payload
    assert post(payload["response_url"], {"text": "done", "replace_original": True})[0] == 200
    assert [m.text for m in with_bot.ephemerals("U1")] == ["done"]
    assert post(payload["response_url"], {"delete_original": True})[0] == 200
    assert with_bot.ephemerals("U1") == []
    with pytest.raises(NotPossible):
        with_bot.click_ephemeral("U2", ts, "retry")


def test_a_response_to_a_click_replaces_the_message_it_was_on(with_bot: SlackFake, bot: Any, client: WebClient) -> None:
    ts = client.chat_postMessage(channel="C1", text="card", blocks=[RETRY])["ts"]
    with_bot.click("U1", "C1", ts, "retry")
    post(bot.last.payload["response_url"], {"text": "new", "replace_original": True})
    assert [(m.ts, m.text, m.blocks) for m in with_bot.channel("C1")] == [(ts, "new", [])]


def test_users_who_are_deactivated_or_cannot_see_the_channel_cannot_act(with_bot: SlackFake) -> None:
    with_bot.add_user("U9", "Gone", deleted=True)
    with_bot.add_channel("C3", "secret", private=True, members=["U1"])
    for user, channel in (("U9", "C1"), ("U404", "C1"), ("U2", "C3")):
        with pytest.raises(NotPossible):
            with_bot.command(user, channel)
    assert with_bot.command("U1", "C3").error is None


def test_a_submission_carries_state_by_kind_of_field_and_closes_the_view(
    with_bot: SlackFake, bot: Any, open_modal: Callable[..., str]
) -> None:
    two_options = [option("a"), option("b")]
    view_id = open_modal(
        input_block("text", {"type": "plain_text_input"}),
        input_block("menu", {"type": "static_select", "options": two_options}),
        input_block("radio", {"type": "radio_buttons", "options": two_options}),
        input_block("boxes", {"type": "checkboxes", "options": two_options}),
        input_block("day", {"type": "datepicker"}),
        input_block("mail", {"type": "email_text_input"}),
        input_block("spare", {"type": "plain_text_input"}, optional=True),
        private_metadata="kept",
    )
    reply = with_bot.submit(
        "U1",
        view_id,
        {"text": "x", "menu_in": "a", "radio": "B", "boxes": ["a", "b"], "day": "2026-02-28", "mail": "a@b.co"},
    )
    assert (reply.status, reply.view, reply.errors) == (200, None, {})
    payload = bot.last.payload
    assert payload["type"] == "view_submission"
    view = payload["view"]
    assert (view["id"], view["callback_id"], view["private_metadata"]) == (view_id, "cb", "kept")
    values = view["state"]["values"]
    assert values["text"]["text_in"] == {"type": "plain_text_input", "value": "x"}
    assert values["menu"]["menu_in"]["selected_option"] == option("a")
    assert values["radio"]["radio_in"]["selected_option"] == option("b")
    assert values["boxes"]["boxes_in"]["selected_options"] == two_options
    assert values["day"]["day_in"]["selected_date"] == "2026-02-28"
    assert values["mail"]["mail_in"]["value"] == "a@b.co"
    assert values["spare"]["spare_in"]["value"] is None
    assert payload["response_urls"] == []


@pytest.mark.parametrize(
    ("element", "value"),
    [
        ({"type": "plain_text_input"}, ""),
        ({"type": "plain_text_input"}, "   "),
        ({"type": "plain_text_input", "max_length": 3}, "four"),
        ({"type": "plain_text_input", "min_length": 3}, "ab"),
        ({"type": "plain_text_input"}, "x" * 3001),
        ({"type": "email_text_input"}, "nobody"),
        ({"type": "url_text_input"}, "nowhere"),
        ({"type": "number_input", "is_decimal_allowed": False}, "1.5"),
        ({"type": "number_input", "is_decimal_allowed": True, "min_value": "2"}, "1.5"),
        ({"type": "number_input", "is_decimal_allowed": True, "max_value": "1"}, "1.5"),
        ({"type": "static_select", "options": [option("a")]}, ""),
        ({"type": "checkboxes", "options": [option("a")]}, []),
        ({"type": "datepicker"}, ""),
    ],
)
def test_invalid_input_is_not_sent(
    with_bot: SlackFake, bot: Any, open_modal: Callable[..., str], element: dict[str, Any], value: Any
) -> None:
    view_id = open_modal(input_block("f", element))
    sent_before = len(bot.received)
    reply = with_bot.submit("U1", view_id, {"f": value})
    assert (reply.sent, reply.errors.keys()) == (False, {"f"})
    assert len(bot.received) == sent_before
    assert with_bot.view_of("U1") is not None


@pytest.mark.parametrize(("name", "value"), [("f", "c"), ("absent", "x"), ("day", "2026-02-30"), ("clock", "25:00")])
def test_values_that_no_user_could_choose_raise(
    with_bot: SlackFake, open_modal: Callable[..., str], name: str, value: str
) -> None:
    view_id = open_modal(
        input_block("f", {"type": "static_select", "options": [option("a")]}),
        input_block("day", {"type": "datepicker"}),
        input_block("clock", {"type": "timepicker"}),
    )
    with pytest.raises(NotPossible):
        with_bot.submit("U1", view_id, {name: value})


def test_field_errors_are_shown_under_their_fields_and_the_input_stays(
    with_bot: SlackFake, bot: Any, open_modal: Callable[..., str]
) -> None:
    view_id = open_modal()
    bot.answer = lambda _: {"response_action": "errors", "errors": {"name": "Too plain"}}
    reply = with_bot.submit("U1", view_id, {"name": "x"})
    assert (reply.error, reply.errors) == (None, {"name": "Too plain"})
    view = with_bot.view_of("U1")
    assert view is not None
    assert (view.errors, view.values["name"]["name_in"]["value"]) == ({"name": "Too plain"}, "x")
    assert "  ! Too plain" in with_bot.render(view)
    bot.answer = lambda _: None
    assert with_bot.submit("U1", view_id, {}).errors == {}
    assert with_bot.view_of("U1") is None


@pytest.mark.parametrize(
    "answer",
    [
        {"response_action": "errors", "errors": {"nowhere": "x"}},
        {"response_action": "errors", "errors": {"note": "a section takes no error"}},
        {"response_action": "errors", "errors": {}},
        {"response_action": "errors", "errors": {"name": ""}},
        {"response_action": "update", "view": {"type": "modal"}},
        {"response_action": "push"},
        {"response_action": "explode"},
        {"text": "not an answer to this"},
        "just words",
        500,
    ],
)
def test_an_invalid_response_to_a_submission_shows_an_error_and_keeps_the_view(
    with_bot: SlackFake, bot: Any, open_modal: Callable[..., str], answer: Any
) -> None:
    note = {"type": "section", "block_id": "note", "text": plain("note")}
    view_id = open_modal(input_block("name", {"type": "plain_text_input"}), note)
    bot.answer = lambda _: answer
    reply = with_bot.submit("U1", view_id, {"name": "x"})
    assert reply.error == "We had some trouble connecting. Try again?"
    view = with_bot.view_of("U1")
    assert view is not None
    assert (view.id, view.errors, view.values["name"]["name_in"]["value"]) == (view_id, {}, "x")


def test_a_late_response_to_a_submission_is_ignored(
    with_bot: SlackFake, bot: Any, open_modal: Callable[..., str], clock: Any
) -> None:
    view_id = open_modal()

    def late(_: Any) -> dict[str, str]:
        clock.advance(3.5)
        return {"response_action": "clear"}

    bot.answer = late
    reply = with_bot.submit("U1", view_id, {"name": "x"})
    assert reply.error == "We had some trouble connecting. Try again?"
    view = with_bot.view_of("U1")
    assert view is not None
    assert view.id == view_id


def test_initial_values_that_an_update_adds_are_shown_but_not_reported_until_they_are_changed(
    with_bot: SlackFake, bot: Any, open_modal: Callable[..., str]
) -> None:
    before = input_block("before", {"type": "plain_text_input", "initial_value": "x"})
    day = input_block("day", {"type": "datepicker", "initial_date": "2026-12-31"})
    size = input_block("size", {"type": "static_select", "options": [option("a")], "initial_option": option("a")})
    view_id = open_modal(before)
    bot.answer = lambda _: {"response_action": "update", "view": modal(before, day, size)}
    updated = with_bot.submit("U1", view_id, {}).view
    assert updated is not None
    assert updated.values["day"]["day_in"]["selected_date"] == "2026-12-31"

    bot.answer = lambda _: {"response_action": "errors", "errors": {"day": "Another day, please"}}
    with_bot.submit("U1", view_id, {})
    values = json.loads(bot.last.form["payload"])["view"]["state"]["values"]
    assert values["before"]["before_in"]["value"] == "x"
    assert values["day"]["day_in"] == {"type": "datepicker", "selected_date": None}
    assert values["size"]["size_in"] == {"type": "static_select", "selected_option": None}
    with_bot.submit("U1", view_id, {"day": "2027-01-01"})
    values = json.loads(bot.last.form["payload"])["view"]["state"]["values"]
    assert values["day"]["day_in"]["selected_date"] == "2027-01-01"


def test_a_submission_can_update_push_and_clear(with_bot: SlackFake, bot: Any, open_modal: Callable[..., str]) -> None:
    view_id = open_modal()
    bot.answer = lambda _: {"response_action": "update", "view": modal(callback_id="second")}
    updated = with_bot.submit("U1", view_id, {"name": "x"}).view
    assert updated is not None
    assert (updated.id, updated.callback_id) == (view_id, "second")
    bot.answer = lambda _: {"response_action": "push", "view": modal(callback_id="third")}
    pushed = with_bot.submit("U1", view_id, {"name": "x"}).view
    assert pushed is not None
    assert (pushed.callback_id, pushed.previous_view_id) == ("third", view_id)
    with pytest.raises(NotPossible):
        with_bot.submit("U1", view_id, {})
    bot.answer = lambda _: {"response_action": "clear"}
    assert with_bot.submit("U1", pushed.id, {"name": "x"}).view is None


def test_an_empty_response_closes_only_the_top_view(
    with_bot: SlackFake, bot: Any, open_modal: Callable[..., str]
) -> None:
    view_id = open_modal()
    bot.answer = lambda _: {"response_action": "push", "view": modal(callback_id="top")}
    pushed = with_bot.submit("U1", view_id, {"name": "x"}).view
    bot.answer = lambda _: None
    assert pushed is not None
    remaining_view = with_bot.submit("U1", pushed.id, {"name": "x"}).view
    assert remaining_view is not None
    assert remaining_view.id == view_id


def test_a_response_cannot_push_a_fourth_view(with_bot: SlackFake, bot: Any, open_modal: Callable[..., str]) -> None:
    open_modal()
    bot.answer = lambda _: {"response_action": "push", "view": modal()}
    errors = []
    for _ in range(3):
        top = with_bot.view_of("U1")
        assert top is not None
        errors.append(with_bot.submit("U1", top.id, {"name": "x"}).error)
    assert errors == [None, None, "We had some trouble connecting. Try again?"]


def test_only_suggestions_from_the_bot_can_be_chosen(
    with_bot: SlackFake, bot: Any, open_modal: Callable[..., str], clock: Any
) -> None:
    view_id = open_modal(input_block("carrier", {"type": "external_select", "min_query_length": 2}))
    bot.answer = lambda r: {"options": [option("aetna")]} if "suggestion" in r.form["payload"] else None
    assert with_bot.suggest("U1", view_id, "carrier_in", "a") == []
    assert with_bot.suggest("U1", view_id, "carrier_in", "aet") == [option("aetna")]
    asked_for = bot.last.payload
    assert (asked_for["type"], asked_for["action_id"], asked_for["value"]) == ("block_suggestion", "carrier_in", "aet")
    with pytest.raises(NotPossible):
        with_bot.submit("U1", view_id, {"carrier": "other"})
    assert with_bot.submit("U1", view_id, {"carrier": "aetna"}).view is None


def test_a_choice_of_a_suggestion_is_sent_and_stays_whatever_is_suggested_later(
    with_bot: SlackFake, bot: Any, open_modal: Callable[..., str]
) -> None:
    block = input_block("carrier", {"type": "external_select", "min_query_length": 2}) | {"dispatch_action": True}
    view_id = open_modal(block)
    bot.answer = lambda r: {"options": [option("aetna")]} if "suggestion" in r.form["payload"] else None
    with_bot.suggest("U1", view_id, "carrier_in", "aet")

    with_bot.click_in_view("U1", view_id, "carrier_in", value="aetna")

    [action] = bot.last.payload["actions"]
    assert (action["type"], action["selected_option"]) == ("external_select", option("aetna"))
    bot.answer = lambda r: {"options": []} if "suggestion" in r.form["payload"] else None
    with pytest.raises(NotPossible):
        with_bot.click_in_view("U1", view_id, "carrier_in", value="other")
    with_bot.submit("U1", view_id, {"carrier": "aetna"})
    state = bot.last.payload["view"]["state"]["values"]
    assert [field["carrier_in"]["selected_option"] for field in state.values()] == [option("aetna")]


@pytest.mark.parametrize("answer", [None, 500, "words", {"options": [{"text": plain("x" * 76), "value": "v"}]}])
def test_suggestions_that_slack_cannot_read_are_not_shown(
    with_bot: SlackFake, bot: Any, open_modal: Callable[..., str], answer: Any
) -> None:
    view_id = open_modal(input_block("carrier", {"type": "external_select"}))
    bot.answer = lambda _: answer
    assert with_bot.suggest("U1", view_id, "carrier_in", "aetna") == []


def test_a_click_in_a_view_sends_the_view_and_ignores_the_response(
    with_bot: SlackFake, bot: Any, open_modal: Callable[..., str]
) -> None:
    view_id = open_modal(input_block("name", {"type": "plain_text_input"}), RETRY)
    bot.answer = lambda _: {"response_action": "clear"}
    with_bot.fill("U1", view_id, {"name": "typed"})
    with_bot.click_in_view("U1", view_id, "retry")
    payload = bot.last.payload
    assert payload["container"] == {"type": "view", "view_id": view_id}
    assert payload["view"]["state"]["values"]["name"]["name_in"]["value"] == "typed"
    assert with_bot.view_of("U1") is not None
    with pytest.raises(NotPossible):
        with_bot.click_in_view("U2", view_id, "retry")


def test_closing_notifies_the_bot_only_if_the_view_asks_for_it(
    with_bot: SlackFake, bot: Any, open_modal: Callable[..., str]
) -> None:
    with_bot.close_view("U1", open_modal())
    assert "payload" not in bot.last.form
    with_bot.close_view("U1", open_modal(notify_on_close=True))
    assert bot.last.payload["type"] == "view_closed"
    assert with_bot.view_of("U1") is None


def test_the_same_request_can_reach_the_bot_twice(with_bot: SlackFake, bot: Any) -> None:
    reply = with_bot.command("U1", "C1", text="help")
    with_bot.resend("U1", reply)
    first, second = bot.received
    assert first.body == second.body
    signed = f"v0:{second.headers['X-Slack-Request-Timestamp']}:".encode() + second.body
    expected = hmac.new(b"local-signing-secret", signed, hashlib.sha256).hexdigest()
    assert second.headers["X-Slack-Signature"] == f"v0={expected}"


def test_an_event_is_retried_three_times_with_its_number_and_reason(with_bot: SlackFake, bot: Any, clock: Any) -> None:
    bot.answer = lambda _: 500
    with_bot.open_home("U1")
    for pause in (59, 1, 299, 1, 10_000):
        clock.advance(pause)
        with_bot.deliver_due_events()
    fields = [(r.headers.get("X-Slack-Retry-Num"), r.headers.get("X-Slack-Retry-Reason")) for r in bot.received]
    assert fields == [(None, None), *((str(n), "http_error") for n in (1, 2, 3))]
    ids = {json.loads(r.body)["event_id"] for r in bot.received}
    assert len(ids) == 1
    assert json.loads(bot.last.body)["event"]["type"] == "app_home_opened"


def test_an_acknowledged_event_is_not_retried(with_bot: SlackFake, bot: Any, clock: Any) -> None:
    with_bot.open_home("U1")
    clock.advance(1000)
    with_bot.deliver_due_events()
    assert len(bot.received) == 1


def test_a_bot_can_refuse_retries(with_bot: SlackFake, bot: Any, clock: Any) -> None:
    bot.answer = lambda _: 403
    with_bot.open_home("U1")
    clock.advance(1000)
    with_bot.deliver_due_events()
    assert len(bot.received) == 1


def test_due_retries_are_delivered_automatically(with_bot: SlackFake, bot: Any, clock: Any) -> None:
    arrived = threading.Event()

    def failing(received: Any) -> int:
        if received.headers.get("X-Slack-Retry-Num") == "2":
            arrived.set()
        return 500

    bot.answer = failing
    with_bot.open_home("U1")
    clock.advance(60)
    assert arrived.wait(20)


@pytest.mark.parametrize("ephemeral", [True, False])
def test_options_are_suggested_in_a_message(with_bot: SlackFake, bot: Any, client: WebClient, ephemeral: bool) -> None:
    hint = {"type": "plain_text", "text": "Choose"}
    select = {"type": "external_select", "action_id": "pick", "min_query_length": 0, "placeholder": hint}
    blocks = [{"type": "actions", "block_id": "b", "elements": [select]}]
    if ephemeral:
        ts = client.chat_postEphemeral(channel="C1", user="U1", text="Which?", blocks=blocks)["message_ts"]
        click = with_bot.click_ephemeral
    else:
        ts = client.chat_postMessage(channel="C1", text="Which?", blocks=blocks)["ts"]
        click = partial(with_bot.click, channel_id="C1")
    bot.answer = lambda r: {"options": [option("aetna")]} if "suggestion" in r.form["payload"] else None

    assert with_bot.suggest_in_message("U1", "C1", ts, "pick", "", ephemeral=ephemeral) == [option("aetna")]

    asked_for = bot.last.payload
    assert (asked_for["type"], asked_for["value"], asked_for["channel"]["id"]) == ("block_suggestion", "", "C1")
    assert asked_for["container"]["is_ephemeral"] is ephemeral
    assert ("message" in asked_for) is not ephemeral
    click(user_id="U1", message_ts=ts, action_id="pick", value="aetna")
    [action] = bot.last.payload["actions"]
    assert action["selected_option"] == option("aetna")
    with pytest.raises(NotPossible):
        click(user_id="U1", message_ts=ts, action_id="pick", value="other")
