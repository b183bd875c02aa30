"""The real client against the Noyo fake: each operation's requests and answers conform to the contract."""

import re
from collections.abc import Iterator
from datetime import date

import httpx
import pytest

from bot.domain.records import (
    Connection,
    ConnectionStatus,
    Disconnection,
    DisconnectionSource,
    DisconnectionStatus,
    EntityKind,
)
from bot.domain.requests import Decision, DecisionReason, DisconnectionReason, RetryRequest, SensitiveFields
from bot.errors import NoAnswer, NotSent, NoyoRefused, UnreadableAnswer
from bot.noyo.client import NoyoHttpClient
from bot.noyo.transport import NoyoSession
from bot.settings import NoyoSettings
from bot.usecases.ports.runtime import ClientCredentials
from infra.local.noyo import Fault, FaultKind, NoyoFake, Rules
from tests.noyo.http_stub import contract
from tests.static_secret import StaticSecret

CARRIER = "c699414d-fd1c-4de4-86f0-66dfff2276c4"
UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"
ENDS = date(2025, 1, 31)
NOT_CALLED = {("PUT", "/api/v1/group_disconnection_requests/{group_disconnection_request_id}/confirm")}
"""Approvals name the version that was shown; confirming without a version is not part of the client."""


class CheckingTransport(httpx.BaseTransport):
    """Sends over HTTP and checks requests and answers against the contract; `seen` has the operations called so far."""

    def __init__(self) -> None:
        self._inner = httpx.HTTPTransport()
        self.seen: set[tuple[str, str]] = set()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if not request.url.path.startswith("/api/"):
            return self._inner.handle_request(request)
        method, path = request.method, request.url.path
        contract().check_request(method, str(request.url), request.headers, request.content)
        answer = self._inner.handle_request(request)
        body = answer.read()
        contract().check_answer(method, path, answer.status_code, body)
        self.seen.add((method, contract().template(path) or "none"))
        return httpx.Response(answer.status_code, headers=answer.headers, content=body)

    def close(self) -> None:
        self._inner.close()


@pytest.fixture(params=[True, False], ids=["with the vendor's gaps", "whole"])
def noyo(request: pytest.FixtureRequest) -> Iterator[NoyoFake]:
    with NoyoFake(rules=Rules(vendor_nulls=request.param, settle_script=None)) as noyo:
        yield noyo


@pytest.fixture
def transport() -> CheckingTransport:
    return CheckingTransport()


def new_client(noyo: NoyoFake, transport: httpx.BaseTransport | None) -> NoyoHttpClient:
    return NoyoHttpClient(
        NoyoSession(
            NoyoSettings(noyo.api_url, noyo.token_url, 5),
            StaticSecret(ClientCredentials("client", "secret")),
            clock=lambda: 1_800_000_000.0,
            sleep=lambda _: None,
            transport=transport,
            random=lambda: 0.0,
        )
    )


@pytest.fixture
def client(noyo: NoyoFake, transport: CheckingTransport) -> Iterator[NoyoHttpClient]:
    client = new_client(noyo, transport)
    yield client
    client.session.close()


def request_connection(client: NoyoHttpClient, carrier_group_id: str = "00110011") -> Connection:
    return client.request_connection(
        CARRIER, carrier_group_id, "Test Company", SensitiveFields(federal_ein="123456789")
    )


def disconnection_request(noyo: NoyoFake, connection: Connection, **fields: object) -> str:
    disconnection = noyo.carrier_requests_disconnection(
        carrier_id=CARRIER, group_id=connection.group_id or "", group_name="Test Company", **fields
    )
    return str(disconnection["id"])


def test_client_and_fake_agree_on_every_operation_that_the_client_calls(
    noyo: NoyoFake, client: NoyoHttpClient, transport: CheckingTransport
) -> None:
    call_connection_operations(noyo, client)
    call_disconnection_operations(noyo, client)

    described = {
        (method.upper(), path)
        for path, item in contract().description["paths"].items()
        for method in item
        if method != "parameters"
    }
    assert transport.seen == described - NOT_CALLED


