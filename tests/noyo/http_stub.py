"""A fake Noyo behind httpx: returns the given answers, records the requests and checks each against the contract."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import httpx

from bot.noyo.client import NoyoHttpClient
from bot.noyo.transport import NoyoSession
from bot.settings import NoyoSettings
from bot.usecases.ports.runtime import ClientCredentials, Secret
from infra.contract import contract
from tests.static_secret import StaticSecret

API = "https://noyo.invalid"
TOKENS = "https://accounts.invalid/auth/public/token"
ID = "dd9a1813-34f7-4c7e-86bc-f041f2cbd9a1"
VERSION = "9906b5d2-e76d-4bad-ba4c-8ce90b6b867b"
CARRIER = "c699414d-fd1c-4de4-86f0-66dfff2276c4"
GROUP = "47c07963-2e34-4da2-86b4-cbc3c57111c1"
NOW = 1_700_000_000.0
CREDENTIALS = StaticSecret(ClientCredentials("us", "secret"))

Reply = httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]


def connection_json(**fields: object) -> dict[str, object]:
    return {
        "id": ID,
        "version": VERSION,
        "created": 1_699_999_000,
        "modified": 1_699_999_500,
        "organization_id": GROUP,
        "carrier_id": CARRIER,
        "group_id": GROUP,
        "request_type": "initial",
        "status": "processing",
        "group_data": {"carrier_group_id": "00110011", "group_name": "Test Company"},
        **fields,
    }


def disconnection_json(**fields: object) -> dict[str, object]:
    return {
        "id": ID,
        "version": VERSION,
        "created": 1_699_999_000,
        "modified": 1_699_999_500,
        "organization_id": GROUP,
        "carrier_id": CARRIER,
        "group_id": GROUP,
        "group_name": "Test Company",
        "source_id": None,
        "source_type": "carrier",
        "status": "needs_review",
        **fields,
    }


def group_json(**fields: object) -> dict[str, object]:
    return {
        "id": GROUP,
        "version": VERSION,
        "created": 1_699_999_000,
        "modified": 1_699_999_500,
        "name": "Test Company",
        "federal_ein": "123456789",
        **fields,
    }


def page_json(*rows: object, **meta: object) -> dict[str, object]:
    fields = {"offset": 0, "page_num": 1, "page_size": 50, "total_records": len(rows), **meta}
    return {"meta": fields, "response": list(rows)}


def json_response(body: object, status: int = 200) -> httpx.Response:
    return httpx.Response(status, json=body)


def token_response(name: str = "token-1", **fields: object) -> httpx.Response:
    return json_response({"access_token": name, "token_type": "Bearer", "expires_in": 600, **fields})


@dataclass
class HttpStub:
    """Returns `answers` in order, then repeats the last one, and `tokens` likewise. Time advances only in `sleep`."""

    answers: list[Reply] = field(default_factory=list)
    tokens: list[Reply] = field(default_factory=lambda: [token_response()])
    sent: list[httpx.Request] = field(default_factory=list)
    token_requests: list[httpx.Request] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)
    now: float = NOW
    check_contract: bool = True

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if str(request.url) == TOKENS:
            self.token_requests.append(request)
            return self._next(self.tokens, request)
        self.sent.append(request)
        if self.check_contract:
            contract().check_request(
                request.method, str(request.url).removeprefix(API), request.headers, request.content
            )
        return self._next(self.answers, request)

    def _next(self, replies: list[Reply], request: httpx.Request) -> httpx.Response:
        reply = replies.pop(0) if len(replies) > 1 else replies[0]
        if isinstance(reply, Exception):
            raise reply
        if isinstance(reply, httpx.Response):
            return httpx.Response(reply.status_code, headers=reply.headers, content=reply.content)
        return reply(request)

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds

    def client(
        self, *, timeout_seconds: int = 20, credentials: Secret[ClientCredentials] = CREDENTIALS
    ) -> NoyoHttpClient:
        session = NoyoSession(
            NoyoSettings(API, TOKENS, timeout_seconds),
            credentials,
            clock=self.clock,
            sleep=self.sleep,
            transport=httpx.MockTransport(self),
            random=lambda: 0.0,
        )
        return NoyoHttpClient(session)

    @property
    def bodies(self) -> Iterator[object]:
        return (json.loads(request.content) if request.content else None for request in self.sent)

    @property
    def called(self) -> list[str]:
        """The method and path of each request, without its query."""
        return [f"{request.method} {request.url.path}" for request in self.sent]

    @property
    def query(self) -> dict[str, str]:
        """The query of the only request."""
        (request,) = self.sent
        return dict(request.url.params)


def stub_with(*replies: Reply) -> HttpStub:
    return HttpStub(list(replies))
