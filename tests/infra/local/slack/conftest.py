"""Fixtures: a Slack fake with a clock that tests advance, and a bot with configurable answers."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import parse_qs

import pytest
from slack_sdk import WebClient
from starlette.datastructures import Headers
from starlette.responses import JSONResponse, PlainTextResponse, Response

from infra.local.http_server import HttpRequest, HttpServer, function_app
from infra.local.slack import SlackFake


@dataclass
class ManualClock:
    now: float = 1_712_345_678.0

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


@dataclass
class ReceivedRequest:
    """A request that the bot received."""

    headers: Headers
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        parsed = parse_qs(self.body.decode(), keep_blank_values=True)
        return {name: values[0] for name, values in parsed.items()}

    @property
    def payload(self) -> dict[str, Any]:
        return json.loads(self.form["payload"])


AnswerFunction = Callable[[ReceivedRequest], Any]


@dataclass
class Bot:
    """`answer` returns a status (403 asks for no retry), a dict (sent as JSON), text, or None for an empty 200."""

    answer: AnswerFunction = lambda _: None
    received: list[ReceivedRequest] = field(default_factory=list)

    @property
    def last(self) -> ReceivedRequest:
        return self.received[-1]

    @staticmethod
    def json_or_text(body: str) -> Any:
        """The body of a framework's response as an answer."""
        return json.loads(body) if body.startswith("{") else body


def _respond(bot: Bot, request: HttpRequest) -> Response:
    received = ReceivedRequest(request.headers, request.body)
    bot.received.append(received)
    answer = bot.answer(received)
    headers = {"X-Slack-No-Retry": "1"} if answer == 403 else {}
    if isinstance(answer, dict):
        return JSONResponse(answer, headers=headers)
    status = answer if isinstance(answer, int) else 200
    return PlainTextResponse(answer if isinstance(answer, str) else "", status, headers)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def bot() -> Bot:
    return Bot()


@pytest.fixture
def bot_url(bot: Bot) -> Iterator[str]:
    with HttpServer(function_app(partial(_respond, bot))) as server:
        yield f"{server.url}/slack/events"


@pytest.fixture
def slack(clock: ManualClock) -> Iterator[SlackFake]:
    with SlackFake(clock=clock) as fake:
        fake.add_user("U1", "Ana")
        fake.add_user("U2", "Ben")
        fake.add_channel("C1", "carriers", members=["U1", "U2"])
        yield fake


@pytest.fixture
def with_bot(slack: SlackFake, bot_url: str) -> SlackFake:
    slack.bot_url = bot_url
    return slack


@pytest.fixture
def client(slack: SlackFake) -> WebClient:
    return WebClient(token="xoxb-local", base_url=slack.url, retry_handlers=[], timeout=10)


@pytest.fixture
def refusal() -> Callable[..., str]:
    """Returns the error of a refused call; fails if the call is not refused."""
    from slack_sdk.errors import SlackApiError

    def run(call: Callable[..., Any], **arguments: Any) -> str:
        with pytest.raises(SlackApiError) as caught:
            call(**arguments)
        return str(caught.value.response["error"])

    return run
