"""The contract refuses what Noyo would refuse, with the reason."""

import json

import pytest

from infra.contract import ContractBroken
from tests.noyo.http_stub import ID, VERSION, connection_json, contract, disconnection_json

BEARER = {"Authorization": "Bearer made-up", "Content-Type": "application/json"}
CONNECTIONS = "/api/v1/group_connections"
DISCONNECTIONS = "/api/v1/group_disconnection_requests"
NEW = {"carrier_id": ID, "group_data": {"carrier_group_id": "1", "group_name": "Test"}}


@pytest.mark.parametrize(
    ("method", "url", "body"),
    [
        ("GET", f"{CONNECTIONS}?status=created,completed&id={ID},{VERSION}&offset=0&page_size=5", None),
        ("GET", f"https://noyo.invalid{CONNECTIONS}/{ID}", None),
        ("POST", CONNECTIONS, NEW),
        ("PUT", f"{CONNECTIONS}/{ID}/retry", {}),
        ("PUT", f"{DISCONNECTIONS}/{ID}/reject", None),
        ("PUT", f"{DISCONNECTIONS}/{ID}/confirm", {"effective_end_date": "2025-01-31"}),
        ("PUT", f"{DISCONNECTIONS}/{ID}/{VERSION}", {"status": "rejected"}),
    ],
)
def test_a_good_request_passes(method: str, url: str, body: object) -> None:
    contract().check_request(method, url, BEARER, json.dumps(body).encode() if body is not None else None)


@pytest.mark.parametrize(
    ("method", "url", "body", "fault"),
    [
        ("DELETE", f"{CONNECTIONS}/{ID}", None, "no such operation"),
        ("GET", "/api/v2/group_connections", None, "no such operation"),
        ("GET", f"{CONNECTIONS}/", None, "no such operation"),
        ("GET", f"{CONNECTIONS}/00110011", None, "is not a 'uuid'"),
        ("GET", f"{CONNECTIONS}?company=x", None, "company is not known"),
        ("GET", f"{CONNECTIONS}?offset=1&offset=2", None, "offset is given twice"),
        ("GET", f"{CONNECTIONS}?page_size=0", None, "minimum"),
        ("GET", f"{CONNECTIONS}?id={ID},", None, "does not match"),
        ("GET", f"{CONNECTIONS}?status=connecting", None, "does not match"),
        ("GET", f"{CONNECTIONS}?sort_direction=up", None, "is not one of"),
        ("GET", f"{DISCONNECTIONS}?status=processing,needs_review", None, "is not one of"),
        ("GET", f"{DISCONNECTIONS}?min_effective_end_date=2025-1-1", None, "is not a 'date'"),
        ("GET", f"{CONNECTIONS}/{ID}", {}, "a body, where none is taken"),
        ("POST", CONNECTIONS, None, "Missing required request body"),
        ("POST", CONNECTIONS, {"carrier_id": ID}, "'group_data' is a required property"),
        ("POST", CONNECTIONS, {**NEW, "notes": "x"}, "notes"),
        ("POST", CONNECTIONS, {**NEW, "federal_ein": ""}, "non-empty"),
        ("PUT", f"{CONNECTIONS}/{ID}/retry", {"group_name": "x"}, "group_name"),
        ("PUT", f"{DISCONNECTIONS}/{ID}/reject", {"status": "rejected"}, "status"),
        ("PUT", f"{DISCONNECTIONS}/{ID}/{VERSION}", {"status": "completed"}, "is not one of"),
        ("PUT", f"{DISCONNECTIONS}/{ID}/{VERSION}", {"status": "rejected", "reason": "no"}, "is not one of"),
    ],
)
def test_a_bad_request_is_refused_with_its_fault(method: str, url: str, body: object, fault: str) -> None:
    content = json.dumps(body).encode() if body is not None else None

    with pytest.raises(ContractBroken, match=fault):
        contract().check_request(method, url, BEARER, content)


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"Content-Type": "application/json"}, b'{"status": "rejected"}'),
        ({"Authorization": "Bearer made-up"}, b'{"status": "rejected"}'),
        ({**BEARER, "Content-Type": "text/plain"}, b'{"status": "rejected"}'),
        (BEARER, b'{"status": "rej'),
    ],
    ids=["no token", "no content type", "another content type", "no JSON"],
)
def test_a_request_without_its_token_or_as_something_else_than_json_is_refused(
    headers: dict[str, str], body: bytes
) -> None:
    with pytest.raises(ContractBroken):
        contract().check_request("PUT", f"{DISCONNECTIONS}/{ID}/{VERSION}", headers, body)


def answer(method: str, path: str, status: int, body: object) -> None:
    contract().check_answer(method, path, status, json.dumps(body).encode())


def test_a_good_answer_passes_and_so_does_any_refusal() -> None:
    answer("GET", f"{CONNECTIONS}/{ID}?x=y", 200, connection_json())
    answer("GET", f"{DISCONNECTIONS}/{ID}", 200, disconnection_json())
    answer("GET", f"{DISCONNECTIONS}/{ID}", 201, disconnection_json())
    answer("PUT", f"{DISCONNECTIONS}/{ID}/{VERSION}", 409, {"anything": ["at all"]})


@pytest.mark.parametrize(
    ("status", "body", "fault"),
    [
        (200, connection_json(), "status 200 is not described"),
        (302, {}, "status 302 is not described"),
        (201, {**connection_json(), "status": "connecting"}, "is not one of"),
        (201, {**connection_json(), "created": "2025-01-01"}, "is not of type 'integer'"),
        (201, {**connection_json(), "version": None}, "version"),
        (201, {"id": ID}, "is a required property"),
        (201, [], "is not of type 'object'"),
    ],
)
def test_a_bad_answer_is_refused_with_its_fault(status: int, body: object, fault: str) -> None:
    with pytest.raises(ContractBroken, match=fault):
        answer("POST", CONNECTIONS, status, body)


def test_an_answer_that_is_not_json_is_refused() -> None:
    with pytest.raises(ContractBroken):
        contract().check_answer("POST", CONNECTIONS, 201, b"<html>")


def test_an_answer_to_no_operation_is_refused() -> None:
    with pytest.raises(ContractBroken, match="no such operation"):
        answer("PATCH", CONNECTIONS, 200, {})
