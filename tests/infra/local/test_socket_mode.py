"""Slack's Socket Mode client receives from the fake, and passes signed requests to a function with Bolt's answers."""

import json
import threading
from base64 import b64decode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import parse_qsl

import pytest
from slack_sdk import WebClient
from slack_sdk.signature import SignatureVerifier
from slack_sdk.socket_mode.request import SocketModeRequest

from infra.local.slack import Limits, SlackFake
from infra.local.socket_mode import SocketMode, http_request
from tests.infra.local.waiting import wait_until

APP_TOKEN, SECRET = "xapp-local", "made-for-this-process"
LIMITS = Limits(ack_seconds=30, hang_up_seconds=20, trigger_seconds=30, event_retry_pauses=(0.0, 3600.0))
CARRIER = {"type": "external_select", "action_id": "carrier", "min_query_length": 1}
MODAL = {
    "type": "modal",
    "title": {"type": "plain_text", "text": "Retry"},
    "submit": {"type": "plain_text", "text": "Retry"},
    "blocks": [
        {"type": "input", "block_id": "b", "label": {"type": "plain_text", "text": "Carrier"}, "element": CARRIER}
    ],
}
BUTTON = {"type": "button", "action_id": "retry", "text": {"type": "plain_text", "text": "Retry…"}, "value": "c"}


@dataclass
class Function:
    """A Slack function; `answer` gets the payload and returns the body, a status or an error."""

    answer: Callable[[dict[str, Any]], Any] = lambda _: ""
    events: list[dict[str, Any]] = field(default_factory=list)

    def __call__(self, event: dict[str, Any]) -> Any:
        self.events.append(event)
        result = self.answer(payload_of(event))
        if isinstance(result, Exception):
            raise result
        status, body = (result, "") if isinstance(result, int) else (200, result)
        kind = "text/plain" if isinstance(body, str) else "application/json"
        text = body if isinstance(body, str) else json.dumps(body)
        return {"statusCode": status, "headers": {"content-type": kind}, "body": text}

    @property
    def last(self) -> dict[str, Any]:
        return self.events[-1]


def body_of(event: dict[str, Any]) -> str:
    return b64decode(event["body"]).decode() if event["isBase64Encoded"] else event["body"]


def payload_of(event: dict[str, Any]) -> dict[str, Any]:
    if event["headers"]["content-type"] == "application/json":
        return json.loads(body_of(event))
    fields = dict(parse_qsl(body_of(event), keep_blank_values=True))
    return json.loads(fields["payload"]) if "payload" in fields else fields


@dataclass
class Connected:
    slack: SlackFake
    function: Function
    problems: list[str]

    @property
    def web(self) -> WebClient:
        return WebClient(token="xoxb-local", base_url=self.slack.url)

    def open_modal(self, payload: dict[str, Any]) -> str:
        self.web.views_open(trigger_id=payload["trigger_id"], view=MODAL)
        return ""


def socket_mode(connected: Connected, app_token: str = APP_TOKEN) -> SocketMode:
    return SocketMode(
        connected.function,
        app_token=app_token,
        api_url=connected.slack.url,
        signing_secret=SECRET,
        on_problem=connected.problems.append,
        ping_interval=0.05,
    )


@pytest.fixture
def slack() -> Iterator[SlackFake]:
    with SlackFake(app_token=APP_TOKEN, limits=LIMITS) as fake:
        fake.add_user("U1", "Ana")
        fake.add_channel("C1", "carriers")
        yield fake


@pytest.fixture
def connected(slack: SlackFake) -> Iterator[Connected]:
    result = Connected(slack, Function(), [])
    with socket_mode(result):
        assert wait_until(lambda: sockets(slack) == 1)
        yield result


def sockets(slack: SlackFake) -> int:
    assert slack.socket_mode is not None
    return slack.socket_mode.count


def test_a_command_arrives_as_a_signed_form_and_its_answer_is_shown(connected: Connected) -> None:
    connected.function.answer = lambda payload: {"response_type": "ephemeral", "text": f"You typed {payload['text']}"}

    assert connected.slack.command("U1", "C1", text="status Ärger & Co").text == "You typed status Ärger & Co"
    event = connected.function.last
    assert event["routeKey"] == "POST /slack/events"
    assert event["headers"]["content-type"] == "application/x-www-form-urlencoded"
    assert SignatureVerifier(SECRET).is_valid_request(body_of(event), event["headers"])
    assert "x-slack-retry-num" not in event["headers"]


def test_a_text_as_answer_is_shown_as_a_message(connected: Connected) -> None:
    connected.function.answer = lambda _: "Received"

    assert connected.slack.command("U1", "C1").text == "Received"


