"""Noyo's records are read even if fields are missing, null, new or malformed; an unreadable row says why."""

import dataclasses
import json
import unicodedata
from collections.abc import Callable
from datetime import date
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.polling import ListPage, ListRow
from bot.domain.records import (
    Connection,
    ConnectionStatus,
    Disconnection,
    DisconnectionSource,
    DisconnectionStatus,
    EntityKind,
    UnknownValue,
)
from bot.errors import NoyoError
from bot.noyo import client, responses, schemas
from bot.usecases.ports.noyo import NoyoClient
from tests.noyo.http_stub import (
    CARRIER,
    GROUP,
    ID,
    VERSION,
    connection_json,
    disconnection_json,
    group_json,
    json_response,
    page_json,
    stub_with,
)


def connection(**fields: object) -> Connection:
    return schemas.connection(connection_json(**fields))


def disconnection(**fields: object) -> Disconnection:
    return schemas.disconnection(disconnection_json(**fields))


def newest_page(*rows: object, kind: EntityKind = EntityKind.CONNECTION, **meta: object) -> ListPage:
    return stub_with(json_response(page_json(*rows, **meta))).client().newest(kind, offset=20, page_size=10)


def read_row(raw: object, kind: EntityKind = EntityKind.CONNECTION) -> ListRow:
    (only,) = newest_page(raw, kind=kind).rows
    return only


def without(fields: dict[str, object], *names: str) -> dict[str, object]:
    return {name: value for name, value in fields.items() if name not in names}


def test_client_implements_the_port() -> None:
    client: NoyoClient = stub_with(json_response({})).client()

    assert client


def test_every_field_of_a_connection_is_read() -> None:
    record = connection(completed=1_699_999_400, setup_result={"error": "Unknown group"}, status="noyo_review")

    assert record == Connection(
        id=ID,
        version=VERSION,
        created=1_699_999_000,
        modified=1_699_999_500,
        carrier_id=CARRIER,
        status=ConnectionStatus.NOYO_REVIEW,
        carrier_group_id="00110011",
        group_name="Test Company",
        group_id=GROUP,
        request_type="initial",
        completed=1_699_999_400,
        error="Unknown group",
    )


def test_every_field_of_a_disconnection_is_read() -> None:
    record = disconnection(source_id=GROUP, source_date="2025-01-02", effective_end_date="2025-01-31", decided=7)

    assert record == Disconnection(
        id=ID,
        version=VERSION,
        created=1_699_999_000,
        modified=1_699_999_500,
        carrier_id=CARRIER,
        status=DisconnectionStatus.NEEDS_REVIEW,
        source_type=DisconnectionSource.CARRIER,
        group_name="Test Company",
        group_id=GROUP,
        source_date=date(2025, 1, 2),
        source_id=GROUP,
        effective_end_date=date(2025, 1, 31),
        decided=7,
    )


def test_unknown_status_and_source_are_kept_as_received() -> None:
    assert connection(status="connecting").status == UnknownValue("connecting")
    assert disconnection(status="paused").status == UnknownValue("paused")
    assert connection(status="com\u200bpleted").status == UnknownValue('"completed"')
    assert disconnection(status="deleted_at_noyo").status == UnknownValue('"deleted_at_noyo"')
    assert disconnection(source_type="moon").source_type == UnknownValue("moon")


def test_missing_source_is_an_unknown_value() -> None:
    assert schemas.disconnection(without(disconnection_json(), "source_type")).source_type == UnknownValue("not given")


@pytest.mark.parametrize(
    "name", ["group_data", "group_id", "request_type", "completed", "setup_result", "organization_id"]
)
@pytest.mark.parametrize("invalid_value", ["missing", None, 7.5, [], {}, "invalid_value", True])
def test_optional_field_of_a_connection_may_be_missing_or_malformed(name: str, invalid_value: object) -> None:
    fields = connection_json()
    fields = without(fields, name) if invalid_value == "missing" else {**fields, name: invalid_value}

    assert schemas.connection(fields).id == ID


@pytest.mark.parametrize("name", ["group_id", "group_name", "source_id", "source_date", "completed", "decided"])
@pytest.mark.parametrize("invalid_value", ["missing", None, 7.5, [], {}, "invalid_value", True])
def test_optional_field_of_a_disconnection_may_be_missing_or_malformed(name: str, invalid_value: object) -> None:
    fields = disconnection_json()
    fields = without(fields, name) if invalid_value == "missing" else {**fields, name: invalid_value}

    assert schemas.disconnection(fields).id == ID


