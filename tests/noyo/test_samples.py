"""Noyo's own samples: each matches the contract and is read by the client."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bot.domain.records import Connection, ConnectionStatus, Disconnection, DisconnectionStatus, UnknownValue
from bot.domain.requests import Decision, DecisionReason, RetryRequest, SensitiveFields
from bot.noyo.client import NoyoHttpClient
from tests.noyo.http_stub import contract, json_response, stub_with

SAMPLES = {path.stem: json.loads(path.read_text()) for path in (Path(__file__).parent / "samples").glob("*.json")}
BEARER = {"Authorization": "Bearer made-up", "Content-Type": "application/json"}

WIDGETS = "dd9a1813-34f7-4c7e-86bc-f041f2cbd9a1"
ANY = "3c90c3cc-0d44-4b50-8888-8dd25736052a"


def client_with(name: str) -> NoyoHttpClient:
    return stub_with(json_response(SAMPLES[name]["answer"], SAMPLES[name]["status"])).client()


def test_there_are_six_samples() -> None:
    assert len(SAMPLES) == 6


@pytest.mark.parametrize("name", SAMPLES)
def test_sample_matches_the_contract(name: str) -> None:
    sample: dict[str, Any] = SAMPLES[name]
    method, path = sample["operation"].split()
    body = json.dumps(sample["request"]).encode() if "request" in sample else None

    contract().check_request(method, path, BEARER, body)
    contract().check_answer(method, path, sample["status"], json.dumps(sample["answer"]).encode())


def test_sample_of_a_completed_connection_is_read() -> None:
    record = client_with("inspect-connection").connection(WIDGETS)

    assert record.status is ConnectionStatus.COMPLETED
    assert (record.carrier_group_id, record.group_name, record.completed) == ("00110011", "Test Company", 1557330213)


def test_sample_of_a_request_is_sent_exactly() -> None:
    sample = SAMPLES["request-connection"]
    http_stub = stub_with(json_response(sample["answer"], 201))

    connection = http_stub.client().request_connection(
        sample["request"]["carrier_id"], "00110011", "Test Company", SensitiveFields(federal_ein="123456789")
    )

    assert isinstance(connection, Connection)
    assert list(http_stub.bodies) == [sample["request"]]


def test_sample_of_a_retry_is_sent_and_read_without_a_name() -> None:
    sample = SAMPLES["retry-connection"]
    http_stub = stub_with(json_response(sample["answer"], 201))

    record = http_stub.client().retry_connection(sample["answer"]["id"], RetryRequest("10000001"), SensitiveFields())

    assert (record.status, record.group_name) == (ConnectionStatus.PROCESSING, None)
    assert list(http_stub.bodies) == [sample["request"]]


def test_sample_of_an_edit_keeps_unknown_values() -> None:
    sample = SAMPLES["edit-disconnection"]
    http_stub = stub_with(json_response(sample["answer"]))

    record = http_stub.client().decide_disconnection(
        ANY,
        ANY,
        Decision.APPROVE,
        effective_end_date=date(2023, 12, 25),
        reason=DecisionReason.CONNECTION_RESTORED,
        context="<string>",
    )

    assert (record.status, record.source_type) == (UnknownValue("<string>"), UnknownValue("<string>"))
    assert record.effective_end_date == date(2023, 12, 25)
    assert list(http_stub.bodies) == [sample["request"]]


def test_sample_of_a_rejection_is_read_without_a_source_and_a_date() -> None:
    record = client_with("reject-disconnection").reject_disconnection(WIDGETS)

    assert record.status is DisconnectionStatus.REJECTED
    assert (record.source_id, record.effective_end_date, record.completed) == (None, None, None)


def test_sample_of_a_disconnection_is_sent_and_read_with_its_nulls() -> None:
    sample = SAMPLES["request-disconnection"]
    http_stub = stub_with(json_response(sample["answer"], 201))

    record = http_stub.client().request_disconnection(
        sample["request"]["carrier_id"], sample["request"]["group_id"], date(2025, 1, 1)
    )

    assert isinstance(record, Disconnection)
    assert (record.status, record.source_id, record.completed) == (DisconnectionStatus.PROCESSING, None, None)
    assert list(http_stub.bodies) == [sample["request"]]
