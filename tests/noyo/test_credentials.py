"""The client's id and secret: read again when Noyo refuses them, and never a reason to send anything twice."""

from __future__ import annotations

import base64
import itertools

import httpx
import pytest

from bot.domain.operations import SensitiveFields
from bot.errors import NotSent, SecretUnavailable
from bot.secrets import AGAIN_SECONDS, CachedSecret
from bot.usecases.ports.runtime import ClientCredentials
from tests.noyo.wire import ID, Wire, connection_json, ok, token

OLD, NEW = ClientCredentials("us", "old"), ClientCredentials("us", "new")


def replaced(*values: ClientCredentials) -> CachedSecret[ClientCredentials]:
    """A secret that holds the next of these whenever it is read, the last one for ever."""
    held = list(values)
    ticking = itertools.count(step=AGAIN_SECONDS)
    return CachedSecret(lambda: held.pop(0) if len(held) > 1 else held[0], lambda: float(next(ticking)))


def basics(wire: Wire) -> list[str]:
    return [
        base64.b64decode(request.headers["Authorization"].removeprefix("Basic ")).decode()
        for request in wire.token_requests
    ]


def knows(credentials: ClientCredentials) -> Wire:
    """A Noyo that gives tokens to these alone."""
    wanted = f"{credentials.client_id}:{credentials.client_secret}"

    def grant(_: httpx.Request) -> httpx.Response:
        return (
            token() if basics(wire)[-1] == wanted else httpx.Response(401, json={"message": "invalid client"})
        )

    wire = Wire(answers=[ok(connection_json(), 201)], tokens=[grant])
    return wire


def retried(wire: Wire, secret: CachedSecret[ClientCredentials]) -> None:
    wire.client(credentials=secret).retry_connection(ID, carrier_group_id=None, sensitive=SensitiveFields())


def test_a_client_that_noyo_refuses_is_read_again_and_the_request_leaves_once() -> None:
    wire = knows(NEW)
    retried(wire, replaced(OLD, NEW))
    assert basics(wire) == ["us:old", "us:new"]
    assert len(wire.sent) == 1


@pytest.mark.parametrize("status", [400, 401, 403])
def test_whatever_noyo_calls_it(status: int) -> None:
    wire = Wire(answers=[ok(connection_json(), 201)], tokens=[httpx.Response(status), token()])
    retried(wire, replaced(OLD, NEW))
    assert basics(wire) == ["us:old", "us:new"]


def test_with_no_other_client_to_be_had_nothing_is_sent_and_it_is_worth_trying_again() -> None:
    wire = knows(NEW)
    with pytest.raises(NotSent, match="does not accept Switchboard's client id and secret"):
        retried(wire, replaced(OLD))
    assert (len(wire.token_requests), wire.sent) == (1, [])


def test_a_new_client_that_is_refused_too_is_not_tried_for_ever() -> None:
    wire = knows(ClientCredentials("us", "neither"))
    with pytest.raises(NotSent):
        retried(wire, replaced(OLD, NEW))
    assert (len(wire.token_requests), wire.sent) == (2, [])


def test_a_token_of_a_client_that_is_gone_is_replaced_by_one_of_the_new_client() -> None:
    """Noyo may refuse what it gave to the old one before its time is up."""
    wire = Wire(
        answers=[httpx.Response(401), ok(connection_json(), 201)],
        tokens=[token("of-the-old"), httpx.Response(401), token("of-the-new")],
    )
    retried(wire, replaced(OLD, NEW))
    assert basics(wire) == ["us:old", "us:old", "us:new"]
    assert [request.headers["Authorization"] for request in wire.sent] == [
        "Bearer of-the-old",
        "Bearer of-the-new",
    ]


def test_trouble_at_the_token_endpoint_is_no_reason_to_read_the_secret() -> None:
    wire = Wire(tokens=[httpx.Response(503)])
    with pytest.raises(NotSent):
        retried(wire, replaced(OLD, NEW))
    assert basics(wire) == ["us:old"]


def test_without_its_secret_nothing_is_sent_and_the_reason_is_said() -> None:
    def unreadable() -> ClientCredentials:
        raise SecretUnavailable("The secret SECRET_NOYO_CLIENT cannot be read.")

    wire = Wire()
    with pytest.raises(NotSent, match=r"nothing was sent\. The secret SECRET_NOYO_CLIENT cannot be read"):
        retried(wire, CachedSecret(unreadable, lambda: 0.0))
    assert wire.token_requests == wire.sent == []
