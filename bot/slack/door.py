"""Slack room: the door: Lambda's HTTP event in, its answer out; nothing unsigned gets past here."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping
from functools import cached_property
from typing import Any, Protocol

from slack_bolt import BoltRequest, BoltResponse
from slack_sdk.signature import SignatureVerifier

from bot.ports import Clock

Answer = dict[str, Any]
OLDEST_SECONDS = 300


class Listens(Protocol):
    def dispatch(self, req: BoltRequest) -> BoltResponse: ...


class Door:
    """Verifies the raw bytes and hands them to the app; the app is built at the first request that is signed."""

    def __init__(self, *, signing_secret: str, build: Any, clock: Clock) -> None:
        self._verifier = SignatureVerifier(signing_secret)
        self._build = build
        self._clock = clock

    @cached_property
    def _app(self) -> Listens:
        app: Listens = self._build()
        return app

    def handle(self, event: Mapping[str, Any]) -> Answer:
        """The answer to one event of an HTTP API, payload version 2.0. 400 and 401 say nothing of why."""
        headers = {str(name).lower(): str(value) for name, value in (event.get("headers") or {}).items()}
        body = _raw_body(event)
        if body is None:
            return _answer(400)
        if not self._signed(body, headers):
            return _answer(401)
        try:
            text = body.decode()
        except UnicodeDecodeError:
            return _answer(400)
        response = self._app.dispatch(BoltRequest(body=text, headers={**headers}))
        return {
            "statusCode": response.status,
            "headers": {name: values[0] for name, values in response.headers.items()},
            "body": response.body,
        }

    def _signed(self, body: bytes, headers: Mapping[str, str]) -> bool:
        timestamp, signature = headers.get("x-slack-request-timestamp"), headers.get("x-slack-signature")
        if not timestamp or not signature or not timestamp.isascii() or not timestamp.isdigit():
            return False
        if abs(self._clock() - int(timestamp)) > OLDEST_SECONDS:
            return False
        wanted = self._verifier.generate_signature(timestamp=timestamp, body=body)
        return wanted is not None and _same(wanted, signature)


def _same(wanted: str, given: str) -> bool:
    return hmac.compare_digest(wanted.encode(), given.encode())


def _raw_body(event: Mapping[str, Any]) -> bytes | None:
    body = event.get("body") or ""
    if not isinstance(body, str):
        return None
    if not event.get("isBase64Encoded"):
        return body.encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError):
        return None


def _answer(status: int) -> Answer:
    return {"statusCode": status, "headers": {"content-type": "text/plain"}, "body": ""}