def test_unknown_and_sensitive_fields_are_dropped() -> None:
    data = {"carrier_group_id": "1", "broker_tin": "323-45-6789", "employer_email_address": "boss@example.com"}

    record = connection(federal_ein="123456789", group_data=data, brand_new={"a": 1})

    assert "323-45-6789" not in repr(record)
    assert "boss@example.com" not in repr(record)
    assert "123456789" not in repr(record)


def test_ids_and_versions_become_lower_case() -> None:
    record = connection(id=ID.upper(), version=VERSION.upper(), carrier_id=CARRIER.upper(), group_id=GROUP.upper())

    assert (record.id, record.version, record.carrier_id, record.group_id) == (ID, VERSION, CARRIER, GROUP)


def test_carrier_group_id_may_be_a_number() -> None:
    assert connection(group_data={"carrier_group_id": 10000001}).carrier_group_id == "10000001"


@pytest.mark.parametrize("invalid_value", [True, "x" * 256, "", "  ", []])
def test_invalid_carrier_group_id_counts_as_missing(invalid_value: object) -> None:
    assert connection(group_data={"carrier_group_id": invalid_value}).carrier_group_id is None


@pytest.mark.parametrize(
    ("setup_result", "error"),
    [
        ({}, None),
        (None, None),
        ({"error": None}, None),
        ({"error": "  "}, None),
        ({"error": "No such group"}, "No such group"),
        ({"error": {"code": 7, "message": "No such group"}}, "code: 7; No such group"),
        ({"error": ["One", "Two"]}, "One; Two"),
        ({"notes": "other"}, None),
        ("No such group", "No such group"),
        ({"error": "Two\nlines\x07 \u202eand more"}, "Two lines and more"),
        ({"error": "SSN 123-45-6789, group 123456789"}, "SSN •••, group 123456789"),
        ({"error": {"ssn": 987654321}}, "ssn: •••"),
        ({"error": "1\u200b2345678\u200d9!"}, "123456789!"),
    ],
)
def test_carrier_message_is_cleaned_and_masked(setup_result: object, error: str | None) -> None:
    data = {"carrier_group_id": "123456789"}

    assert connection(setup_result=setup_result, group_data=data).error == error


def test_long_carrier_message_is_shortened() -> None:
    error = connection(setup_result={"error": "word " * 100_000}).error

    assert error is not None
    assert len(error) == schemas.MAX_ERROR_LENGTH


def test_names_are_cleaned_masked_and_shortened() -> None:
    assert connection(group_data={"group_name": "A\x00 123-45-6789 \n B"}).group_name == "A ••• B"
    assert disconnection(group_name="x" * 5000).group_name == "x" * 999 + "…"
    assert schemas.group(group_json(name="\x00")).name == GROUP


@pytest.mark.parametrize("name", ["id", "version", "created", "modified", "carrier_id", "status"])
@pytest.mark.parametrize("invalid_value", ["missing", None, "", "odd \u2603" * 60, -1, True, [], {}, 1e300, 10**400])
def test_row_without_a_required_field_is_unreadable(name: str, invalid_value: object) -> None:
    for kind, fields in ((EntityKind.CONNECTION, connection_json()), (EntityKind.DISCONNECTION, disconnection_json())):
        fields = without(fields, name) if invalid_value == "missing" else {**fields, name: invalid_value}

        found = responses.list_row(fields, client.PARSERS[kind])

        assert found.record is None
        assert found.error is not None
        assert name in found.error
        assert "\u2603" not in found.error


@pytest.mark.parametrize(
    "invalid_value", ["2025-1-31", "2025-02-30", "2025-01-31T00:00:00Z", "31.01.2025", 20250131, "", []]
)
def test_unreadable_end_date_does_not_count_as_missing(invalid_value: object) -> None:
    found = read_row(disconnection_json(effective_end_date=invalid_value), EntityKind.DISCONNECTION)

    assert found.row_id == ID
    assert found.error is not None
    assert "effective_end_date" in found.error


def test_unreadable_row_does_not_hide_the_others() -> None:
    found = newest_page(None, connection_json(), "invalid_value", connection_json(version=None))

    assert [bool(read_row.record) for read_row in found.rows] == [False, True, False, False]
    assert [read_row.row_id for read_row in found.rows][1::2] == [ID, ID]


