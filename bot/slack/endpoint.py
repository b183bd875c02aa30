"""Slack's HTTP endpoint: verifies an event of the HTTP API and hands it to the app, within Slack's three seconds."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cached_property
from math import inf
from typing import Any, Protocol
from urllib.parse import parse_qsl

from slack_bolt import BoltRequest, BoltResponse
from slack_sdk import signature

from bot import policies
from bot.errors import DeadlineExceeded, SecretUnavailable
from bot.http_event import HttpAnswer, headers_of, raw_body, text_answer
from bot.telemetry import LogEvent, log_event, trace_context
from bot.usecases.ports.runtime import Clock, Secret

logger = logging.getLogger("switchboard")

MAX_TIMESTAMP_LENGTH = 15
KINDS = frozenset({"command", "block_actions", "block_suggestion", "view_submission", "shortcut", "message_action"})
UNREADABLE = (AttributeError, LookupError, RecursionError, TypeError, ValueError)

_ends_at: ContextVar[float] = ContextVar("_ends_at", default=inf)


class Deadline:
    """When the present request must be answered. Each thread serves its own request."""

    def __init__(self, clock: Clock, seconds: float = policies.SLACK_REQUEST_SECONDS) -> None:
        self._clock = clock
        self._seconds = seconds

    @contextmanager
    def running(self) -> Iterator[None]:
        token = _ends_at.set(self._clock() + self._seconds)
        try:
            yield
        finally:
            _ends_at.reset(token)

    def left(self) -> float:
        """Seconds; negative after the deadline, infinite outside of a request."""
        return _ends_at.get() - self._clock()


class Dispatcher(Protocol):
    def dispatch(self, req: BoltRequest) -> BoltResponse: ...


class _FixedClock(signature.Clock):
    """The verifier's own default clock is one object for all verifiers, and not ours."""

    def __init__(self, now: float) -> None:
        self._now = now

    def now(self) -> float:
        return self._now


class SlackEndpoint:
    """Passes only signed requests to the app, which is built for the first of them."""

    def __init__(
        self, *, signing_secrets: Secret[tuple[str, ...]], build: Callable[[], Any], clock: Clock, deadline: Deadline
    ) -> None:
        """`signing_secrets`: one, or two while one replaces the other."""
        self._secrets = signing_secrets
        self._build = build
        self._clock = clock
        self._deadline = deadline
        self._cold = True

    @cached_property
    def _app(self) -> Dispatcher:
        app: Dispatcher = self._build()
        return app

    def handle(self, event: Mapping[str, Any]) -> HttpAnswer:
        """Answers an event of an HTTP API, payload version 2.0. 400, 401 and 503 do not say why."""
        now = self._clock()
        with self._deadline.running():
            return self._respond(event, now)

    def _respond(self, event: Mapping[str, Any], now: float) -> HttpAnswer:
        headers, body = headers_of(event), _text(event)
        if body is None:
            return text_answer(400)
        try:
            if not self._is_signed(body, headers, now):
                log_event(LogEvent.SIGNATURE_REJECTED, endpoint="slack")
                return text_answer(401)
        except (SecretUnavailable, DeadlineExceeded) as error:
            logger.error("no request can be verified: %s", error)
            return text_answer(503)
        app = self._app
        try:
            payload = _payload(body, headers.get("content-type", ""))
            with trace_context(_work_id(payload)):
                response = app.dispatch(_bolt_request(payload))
                self._log(payload, response.status, _arrived_at(event, now))
        except UNREADABLE as error:
            # The app answers what listeners raise. This is Bolt, which trusts the shape of what it reads.
            logger.warning("a signed request of %d characters cannot be read: %s", len(body), type(error).__name__)
            return text_answer(400)
        return {
            "statusCode": response.status,
            "headers": {name: values[0] for name, values in response.headers.items()},
            "body": response.body,
        }

    def _log(self, payload: Mapping[str, Any], status: int, arrived_at: float) -> None:
        cold, self._cold = self._cold, False
        kind = "command" if "command" in payload else payload.get("type")
        log_event(
            LogEvent.SLACK_ANSWERED,
            kind=kind if isinstance(kind, str) and kind in KINDS else "other",
            cold="yes" if cold else "no",
            status=status,
            milliseconds=round((self._clock() - arrived_at) * 1000),
        )

    def _is_signed(self, body: str, headers: Mapping[str, str], now: float) -> bool:
        """A recent request that one of the secrets signed. If none did, the secrets are read again: one may be new."""
        timestamp = headers.get("x-slack-request-timestamp", "")
        if not timestamp.isascii() or not timestamp.isdigit() or len(timestamp) > MAX_TIMESTAMP_LENGTH:
            return False
        if abs(now - int(timestamp)) > policies.SLACK_REQUEST_MAX_AGE_SECONDS:
            return False
        if not headers.get("x-slack-signature", "").isascii():
            return False
        secrets = self._secrets.value()
        if _is_valid(secrets, body, headers, now):
            return True
        current = self._secrets.newer_than(secrets)
        return current is not None and _is_valid(current, body, headers, now)


def _is_valid(secrets: tuple[str, ...], body: str, headers: Mapping[str, str], now: float) -> bool:
    verifiers = [signature.SignatureVerifier(secret, _FixedClock(now)) for secret in secrets]
    # All are checked, so that the time it takes does not tell which secret fits.
    return sum([verifier.is_valid_request(body, headers) for verifier in verifiers]) > 0


def _text(event: Mapping[str, Any]) -> str | None:
    """The signed body; None if it is not encoded as the event says. UTF-8 keeps the bytes that were signed."""
    body = raw_body(event)
    try:
        return None if body is None else body.decode()
    except UnicodeDecodeError:
        return None


def _arrived_at(event: Mapping[str, Any], now: float) -> float:
    """When the gateway received the request, which is before a cold start."""
    context = event.get("requestContext")
    epoch = context.get("timeEpoch") if isinstance(context, dict) else None
    arrived_at = epoch / 1000 if isinstance(epoch, int) else now
    return arrived_at if 0 <= now - arrived_at <= policies.SLACK_MAX_START_SECONDS else now


def _work_id(payload: Mapping[str, Any]) -> str | None:
    """The id of the operation that this request submits."""
    view = payload.get("view")
    submitted = view.get("id") if payload.get("type") == "view_submission" and isinstance(view, dict) else None
    work_id = submitted or payload.get("trigger_id")
    return work_id if isinstance(work_id, str) else None


def _bolt_request(payload: Mapping[str, Any]) -> BoltRequest:
    """As JSON, because Bolt takes every form that contains the word "payload" for an interaction, and loses its text.

    Only the content type is passed on: headers are not signed, and some of them control Bolt.
    """
    return BoltRequest(body=json.dumps(payload), headers={"content-type": "application/json"})


def _payload(text: str, content_type: str) -> dict[str, Any]:
    """The fields of a command, or the payload of an interaction."""
    if content_type.startswith("application/json"):
        payload = json.loads(text)
    else:
        payload = dict(parse_qsl(text, keep_blank_values=True))
        if "payload" in payload:
            payload = json.loads(payload["payload"])
    if not isinstance(payload, dict):
        raise TypeError("not an object")
    return payload
