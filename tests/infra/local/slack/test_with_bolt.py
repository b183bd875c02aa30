"""Slack's own framework, Bolt, understands the fake's requests."""

from collections.abc import Iterator
from typing import Any

import pytest
from slack_bolt import Ack, App, BoltRequest
from slack_bolt.authorization import AuthorizeResult
from slack_sdk import WebClient

from infra.local.slack import Limits, SlackFake

MENU = {"type": "external_select", "action_id": "carrier", "min_query_length": 1}
MODAL: dict[str, Any] = {
    "type": "modal",
    "callback_id": "connect",
    "title": {"type": "plain_text", "text": "Connect"},
    "submit": {"type": "plain_text", "text": "Send"},
    "blocks": [{"type": "input", "block_id": "c", "label": {"type": "plain_text", "text": "Carrier"}, "element": MENU}],
}
BUTTON = {"type": "button", "action_id": "retry", "text": {"type": "plain_text", "text": "Retry…"}}


def app_for(client: WebClient) -> App:
    result = AuthorizeResult(enterprise_id=None, team_id="T0LOCAL", bot_token="xoxb-local", bot_user_id="U0BOT")
    app = App(
        signing_secret="local-signing-secret", authorize=lambda: result, client=client, process_before_response=True
    )

    @app.command("/noyo")
    def connect(ack: Ack, body: dict[str, Any], client: WebClient) -> None:
        client.views_open(trigger_id=body["trigger_id"], view=MODAL)
        ack()

    @app.options("carrier")
    def carriers(ack: Ack) -> None:
        ack(options=[{"text": {"type": "plain_text", "text": "Aetna"}, "value": "a1"}])

    @app.view("connect")
    def submitted(ack: Ack) -> None:
        ack(response_action="errors", errors={"c": "Not this one"})

    @app.action("retry")
    def retry(ack: Ack, respond: Any) -> None:
        ack()
        respond("retrying")

    @app.event("app_home_opened")
    def home(client: WebClient, event: dict[str, Any]) -> None:
        client.views_publish(user_id=event["user"], view={"type": "home", "blocks": [{"type": "divider"}]})

    @app.shortcut("connect")
    def connect_by_shortcut(ack: Ack, shortcut: dict[str, Any], client: WebClient) -> None:
        client.views_open(trigger_id=shortcut["trigger_id"], view=MODAL)
        ack()

    @app.message_shortcut("note")
    def note(ack: Ack, shortcut: dict[str, Any], respond: Any) -> None:
        ack()
        respond(f"noted: {shortcut['message']['text']}")

    return app


@pytest.fixture
def with_bolt(bot: Any, bot_url: str) -> Iterator[SlackFake]:
    patient = Limits(ack_seconds=30, trigger_seconds=30, hang_up_seconds=30)
    with SlackFake(bot_url=bot_url, limits=patient) as slack:
        slack.add_user("U1", "Ana")
        slack.add_channel("C1", "carriers")
        app = app_for(WebClient(token="xoxb-local", base_url=slack.url))

        def answer(received: Any) -> Any:
            headers = {name: [value] for name, value in received.headers.items()}
            response = app.dispatch(BoltRequest(body=received.body.decode(), headers=headers))
            if response.status != 200:
                return response.status
            return bot.json_or_text(response.body)

        bot.answer = answer
        yield slack


def test_bolt_opens_a_modal_suggests_and_puts_an_error_under_the_field(with_bolt: SlackFake) -> None:
    view = with_bolt.command("U1", "C1").view
    assert view is not None
    reply = with_bolt.submit("U1", view.id, {"c": "Aetna"})
    assert (reply.error, reply.errors) == (None, {"c": "Not this one"})


def test_bolt_answers_a_click_by_response_url_and_publishes_a_home_tab(with_bolt: SlackFake) -> None:
    client = WebClient(token="xoxb-local", base_url=with_bolt.url)
    actions = {"type": "actions", "elements": [BUTTON]}
    ts = client.chat_postMessage(channel="C1", text="card", blocks=[actions])["ts"]
    assert with_bolt.click("U1", "C1", ts, "retry").text == "retrying"
    with_bolt.open_home("U1")
    assert with_bolt.home_of("U1") is not None


def test_bolt_opens_a_modal_by_a_shortcut_and_reads_the_message_of_another(with_bolt: SlackFake) -> None:
    view = with_bolt.shortcut("U1", "connect").view
    assert view is not None
    assert view.callback_id == "connect"
    ts = with_bolt.say("U1", "C1", "look at this")
    assert with_bolt.message_shortcut("U1", "C1", ts, "note").text == "noted: look at this"


def test_bolt_refuses_a_request_signed_with_another_secret(bot: Any, bot_url: str) -> None:
    with SlackFake(bot_url=bot_url, signing_secret="another") as slack:
        slack.add_user("U1", "Ana")
        slack.add_channel("C1", "carriers")
        app = app_for(WebClient(token="xoxb-local", base_url=slack.url))

        def status(received: Any) -> int:
            headers = {name: [value] for name, value in received.headers.items()}
            return app.dispatch(BoltRequest(body=received.body.decode(), headers=headers)).status

        bot.answer = status
        assert slack.command("U1", "C1").status == 401
