"""Requests for connections, and how they are refused."""

from dataclasses import replace
from typing import Any

import pytest

from infra.local.noyo import NoyoFake
from tests.infra.local.noyo.calling import CARRIER, NOWHERE, OTHER_CARRIER, Caller, Clock, connection_request_body


def test_a_request_for_a_new_group_creates_a_connection_and_a_group(noyo: NoyoFake, call: Caller, clock: Clock) -> None:
    answer = call.request()
    created = answer.json()
    assert answer.status_code == 201
    assert created["status"] == "created"
    assert created["request_type"] == "initial"
    assert created["created"] == created["modified"] == int(clock.now)
    assert created["group_data"]["carrier_group_id"] == "00110011"
    assert call.get(f"/groups/{created['group_id']}").json()["name"] == "Test Company"
    assert [connection["id"] for connection in noyo.connections()] == [created["id"]]


def test_the_federal_ein_is_in_the_answer(call: Caller) -> None:
    created = call.request().json()
    assert created["federal_ein"] == "123456789"
    assert call.get(f"/group_connections/{created['id']}").json()["federal_ein"] == "123456789"


def test_a_request_for_an_existing_group_joins_that_group(call: Caller) -> None:
    group_id = call.request().json()["group_id"]
    body = {"carrier_id": OTHER_CARRIER, "group_data": {"carrier_group_id": "77"}}
    answer = call.post(f"/groups/{group_id}/group_connections", body)
    assert answer.status_code == 201
    assert answer.json()["group_id"] == group_id
    assert answer.json()["request_type"] == "incremental"


def test_an_unknown_group_gets_no_connection(call: Caller) -> None:
    body = {"carrier_id": CARRIER, "group_data": {"carrier_group_id": "77"}}
    assert call.post(f"/groups/{NOWHERE}/group_connections", body).status_code == 404


@pytest.mark.parametrize(("field", "value"), [("group_name", "Test Company"), ("federal_ein", "123456789")])
def test_a_request_for_an_existing_group_accepts_neither_name_nor_ein(call: Caller, field: str, value: str) -> None:
    group_id = call.request().json()["group_id"]
    body = connection_request_body("77")
    del body["federal_ein"], body["group_data"]["group_name"]
    (body if field == "federal_ein" else body["group_data"])[field] = value
    answer = call.post(f"/groups/{group_id}/group_connections", body)
    assert answer.status_code == 422
    assert field in answer.json()["message"]


def test_the_same_carrier_and_carrier_group_id_are_a_duplicate(noyo: NoyoFake, call: Caller) -> None:
    call.request()
    again = call.request(federal_ein="987654321")
    assert again.status_code == 409
    assert again.json()["message"]
    assert len(noyo.connections()) == 1
    assert len(noyo.groups()) == 1


def test_a_duplicate_is_refused_under_an_existing_group_too(call: Caller) -> None:
    group_id = call.request().json()["group_id"]
    body = {"carrier_id": CARRIER.upper(), "group_data": {"carrier_group_id": "00110011"}}
    assert call.post(f"/groups/{group_id}/group_connections", body).status_code == 409


def test_the_same_carrier_group_id_at_another_carrier_is_no_duplicate(call: Caller) -> None:
    call.request()
    assert call.request(carrier_id=OTHER_CARRIER).status_code == 201


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({}, "carrier_id"),
        ({"carrier_id": CARRIER}, "group_data"),
        (connection_request_body(group_data={"group_name": "Test Company"}), "group_data.carrier_group_id"),
        (connection_request_body(group_data={"carrier_group_id": "1"}), "group_data.group_name"),
        (connection_request_body(""), "group_data.carrier_group_id"),
        (connection_request_body(carrier_id="guardian"), "carrier_id"),
        (connection_request_body(carrier_id=7), "carrier_id"),
        (connection_request_body(carrier_id=CARRIER + "\n"), "carrier_id"),
        (connection_request_body(group_data="00110011"), "group_data"),
        (connection_request_body(federal_ein=123456789), "federal_ein"),
        (connection_request_body(federal_ein=None), "federal_ein"),
        (connection_request_body(federal_ein=""), "federal_ein"),
        (connection_request_body(ignore_eligibility="yes"), "ignore_eligibility"),
        (connection_request_body(data_exchange_configuration="fax"), "data_exchange_configuration"),
        (connection_request_body(carier_id=CARRIER), "carier_id"),
        ([], "body"),
        ("text", "body"),
    ],
)
def test_an_invalid_body_is_refused_with_the_name_of_its_field(
    noyo: NoyoFake, call: Caller, body: Any, named: str
) -> None:
    answer = call.post("/group_connections", body)
    assert answer.status_code == 422
    assert answer.json()["message"].startswith(f"{named}: ")
    assert noyo.connections() == []


