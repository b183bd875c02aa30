"""The fake as a whole: its log of requests, outages and concurrent callers."""

import socket
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import httpx
import pytest

from infra.local.noyo import NoyoFake
from tests.infra.local.noyo.calling import CARRIER, Caller, Clock


def test_every_request_is_logged_with_its_outcome(noyo: NoyoFake, call: Caller, clock: Clock) -> None:
    call.request()
    call.request()
    call.get("/group_connections", status="created")
    token, first, second, listed = noyo.requests
    assert (token.path, token.status, token.took_effect) == ("/auth/public/token", 200, False)
    assert (first.method, first.status, first.took_effect) == ("POST", 201, True)
    assert first.body["carrier_id"] == CARRIER  # type: ignore[index]
    assert first.at == clock.now
    assert (second.status, second.took_effect) == (409, False)
    assert (listed.query, listed.body) == ({"status": "created"}, None)
    assert (listed.status, listed.took_effect) == (200, False)


def test_a_sensitive_body_is_neither_printed_nor_in_the_repr(
    noyo: NoyoFake, call: Caller, capfd: pytest.CaptureFixture[str]
) -> None:
    call.request(federal_ein="987-65-4321")
    assert "4321" not in repr(noyo.requests)
    printed = capfd.readouterr()
    assert printed.out + printed.err == ""


def test_an_outage_keeps_the_state_and_the_address(noyo: NoyoFake, call: Caller) -> None:
    connection = call.request().json()
    address = noyo.api_url
    noyo.stop()
    with pytest.raises(httpx.ConnectError):
        call.get("/group_connections")
    noyo.start()
    assert noyo.api_url == address
    assert call.get(f"/group_connections/{connection['id']}").status_code == 200


def test_starting_twice_is_an_error_and_stopping_twice_is_not(noyo: NoyoFake) -> None:
    with pytest.raises(RuntimeError):
        noyo.start()
    noyo.stop()
    noyo.stop()


def test_an_address_is_known_only_after_the_start() -> None:
    with pytest.raises(RuntimeError):
        _ = NoyoFake().api_url


def test_a_connection_is_kept_alive_between_requests(noyo: NoyoFake, call: Caller) -> None:
    first = call.get("/groups").extensions["network_stream"].get_extra_info("client_addr")
    second = call.get("/groups").extensions["network_stream"].get_extra_info("client_addr")
    assert first == second


def test_an_error_in_the_fake_itself_is_raised_when_it_stops(clock: Clock) -> None:
    def fail(path: str, query: Mapping[str, str]) -> None:
        raise ZeroDivisionError

    noyo = NoyoFake(clock=clock).start()
    noyo.on_list = fail
    with httpx.Client(trust_env=False, verify=False) as http, pytest.raises(httpx.ReadError):
        Caller(noyo, http).get("/groups")
    with pytest.raises(RuntimeError, match="application failed"):
        noyo.stop()


@pytest.mark.parametrize(
    ("header", "status"), [("Content-Length: many", b"400"), ("Transfer-Encoding: chunked", b"413")]
)
def test_a_body_without_a_length_is_refused(noyo: NoyoFake, header: str, status: bytes) -> None:
    address = urlsplit(noyo.api_url)
    with socket.create_connection((address.hostname, address.port), timeout=10) as raw:
        raw.sendall(f"POST /auth/public/token HTTP/1.1\r\nHost: x\r\n{header}\r\n\r\n".encode())
        assert raw.recv(100).startswith(b"HTTP/1.1 " + status)


def test_one_of_many_simultaneous_equal_requests_is_accepted(noyo: NoyoFake, call: Caller) -> None:
    call.token()
    with ThreadPoolExecutor(8) as pool:
        answered = [done.status_code for done in pool.map(lambda _: call.request(), range(16))]
    assert sorted(answered) == [201] + [409] * 15
    assert len(noyo.connections()) == 1
    assert len(noyo.requests) == 17


def test_seconds_are_whole_even_if_the_clock_is_not(noyo: NoyoFake, clock: Clock) -> None:
    clock.now = 1_700_000_000.9
    added = noyo.add_connection()
    assert added["modified"] == 1_700_000_000
    assert noyo.connection(added["id"]) == added
