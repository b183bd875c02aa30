"""Records as items: all fields are kept, and the index attributes are set."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.record_states import RecordState
from bot.domain.records import (
    Connection,
    ConnectionStatus,
    Disconnection,
    DisconnectionSource,
    DisconnectionStatus,
    Record,
    UnknownValue,
)
from bot.dynamodb.expressions import plain_item, typed_item
from bot.dynamodb.repositories.records import RECORD_TYPES, record_state_from, state_item, status_prefix, version_item
from bot.dynamodb.schema import read_item
from tests.dynamodb.builders import AWKWARD, a_connection, a_disconnection

TEXT = st.text(st.characters(codec="utf-8"))
UNKNOWN = st.just(UnknownValue("connecting"))
SHOWN = {"id": st.uuids().map(str), "version": st.uuids().map(str), "created": st.integers(), "carrier_id": TEXT}
MODIFIED = st.integers(0, 10**11)
CONNECTIONS = st.builds(
    Connection, **SHOWN, modified=MODIFIED, status=st.sampled_from(ConnectionStatus) | UNKNOWN,
    carrier_group_id=st.none() | TEXT, group_name=st.none() | TEXT, group_id=st.none() | TEXT,
    request_type=st.none() | TEXT, completed=st.none() | st.integers(), error=st.none() | TEXT,
)  # fmt: skip
DISCONNECTIONS = st.builds(
    Disconnection, **SHOWN, modified=MODIFIED, status=st.sampled_from(DisconnectionStatus) | UNKNOWN,
    source_type=st.sampled_from(DisconnectionSource) | UNKNOWN, group_name=st.none() | TEXT,
    group_id=st.none() | TEXT, source_date=st.none() | st.dates(), source_id=st.none() | TEXT,
    effective_end_date=st.none() | st.dates(), completed=st.none() | st.integers(),
    decided=st.none() | st.integers(),
)  # fmt: skip
RECORDS = CONNECTIONS | DISCONNECTIONS
RECORD_STATES = st.builds(
    RecordState, record=RECORDS, card_key=TEXT, attempts=st.integers(), attempt_started_at=st.integers(),
    seen_at=st.integers(), requester=st.none() | TEXT, requested_by_operation=st.none() | TEXT,
    waiting_since=st.none() | st.integers(), revision=st.just(4),
)  # fmt: skip


@given(RECORD_STATES)
def test_a_state_is_read_back_unchanged(record_state: RecordState) -> None:
    found = record_state_from(plain_item(typed_item(state_item(record_state))))

    assert found == record_state
    assert found.revision == 4


@given(RECORDS)
def test_a_version_is_read_back_unchanged(record: Record) -> None:
    item = plain_item(typed_item(version_item(record)))

    assert read_item(RECORD_TYPES[record.entity.kind], item) == record


@pytest.mark.parametrize("value", [*AWKWARD, "done#", "100%"])
def test_a_status_of_any_text_is_a_unique_index_prefix(value: str) -> None:
    order = state_order(a_connection(status=UnknownValue(value)))

    assert order.startswith(status_prefix(value))
    assert len(order.encode()) <= 1024
    assert not order.startswith(status_prefix("done"))


def test_a_final_record_is_in_no_index_of_open_records() -> None:
    over = replace(a_disconnection(), status=DisconnectionStatus.REJECTED)

    item = state_item(RecordState(over, "card", 1, 0, 0))

    assert not {"open_kind", "open_order"} & typed_item(item).keys()
    assert item["recent_kind"] == "disconnection"


def state_order(record: Record) -> str:
    return str(state_item(RecordState(record, "card", 1, 0, 0))["open_order"])
