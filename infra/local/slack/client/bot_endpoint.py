"""Sends signed requests to the bot, and reads its responses as Slack does."""

import hashlib
import hmac
import http.client
import json
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from infra.local.slack.workspace import Json

FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Request:
    body: bytes
    content_type: str
    extra_headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Ack:
    """The bot's response. `status` is None if there was none; `late` if it came after Slack's time limit."""

    status: int | None
    body: bytes = b""
    content_type: str = ""
    late: bool = False
    no_retry: bool = False

    @property
    def ok(self) -> bool:
        return self.status == 200 and not self.late

    def json(self) -> Json | None:
        """None unless the content type is JSON: Slack shows other bodies as text."""
        if not self.content_type.startswith("application/json"):
            return None
        try:
            value = json.loads(self.body)
        except ValueError:
            return None
        return value if isinstance(value, dict) else None


def signature(secret: str, timestamp: str, body: bytes) -> str:
    signed = b"v0:" + timestamp.encode() + b":" + body
    return "v0=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def form(fields: dict[str, str]) -> Request:
    return Request(urlencode(fields).encode(), FORM)


def interaction(payload: Json) -> Request:
    return form({"payload": json.dumps(payload, ensure_ascii=False)})


def event(payload: Json) -> Request:
    return Request(json.dumps(payload).encode(), "application/json")


Deliver = Callable[[bytes, Mapping[str, str], float], Ack]
"""Sends a body with its headers, and waits so many seconds; raises TimeoutError or another OSError."""


class BotEndpoint:
    """`ack_seconds` are measured by the clock; `hang_up_seconds` are real, for a bot that never answers.

    `deliver` replaces HTTP.
    """

    def __init__(
        self,
        secret: str,
        clock: Callable[[], float],
        ack_seconds: float,
        hang_up_seconds: float,
        deliver: Deliver | None = None,
    ) -> None:
        self.url: str | None = None
        self.secret, self._clock = secret, clock
        self._ack_seconds, self._hang_up = ack_seconds, hang_up_seconds
        self._deliver = deliver or self._post

    def post(self, request: Request) -> Ack:
        started = self._clock()
        timestamp = str(int(started))
        headers = {
            "Content-Type": request.content_type,
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
            "Accept": "application/json,*/*",
            "X-Slack-Request-Timestamp": timestamp,
            "X-Slack-Signature": signature(self.secret, timestamp, request.body),
            **dict(request.extra_headers),
        }
        try:
            ack = self._deliver(request.body, headers, self._hang_up)
        except TimeoutError:
            return Ack(None, late=True)
        except (OSError, http.client.HTTPException):
            return Ack(None)
        late = self._clock() - started > self._ack_seconds
        return Ack(ack.status, ack.body, ack.content_type, late, ack.no_retry)

    def _post(self, body: bytes, headers: Mapping[str, str], timeout: float) -> Ack:
        if not self.url:
            raise LookupError("bot_url is not set")
        parts = urlsplit(self.url)
        secure = parts.scheme == "https"
        kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        connection = kind(parts.hostname or "", parts.port, timeout=timeout)
        try:
            connection.connect()
            connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            path = parts.path + (f"?{parts.query}" if parts.query else "")
            connection.request("POST", path or "/", body, headers)
            answer = connection.getresponse()
            return Ack(
                answer.status,
                answer.read(),
                answer.getheader("Content-Type") or "",
                no_retry=answer.getheader("X-Slack-No-Retry") == "1",
            )
        finally:
            connection.close()