def test_a_request_without_a_body_is_refused(call: Caller) -> None:
    assert call.send("POST", "/group_connections").status_code == 422


@pytest.mark.parametrize("content", [b"{", b'{"a": NaN}', b"\xff", b"[" * 100_000])
def test_a_body_that_is_not_json_is_refused(call: Caller, content: bytes) -> None:
    kind = {"Content-Type": "application/json"}
    answer = call.send("POST", "/group_connections", content=content, headers=kind)
    assert answer.status_code == 400


def test_a_body_of_another_content_type_is_refused(call: Caller) -> None:
    answer = call.send("POST", "/group_connections", data={"carrier_id": CARRIER})
    assert answer.status_code == 415


def test_a_body_of_more_than_a_megabyte_is_refused(call: Caller) -> None:
    answer = call.request(federal_ein="1" * 1_000_001)
    assert answer.status_code == 413


def test_all_optional_fields_are_accepted_and_the_brokers_are_returned(call: Caller) -> None:
    broker = {
        "broker_federal_ein": "111111111",
        "broker_tin": "222222222",
        "employer_email_address": "employer@example.com",
    }
    body = connection_request_body(ignore_eligibility=True, data_exchange_configuration="edi")
    body["group_data"].update(broker)
    answer = call.post("/group_connections", body)
    assert answer.status_code == 201
    assert answer.json()["group_data"].items() >= broker.items()


def test_a_carrier_has_its_own_format(noyo: NoyoFake, call: Caller) -> None:
    noyo.rules = replace(noyo.rules, formats={CARRIER: r"\d{8}"})
    assert call.request("0011001").status_code == 422
    assert call.request("001100110").status_code == 422
    assert call.request("00110011\n").status_code == 422
    assert call.request("00110011").status_code == 201
    assert call.request("any", carrier_id=OTHER_CARRIER).status_code == 201


def test_a_carrier_that_is_not_activated_is_refused(noyo: NoyoFake, call: Caller) -> None:
    noyo.rules = replace(noyo.rules, carriers=frozenset({CARRIER}))
    assert call.request(carrier_id=OTHER_CARRIER).status_code == 422
    assert call.request().status_code == 201


def test_a_refusal_never_repeats_what_was_sent(call: Caller) -> None:
    answer = call.request(federal_ein=["123-45-6789"], carrier_id="secret words")
    assert answer.status_code == 422
    assert "6789" not in answer.text
    assert "secret words" not in answer.text


def test_unknown_paths_and_methods_are_refused(call: Caller) -> None:
    assert call.get("/carriers").status_code == 404
    assert call.send("DELETE", "/group_connections").status_code == 405
    assert call.put("/group_connections").status_code == 405


def test_an_unknown_id_is_not_found_and_a_malformed_one_is_refused(call: Caller) -> None:
    assert call.get(f"/group_connections/{NOWHERE}").status_code == 404
    assert call.get("/group_connections/7").status_code == 422
    assert call.get("/groups/7").status_code == 422
    assert call.get(f"/groups/{NOWHERE}").status_code == 404
    assert call.get(f"/groups/{NOWHERE}/group_connections").status_code == 404
    assert call.put(f"/group_connections/{NOWHERE}/retry", {}).status_code == 404
    assert call.put("/group_connections/7/retry", {}).status_code == 422
