"""Client id and secret are read again when Noyo refuses them; the request itself is sent once."""

from __future__ import annotations

import base64
import itertools

import httpx
import pytest

from bot import policies
from bot.domain.requests import RetryRequest, SensitiveFields
from bot.errors import NotSent, SecretUnavailable
from bot.secrets import CachedSecret
from bot.usecases.ports.runtime import ClientCredentials
from tests.noyo.http_stub import ID, HttpStub, connection_json, json_response, token_response

OLD, NEW = ClientCredentials("us", "old"), ClientCredentials("us", "new")


def rotating_credentials(*values: ClientCredentials) -> CachedSecret[ClientCredentials]:
    """A secret that returns the next value each time it is read, then the last one."""
    remaining = list(values)
    ticking = itertools.count(step=policies.SECRET_REREAD_SECONDS)
    return CachedSecret(lambda: remaining.pop(0) if len(remaining) > 1 else remaining[0], lambda: float(next(ticking)))


def basic_auth_values(http_stub: HttpStub) -> list[str]:
    return [
        base64.b64decode(request.headers["Authorization"].removeprefix("Basic ")).decode()
        for request in http_stub.token_requests
    ]


def stub_accepting(credentials: ClientCredentials) -> HttpStub:
    """A Noyo that issues tokens for these credentials only."""
    expected = f"{credentials.client_id}:{credentials.client_secret}"

    def grant(_: httpx.Request) -> httpx.Response:
        return (
            token_response()
            if basic_auth_values(http_stub)[-1] == expected
            else httpx.Response(401, json={"message": "invalid client"})
        )

    http_stub = HttpStub(answers=[json_response(connection_json(), 201)], tokens=[grant])
    return http_stub


def retry(http_stub: HttpStub, secret: CachedSecret[ClientCredentials]) -> None:
    http_stub.client(credentials=secret).retry_connection(ID, RetryRequest(), SensitiveFields())


def test_refused_credentials_are_read_again_and_the_request_is_sent_once() -> None:
    http_stub = stub_accepting(NEW)
    retry(http_stub, rotating_credentials(OLD, NEW))
    assert basic_auth_values(http_stub) == ["us:old", "us:new"]
    assert len(http_stub.sent) == 1


@pytest.mark.parametrize("status", [400, 401, 403])
def test_any_refusal_of_credentials_reads_them_again(status: int) -> None:
    http_stub = HttpStub(
        answers=[json_response(connection_json(), 201)], tokens=[httpx.Response(status), token_response()]
    )
    retry(http_stub, rotating_credentials(OLD, NEW))
    assert basic_auth_values(http_stub) == ["us:old", "us:new"]


def test_without_newer_credentials_nothing_is_sent() -> None:
    http_stub = stub_accepting(NEW)
    with pytest.raises(NotSent, match="does not accept Switchboard's client id and secret"):
        retry(http_stub, rotating_credentials(OLD))
    assert (len(http_stub.token_requests), http_stub.sent) == (1, [])


def test_newer_credentials_are_tried_once() -> None:
    http_stub = stub_accepting(ClientCredentials("us", "neither"))
    with pytest.raises(NotSent):
        retry(http_stub, rotating_credentials(OLD, NEW))
    assert (len(http_stub.token_requests), http_stub.sent) == (2, [])


def test_token_of_replaced_credentials_is_renewed_with_the_new_ones() -> None:
    """Noyo may reject the old token before it expires."""
    http_stub = HttpStub(
        answers=[httpx.Response(401), json_response(connection_json(), 201)],
        tokens=[token_response("of-the-old"), httpx.Response(401), token_response("of-the-new")],
    )
    retry(http_stub, rotating_credentials(OLD, NEW))
    assert basic_auth_values(http_stub) == ["us:old", "us:old", "us:new"]
    assert [request.headers["Authorization"] for request in http_stub.sent] == [
        "Bearer of-the-old",
        "Bearer of-the-new",
    ]


def test_server_error_of_the_token_endpoint_does_not_read_the_secret_again() -> None:
    http_stub = HttpStub(tokens=[httpx.Response(503)])
    with pytest.raises(NotSent):
        retry(http_stub, rotating_credentials(OLD, NEW))
    assert basic_auth_values(http_stub) == ["us:old"]


def test_without_its_secret_nothing_is_sent_and_the_reason_is_given() -> None:
    def unreadable() -> ClientCredentials:
        raise SecretUnavailable("The secret SECRET_NOYO_CLIENT cannot be read.")

    http_stub = HttpStub()
    with pytest.raises(NotSent, match=r"no access token\. The secret SECRET_NOYO_CLIENT cannot be read"):
        retry(http_stub, CachedSecret(unreadable, lambda: 0.0))
    assert http_stub.token_requests == http_stub.sent == []
