"""Receives over Socket Mode what Slack would otherwise send to a public address.

Each envelope becomes the signed request that API Gateway would pass to the Slack function, and the function's response
becomes the acknowledgement. https://docs.slack.dev/apis/events-api/using-socket-mode
"""

import json
import logging
import secrets
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Self
from urllib.parse import urlencode

from slack_sdk.errors import SlackApiError
from slack_sdk.signature import SignatureVerifier
from slack_sdk.socket_mode import SocketModeClient
from slack_sdk.socket_mode.client import BaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web import WebClient
from starlette.datastructures import Headers
from starlette.responses import Response

from bot.errors import SettingsError
from bot.settings import Purpose
from infra.local.aws.api_gateway import build_event, read_response
from infra.local.aws.functions import Route
from infra.local.http_server import HttpRequest

ROUTE = Route("POST", "/slack/events")
"""The route of the Slack function."""
ACKNOWLEDGE_SECONDS = 3.0
"""How long Slack waits for an acknowledgement."""
FORM = "application/x-www-form-urlencoded"


APP_TOKEN = "SLACK_APP_TOKEN"
SIGNING_SECRET = "SLACK_SIGNING_SECRET"


def read_app_token(environ: Mapping[str, str]) -> str | None:
    """The app-level token; None without Socket Mode. Raises SettingsError for another kind of token."""
    token = environ.get(APP_TOKEN, "").strip()
    if token and not token.startswith("xapp-"):
        raise SettingsError(f"The settings cannot be used: {APP_TOKEN} must be an app-level token, xapp-….")
    return token or None


def with_signing_secret(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables with a random signing secret, which no other process knows: Slack signs nothing in Socket Mode."""
    others = {name: value for name, value in environ.items() if name != Purpose.SLACK_SIGNING}
    return others | {SIGNING_SECRET: secrets.token_hex(32)}


class SocketMode:
    """Receives while the block runs. Its start raises ConnectionError if Slack refuses the app-level token.

    `invoke` calls the Slack function with an event. `signing_secret` is the one that the function knows. A connection
    that Slack closes is replaced within `ping_interval` seconds, one that breaks off within about five times that.
    `on_problem` is called with each problem.
    """

    def __init__(
        self,
        invoke: Callable[[Any], Any],
        *,
        app_token: str,
        api_url: str,
        signing_secret: str,
        on_problem: Callable[[str], object],
        ping_interval: float = 2.0,
    ) -> None:
        self._invoke, self._secret, self._on_problem = invoke, signing_secret, on_problem
        self._logger = logging.Logger("socket-mode", logging.WARNING)
        self._logger.addHandler(_ProblemHandler(on_problem))
        self._app_token, self._api_url, self._ping_interval = app_token, api_url, ping_interval
        self._client: SocketModeClient | None = None

    def __enter__(self) -> Self:
        client = SocketModeClient(
            self._app_token,
            logger=self._logger,
            web_client=WebClient(base_url=self._api_url),
            ping_interval=self._ping_interval,
        )
        client.socket_mode_request_listeners.append(self._receive)
        self._client = client
        try:
            client.connect()
        except (SlackApiError, OSError) as error:
            self.stop()
            reason = error.response["error"] if isinstance(error, SlackApiError) else error
            raise ConnectionError(f"Slack's Socket Mode: {reason}") from error
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Waits for calls in progress, and acknowledges them. Slack delivers what arrives now again. Idempotent."""
        client, self._client = self._client, None
        if client is None:
            return
        self._logger.disabled = True
        client.message_workers.shutdown()
        # The client's threads would otherwise notice the end only when their waits end, after up to three seconds.
        client.closed = True
        client.enqueue_message("")
        session = client.current_session
        if session is not None and session.sock is not None:
            with suppress(OSError):
                session.sock.shutdown(socket.SHUT_RDWR)
        client.close()

    def _receive(self, client: BaseSocketModeClient, envelope: SocketModeRequest) -> None:
        """Acknowledges only what the function answered with status 200, as Bolt does."""
        started = time.monotonic()
        try:
            response = read_response(self._invoke(build_event(ROUTE, http_request(envelope, self._secret))))
        except Exception as error:  # noqa: BLE001 - whatever it is, Slack must not take it for a success
            return self._not_acknowledged(envelope, repr(error))
        if response.status_code != 200:
            return self._not_acknowledged(envelope, f"status {response.status_code}")
        client.send_socket_mode_response(SocketModeResponse(envelope.envelope_id, acknowledgement(response)))
        seconds = time.monotonic() - started
        if seconds > ACKNOWLEDGE_SECONDS:
            waits = f"Slack waits {ACKNOWLEDGE_SECONDS:g} s"
            self._on_problem(f"Slack's {envelope.type} was acknowledged after {seconds:.1f} s; {waits}")
        return None

    def _not_acknowledged(self, envelope: SocketModeRequest, reason: str) -> None:
        self._on_problem(f"Slack's {envelope.type} was not acknowledged: {reason}")


def http_request(envelope: SocketModeRequest, signing_secret: str) -> HttpRequest:
    """The request that Slack sends over HTTP for the same command, interaction or event."""
    content_type, body = _body(envelope)
    timestamp = str(int(time.time()))
    headers = {
        "Content-Type": content_type,
        "X-Slack-Request-Timestamp": timestamp,
        "X-Slack-Signature": SignatureVerifier(signing_secret).generate_signature(timestamp=timestamp, body=body) or "",
    }
    if envelope.retry_attempt:
        headers["X-Slack-Retry-Num"] = str(envelope.retry_attempt)
        headers["X-Slack-Retry-Reason"] = envelope.retry_reason or ""
    return HttpRequest(ROUTE.method, ROUTE.path, "", Headers(headers), body, "127.0.0.1")


def _body(envelope: SocketModeRequest) -> tuple[str, bytes]:
    if envelope.type == "slash_commands":
        return FORM, urlencode(envelope.payload).encode()
    text = json.dumps(envelope.payload, ensure_ascii=False)
    if envelope.type == "interactive":
        return FORM, urlencode({"payload": text}).encode()
    return "application/json", text.encode()


def acknowledgement(response: Response) -> dict[str, Any] | None:
    """The payload of the acknowledgement: options, view errors or an update; a text becomes a message."""
    text = bytes(response.body).decode()
    if not text:
        return None
    if response.headers["content-type"].startswith("application/json"):
        payload: dict[str, Any] = json.loads(text)
        return payload
    return {"text": text}


class _ProblemHandler(logging.Handler):
    """Passes on what the client logs, such as a connection that cannot be opened."""

    def __init__(self, on_problem: Callable[[str], object]) -> None:
        super().__init__()
        self._on_problem = on_problem

    def emit(self, record: logging.LogRecord) -> None:
        self._on_problem(f"Slack's Socket Mode: {record.getMessage()}")
