"""Slack stand-in tests: a stand-in under a clock that we move, and a bot's door of ours."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest
from slack_sdk import WebClient

from infra.local.slack import SlackStandIn


@dataclass
class MovedClock:
    now: float = 1_712_345_678.0

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


@dataclass
class Received:
    """One request at the bot's door."""

    headers: dict[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        parsed = parse_qs(self.body.decode(), keep_blank_values=True)
        return {name: values[0] for name, values in parsed.items()}

    @property
    def payload(self) -> dict[str, Any]:
        return json.loads(self.form["payload"])


Answering = Callable[[Received], Any]


@dataclass
class BotDoor:
    """`answer` gives a status (403 with no-retry), a dict (as JSON), a text, or None: an empty 200."""

    answer: Answering = lambda _: None
    received: list[Received] = field(default_factory=list)

    @property
    def last(self) -> Received:
        return self.received[-1]

    @staticmethod
    def json_or_text(body: str) -> Any:
        """A framework's body as an answer: JSON is sent as JSON."""
        return json.loads(body) if body.startswith("{") else body


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    door: BotDoor

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        received = Received(dict(self.headers), body)
        self.door.received.append(received)
        answer = self.door.answer(received)
        status = answer if isinstance(answer, int) else 200
        kind = "application/json" if isinstance(answer, dict) else "text/plain"
        text = json.dumps(answer) if isinstance(answer, dict) else answer
        out = text.encode() if isinstance(text, str) else b""
        self.send_response(status)
        if status == 403:
            self.send_header("X-Slack-No-Retry", "1")
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(out)))
        self.end_headers()
        self.wfile.write(out)


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
def door_url_and_door() -> Iterator[tuple[str, BotDoor]]:
    door = BotDoor()
    handler = type("Handler", (_Handler,), {"door": door})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/slack/events", door
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def door(door_url_and_door: tuple[str, BotDoor]) -> BotDoor:
    return door_url_and_door[1]


@pytest.fixture
def slack(clock: MovedClock) -> Iterator[SlackStandIn]:
    with SlackStandIn(clock=clock) as stand_in:
        stand_in.add_user("U1", "Ana")
        stand_in.add_user("U2", "Ben")
        stand_in.add_channel("C1", "carriers", members=["U1", "U2"])
        yield stand_in


@pytest.fixture
def with_bot(slack: SlackStandIn, door_url_and_door: tuple[str, BotDoor]) -> SlackStandIn:
    slack.bot_door = door_url_and_door[0]
    return slack


@pytest.fixture
def client(slack: SlackStandIn) -> WebClient:
    return WebClient(token="xoxb-local", base_url=slack.url, retry_handlers=[], timeout=10)


@pytest.fixture
def refusal() -> Callable[..., str]:
    """The error name that a call is refused with; fails when it is not refused."""
    from slack_sdk.errors import SlackApiError

    def run(call: Callable[..., Any], **arguments: Any) -> str:
        with pytest.raises(SlackApiError) as caught:
            call(**arguments)
        return str(caught.value.response["error"])

    return run
