"""API Gateway (HTTP API, payload format 2.0): requests become Lambda events, and the functions' results responses."""

import asyncio
import base64
import json
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from infra.local.aws.functions import Route
from infra.local.http_server import HttpRequest, HttpServer, read_request

MAX_SECONDS = 30
"""The gateway's own limit, independent of the function's timeout."""
TEXT_TYPES = ("text/", "application/json", "application/javascript", "application/xml")
GATEWAY_HEADERS = {"content-length", "transfer-encoding", "connection", "date"}
"""Response headers that the gateway sets itself."""


@dataclass(frozen=True, slots=True)
class Integration:
    """The function behind a route, and its timeout in seconds."""

    invoke: Callable[[Any], Any]
    timeout: float


class ApiGateway(HttpServer):
    """Serves the routes at 127.0.0.1. Bodies of a content type in `text_types` are passed as text, others in base64.

    By default forms are passed in base64, as the real gateway does.
    """

    def __init__(
        self, routes: Mapping[Route, Integration], *, port: int = 0, text_types: tuple[str, ...] = TEXT_TYPES
    ) -> None:
        super().__init__(self._respond, port)
        self._routes, self._text_types = routes, text_types

    async def _respond(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = await read_request(scope, receive)
        route = Route(request.method, request.path)
        integration = self._routes.get(route)
        if integration is None:
            response: Response = JSONResponse({"message": "Not Found"}, 404)
        else:
            response = await _invoke(integration, build_event(route, request, self._text_types))
        await response(scope, receive, send)


async def _invoke(integration: Integration, event: Any) -> Response:
    """The function's response. A function that exceeds its timeout is not stopped; its result is ignored."""
    limit = asyncio.timeout(min(integration.timeout, MAX_SECONDS))
    try:
        async with limit:
            return read_response(await asyncio.to_thread(integration.invoke, event))
    except Exception:  # noqa: BLE001 - recorded where the function was invoked; the caller learns no details
        if limit.expired():
            return JSONResponse({"message": "Service Unavailable"}, 503)
        return JSONResponse({"message": "Internal Server Error"}, 500)


def build_event(route: Route, request: HttpRequest, text_types: tuple[str, ...] = TEXT_TYPES) -> dict[str, Any]:
    """Header names are in lower case, repeated headers joined by commas, and cookies in a list of their own."""
    parameters = _joined(parse_qsl(request.query, keep_blank_values=True))
    headers = _joined([(name.lower(), value) for name, value in request.headers.items()])
    cookies = headers.pop("cookie", None)
    body, is_base64 = _encode_body(request.body, headers.get("content-type", ""), text_types)
    key = f"{route.method} {route.path}"
    return {
        "version": "2.0",
        "routeKey": key,
        "rawPath": request.path,
        "rawQueryString": request.query,
        **({"cookies": cookies.split("; ")} if cookies else {}),
        "headers": headers,
        **({"queryStringParameters": parameters} if parameters else {}),
        "requestContext": _request_context(key, request, headers),
        **({"body": body} if request.body else {}),
        "isBase64Encoded": is_base64,
    }


def _request_context(key: str, request: HttpRequest, headers: Mapping[str, str]) -> dict[str, Any]:
    now = time.time()
    return {
        "accountId": "000000000000",
        "apiId": "local",
        "domainName": headers.get("host", "127.0.0.1"),
        "domainPrefix": "local",
        "http": {
            "method": request.method,
            "path": request.path,
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


def _encode_body(body: bytes, content_type: str, text_types: tuple[str, ...]) -> tuple[str, bool]:
    if content_type.lower().startswith(text_types):
        try:
            return body.decode(), False
        except UnicodeDecodeError:
            pass  # not the text that its content type announces
    return (base64.b64encode(body).decode(), True) if body else ("", False)


def read_response(result: Any) -> Response:
    """A result with a `statusCode` is the whole response; any other is a JSON body with status 200.

    Raises where the gateway would answer 500.
    """
    if not isinstance(result, dict) or "statusCode" not in result:
        text = result if isinstance(result, str) else json.dumps(result)
        return Response(text, media_type="application/json")
    headers = {str(name).lower(): _header_text(value) for name, value in (result.get("headers") or {}).items()}
    sent = {name: value for name, value in headers.items() if name not in GATEWAY_HEADERS}
    sent.setdefault("content-type", "text/plain; charset=utf-8")
    response = Response(_response_body(result), _status(result["statusCode"]), sent)
    for cookie in result.get("cookies") or []:
        response.headers.append("set-cookie", str(cookie))
    return response


def _status(code: Any) -> int:
    if isinstance(code, bool) or not str(code).isdigit() or not 200 <= int(code) <= 599:
        raise ValueError(f"{code!r} is not a status code")
    return int(code)


def _header_text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str | int | float):
        raise TypeError(f"a header must be text, not {type(value).__name__}")
    text = str(value)
    if "\r" in text or "\n" in text:
        raise ValueError("a header contains a line break")
    return text


def _response_body(result: Mapping[str, Any]) -> bytes:
    body = result.get("body")
    if body is None:
        return b""
    if not isinstance(body, str):
        raise TypeError(f"the body must be text, not {type(body).__name__}")
    return base64.b64decode(body, validate=True) if result.get("isBase64Encoded") else body.encode()
