"""Answers requests: checks the token, applies queued faults, runs the operation and logs the request."""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, NoReturn
from urllib.parse import parse_qsl

from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import Receive, Scope, Send

from infra.local.http_server import ConnectionReset, HttpRequest, TruncatedResponse, read_request
from infra.local.log import Log
from infra.local.noyo.faults import Fault, FaultKind, Faults
from infra.local.noyo.responses import as_json
from infra.local.noyo.routes import LISTS, Call, route
from infra.local.noyo.rules import Refusal
from infra.local.noyo.state import State
from infra.local.noyo.tokens import Tokens
from infra.local.noyo.validation import check_body

TOKEN_PATH = "/auth/public/token"
_HTML = "<!doctype html><html><body><h1>Please stand by</h1></body></html>"

ListHook = Callable[[str, Mapping[str, str]], object]


@dataclass(frozen=True)
class ReceivedRequest:
    """A request in the log. `status` is None if the connection was reset instead of an answer.

    `took_effect` says whether it changed Noyo's state. The body may be sensitive, so `repr` leaves it out.
    """

    method: str
    path: str
    query: Mapping[str, str]
    body: object = field(repr=False)
    status: int | None
    took_effect: bool
    fault: str | None
    at: float


class Reply(NamedTuple):
    response: Response
    took_effect: bool = False


class Service:
    """Handles one request at a time; only delays and `on_list` run outside the state's lock.

    `sleep` takes seconds and returns True if the fake was stopped meanwhile.
    """

    def __init__(
        self, state: State, tokens: Tokens, faults: Faults, sleep: Callable[[float], bool], log_limit: int | None = None
    ) -> None:
        self._state = state
        self._tokens = tokens
        self._faults = faults
        self._sleep = sleep
        self.requests = Log[ReceivedRequest](log_limit)
        self.on_list: ListHook | None = None

    async def respond(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI application."""
        request = await read_request(scope, receive)
        if self.on_list is not None or self._faults.pending():
            response = await asyncio.to_thread(self._answer, request)  # a delay or the hook may block
        else:
            response = self._answer(request)
        await response(scope, receive, send)

    def _answer(self, request: HttpRequest) -> Response:
        fault = self._faults.take(request.method, request.path)
        reply = self._reply(request, fault)
        self._log(request, fault, reply)
        if fault and fault.kind is FaultKind.DELAY_AFTER and self._sleep(fault.seconds):
            return ConnectionReset()
        return reply.response

    def _reply(self, request: HttpRequest, fault: Fault | None) -> Reply:
        if fault is None:
            return self._process(request)
        if fault.kind is FaultKind.DELAY_BEFORE and self._sleep(fault.seconds):
            return Reply(ConnectionReset())
        response = _response_before_processing(fault)
        return Reply(response) if response else _reply_after_processing(fault, self._process(request))

    def _process(self, request: HttpRequest) -> Reply:
        try:
            if request.path == "/ping" and request.method == "GET":
                return Reply(JSONResponse({"message": "OK"}))
            if request.path == TOKEN_PATH:
                return self._issue_token(request)
            return self._operate(request)
        except Refusal as refusal:
            return Reply(JSONResponse({"message": refusal.message}, refusal.status))

    def _issue_token(self, request: HttpRequest) -> Reply:
        if request.method != "POST":
            raise Refusal(405, "This method is not allowed here")
        body = _read_body(request)
        with self._state.lock:
            token = self._tokens.issue(request.headers.get("Authorization"), body, self._state.rules)
        return Reply(JSONResponse(token))

    def _operate(self, request: HttpRequest) -> Reply:
        with self._state.lock:
            self._tokens.check(request.headers.get("Authorization"))
            operation, ids = route(request.method, request.path)
            call = Call(ids, _read_query(request), self._checked_body(request))
            self._state.apply_due_steps()
            status, body = operation(self._state, call)
        if operation in LISTS and self.on_list:
            self.on_list(request.path, call.query)
        return Reply(_json_response(body, status), took_effect=request.method != "GET")

    def _checked_body(self, request: HttpRequest) -> Mapping[str, Any]:
        body = _read_body(request)
        if request.method == "GET":
            return {}
        # Noyo has published two lists of reasons for new disconnections, so a rule decides on them.
        by_rule = "reason" if request.path.endswith("/group_disconnection_requests") else None
        check_body(request.method, request.path, request.body, except_field=by_rule)
        return body if isinstance(body, dict) else {}

    def _log(self, request: HttpRequest, fault: Fault | None, reply: Reply) -> None:
        reset = isinstance(reply.response, ConnectionReset)
        received = ReceivedRequest(
            method=request.method,
            path=request.path,
            query=dict(parse_qsl(request.query, keep_blank_values=True)),
            body=_logged_body(request),
            status=None if reset else reply.response.status_code,
            took_effect=reply.took_effect,
            fault=str(fault.kind) if fault else None,
            at=self._state.clock(),
        )
        with self._state.lock:
            self.requests.append(received)


def _read_query(request: HttpRequest) -> dict[str, str]:
    pairs = parse_qsl(request.query, keep_blank_values=True)
    if len({name for name, _ in pairs}) < len(pairs):
        raise Refusal(422, "a parameter is given twice")
    return dict(pairs)


def _read_body(request: HttpRequest) -> object:
    """The body's JSON, or None if there is no body."""
    if not request.body:
        return None
    content_type = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if content_type != "application/json":
        raise Refusal(415, "Content-Type: must be application/json")
    try:
        return json.loads(request.body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise Refusal(400, "The body is not JSON") from None


def _logged_body(request: HttpRequest) -> object:
    try:
        return _read_body(request)
    except Refusal:
        return request.body


def _response_before_processing(fault: Fault) -> Response | None:
    """The response of a fault that happens before the request is processed."""
    if fault.kind is FaultKind.RESET_BEFORE:
        return ConnectionReset()
    if fault.kind is FaultKind.ERROR_BEFORE:
        return JSONResponse({"message": "Service unavailable"}, fault.status)
    if fault.kind is FaultKind.FALSE_ANSWER:
        return _json_response(fault.body, fault.status)
    if fault.kind is FaultKind.TOO_MANY:
        wait = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
        return JSONResponse({"message": "Too many requests"}, 429, wait)
    return None


def _reply_after_processing(fault: Fault, reply: Reply) -> Reply:
    """The reply of a fault that happens after the request took effect."""
    response = reply.response
    if fault.kind is FaultKind.RESET_AFTER:
        response = ConnectionReset()
    if fault.kind is FaultKind.TRUNCATED:
        response = TruncatedResponse(response.body, response.status_code, dict(response.headers))
    if fault.kind is FaultKind.ERROR_AFTER:
        response = JSONResponse({"message": "Internal error"}, fault.status)
    if fault.kind is FaultKind.GARBAGE:
        response = HTMLResponse(_HTML)
    if fault.kind is FaultKind.FALSE_ANSWER_AFTER:
        response = _json_response(fault.body, fault.status)
    return reply._replace(response=response)


def _json_response(body: object, status: int) -> Response:
    return Response(as_json(body), status, media_type="application/json")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)