def test_unreadable_row_keeps_its_id() -> None:
    assert read_row({"id": ID.upper()}).row_id == ID
    assert read_row({"id": "grp 7"}).row_id == "grp 7"


@pytest.mark.parametrize("invalid_value", [None, 7, "", "x" * 65, "snow\u2603", "two\nlines", {}, ["x"]])
def test_row_without_a_usable_id_is_identified_by_its_content(invalid_value: object) -> None:
    first, again = read_row({"id": invalid_value, "a": 1, "b": 2}), read_row({"b": 2, "a": 1, "id": invalid_value})

    assert first.row_id == again.row_id
    assert first.row_id.startswith("digest:")
    assert first.row_id != read_row({"id": invalid_value, "a": 2}).row_id


def test_deeply_nested_row_has_an_id() -> None:
    nested: list[object] = []
    for _ in range(100_000):
        nested = [nested]

    assert responses.row_id(nested).startswith("digest:")


@pytest.mark.parametrize(
    ("meta", "offset", "total"),
    [
        ({"offset": 40, "total_records": 99}, 40, 99),
        ({"offset": None, "total_records": None}, 20, None),
        ({"offset": "40", "total_records": -1}, 20, None),
        ({"offset": True, "total_records": True}, 20, None),
    ],
)
def test_page_has_its_offset_and_the_total(meta: dict[str, object], offset: int, total: int | None) -> None:
    found = newest_page(**meta)

    assert (found.offset, found.total) == (offset, total)


@pytest.mark.parametrize("body", [{"response": []}, {"meta": None, "response": []}, {"meta": [], "response": []}])
def test_list_may_have_no_meta(body: object) -> None:
    found = stub_with(json_response(body)).client().newest(EntityKind.CONNECTION, offset=5, page_size=10)

    assert (found.offset, found.total) == (5, None)


# ---------------------------------------------------------------- any input

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def nearly_valid(record: dict[str, object]) -> st.SearchStrategy[dict[str, object]]:
    """A valid record with some of its fields replaced by any JSON."""
    return st.dictionaries(st.sampled_from(sorted(record)), ANYTHING).map(
        lambda invalid_value: {**record, **invalid_value}
    )


@settings(deadline=None)
@given(
    ANYTHING
    | nearly_valid(connection_json(setup_result={}, completed=None))
    | nearly_valid(disconnection_json(effective_end_date=None, source_date=None, completed=None, decided=None))
)
def test_any_json_row_is_read_or_carries_an_error(raw: Any) -> None:
    for kind, parse in client.PARSERS.items():
        found = responses.list_row(raw, parse)

        assert (found.record is None) == (found.error is not None)
        assert found.row_id.encode()
        if found.record is not None:
            # Every value can be stored and sent.
            assert json.dumps(dataclasses.asdict(found.record), default=str, ensure_ascii=False).encode()
            assert found.record.entity.kind is kind


def error_of(call: Callable[[], object]) -> NoyoError | None:
    """Any exception other than our own errors is raised, and fails the test."""
    try:
        call()
    except NoyoError as error:
        return error
    return None


@settings(max_examples=40, deadline=None)
@given(st.integers(200, 599), ANYTHING)
def test_any_json_answer_becomes_a_value_or_one_of_our_errors(status: int, body: Any) -> None:
    http_stub = stub_with(httpx.Response(status, content=json.dumps(body).encode()))
    http_stub.check_contract = False
    client = http_stub.client()

    for call in (
        lambda: client.connection(ID),
        lambda: client.newest(EntityKind.DISCONNECTION, offset=0, page_size=5),
        lambda: client.by_ids(EntityKind.CONNECTION, [ID]),
        lambda: client.eligibility(GROUP),
        lambda: client.groups_named("test"),
        lambda: client.reject_disconnection(ID),
    ):
        message = str(error_of(call))
        assert message.encode()
        assert not {"Cc", "Cf", "Cs"} & {unicodedata.category(char) for char in message}


@settings(max_examples=60, deadline=None)
@given(st.integers(200, 599), st.binary(max_size=60), st.text(max_size=20))
def test_any_bytes_and_any_header_become_one_of_our_errors(status: int, body: bytes, header: str) -> None:
    headers = {"Retry-After": header.encode("utf-8").hex()[:9] or "x"}
    http_stub = stub_with(httpx.Response(status, headers=headers, content=body))
    http_stub.check_contract = False

    with pytest.raises(NoyoError):
        http_stub.client().reject_disconnection(ID)
