"""The door: Lambda's HTTP event in, its answer out; nothing unsigned gets past here."""

from __future__ import annotations

import hmac
import json
import logging
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, Protocol
from urllib.parse import parse_qsl

from slack_bolt import BoltRequest, BoltResponse

from bot.errors import DeadlineExceeded, SecretUnavailable
from bot.http_event import headers_of, raw_body
from bot.slack.deadline import Deadline
from bot.telemetry import LogEvent, log_event, trace_context
from bot.usecases.ports.runtime import Clock, Secret

logger = logging.getLogger("switchboard")

Answer = dict[str, Any]
OLDEST_SECONDS = 300
LONGEST_TIMESTAMP = 15
LONGEST_START_SECONDS = 60
KINDS = frozenset({"command", "block_actions", "block_suggestion", "view_submission"})
UNREADABLE = (AttributeError, LookupError, RecursionError, TypeError, ValueError)


class Dispatcher(Protocol):
    def dispatch(self, req: BoltRequest) -> BoltResponse: ...


class SlackEndpoint:
    """Verifies the raw bytes and hands them to the app; the app is built at the first request that is signed."""

    def __init__(
        self,
        *,
        signing_secrets: Secret[tuple[str, ...]],
        build: Callable[[], Any],
        clock: Clock,
        deadline: Deadline,
    ) -> None:
        """`signing_secrets`: one, or two while one takes the other's place."""
        self._secrets = signing_secrets
        self._build = build
        self._clock = clock
        self._deadline = deadline
        self._cold = True

    @cached_property
    def _app(self) -> Dispatcher:
        app: Dispatcher = self._build()
        return app

    def handle(self, event: Mapping[str, Any]) -> Answer:
        """The answer to one event of an HTTP API, payload version 2.0. 400, 401 and 503 say nothing of why."""
        arrived = _arrived(event, self._clock())
        with self._deadline.running():
            return self._answered(event, arrived)

    def _answered(self, event: Mapping[str, Any], arrived: float) -> Answer:
        headers = headers_of(event)
        body = raw_body(event)
        if body is None:
            return _answer(400)
        try:
            if not self._signed(body, headers):
                log_event(LogEvent.SIGNATURE_REJECTED, door="slack")
                return _answer(401)
        except (SecretUnavailable, DeadlineExceeded) as error:
            # Nobody knows who asks, so nobody is told why; the log has it.
            logger.error("no request can be verified: %s", error)
            return _answer(503)
        app = self._app
        try:
            read = _read(body.decode(), headers.get("content-type", ""))
            with trace_context(_work_id(read)):
                response = app.dispatch(_request(read))
                self._tell(read, response.status, arrived)
        except UNREADABLE as error:
            # What listeners raise, the app answers: this is Bolt, which trusts the shape of what it reads.
            logger.warning("a signed request of %d bytes cannot be read: %s", len(body), type(error).__name__)
            return _answer(400)
        return {
            "statusCode": response.status,
            "headers": {name: values[0] for name, values in response.headers.items()},
            "body": response.body,
        }

    def _tell(self, read: Mapping[str, Any], status: int, arrived: float) -> None:
        cold, self._cold = self._cold, False
        kind = "command" if "command" in read else read.get("type")
        log_event(
            LogEvent.SLACK_ANSWERED,
            kind=kind if isinstance(kind, str) and kind in KINDS else "other",
            cold="yes" if cold else "no",
            status=status,
            milliseconds=round((self._clock() - arrived) * 1000),
        )

    def _signed(self, body: bytes, headers: Mapping[str, str]) -> bool:
        timestamp, signature = headers.get("x-slack-request-timestamp"), headers.get("x-slack-signature")
        if not timestamp or not signature or not timestamp.isascii() or not timestamp.isdigit():
            return False
        if len(timestamp) > LONGEST_TIMESTAMP:
            return False
        if abs(self._clock() - int(timestamp)) > OLDEST_SECONDS:
            return False
        return self._made_by_slack(
            b"v0:%b:%b" % (timestamp.encode(), body), signature.encode(errors="replace")
        )

    def _made_by_slack(self, signed: bytes, signature: bytes) -> bool:
        """Secrets that do not fit are read again: another may have taken their place."""
        secrets = self._secrets.value()
        if _fits(secrets, signed, signature):
            return True
        of_now = self._secrets.newer_than(secrets)
        return of_now is not None and _fits(of_now, signed, signature)


def _fits(secrets: tuple[str, ...], signed: bytes, signature: bytes) -> bool:
    wanted = [b"v0=" + hmac.digest(one.encode(), signed, "sha256").hex().encode() for one in secrets]
    # All are compared, so the time it takes does not tell which one it was.
    return sum(hmac.compare_digest(one, signature) for one in wanted) > 0


def _arrived(event: Mapping[str, Any], now: float) -> float:
    """When the gateway took the request in, which is before this process began where it had to be started for it."""
    context = event.get("requestContext")
    told = context.get("timeEpoch") if isinstance(context, dict) else None
    arrived = told / 1000 if isinstance(told, int) else now
    return arrived if 0 <= now - arrived <= LONGEST_START_SECONDS else now


def _work_id(read: Mapping[str, Any]) -> str | None:
    """The id that an operation gets which is placed by this request."""
    view = read.get("view")
    held = view.get("id") if read.get("type") == "view_submission" and isinstance(view, dict) else None
    found = held or read.get("trigger_id")
    return found if isinstance(found, str) else None


def _request(read: Mapping[str, Any]) -> BoltRequest:
    """For Bolt, read here: Bolt takes every form that holds the word "payload" for an interaction, and loses it.

    Of the headers only the content type goes on: they are not signed, and some give orders to Bolt.
    """
    return BoltRequest(body=json.dumps(read), headers={"content-type": "application/json"})


def _read(text: str, content_type: str) -> dict[str, Any]:
    """A command's fields or an interaction's payload."""
    if content_type.startswith("application/json"):
        held = json.loads(text)
    else:
        held = dict(parse_qsl(text, keep_blank_values=True))
        if "payload" in held:
            held = json.loads(held["payload"])
    if not isinstance(held, dict):
        raise TypeError("no object")
    return held


def _answer(status: int) -> Answer:
    return {"statusCode": status, "headers": {"content-type": "text/plain"}, "body": ""}