def call_connection_operations(noyo: NoyoFake, client: NoyoHttpClient) -> None:
    connection = request_connection(client)
    group_id = connection.group_id or ""
    assert connection.status is ConnectionStatus.CREATED
    other = client.request_connection_of_group(group_id, CARRIER, "00220022", SensitiveFields(broker_tin="1234"))
    noyo.move_connection(connection.id, "unable_to_connect", error="No group 123-45-6789")

    failed = client.connection(connection.id)
    assert (failed.status, failed.error) == (ConnectionStatus.UNABLE_TO_CONNECT, "No group •••")
    again = client.retry_connection(connection.id, RetryRequest("00110012"), SensitiveFields())
    assert (again.id, again.status, again.carrier_group_id) == (connection.id, ConnectionStatus.PROCESSING, "00110012")

    ids = {connection.id, other.id}
    assert {row.row_id for row in client.newest(EntityKind.CONNECTION, offset=0, page_size=10).rows} == ids
    assert {row.row_id for row in client.by_ids(EntityKind.CONNECTION, [*ids, UNKNOWN_ID]).rows} == ids
    (row,) = client.in_status(EntityKind.CONNECTION, ["processing", "completed"], offset=0, page_size=10).rows
    assert row.record == client.connection(connection.id)
    assert [connection.id for connection in client.connections_at(CARRIER, "00220022")] == [other.id]
    assert {row.row_id for row in client.connections_of_group(group_id).rows} == ids
    assert [group.id for group in client.groups_named("test")] == [group_id]
    assert [group.id for group in client.groups_at(CARRIER, "00220022")] == [group_id]
    assert [eligibility.carrier_id for eligibility in client.eligibility(group_id)] == [CARRIER]
    assert [eligibility.eligibility for eligibility in client.eligibility(group_id, CARRIER)] == ["eligible"]


def call_disconnection_operations(noyo: NoyoFake, client: NoyoHttpClient) -> None:
    (row, *_) = client.newest(EntityKind.CONNECTION, offset=0, page_size=5).rows
    assert isinstance(row.record, Connection)
    first, second, third = (disconnection_request(noyo, row.record, source_date="2025-01-02") for _ in range(3))
    read = client.disconnection(first)
    assert (read.status, read.source_type) == (DisconnectionStatus.NEEDS_REVIEW, DisconnectionSource.CARRIER)

    decided = client.decide_disconnection(first, read.version, Decision.APPROVE, effective_end_date=ENDS)
    assert decided.status is DisconnectionStatus.PROCESSING
    rejected = client.reject_disconnection(second, reason=DecisionReason.OTHER, context="No.")
    assert rejected.status is DisconnectionStatus.REJECTED
    ours = client.request_disconnection(
        CARRIER, row.record.group_id or "", ENDS, reason=DisconnectionReason.TERMINATED, context="They left."
    )
    assert ours.source_type is DisconnectionSource.PLATFORM

    found = client.in_status(EntityKind.DISCONNECTION, ["needs_review", "processing"], offset=0, page_size=5)
    assert {row.row_id for row in found.rows} == {first, third, ours.id}
    newest = client.newest(EntityKind.DISCONNECTION, offset=0, page_size=10)
    assert all(isinstance(row.record, Disconnection) for row in newest.rows)


def test_rejection_without_a_reason_has_no_body(noyo: NoyoFake, client: NoyoHttpClient) -> None:
    disconnection_id = disconnection_request(noyo, request_connection(client), effective_end_date="2025-01-31")

    assert client.reject_disconnection(disconnection_id).status is DisconnectionStatus.REJECTED


