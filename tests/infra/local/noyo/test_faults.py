"""Network and server faults, as a client sees them."""

import threading
import time

import httpx
import pytest

from infra.local.noyo import Fault, NoyoFake
from tests.infra.local.noyo.calling import Caller


def test_a_reset_before_processing_has_no_effect(noyo: NoyoFake, call: Caller) -> None:
    noyo.faults.add(Fault("reset_before", method="POST"))
    with pytest.raises(httpx.ReadError, match="reset"):
        call.request()
    assert noyo.connections() == []
    assert (noyo.requests[-1].status, noyo.requests[-1].took_effect) == (None, False)
    assert call.request().status_code == 201


def test_a_reset_after_processing_keeps_the_effect(noyo: NoyoFake, call: Caller) -> None:
    noyo.faults.add(Fault("reset_after", method="POST"))
    with pytest.raises(httpx.ReadError, match="reset"):
        call.request()
    assert len(noyo.connections()) == 1
    assert (noyo.requests[-1].status, noyo.requests[-1].took_effect) == (None, True)
    assert call.request().status_code == 409


def test_a_truncated_body_is_incomplete(noyo: NoyoFake, call: Caller) -> None:
    noyo.faults.add(Fault("truncated", method="POST"))
    with pytest.raises(httpx.RemoteProtocolError, match="without sending complete"):
        call.request()
    assert len(noyo.connections()) == 1
    assert call.get("/group_connections").status_code == 200


@pytest.mark.parametrize("status", [500, 503])
def test_an_error_before_processing_has_no_effect(noyo: NoyoFake, call: Caller, status: int) -> None:
    noyo.faults.add(Fault("error_before", method="POST", status=status))
    assert call.request().status_code == status
    assert noyo.connections() == []
    assert not noyo.requests[-1].took_effect


def test_an_error_after_processing_keeps_the_effect(noyo: NoyoFake, call: Caller) -> None:
    noyo.faults.add(Fault("error_after", method="POST"))
    assert call.request().status_code == 500
    assert len(noyo.connections()) == 1
    assert noyo.requests[-1].took_effect


def test_a_429_says_when_to_retry(noyo: NoyoFake, call: Caller) -> None:
    noyo.faults.add(Fault("too_many", retry_after="7"))
    noyo.faults.add(Fault("too_many", retry_after=None))
    first, second, third = (call.get("/group_connections") for _ in range(3))
    assert (first.status_code, first.headers["Retry-After"]) == (429, "7")
    assert second.status_code == 429
    assert "Retry-After" not in second.headers
    assert third.status_code == 200


def test_garbage_is_answered_with_200_after_the_effect(noyo: NoyoFake, call: Caller) -> None:
    noyo.faults.add(Fault("garbage", method="POST"))
    answer = call.request()
    assert answer.status_code == 200
    assert answer.text.startswith("<!doctype html>")
    assert len(noyo.connections()) == 1


@pytest.mark.parametrize(("kind", "processed"), [("delay_before", 0), ("delay_after", 1)])
def test_a_client_times_out_during_a_delay(noyo: NoyoFake, call: Caller, kind: str, processed: int) -> None:
    call.token()
    noyo.faults.add(Fault(kind, seconds=30, method="POST"))
    call.http.timeout = httpx.Timeout(0.2)
    with pytest.raises(httpx.ReadTimeout):
        call.request()
    assert len(noyo.connections()) == processed


def test_a_short_delay_only_delays(noyo: NoyoFake, call: Caller) -> None:
    noyo.faults.add(Fault("delay_before", seconds=0.01))
    noyo.faults.add(Fault("delay_after", seconds=0.01))
    assert call.request().status_code == 201
    assert call.request("other").status_code == 201
    assert [seen.fault for seen in noyo.requests[-2:]] == ["delay_before", "delay_after"]


def test_others_are_served_while_one_is_delayed(noyo: NoyoFake, call: Caller) -> None:
    call.token()
    noyo.faults.add(Fault("delay_before", seconds=30, path_contains="/retry"))

    def be_delayed() -> None:
        with httpx.Client(trust_env=False, verify=False, timeout=30) as http, pytest.raises(httpx.TransportError):
            http.put(f"{noyo.api_url}/api/v1/group_connections/x/retry")

    delayed = threading.Thread(target=be_delayed)
    delayed.start()
    while noyo.faults.pending():
        time.sleep(0.005)
    assert call.request().status_code == 201
    noyo.stop()
    delayed.join(timeout=10)
    assert not delayed.is_alive()
    assert (noyo.requests[-1].status, noyo.requests[-1].took_effect) == (None, False)


def test_a_fault_affects_only_its_method_and_path(noyo: NoyoFake, call: Caller) -> None:
    noyo.faults.add(Fault("error_before", method="PUT"))
    noyo.faults.add(Fault("error_before", path_contains="/groups"))
    assert call.request().status_code == 201
    assert call.get("/groups").status_code == 500
    assert [fault.method for fault in noyo.faults.pending()] == ["PUT"]


def test_a_fault_affects_the_configured_number_of_requests(noyo: NoyoFake, call: Caller) -> None:
    noyo.faults.add(Fault("error_before", times=2, skip=1))
    answered = [call.get("/groups").status_code for _ in range(5)]
    assert answered == [200, 500, 500, 200, 200]


def test_a_fault_without_a_limit_lasts_until_it_is_cleared(noyo: NoyoFake, call: Caller) -> None:
    noyo.faults.add(Fault("error_before", times=None))
    assert [call.get("/groups").status_code for _ in range(3)] == [500, 500, 500]
    noyo.faults.clear()
    assert call.get("/groups").status_code == 200


def test_a_fault_affects_the_token_endpoint_only_by_its_path(noyo: NoyoFake, call: Caller) -> None:
    noyo.faults.add(Fault("error_before"))
    assert call.request_token().status_code == 200
    noyo.faults.add(Fault("error_before", path_contains="/token", status=503))
    assert call.request_token().status_code == 503


def test_faults_apply_in_the_order_in_which_they_were_queued(noyo: NoyoFake, call: Caller) -> None:
    noyo.faults.add(Fault("error_before", status=503))
    noyo.faults.add(Fault("error_before", status=502))
    assert [call.get("/groups").status_code for _ in range(3)] == [503, 502, 200]


def test_a_fault_of_writes_lets_reads_pass(noyo: NoyoFake, call: Caller) -> None:
    noyo.faults.add(Fault("error_before", only_writes=True))
    assert call.get("/groups").status_code == 200
    assert call.request().status_code == 500
    assert noyo.faults.pending() == []


def test_an_unknown_kind_of_fault_is_an_error() -> None:
    with pytest.raises(ValueError, match="earthquake"):
        Fault("earthquake")
