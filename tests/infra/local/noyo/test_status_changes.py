"""How connections change: by scripts, by retries and by Noyo."""

from dataclasses import replace
from typing import Any

import pytest

from infra.local.noyo import NoyoFake
from tests.infra.local.noyo.calling import CARRIER, Caller, Clock


def read(call: Caller, connection_id: str) -> dict[str, Any]:
    return dict(call.get(f"/group_connections/{connection_id}").json())


def failed(noyo: NoyoFake, **over: Any) -> str:
    answered = {"carrier_id": CARRIER, "carrier_group_id": "wrong", "status": "unable_to_connect"}
    return str(noyo.add_connection(**{**answered, **over})["id"])


def test_a_request_goes_through_processing_to_completed(call: Caller, clock: Clock) -> None:
    connection = call.request().json()
    clock.advance(0.9)
    assert read(call, connection["id"])["version"] == connection["version"]
    clock.advance(0.1)
    processing = read(call, connection["id"])
    clock.advance(1)
    completed = read(call, connection["id"])
    assert (processing["status"], completed["status"]) == ("processing", "completed")
    assert completed["completed"] == completed["modified"] == int(clock.now)
    assert len({connection["version"], processing["version"], completed["version"]}) == 3


def test_a_due_status_change_has_the_time_at_which_it_was_due(call: Caller, clock: Clock) -> None:
    connection = call.request().json()
    clock.advance(300)
    assert read(call, connection["id"])["modified"] == connection["created"] + 2


def test_without_a_default_script_a_request_keeps_its_status(noyo: NoyoFake, call: Caller, clock: Clock) -> None:
    noyo.rules = replace(noyo.rules, settle_script=None)
    connection = call.request().json()
    clock.advance(500)
    assert read(call, connection["id"])["status"] == "created"


def test_a_carrier_group_id_selects_its_script(noyo: NoyoFake, call: Caller, clock: Clock) -> None:
    noyo.script("bad", [(1, "processing"), (5, "unable_to_connect", "No such group")])
    connection = call.request("bad").json()
    clock.advance(5)
    answered = read(call, connection["id"])
    assert answered["status"] == "unable_to_connect"
    assert answered["setup_result"] == {"error": "No such group"}


def test_a_script_out_of_order_is_an_error(noyo: NoyoFake) -> None:
    with pytest.raises(ValueError, match="order"):
        noyo.script("bad", [(5, "completed"), (1, "processing")])


def test_a_retry_keeps_the_id_and_gives_a_new_version(noyo: NoyoFake, call: Caller, clock: Clock) -> None:
    connection_id = failed(noyo, setup_result={"error": "No such group"})
    before = noyo.connection(connection_id)
    clock.advance(60)
    answer = call.put(f"/group_connections/{connection_id}/retry", {"carrier_group_id": "right"})
    after = answer.json()
    assert answer.status_code == 201
    assert (after["id"], after["status"]) == (connection_id, "processing")
    assert after["group_data"]["carrier_group_id"] == "right"
    assert after["version"] != before["version"]
    assert after["modified"] == before["modified"] + 60
    assert noyo.connection(connection_id)["setup_result"] == {}


def test_a_retry_follows_the_script_of_the_corrected_id(noyo: NoyoFake, call: Caller, clock: Clock) -> None:
    noyo.script("worse", [(1, "processing"), (4, "action_required", "Sign the form")])
    connection_id = failed(noyo)
    retried = call.put(f"/group_connections/{connection_id}/retry", {"carrier_group_id": "worse"})
    clock.advance(1)
    assert read(call, connection_id)["version"] == retried.json()["version"]
    clock.advance(3)
    assert read(call, connection_id)["setup_result"] == {"error": "Sign the form"}


def test_a_retry_cancels_the_rest_of_the_script(noyo: NoyoFake, call: Caller, clock: Clock) -> None:
    noyo.script("slow", [(1, "unable_to_connect"), (9, "action_required")])
    connection_id = call.request("slow").json()["id"]
    noyo.rules = replace(noyo.rules, settle_script=None)
    clock.advance(1)
    answer = call.put(f"/group_connections/{connection_id}/retry", {"carrier_group_id": "right"})
    clock.advance(60)
    assert answer.status_code == 201
    assert read(call, connection_id)["status"] == "processing"


