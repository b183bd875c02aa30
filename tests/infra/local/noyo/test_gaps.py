"""Answers with the gaps of the vendor's samples, and corrupted rows."""

import re
from dataclasses import replace

import pytest

from infra.local.noyo import CORRUPTIONS, UNREADABLE, NoyoFake
from tests.infra.local.noyo.calling import CARRIER, OTHER_CARRIER, Caller, Clock, request_from_carrier

PROMISED = {
    *("carrier_id", "created", "group_data", "id", "modified", "organization_id"),
    *("request_type", "setup_metadata", "setup_result", "status", "version"),
}


def test_a_connection_has_the_gaps_of_the_vendors_samples(call: Caller) -> None:
    connection = call.request().json()
    assert PROMISED - set(connection) == {"setup_metadata", "setup_result"}
    read = call.get(f"/group_connections/{connection['id']}").json()
    assert read["completed"] is None
    assert PROMISED - set(read) == {"setup_metadata", "setup_result"}


def test_the_carriers_error_is_never_left_out(noyo: NoyoFake, call: Caller) -> None:
    noyo.add_connection(status="unable_to_connect", setup_result={"error": "No such group"})
    assert call.rows("/group_connections")[0]["setup_result"] == {"error": "No such group"}


def test_the_name_is_missing_if_the_samples_omit_it(noyo: NoyoFake, call: Caller) -> None:
    group_id = call.request().json()["group_id"]
    body = {"carrier_id": OTHER_CARRIER, "group_data": {"carrier_group_id": "77"}}
    joined = call.post(f"/groups/{group_id}/group_connections", body).json()
    noyo.move_connection(joined["id"], "unable_to_connect")
    retried = call.put(f"/group_connections/{joined['id']}/retry", {}).json()
    listed = {row["id"]: row for row in call.rows("/group_connections")}
    assert "group_name" not in joined["group_data"]
    assert "group_name" not in retried["group_data"]
    assert "group_name" not in listed[joined["id"]]["group_data"]


def test_a_disconnection_request_has_the_nulls_of_the_vendors_samples(noyo: NoyoFake, call: Caller) -> None:
    disconnection = call.disconnect().json()
    assert disconnection["source_id"] is None
    assert disconnection["completed"] is None
    waiting = request_from_carrier(noyo)["id"]
    read = call.get(f"/group_disconnection_requests/{waiting}").json()
    assert read["decided"] is None
    assert "effective_end_date" not in read


@pytest.mark.parametrize("decision", ["reject", "confirm"])
def test_the_answer_to_a_decision_has_no_source_or_end_date(noyo: NoyoFake, call: Caller, decision: str) -> None:
    request = request_from_carrier(noyo, effective_end_date="2025-01-31")
    answered = call.put(f"/group_disconnection_requests/{request['id']}/{decision}").json()
    assert "source_id" not in answered
    assert "effective_end_date" not in answered


def test_the_answer_to_an_edit_has_no_end_date(noyo: NoyoFake, call: Caller) -> None:
    request = request_from_carrier(noyo, effective_end_date="2025-01-31")
    path = f"/group_disconnection_requests/{request['id']}/{request['version']}"
    answered = call.put(path, {"status": "processing"}).json()
    assert "effective_end_date" not in answered
    read = call.get(f"/group_disconnection_requests/{request['id']}").json()
    assert read["effective_end_date"] == "2025-01-31"


def test_the_group_may_be_missing_once_it_is_disconnected(noyo: NoyoFake, call: Caller) -> None:
    request = request_from_carrier(noyo)
    noyo.move_disconnection(request["id"], "completed")
    assert "group_id" not in call.rows("/group_disconnection_requests")[0]


def test_a_rule_includes_every_field_of_the_schema(noyo: NoyoFake, call: Caller, clock: Clock) -> None:
    noyo.rules = replace(noyo.rules, vendor_nulls=False)
    connection = call.request().json()
    assert set(connection) >= PROMISED
    assert "completed" not in connection
    request = call.disconnect().json()
    assert isinstance(request["source_id"], str)
    assert "completed" not in request
    waiting = request_from_carrier(noyo, effective_end_date="2025-01-31")
    answered = call.put(f"/group_disconnection_requests/{waiting['id']}/confirm").json()
    assert answered == noyo.disconnection(waiting["id"])


def test_a_rule_leaves_fields_out_of_lists_only(noyo: NoyoFake, call: Caller) -> None:
    noyo.rules = replace(noyo.rules, lists_omit=frozenset({"group_id"}))
    connection = noyo.add_connection()
    assert "group_id" not in call.rows("/group_connections")[0]
    assert "group_id" in call.get(f"/group_connections/{connection['id']}").json()


def test_unknown_fields_are_answered_too(noyo: NoyoFake, call: Caller) -> None:
    noyo.add_connection(extra={"colour": "green"})
    assert call.rows("/group_connections")[0]["colour"] == "green"


@pytest.mark.parametrize("how", sorted(CORRUPTIONS.keys() - UNREADABLE))
def test_a_row_is_corrupted_until_it_is_restored(noyo: NoyoFake, call: Caller, how: str) -> None:
    valid_id = noyo.add_connection(created=1)["id"]
    corrupted_id = noyo.add_connection(created=2)["id"]
    rows = call.rows("/group_connections")
    noyo.corrupt(corrupted_id, how)
    first, second = call.rows("/group_connections")
    assert first["id"] == valid_id
    assert second == CORRUPTIONS[how](rows[1]) != rows[1]
    assert call.get(f"/group_connections/{corrupted_id}").json() != rows[1]
    noyo.corrupt(corrupted_id, None)
    assert call.rows("/group_connections") == rows


@pytest.mark.parametrize(
    ("how", "notes"),
    [
        ("over 8 MiB", b'"' + b"x" * 9 * 1024 * 1024 + b'"'),
        ("an integer of 5,000 digits", b"9" * 5000),
        ("nested 100,000 deep", b"[" * 100_000 + b"]" * 100_000),
    ],
)
def test_a_row_makes_every_answer_that_holds_it_unreadable(
    noyo: NoyoFake, call: Caller, how: str, notes: bytes
) -> None:
    bad, good = (noyo.add_connection(created=number)["id"] for number in (1, 2))
    noyo.corrupt(bad, how)
    for path in ("/group_connections", f"/group_connections/{bad}"):
        content = call.get(path).content
        assert re.search(rb'"notes": ?' + re.escape(notes) + b"[,}]", content)
    assert call.get(f"/group_connections/{good}").json()["id"] == good


def test_a_row_can_be_corrupted_by_a_function(noyo: NoyoFake, call: Caller) -> None:
    request = request_from_carrier(noyo)["id"]
    noyo.corrupt(request, lambda row: {**row, "modified": -1})
    assert call.rows("/group_disconnection_requests")[0]["modified"] == -1


def test_an_unknown_corruption_is_an_error(noyo: NoyoFake) -> None:
    with pytest.raises(ValueError, match="id missing"):
        noyo.corrupt(CARRIER, "torn")
