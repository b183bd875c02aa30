"""infra/local/noyo: one request from bytes to reply, with its fault and its line in the record."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import NoReturn
from urllib.parse import parse_qsl, urlsplit

from .faults import Fault, FaultKind, Faults
from .routes import LISTS, Call, route
from .rules import Refusal
from .tokens import Tokens
from .world import World

TOKEN_PATH = "/auth/public/token"
_JSON = {"Content-Type": "application/json"}
_PAGE_OF_HTML = b"<!doctype html><html><body><h1>Please stand by</h1></body></html>"

ListHook = Callable[[str, Mapping[str, str]], object]


@dataclass(frozen=True)
class Seen:
    """One request as it came. `status` is what was answered, None where the connection was cut.

    `took_effect` says whether it changed what Noyo keeps; the body may be sensitive, so `repr`
    leaves it out.
    """

    method: str
    path: str
    query: Mapping[str, str]
    body: object = field(repr=False)
    status: int | None
    took_effect: bool
    fault: str | None
    at: float


@dataclass(frozen=True)
class Arrived:
    method: str
    path: str
    raw_query: str
    headers: Mapping[str, str]
    raw_body: bytes


class Cut(Enum):
    WHOLE = auto()
    RESET = auto()
    TRUNCATED = auto()


@dataclass(frozen=True)
class Reply:
    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=lambda: _JSON)
    cut: Cut = Cut.WHOLE
    took_effect: bool = False


HUNG_UP = Reply(0, b"", cut=Cut.RESET)


class Desk:
    """Answers requests one at a time; only pauses and the hook run outside the world's lock.

    `pause` takes seconds and returns True when the stand-in was stopped meanwhile.
    """

    def __init__(self, world: World, tokens: Tokens, faults: Faults, pause: Callable[[float], bool]) -> None:
        self._world = world
        self._tokens = tokens
        self._faults = faults
        self._pause = pause
        self.requests: list[Seen] = []
        self.on_list: ListHook | None = None

    def answer(self, method: str, target: str, headers: Mapping[str, str], raw: bytes) -> Reply:
        parts = urlsplit(target)
        arrived = Arrived(method, parts.path, parts.query, headers, raw)
        fault = self._faults.take(method, parts.path)
        reply = self._reply(arrived, fault)
        self._note(arrived, fault, reply)
        if fault and fault.kind is FaultKind.DELAY_AFTER and self._pause(fault.seconds):
            return HUNG_UP
        return reply

    def _reply(self, arrived: Arrived, fault: Fault | None) -> Reply:
        if fault is None:
            return self._process(arrived)
        if fault.kind is FaultKind.DELAY_BEFORE and self._pause(fault.seconds):
            return HUNG_UP
        instead = instead_of_processing(fault)
        return instead or after_processing(fault, self._process(arrived))

    def _process(self, arrived: Arrived) -> Reply:
        try:
            if arrived.path == "/ping" and arrived.method == "GET":
                return as_json(200, {"message": "OK"})
            if arrived.path == TOKEN_PATH:
                return self._token(arrived)
            return self._operate(arrived)
        except Refusal as refusal:
            return as_json(refusal.status, {"message": refusal.message})

    def _token(self, arrived: Arrived) -> Reply:
        if arrived.method != "POST":
            raise Refusal(405, "This method is not allowed here")
        with self._world.lock:
            granted = self._tokens.issue(
                arrived.headers.get("Authorization"), read_body(arrived), self._world.rules
            )
        return as_json(200, granted)

    def _operate(self, arrived: Arrived) -> Reply:
        with self._world.lock:
            self._tokens.check(arrived.headers.get("Authorization"))
            operation, ids = route(arrived.method, arrived.path)
            call = Call(ids, read_query(arrived), read_body(arrived))
            self._world.catch_up()
            answer = operation(self._world, call)
        if operation in LISTS and self.on_list:
            self.on_list(arrived.path, call.query)
        return replace(as_json(*answer), took_effect=arrived.method != "GET")

    def _note(self, arrived: Arrived, fault: Fault | None, reply: Reply) -> None:
        seen = Seen(
            method=arrived.method,
            path=arrived.path,
            query=dict(parse_qsl(arrived.raw_query, keep_blank_values=True)),
            body=body_as_seen(arrived),
            status=None if reply.cut is Cut.RESET else reply.status,
            took_effect=reply.took_effect,
            fault=str(fault.kind) if fault else None,
            at=self._world.clock(),
        )
        with self._world.lock:
            self.requests.append(seen)


def as_json(status: int, body: object) -> Reply:
    return Reply(status, json.dumps(body).encode())


def read_query(arrived: Arrived) -> dict[str, str]:
    pairs = parse_qsl(arrived.raw_query, keep_blank_values=True)
    if len({name for name, _ in pairs}) < len(pairs):
        raise Refusal(422, "a parameter is given twice")
    return dict(pairs)


def read_body(arrived: Arrived) -> object:
    """The JSON of the body, or None where there is no body."""
    if not arrived.raw_body:
        return None
    content_type = arrived.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if content_type != "application/json":
        raise Refusal(415, "Content-Type: must be application/json")
    try:
        return json.loads(arrived.raw_body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise Refusal(400, "The body is not JSON") from None


def body_as_seen(arrived: Arrived) -> object:
    try:
        return read_body(arrived)
    except Refusal:
        return arrived.raw_body


def instead_of_processing(fault: Fault) -> Reply | None:
    """The reply of a fault that strikes before anything is read."""
    if fault.kind is FaultKind.RESET_BEFORE:
        return HUNG_UP
    if fault.kind is FaultKind.ERROR_BEFORE:
        return as_json(fault.status, {"message": "Service unavailable"})
    if fault.kind is FaultKind.TOO_MANY:
        wait = {} if fault.retry_after is None else {"Retry-After": fault.retry_after}
        return replace(as_json(429, {"message": "Too many requests"}), headers={**_JSON, **wait})
    return None


def after_processing(fault: Fault, reply: Reply) -> Reply:
    """What becomes of the true reply on its way back; its effect has taken place."""
    if fault.kind is FaultKind.RESET_AFTER:
        return replace(reply, cut=Cut.RESET)
    if fault.kind is FaultKind.TRUNCATED:
        return replace(reply, cut=Cut.TRUNCATED)
    if fault.kind is FaultKind.ERROR_AFTER:
        broken = as_json(fault.status, {"message": "Internal error"})
        return replace(broken, took_effect=reply.took_effect)
    if fault.kind is FaultKind.GARBAGE:
        html = {"Content-Type": "text/html"}
        return replace(reply, status=200, body=_PAGE_OF_HTML, headers=html)
    return reply


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)
