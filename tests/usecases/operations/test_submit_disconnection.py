"""Submitting a disconnection: it awaits a second approver, and a group has one at a time at each carrier."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest

from bot.domain.operations import OperationState
from bot.domain.record_states import disconnectable, is_connected
from bot.usecases.operations.submit import Conflict, RecordChanged, Submitted
from tests.usecases.disconnection_bench import NEW_YORK, DisconnectionBench, open_disconnection_bench, pending_ref_of
from tests.usecases.execution_bench import ANA, BEN


@pytest.fixture(scope="module")
def shared() -> Iterator[DisconnectionBench]:
    with open_disconnection_bench() as opened:
        yield opened


@pytest.fixture
def bench() -> Iterator[DisconnectionBench]:
    with open_disconnection_bench() as opened:
        yield opened


def test_a_disconnection_awaits_confirmation_with_its_lock(bench: DisconnectionBench) -> None:
    shown = bench.add_completed_connection()

    result = bench.request_disconnection(shown)
    bench.run_worker()

    assert isinstance(result, Submitted)
    assert result.operation == bench.operation()
    assert bench.state() is OperationState.AWAITING_CONFIRMATION
    assert bench.is_locked(pending_ref_of(shown))
    assert not bench.is_locked(shown.entity)
    assert bench.writes() == []
    assert bench.published_states() == ["awaiting_confirmation"]
    (entry,) = bench.audit_log()
    assert entry[:2] == ("operation_submitted", ANA)
    assert entry[2] == {
        "operation": "V1",
        "kind": "create_disconnection",
        "shown_version": shown.record.version,
        "effective_end_date": "2026-12-31",
        "reason": "terminated",
    }


def test_a_disconnection_without_a_second_approver_is_sent_at_once(bench: DisconnectionBench) -> None:
    bench.request_disconnection(bench.add_completed_connection(), needs_second=False)

    assert bench.state() is OperationState.PENDING
    bench.run_worker()
    assert len(bench.posts()) == 1


def test_a_second_requester_sees_the_first_request(bench: DisconnectionBench) -> None:
    shown = bench.add_completed_connection()
    bench.request_disconnection(shown)

    second = bench.request_disconnection(shown, "V2", BEN)

    assert isinstance(second, Conflict)
    assert (second.operation.id, second.operation.actor) == ("V1", ANA)


def test_the_same_submission_twice_is_one(bench: DisconnectionBench) -> None:
    shown = bench.add_completed_connection()
    first, again = bench.request_disconnection(shown), bench.request_disconnection(shown)

    assert first == again
    assert len(bench.audit_log()) == 1


def test_a_connection_that_changed_is_shown_again(bench: DisconnectionBench) -> None:
    shown = bench.add_completed_connection()
    bench.wait(5)
    bench.noyo.move_connection(shown.record.id, "unable_to_connect")
    bench.ingest_entity(shown.entity)

    result = bench.request_disconnection(shown)

    assert isinstance(result, RecordChanged)
    assert result.now is not None
    assert result.now.status.value == "unable_to_connect"
    assert not bench.is_locked(pending_ref_of(shown))


@pytest.mark.parametrize("change", [{"group_id": None}, {"status": None}])
def test_only_a_connected_known_group_can_be_disconnected(shared: DisconnectionBench, change: dict[str, Any]) -> None:
    shown = shared.add_completed_connection(name=f"No {change}")
    assert (is_connected(shown, None), disconnectable(shown, None)) == (True, True)

    other = replace(shown, record=replace(shown.record, **change))

    assert is_connected(other, None) is ("group_id" in change)
    assert not disconnectable(other, None)
    assert isinstance(shared.request_disconnection(other), RecordChanged)


def test_it_expires_at_the_end_of_its_last_day_in_the_business_timezone(bench: DisconnectionBench) -> None:
    bench.request_disconnection(bench.add_completed_connection())
    due = bench.operation().due
    assert due is not None

    bench.wait(due - 1 - bench.clock())
    assert bench.run_worker().state is OperationState.AWAITING_CONFIRMATION
    bench.wait(1)
    ended = bench.run_worker()

    assert datetime.fromtimestamp(due, NEW_YORK) == datetime(2027, 1, 1, tzinfo=NEW_YORK)
    assert (ended.state.value, ended.outcome and ended.outcome.kind.value) == ("expired", "expired")
    assert bench.writes() == []
    assert not bench.is_locked(ended.entity)
    assert sorted(bench.published_states()) == ["awaiting_confirmation", "expired"]
    assert [action for action, *_ in bench.audit_log()] == ["operation_submitted", "operation_expired"]


def test_a_past_end_date_can_still_be_confirmed_for_some_days(bench: DisconnectionBench) -> None:
    submitted_at = int(bench.clock())
    bench.request_disconnection(bench.add_completed_connection(), end=date(2020, 1, 1))

    assert bench.operation().due == submitted_at + 3 * 86400


def test_disconnections_awaiting_confirmation_are_listed_by_end_date(bench: DisconnectionBench) -> None:
    for number, end in enumerate([date(2027, 3, 1), date(2026, 11, 1), date(2027, 1, 1)]):
        bench.request_disconnection(bench.add_completed_connection(f"Group {number}"), f"V{number}", end=end)

    listed = [operation.id for operation in bench.store.operations.awaiting_confirmation(limit=10)]
    bench.confirm("V1")

    assert listed == ["V1", "V2", "V0"]
    assert [operation.id for operation in bench.store.operations.awaiting_confirmation(limit=10)] == ["V2", "V0"]
    assert [operation.id for operation in bench.store.operations.awaiting_confirmation(limit=1)] == ["V2"]
