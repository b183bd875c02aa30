"""Webhooks: signed, at least once, in any order, retried until they are accepted."""

import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import datetime

import pytest
from starlette.responses import Response

from infra.local.http_server import HttpRequest, HttpServer, function_app
from infra.local.noyo import NoyoFake
from infra.local.noyo.webhooks import RETRY_DELAYS
from tests.infra.local.noyo.calling import CARRIER, Caller, Clock
from tests.infra.local.waiting import wait_until

TYPES = ["group_connection_request.created", "group_connection_request.status_change"]


class Receiver:
    """Answers with `status`."""

    def __init__(self) -> None:
        self.requests: list[HttpRequest] = []
        self.status = 200

    def __call__(self, request: HttpRequest) -> Response:
        self.requests.append(request)
        return Response(status_code=self.status)

    @property
    def events(self) -> list[dict[str, dict[str, str]]]:
        return [json.loads(request.body) for request in self.requests]

    @property
    def types(self) -> list[str]:
        return [event["event"]["type"] for event in self.events]


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


@pytest.fixture
def address(receiver: Receiver) -> Iterator[str]:
    with HttpServer(function_app(receiver)) as server:
        yield f"{server.url}/hooks"


def test_changes_before_a_url_is_set_send_no_webhooks(noyo: NoyoFake, address: str, receiver: Receiver) -> None:
    noyo.add_connection()
    assert noyo.deliver_webhooks() == 0
    noyo.send_webhooks(address, "key", automatic=False)
    assert (noyo.deliver_webhooks(), receiver.requests) == (0, [])


def test_new_records_and_status_changes_send_webhooks_with_only_the_id(
    noyo: NoyoFake, address: str, receiver: Receiver, call: Caller, clock: Clock
) -> None:
    noyo.send_webhooks(address, "key", automatic=False)
    connection = noyo.add_connection(group_name="Test Company", status="processing")
    noyo.move_connection(connection["id"], "processing", error="other words")
    noyo.move_connection(connection["id"], "completed")
    request = noyo.carrier_requests_disconnection(carrier_id=CARRIER, group_id=connection["group_id"], group_name="T")
    call.send(
        "PUT",
        f"/group_disconnection_requests/{request['id']}/{request['version']}",
        json={"status": "processing", "effective_end_date": "2030-01-31"},
    )
    noyo.deliver_webhooks()

    about = [(event["event"]["type"], event["data"]) for event in receiver.events]
    assert about == [
        (TYPES[0], {"id": connection["id"]}),
        (TYPES[1], {"id": connection["id"]}),
        ("group_disconnection_request.created", {"id": request["id"]}),
        ("group_disconnection_request.status_change", {"id": request["id"]}),
    ]
    assert len({event["event"]["id"] for event in receiver.events}) == 4


def test_each_webhook_is_signed_with_every_secret(
    noyo: NoyoFake, address: str, receiver: Receiver, clock: Clock
) -> None:
    noyo.send_webhooks(address, "old", "new", automatic=False)
    noyo.add_connection()
    noyo.deliver_webhooks()

    (request,) = receiver.requests
    stamp = request.headers.get("x-noyo-timestamp") or ""
    signed = stamp.encode() + b"." + request.body
    expected = [hmac.new(key, signed, hashlib.sha256).hexdigest() for key in (b"old", b"new")]
    assert (request.headers.get("x-noyo-signature") or "").split(",") == expected
    assert datetime.fromisoformat(stamp).timestamp() == clock()


def test_a_webhook_is_retried_for_three_days(noyo: NoyoFake, address: str, receiver: Receiver, clock: Clock) -> None:
    noyo.send_webhooks(address, "key", automatic=False)
    receiver.status = 500
    noyo.add_connection()
    for pause in (0, *RETRY_DELAYS):
        clock.advance(pause - 1)
        noyo.deliver_webhooks()
        clock.advance(1)
        noyo.deliver_webhooks()
    clock.advance(7 * 86400)

    assert noyo.deliver_webhooks() == 0
    assert len(receiver.requests) == 1 + 15
    assert len({request.body for request in receiver.requests}) == 1
    assert len({request.headers.get("x-noyo-timestamp") for request in receiver.requests}) == 1
    assert sum(RETRY_DELAYS) < 3 * 86400


@pytest.mark.parametrize("status", [204, 302, 400, 401, 503])
def test_only_status_200_accepts_a_webhook(
    noyo: NoyoFake, address: str, receiver: Receiver, clock: Clock, status: int
) -> None:
    noyo.send_webhooks(address, "key", automatic=False)
    receiver.status = status
    noyo.add_connection()
    noyo.deliver_webhooks()
    receiver.status = 200
    clock.advance(RETRY_DELAYS[0])

    assert [noyo.deliver_webhooks(), noyo.deliver_webhooks()] == [1, 0]
    assert noyo.webhooks.events[0].answers == [status, 200]


def test_a_webhook_without_an_answer_is_retried(noyo: NoyoFake, clock: Clock) -> None:
    noyo.send_webhooks("http://127.0.0.1:9/hooks", "key", automatic=False)
    noyo.add_connection()
    noyo.deliver_webhooks()
    assert noyo.webhooks.events[0].answers == [None]


def test_copies_and_the_reverse_order_are_configurable(noyo: NoyoFake, address: str, receiver: Receiver) -> None:
    noyo.send_webhooks(address, "key", automatic=False)
    noyo.webhooks.copies, noyo.webhooks.newest_first = 2, True
    noyo.move_connection(noyo.add_connection(status="created")["id"], "completed")

    assert [noyo.deliver_webhooks() for _ in range(3)] == [2, 2, 0]
    assert receiver.types == [TYPES[1], TYPES[0]] * 2


def test_automatic_webhooks_are_sent_immediately(receiver: Receiver, address: str) -> None:
    with NoyoFake() as noyo:
        noyo.send_webhooks(address, "key")
        noyo.move_connection(noyo.add_connection(status="created")["id"], "completed")
        assert wait_until(lambda: receiver.types == TYPES)
