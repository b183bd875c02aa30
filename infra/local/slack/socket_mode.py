"""Socket Mode: the app opens a WebSocket, receives what people do in envelopes, and acknowledges each envelope.

https://docs.slack.dev/apis/events-api/using-socket-mode
"""

import asyncio
import hmac
import json
import uuid
from collections.abc import Coroutine, Mapping
from concurrent.futures import Future
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from infra.local.slack.client.bot_endpoint import FORM, Ack
from infra.local.slack.workspace import Json


class SocketModeConnections:
    """The WebSockets of one app. Envelopes are sent on the newest one; tickets are valid once."""

    def __init__(self, app_id: str, app_token: str) -> None:
        self._app_id, self._app_token = app_id, app_token
        self._tickets: set[str] = set()
        self._open: dict[WebSocket, asyncio.Task[Any]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiting: dict[str, Future[Json]] = {}
        self.envelopes: list[Json] = []
        """All envelopes so far, with repetitions."""
        self.opened = 0
        """How many WebSockets were opened so far."""

    @property
    def routes(self) -> list[BaseRoute]:
        return [
            Route("/api/apps.connections.open", self._issue_ticket, methods=["POST"]),
            WebSocketRoute("/link/", self._serve),
        ]

    @property
    def count(self) -> int:
        """How many WebSockets are open."""
        return len(self._open)

    def deliver(self, body: bytes, headers: Mapping[str, str], timeout: float) -> Ack:
        """Sends an HTTP request's content in an envelope.

        Raises TimeoutError without an acknowledgement after `timeout` seconds, ConnectionError without a WebSocket.
        """
        return self._send(_envelope(body, headers), timeout)

    def redeliver(self, timeout: float = 10.0) -> Ack:
        """Sends the newest envelope again, as if its acknowledgement had been lost. Raises as `deliver`."""
        return self._send(self.envelopes[-1], timeout)

    def request_reconnect(self) -> None:
        """Announces the end of each WebSocket, as Slack does every few hours. The app replaces and closes it."""
        message = {"type": "disconnect", "reason": "refresh_requested", "debug_info": {"host": "local"}}
        for websocket in list(self._open):
            self._run(websocket.send_json(message))

    def close_all(self) -> None:
        """Closes each WebSocket without an announcement."""
        for websocket in list(self._open):
            self._run(websocket.close(1011))

    def break_off(self) -> None:
        """Ends each connection without WebSocket's closing handshake, as a broken network does."""
        for task in list(self._open.values()):
            task.get_loop().call_soon_threadsafe(task.cancel)

    async def _issue_ticket(self, request: Request) -> Response:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not hmac.compare_digest(token.encode(), self._app_token.encode()):
            error = "invalid_auth" if token.startswith("xapp-") else "not_allowed_token_type"
            return JSONResponse({"ok": False, "error": error})
        ticket = uuid.uuid4().hex
        self._tickets.add(ticket)
        url = f"ws://{request.url.netloc}/link/?ticket={ticket}&app_id={self._app_id}"
        return JSONResponse({"ok": True, "url": url})

    async def _serve(self, websocket: WebSocket) -> None:
        ticket = websocket.query_params.get("ticket", "")
        if ticket not in self._tickets:
            await websocket.close()
            return
        self._tickets.remove(ticket)
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a WebSocket is served by a task")
        self._loop = task.get_loop()
        await websocket.accept()
        await websocket.send_json(
            {"type": "hello", "num_connections": self.count + 1, "connection_info": {"app_id": self._app_id}}
        )
        self._open[websocket] = task
        self.opened += 1
        try:
            while True:
                self._acknowledge(await websocket.receive_json())
        except (WebSocketDisconnect, asyncio.CancelledError):
            pass
        finally:
            del self._open[websocket]

    def _acknowledge(self, message: Json) -> None:
        waiting = self._waiting.pop(message["envelope_id"], None)
        if waiting is not None:
            waiting.set_result(message)

    def _send(self, envelope: Json, timeout: float) -> Ack:
        if not self._open:
            raise ConnectionError("the app has no open WebSocket")
        self.envelopes.append(envelope)
        # An envelope that is sent again shares its acknowledgement with the first.
        acknowledgement = self._waiting.setdefault(envelope["envelope_id"], Future())
        self._run(list(self._open)[-1].send_json(envelope))
        payload = acknowledgement.result(timeout).get("payload")
        return Ack(200) if payload is None else Ack(200, json.dumps(payload).encode(), "application/json")

    def _run(self, coroutine: Coroutine[Any, Any, None]) -> None:
        if self._loop is not None:
            asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()


def _envelope(body: bytes, headers: Mapping[str, str]) -> Json:
    kind, payload = _content(body.decode(), headers["Content-Type"])
    envelope: Json = {"envelope_id": str(uuid.uuid4()), "type": kind, "payload": payload}
    answered = kind == "slash_commands" or payload["type"] in ("view_submission", "block_suggestion")
    envelope["accepts_response_payload"] = answered
    if kind == "events_api":
        envelope["retry_attempt"] = int(headers.get("X-Slack-Retry-Num", "0"))
        envelope["retry_reason"] = headers.get("X-Slack-Retry-Reason", "")
    return envelope


def _content(body: str, content_type: str) -> tuple[str, Json]:
    """The envelope's type and payload."""
    if content_type != FORM:
        return "events_api", json.loads(body)
    fields = dict(parse_qsl(body, keep_blank_values=True))
    if "payload" in fields:
        return "interactive", json.loads(fields["payload"])
    return "slash_commands", fields