def test_a_retry_changes_only_what_it_names(noyo: NoyoFake, call: Caller) -> None:
    connection_id = failed(noyo, federal_ein="123456789", broker_tin="222222222")
    call.put(f"/group_connections/{connection_id}/retry", {"federal_ein": "987654321"})
    after = noyo.connection(connection_id)
    assert after["federal_ein"] == "987654321"
    assert after["group_data"].items() >= {("carrier_group_id", "wrong"), ("broker_tin", "222222222")}


@pytest.mark.parametrize(
    ("status", "answered"),
    [
        ("created", 422),
        ("processing", 422),
        ("noyo_review", 422),
        ("waiting_on_carrier", 422),
        ("carrier_authorization", 422),
        ("completed", 422),
        ("action_required", 201),
        ("unable_to_connect", 201),
    ],
)
def test_only_failed_connections_can_be_retried(noyo: NoyoFake, call: Caller, status: str, answered: int) -> None:
    connection_id = failed(noyo, status=status)
    before = noyo.connection(connection_id)
    answer = call.put(f"/group_connections/{connection_id}/retry", {})
    assert answer.status_code == answered
    if answered == 422:
        assert "cannot be retried in its present state" in answer.json()["message"]
        assert noyo.connection(connection_id) == before


def test_a_second_retry_of_one_failure_is_refused(noyo: NoyoFake, call: Caller) -> None:
    connection_id = failed(noyo)
    path = f"/group_connections/{connection_id}/retry"
    assert [call.put(path, {}).status_code for _ in range(2)] == [201, 422]


@pytest.mark.parametrize("body", [{"carrier_group_id": ""}, {"carrier_group_id": 7}, {"group_name": "New"}, []])
def test_an_invalid_retry_is_refused(noyo: NoyoFake, call: Caller, body: Any) -> None:
    connection_id = failed(noyo)
    assert call.put(f"/group_connections/{connection_id}/retry", body).status_code == 422
    assert noyo.connection(connection_id)["status"] == "unable_to_connect"


def test_a_retry_without_a_body_is_refused(noyo: NoyoFake, call: Caller) -> None:
    assert call.put(f"/group_connections/{failed(noyo)}/retry").status_code == 422


def test_a_retry_onto_another_connections_id_is_a_duplicate(noyo: NoyoFake, call: Caller) -> None:
    call.request("taken")
    path = f"/group_connections/{failed(noyo)}/retry"
    assert call.put(path, {"carrier_group_id": "taken"}).status_code == 409
    assert call.put(path, {"carrier_group_id": "wrong"}).status_code == 201


def test_a_retry_obeys_the_carriers_format(noyo: NoyoFake, call: Caller) -> None:
    noyo.rules = replace(noyo.rules, formats={CARRIER: r"\d+"})
    path = f"/group_connections/{failed(noyo)}/retry"
    assert call.put(path, {"carrier_group_id": "abc"}).status_code == 422


def test_noyo_can_move_a_connection_to_any_status(noyo: NoyoFake, call: Caller, clock: Clock) -> None:
    connection = call.request().json()
    noyo.move_connection(connection["id"], "connecting", error="a word the list lacks")
    clock.advance(300)
    answered = read(call, connection["id"])
    assert answered["status"] == "connecting"
    assert answered["setup_result"] == {"error": "a word the list lacks"}
    assert answered["version"] != connection["version"]


def test_a_rule_freezes_modified_while_versions_go_on(noyo: NoyoFake, call: Caller, clock: Clock) -> None:
    noyo.rules = replace(noyo.rules, freeze_modified=True)
    connection = call.request().json()
    clock.advance(2)
    answered = read(call, connection["id"])
    assert answered["status"] == "completed"
    assert answered["modified"] == connection["modified"]
    assert answered["version"] != connection["version"]


def test_a_removed_connection_is_gone_everywhere(noyo: NoyoFake, call: Caller) -> None:
    connection = call.request().json()
    noyo.remove(connection["id"])
    assert call.get(f"/group_connections/{connection['id']}").status_code == 404
    assert call.rows("/group_connections") == []
    with pytest.raises(KeyError):
        noyo.remove(connection["id"])