def test_a_refusal_has_noyos_status_and_message(noyo: NoyoFake, client: NoyoHttpClient) -> None:
    connection = request_connection(client)
    waiting = disconnection_request(noyo, connection, effective_end_date="2025-01-31")

    def retry() -> Connection:
        return client.retry_connection(connection.id, RetryRequest(), SensitiveFields())

    for status, message, call in (
        (409, "exists", lambda: request_connection(client)),
        (404, "not found", lambda: client.connection(UNKNOWN_ID)),
        (422, "cannot be retried", lambda: client.retry_connection(connection.id, RetryRequest(), SensitiveFields())),
        (409, "version", lambda: client.decide_disconnection(waiting, UNKNOWN_ID, Decision.APPROVE)),
    ):
        with pytest.raises(NoyoRefused, match=re.compile(message, re.IGNORECASE)) as refused:
            call()
        assert refused.value.status == status


def test_a_protected_group_may_not_be_disconnected(noyo: NoyoFake, client: NoyoHttpClient) -> None:
    connection = request_connection(client)
    noyo.rules = Rules(protected_groups=frozenset({connection.group_id or ""}))

    with pytest.raises(NoyoRefused) as refused:
        client.request_disconnection(CARRIER, connection.group_id or "", ENDS)
    assert refused.value.status == 403


def test_an_expired_token_is_replaced_transparently(noyo: NoyoFake, client: NoyoHttpClient) -> None:
    connection = request_connection(client)
    noyo.expire_tokens()

    assert client.connection(connection.id) == connection


def test_all_rows_are_read_with_the_smallest_pages(noyo: NoyoFake, client: NoyoHttpClient) -> None:
    noyo.rules = Rules(max_page_size=2, settle_script=None)
    ids = [request_connection(client, f"0011{number}").id for number in range(5)]

    assert {row.row_id for row in client.by_ids(EntityKind.CONNECTION, ids).rows} == set(ids)


@pytest.mark.parametrize(
    ("kind", "error", "arrived"),
    [
        (FaultKind.RESET_BEFORE, NoAnswer, False),
        (FaultKind.RESET_AFTER, NoAnswer, True),
        (FaultKind.TRUNCATED, NoAnswer, True),
        (FaultKind.ERROR_BEFORE, NoAnswer, False),
        (FaultKind.ERROR_AFTER, NoAnswer, True),
        (FaultKind.GARBAGE, UnreadableAnswer, True),
        (FaultKind.TOO_MANY, NotSent, False),
    ],
)
def test_a_write_with_a_network_fault_is_sent_once_and_raises_a_specific_error(
    kind: FaultKind, error: type[Exception], arrived: bool
) -> None:
    with NoyoFake() as noyo:
        client = new_client(noyo, None)
        noyo.faults.add(Fault(kind))

        with pytest.raises(error):
            request_connection(client)
        client.session.close()

        assert [request.method for request in noyo.requests if request.path.startswith("/api/")] == ["POST"]
        assert bool(noyo.connections()) is arrived


@pytest.mark.parametrize(
    "kind",
    [FaultKind.RESET_BEFORE, FaultKind.RESET_AFTER, FaultKind.TRUNCATED, FaultKind.ERROR_AFTER, FaultKind.TOO_MANY],
)
def test_a_read_with_a_network_fault_is_repeated(kind: FaultKind) -> None:
    with NoyoFake() as noyo:
        client = new_client(noyo, None)
        connection = request_connection(client)
        noyo.faults.add(Fault(kind, times=2))

        assert client.connection(connection.id).id == connection.id
        client.session.close()


def test_a_write_to_a_stopped_server_is_not_sent() -> None:
    with NoyoFake() as noyo:
        client = new_client(noyo, None)
        request_connection(client)
    # The client has a token, so the write itself is the first request to fail.
    with pytest.raises(NotSent):
        request_connection(client, "00220022")
    client.session.close()


def test_a_write_does_not_reuse_a_connection_that_noyo_may_have_closed() -> None:
    with NoyoFake() as noyo:
        client = new_client(noyo, None)
        connection = request_connection(client)
        client.connection(connection.id)
        noyo.stop()
        noyo.start()

        assert request_connection(client, "00220022").id != connection.id
        client.session.close()
