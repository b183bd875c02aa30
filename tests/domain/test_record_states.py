"""How a new version of a record changes its record state."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.domain.record_states import (
    RecordState,
    VersionOrder,
    advance,
    compare_versions,
    current_disconnection,
    link_to_operation,
    new_record_state,
    operation_card_key,
    with_known_fields,
)
from bot.domain.records import ConnectionStatus, DisconnectionStatus, LocalStatus, UnknownValue
from tests.dynamodb.builders import NOW, a_connection, a_disconnection, uuid

HELD = new_record_state(a_connection(), NOW)


@pytest.mark.parametrize(
    ("version", "modified", "order"),
    [
        (HELD.record.version, NOW, VersionOrder.SAME),
        (HELD.record.version, NOW + 5, VersionOrder.SAME),
        (uuid(9), NOW, VersionOrder.UNCLEAR),
        (uuid(9), NOW + 1, VersionOrder.NEWER),
        (uuid(9), NOW - 1, VersionOrder.OLDER),
    ],
)
def test_versions_are_ordered_by_modified_second_and_never_guessed(
    version: str, modified: int, order: VersionOrder
) -> None:
    assert compare_versions(HELD, a_connection(version=version, modified=modified)) is order


def test_a_record_without_a_state_is_new() -> None:
    assert compare_versions(None, a_connection()) is VersionOrder.FIRST


def test_fields_that_noyo_omits_are_kept_and_others_replaced() -> None:
    known = a_connection(group_name="Test Company", group_id=uuid(5))

    assert with_known_fields(a_connection(group_name=None, group_id=None), known).group_name == "Test Company"
    assert with_known_fields(a_connection(group_name=None, group_id=None), known).group_id == uuid(5)
    assert with_known_fields(a_connection(group_name="Renamed"), known).group_name == "Renamed"


def test_a_carrier_group_id_is_never_kept_since_a_retry_may_have_changed_it() -> None:
    assert with_known_fields(a_connection(carrier_group_id=None), a_connection()).carrier_group_id is None


@pytest.mark.parametrize(
    ("before", "again"),
    [
        (ConnectionStatus.UNABLE_TO_CONNECT, True),
        (ConnectionStatus.ACTION_REQUIRED, True),
        (ConnectionStatus.COMPLETED, True),
        (ConnectionStatus.CREATED, False),
        (ConnectionStatus.NOYO_REVIEW, False),
        (ConnectionStatus.PROCESSING, False),
        (UnknownValue("connecting"), False),
    ],
)
def test_processing_after_a_final_status_is_another_attempt(
    before: ConnectionStatus | UnknownValue, again: bool
) -> None:
    record_state = new_record_state(a_connection(status=before), NOW)

    after = advance(record_state, a_connection(version=uuid(2), modified=NOW + 60), NOW + 61)

    assert after.attempts == 1 + again
    assert after.attempt_started_at == (NOW + 60 if again else record_state.record.created)
    assert after.seen_at == NOW + 61


def test_a_changed_carrier_group_id_implies_another_attempt() -> None:
    stuck = new_record_state(a_connection(status=ConnectionStatus.UNABLE_TO_CONNECT, carrier_group_id="O1"), NOW)
    failed = replace(stuck.record, version=uuid(2), modified=NOW + 5, carrier_group_id="N1")
    untold = replace(stuck.record, version=uuid(3), modified=NOW + 5, carrier_group_id=None)

    assert (advance(stuck, failed, NOW).attempts, advance(stuck, failed, NOW).attempt_started_at) == (2, NOW + 5)
    assert advance(stuck, untold, NOW).attempts == 1


def test_a_disconnection_always_has_one_attempt() -> None:
    record_state = new_record_state(a_disconnection(), NOW)

    assert advance(record_state, a_disconnection(version=uuid(2)), NOW).attempts == 1


def test_the_first_link_to_an_operation_stays() -> None:
    linked = link_to_operation(HELD, "V1", "U0ANA", "Asked Company")

    assert (linked.requester, linked.requested_by_operation, linked.card_key) == (
        "U0ANA",
        "V1",
        operation_card_key("V1"),
    )
    assert link_to_operation(linked, "V2", "U0BEN", "Other") == linked


def test_a_record_without_a_name_gets_the_requested_name() -> None:
    nameless = replace(HELD, record=a_connection(group_name=None))

    assert link_to_operation(nameless, "V1", "U0ANA", "Asked Company").record.group_name == "Asked Company"
    assert link_to_operation(HELD, "V1", "U0ANA", "Asked Company").record.group_name == "Test Company"


def test_a_record_without_a_group_gets_the_requested_group() -> None:
    of_no_group = new_record_state(a_disconnection(group_id=None), NOW)
    of_a_group = new_record_state(a_disconnection(group_id=uuid(8)), NOW)

    assert link_to_operation(of_no_group, "V1", "U0ANA", "Asked Company", uuid(9)).record.group_id == uuid(9)
    assert link_to_operation(of_a_group, "V1", "U0ANA", "Asked Company", uuid(9)).record.group_id == uuid(8)


def test_states_that_differ_only_in_revision_are_equal() -> None:
    assert replace(HELD, revision=7) == HELD


CONNECTED = new_record_state(
    a_connection(status=ConnectionStatus.COMPLETED, group_id=uuid(5), carrier_id=uuid(6), created=NOW), NOW
)
COMPLETED, PROCESSING = DisconnectionStatus.COMPLETED, DisconnectionStatus.PROCESSING
WAITING, REJECTED = DisconnectionStatus.NEEDS_REVIEW, DisconnectionStatus.REJECTED
UNKNOWN = UnknownValue("carrier_review")


def a_request(
    status: DisconnectionStatus | LocalStatus | UnknownValue, created: int = NOW + 10, **fields: Any
) -> RecordState:
    given = {"group_id": uuid(5), "carrier_id": uuid(6), "created": created, "modified": created + 1, "completed": None}
    return new_record_state(a_disconnection(id=uuid(created % 1000), status=status, **(given | fields)), NOW)


@pytest.mark.parametrize(
    ("requests", "counts"),
    [
        ([a_request(REJECTED)], None),
        ([a_request(WAITING)], 0),
        ([a_request(PROCESSING), a_request(WAITING, NOW + 20)], 0),
        ([a_request(WAITING), a_request(LocalStatus.DELETED, NOW + 20)], 0),
        ([a_request(UNKNOWN), a_request(WAITING, NOW + 20)], 0),
        ([a_request(PROCESSING), a_request(UNKNOWN, NOW + 20)], 0),
        ([a_request(COMPLETED), a_request(REJECTED, NOW + 20)], 0),
        ([a_request(COMPLETED), a_request(PROCESSING, NOW + 20)], 1),
        ([a_request(COMPLETED, NOW - 10, completed=NOW - 1)], None),
        ([a_request(COMPLETED, NOW - 10, completed=NOW + 1)], 0),
        ([a_request(COMPLETED, NOW - 10)], None),
        ([a_request(COMPLETED, NOW - 10, completed=NOW)], 0),
        ([a_request(COMPLETED, NOW - 10, decided=NOW - 5, modified=NOW + 9)], None),
        ([a_request(COMPLETED, NOW - 10, decided=NOW, modified=NOW + 9)], 0),
        ([a_request(PROCESSING, NOW - 10)], 0),
        ([a_request(PROCESSING, carrier_id=uuid(7))], None),
        ([a_request(PROCESSING, group_id=None)], None),
    ],
)
def test_one_request_to_disconnect_counts_for_a_connection(requests: list[RecordState], counts: int | None) -> None:
    expected = None if counts is None else requests[counts]
    assert current_disconnection(CONNECTED, requests) == expected
    assert current_disconnection(CONNECTED, reversed(requests)) == expected


@pytest.mark.parametrize(("completed", "counts"), [(NOW + 19, True), (NOW + 20, True), (NOW + 21, False)])
def test_a_request_counts_if_it_was_completed_since_the_group_was_connected(completed: int, counts: bool) -> None:
    state = replace(CONNECTED, record=replace(CONNECTED.record, completed=completed))
    request = a_request(COMPLETED, completed=NOW + 20)
    assert current_disconnection(state, [request]) == (request if counts else None)


def test_a_later_version_does_not_change_when_a_record_was_completed() -> None:
    connection = a_connection(status=ConnectionStatus.COMPLETED, completed=NOW)
    again = with_known_fields(replace(connection, completed=NOW + 9), connection)
    assert again.completed == NOW
    before = replace(connection, status=ConnectionStatus.PROCESSING)
    assert with_known_fields(replace(connection, completed=NOW + 9), before).completed == NOW + 9

    waiting = a_request(WAITING).record
    request = with_known_fields(a_request(COMPLETED, modified=NOW + 20).record, waiting)
    assert request.completed == NOW + 20
    assert with_known_fields(a_request(COMPLETED, modified=NOW + 40).record, request).completed == NOW + 20


@pytest.mark.parametrize("changes", [{"group_id": None}, {"status": ConnectionStatus.PROCESSING}])
def test_nothing_is_concluded_without_a_group_or_before_the_connection_is_completed(changes: dict[str, Any]) -> None:
    state = replace(CONNECTED, record=replace(CONNECTED.record, **changes))
    assert current_disconnection(state, [a_request(PROCESSING), a_request(PROCESSING, group_id=None)]) is None
