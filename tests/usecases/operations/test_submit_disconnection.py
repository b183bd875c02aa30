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
from tests.usecases.disconnection_bench import NEW_YORK, Disconnecting, disconnecting, pair_of
from tests.usecases.execution_bench import ANA, BEN


@pytest.fixture(scope="module")
def shared() -> Iterator[Disconnecting]:
    with disconnecting() as opened:
        yield opened


@pytest.fixture
def here() -> Iterator[Disconnecting]:
    with disconnecting() as opened:
        yield opened


def test_a_disconnection_awaits_confirmation_with_its_lock(here: Disconnecting) -> None:
    shown = here.connected()

    result = here.ask_to_end(shown)
    here.run_worker()

    assert isinstance(result, Submitted)
    assert result.operation == here.operation()
    assert here.state() is OperationState.AWAITING_CONFIRMATION
    assert here.locked(pair_of(shown))
    assert not here.locked(shown.entity)
    assert here.writes() == []
    assert here.published_states() == ["awaiting_confirmation"]
    (entry,) = here.audit_log()
    assert entry[:2] == ("operation_submitted", ANA)
    assert entry[2] == {
        "operation": "V1",
        "kind": "create_disconnection",
        "shown_version": shown.record.version,
        "effective_end_date": "2026-12-31",
        "reason": "terminated",
    }


def test_a_disconnection_without_a_second_approver_is_sent_at_once(here: Disconnecting) -> None:
    here.ask_to_end(here.connected(), needs_second=False)

    assert here.state() is OperationState.PENDING
    here.run_worker()
    assert len(here.posts()) == 1


def test_a_second_requester_sees_who_was_first(here: Disconnecting) -> None:
    shown = here.connected()
    here.ask_to_end(shown)

    second = here.ask_to_end(shown, "V2", BEN)

    assert isinstance(second, Conflict)
    assert (second.operation.id, second.operation.actor) == ("V1", ANA)


def test_the_same_submission_twice_is_one(here: Disconnecting) -> None:
    shown = here.connected()
    first, again = here.ask_to_end(shown), here.ask_to_end(shown)

    assert first == again
    assert len(here.audit_log()) == 1


def test_a_connection_that_changed_is_shown_again(here: Disconnecting) -> None:
    shown = here.connected()
    here.wait(5)
    here.noyo.move_connection(shown.record.id, "unable_to_connect")
    here.observed(shown.entity)

    result = here.ask_to_end(shown)

    assert isinstance(result, RecordChanged)
    assert result.now is not None
    assert result.now.status.value == "unable_to_connect"
    assert not here.locked(pair_of(shown))


@pytest.mark.parametrize("change", [{"group_id": None}, {"status": None}])
def test_only_a_connected_known_group_can_be_disconnected(shared: Disconnecting, change: dict[str, Any]) -> None:
    shown = shared.connected(name=f"No {change}")
    assert (is_connected(shown), disconnectable(shown)) == (True, True)

    other = replace(shown, record=replace(shown.record, **change))

    assert is_connected(other) is ("group_id" in change)
    assert not disconnectable(other)
    assert isinstance(shared.ask_to_end(other), RecordChanged)


def test_it_expires_at_the_end_of_its_last_day_in_the_business_timezone(here: Disconnecting) -> None:
    here.ask_to_end(here.connected())
    due = here.operation().due
    assert due is not None

    here.wait(due - 1 - here.clock())
    assert here.run_worker().state is OperationState.AWAITING_CONFIRMATION
    here.wait(1)
    ended = here.run_worker()

    assert datetime.fromtimestamp(due, NEW_YORK) == datetime(2027, 1, 1, tzinfo=NEW_YORK)
    assert (ended.state.value, ended.outcome and ended.outcome.kind.value) == ("expired", "expired")
    assert here.writes() == []
    assert not here.locked(ended.entity)
    assert sorted(here.published_states()) == ["awaiting_confirmation", "expired"]
    assert [action for action, *_ in here.audit_log()] == ["operation_submitted", "operation_expired"]


def test_a_past_end_date_can_still_be_confirmed_for_some_days(here: Disconnecting) -> None:
    asked = int(here.clock())
    here.ask_to_end(here.connected(), end=date(2020, 1, 1))

    assert here.operation().due == asked + 3 * 86400


def test_disconnections_awaiting_confirmation_are_listed_by_end_date(here: Disconnecting) -> None:
    for number, end in enumerate([date(2027, 3, 1), date(2026, 11, 1), date(2027, 1, 1)]):
        here.ask_to_end(here.connected(f"Group {number}"), f"V{number}", end=end)

    listed = [operation.id for operation in here.store.operations.awaiting_confirmation(limit=10)]
    here.confirm("V1")

    assert listed == ["V1", "V2", "V0"]
    assert [operation.id for operation in here.store.operations.awaiting_confirmation(limit=10)] == ["V2", "V0"]
    assert [operation.id for operation in here.store.operations.awaiting_confirmation(limit=1)] == ["V2"]
