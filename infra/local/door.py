"""infra/local: the door: real HTTP made into the events of an API Gateway HTTP API, and the answers back."""

import base64
import json
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from queue import SimpleQueue
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from .functions import Route
from .listening import Listener, Request, Response

GATEWAY_SECONDS = 30
"""The gateway waits no longer, whatever the function may take."""
JSON = (("Content-Type", "application/json"),)
TEXTUAL = ("text/", "application/json", "application/javascript", "application/xml")


@dataclass(frozen=True, slots=True)
class Behind:
    """What answers a route, and how many seconds it may take."""

    invoke: Callable[[Any], Any]
    timeout: float


class Door:
    """Listens on 127.0.0.1 while the block runs; `textual` are the content types whose bodies come as text.

    All other bodies, forms too, come in base64, as the gateway sends them.
    """

    def __init__(
        self, routes: Mapping[Route, Behind], *, port: int = 0, textual: tuple[str, ...] = TEXTUAL
    ) -> None:
        self._routes = routes
        self._textual = textual
        self._listener = Listener(self._answer, port)
        self.url = self._listener.url

    def __enter__(self) -> Self:
        self._listener.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.__exit__()

    def _answer(self, request: Request) -> Response:
        route = Route(request.method, urlsplit(request.target).path)
        behind = self._routes.get(route)
        if behind is None:
            return _message(404, "Not Found")
        return _within(behind, event_of(route, request, self._textual))


def _within(behind: Behind, event: Any) -> Response:
    """What comes in time. A handler cannot be stopped from outside: one that is late is left to itself."""
    answered: SimpleQueue[Response] = SimpleQueue()
    working = threading.Thread(target=lambda: answered.put(_called(behind.invoke, event)), daemon=True)
    working.start()
    working.join(min(behind.timeout, GATEWAY_SECONDS))
    return _message(503, "Service Unavailable") if answered.empty() else answered.get()


def _called(invoke: Callable[[Any], Any], event: Any) -> Response:
    try:
        return response_of(invoke(event))
    except Exception:  # noqa: BLE001 - noted where it was invoked; the caller learns no more than this
        return _message(500, "Internal Server Error")


def _message(status: int, text: str) -> Response:
    return Response(status, JSON, json.dumps({"message": text}).encode())


def event_of(route: Route, request: Request, textual: tuple[str, ...] = TEXTUAL) -> dict[str, Any]:
    """Payload format 2.0: lower-case header names, repeated ones joined, cookies on their own."""
    parts = urlsplit(request.target)
    queries = _joined(parse_qsl(parts.query, keep_blank_values=True))
    headers = _joined([(name.lower(), value) for name, value in request.headers])
    cookies = headers.pop("cookie", None)
    body, encoded = _body(request.body, headers.get("content-type", ""), textual)
    key = f"{route.method} {route.path}"
    return {
        "version": "2.0",
        "routeKey": key,
        "rawPath": parts.path,
        "rawQueryString": parts.query,
        **({"cookies": cookies.split("; ")} if cookies else {}),
        "headers": headers,
        **({"queryStringParameters": queries} if queries else {}),
        "requestContext": _context(key, parts.path, request, headers),
        **({"body": body} if request.body else {}),
        "isBase64Encoded": encoded,
    }


def _context(key: str, path: str, request: Request, headers: Mapping[str, str]) -> dict[str, Any]:
    now = time.time()
    return {
        "accountId": "000000000000",
        "apiId": "local",
        "domainName": headers.get("host", "127.0.0.1"),
        "domainPrefix": "local",
        "http": {
            "method": request.method,
            "path": path,
            "protocol": "HTTP/1.1",
            "sourceIp": request.client,
            "userAgent": headers.get("user-agent", ""),
        },
        "requestId": uuid.uuid4().hex,
        "routeKey": key,
        "stage": "$default",
        "time": datetime.fromtimestamp(now, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000"),
        "timeEpoch": int(now * 1000),
    }


def _joined(pairs: list[tuple[str, str]]) -> dict[str, str]:
    joined: dict[str, str] = {}
    for name, value in pairs:
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return joined


def _body(raw: bytes, content_type: str, textual: tuple[str, ...]) -> tuple[str, bool]:
    if content_type.lower().startswith(textual):
        try:
            return raw.decode(), False
        except UnicodeDecodeError:
            pass  # not the text that it says it is
    return (base64.b64encode(raw).decode(), True) if raw else ("", False)


def response_of(answer: Any) -> Response:
    """As the gateway reads it: with a `statusCode` the whole answer, without one a body of JSON with status 200.

    Raises where the gateway would answer 500.
    """
    if not isinstance(answer, dict) or "statusCode" not in answer:
        text = answer if isinstance(answer, str) else json.dumps(answer)
        return Response(200, JSON, text.encode())
    headers = {str(name): _text(value) for name, value in (answer.get("headers") or {}).items()}
    if not any(name.lower() == "content-type" for name in headers):
        headers["Content-Type"] = "text/plain; charset=utf-8"
    sent = [(name, value) for name, value in headers.items() if name.lower() not in OWN_HEADERS]
    sent += [("Set-Cookie", str(cookie)) for cookie in answer.get("cookies") or []]
    return Response(_status(answer["statusCode"]), tuple(sent), _bytes(answer))


OWN_HEADERS = {"content-length", "transfer-encoding", "connection"}


def _status(told: Any) -> int:
    if isinstance(told, bool) or not str(told).isdigit() or not 200 <= int(told) <= 599:
        raise ValueError(f"{told!r} is no status code")
    return int(told)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str | int | float):
        raise TypeError(f"a header holds {type(value).__name__}, not text")
    text = str(value)
    if "\r" in text or "\n" in text:
        raise ValueError("a header holds a line break")
    return text


def _bytes(answer: Mapping[str, Any]) -> bytes:
    body = answer.get("body")
    if body is None:
        return b""
    if not isinstance(body, str):
        raise TypeError(f"the body is {type(body).__name__}, not text")
    return base64.b64decode(body, validate=True) if answer.get("isBase64Encoded") else body.encode()