def test_a_button_opens_a_modal(connected: Connected) -> None:
    connected.function.answer = connected.open_modal
    ts = connected.web.chat_postMessage(channel="C1", text="card", blocks=[{"type": "actions", "elements": [BUTTON]}])

    reply = connected.slack.click("U1", "C1", ts["ts"], "retry")

    assert (reply.status, reply.error) == (200, None)
    assert reply.view is not None
    assert reply.view.title == MODAL["title"]


def test_errors_of_a_submission_appear_under_their_fields_and_suggestions_in_the_menu(connected: Connected) -> None:
    connected.function.answer = connected.open_modal
    view = connected.slack.command("U1", "C1").view
    assert view is not None
    option = {"text": {"type": "plain_text", "text": "Guardian"}, "value": "g"}
    answers = {
        "block_suggestion": {"options": [option]},
        "view_submission": {"response_action": "errors", "errors": {"b": "Not this carrier"}},
    }
    connected.function.answer = lambda payload: answers[payload["type"]]

    assert connected.slack.suggest("U1", view.id, "carrier", "Gu") == [option]
    assert connected.slack.submit("U1", view.id, {"b": "Guardian"}).errors == {"b": "Not this carrier"}


@pytest.mark.parametrize(
    ("answer", "reason"), [(RuntimeError("broken"), "RuntimeError('broken')"), (503, "status 503")]
)
def test_what_failed_is_reported_and_delivered_again(connected: Connected, answer: Any, reason: str) -> None:
    answers = iter([answer])
    connected.function.answer = lambda _: next(answers, "")
    fake = connected.slack.socket_mode
    assert fake is not None

    unanswered = threading.Thread(target=partial(connected.slack.command, "U1", "C1"))
    unanswered.start()
    assert wait_until(lambda: bool(connected.problems))
    assert connected.problems == [f"Slack's slash_commands was not acknowledged: {reason}"]
    assert unanswered.is_alive()
    assert fake.redeliver().ok
    unanswered.join()


def test_an_event_arrives_as_json(connected: Connected) -> None:
    assert connected.slack.open_home("U1").ok

    assert connected.function.last["headers"]["content-type"] == "application/json"
    assert payload_of(connected.function.last)["event"]["type"] == "app_home_opened"
    assert "x-slack-retry-num" not in connected.function.last["headers"]


def test_a_repeated_event_says_so_in_the_same_headers_as_over_http() -> None:
    envelope = SocketModeRequest(
        "events_api", "e1", {"type": "event_callback"}, retry_attempt=1, retry_reason="timeout"
    )

    headers = http_request(envelope, SECRET).headers

    assert headers["X-Slack-Retry-Num"] == "1"
    assert headers["X-Slack-Retry-Reason"] == "timeout"


@pytest.mark.parametrize(
    # The client closes the announced one only when its wait for data ends, after three seconds.
    "end",
    ["close_all", "break_off", pytest.param("request_reconnect", marks=pytest.mark.long)],
)
def test_a_connection_that_ends_is_replaced(connected: Connected, end: str) -> None:
    connected.function.answer = lambda _: "Received"
    fake = connected.slack.socket_mode
    assert fake is not None
    getattr(fake, end)()

    assert wait_until(lambda: fake.opened == 2 and fake.count == 1)
    assert connected.slack.command("U1", "C1").text == "Received"
    assert bool(connected.problems) is (end == "break_off")


def test_a_call_in_progress_is_acknowledged_before_the_stop(slack: SlackFake) -> None:
    connected, called, finish = Connected(slack, Function(), []), threading.Event(), threading.Event()
    before = threading.active_count()

    def wait_to_finish(_: Any) -> str:
        called.set()
        assert finish.wait(20)
        return "Received"

    connected.function.answer = wait_to_finish
    receiving = socket_mode(connected).__enter__()
    assert wait_until(lambda: sockets(slack) == 1)
    texts: list[str] = []
    asking = threading.Thread(target=lambda: texts.append(slack.command("U1", "C1").text))
    asking.start()
    assert called.wait(20)
    stopping = threading.Thread(target=receiving.stop)
    stopping.start()
    finish.set()
    stopping.join()
    asking.join()

    assert texts == ["Received"]
    assert wait_until(lambda: sockets(slack) == 0)
    assert wait_until(lambda: threading.active_count() == before)
    assert connected.problems == []


@pytest.mark.parametrize(
    ("token", "reason"), [("xapp-other", "invalid_auth"), ("xoxb-local", "not_allowed_token_type")]
)
def test_a_refused_token_is_an_error_that_names_the_reason(slack: SlackFake, token: str, reason: str) -> None:
    before = threading.active_count()

    with pytest.raises(ConnectionError, match=reason):
        socket_mode(Connected(slack, Function(), []), token).__enter__()
    assert wait_until(lambda: threading.active_count() == before)
