"""Second approval: another person confirms or withdraws a disconnection once, audited, despite concurrency."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from bot.domain.operations import OperationState
from bot.domain.pauses import Mode
from bot.errors import ObserveOnly
from bot.usecases.admin.pause import pause, resume
from bot.usecases.operations.second_approval import Confirmed, NotAwaitingConfirmation
from bot.usecases.operations.submit import NotAllowed
from tests.usecases.disconnection_bench import DisconnectionBench, open_disconnection_bench
from tests.usecases.execution_bench import ANA, BEN, PortHook

CAT = "U0CAT"


@pytest.fixture
def bench() -> Iterator[DisconnectionBench]:
    with open_disconnection_bench() as opened:
        opened.store_people(CAT)
        yield opened


def test_a_confirmed_disconnection_is_sent_once(bench: DisconnectionBench) -> None:
    bench.request_disconnection(bench.add_completed_connection())

    confirmed = bench.confirm()

    assert isinstance(confirmed, Confirmed)
    assert confirmed.operation == bench.operation()
    assert (bench.state(), bench.operation().people) == (OperationState.PENDING, (ANA, BEN))
    assert bench.run_worker().state is OperationState.SUCCEEDED
    assert len(bench.posts()) == 1


def test_a_requester_may_not_confirm_and_sees_who_may(bench: DisconnectionBench) -> None:
    bench.request_disconnection(bench.add_completed_connection())

    refused = bench.confirm(person=ANA)

    assert isinstance(refused, NotAllowed)
    assert "You requested this yourself" in refused.permission.reason
    assert f"<@{BEN}>" in refused.permission.reason
    assert f"<@{ANA}>" not in refused.permission.reason
    assert bench.state() is OperationState.AWAITING_CONFIRMATION


def test_a_requester_may_confirm_if_the_settings_allow_it(bench: DisconnectionBench) -> None:
    bench.policy = replace(bench.policy, self_approval=True)
    bench.request_disconnection(bench.add_completed_connection())

    assert isinstance(bench.confirm(person=ANA), Confirmed)
    assert bench.run_worker().state is OperationState.SUCCEEDED


def test_a_late_confirmation_shows_the_first_confirmer(bench: DisconnectionBench) -> None:
    bench.request_disconnection(bench.add_completed_connection())
    bench.confirm()

    second = bench.confirm(person=CAT)

    assert isinstance(second, NotAwaitingConfirmation)
    assert second.operation is not None
    assert second.operation.second_approval is not None
    assert second.operation.second_approval.by == BEN


def test_only_one_of_two_concurrent_confirmations_counts(bench: DisconnectionBench) -> None:
    bench.request_disconnection(bench.add_completed_connection())
    first: Any = PortHook(bench.store.operations, "save", lambda: bench.confirm(person=CAT))

    late = bench.confirm(operations=first)

    assert isinstance(late, NotAwaitingConfirmation)
    assert bench.operation().people == (ANA, CAT)
    assert [action for action, *_ in bench.audit_log()].count("disconnection_confirmed") == 1


def test_an_expired_disconnection_is_not_confirmed(bench: DisconnectionBench) -> None:
    bench.request_disconnection(bench.add_completed_connection())
    due = bench.operation().due or 0

    def expire() -> None:
        bench.wait(due - bench.clock())
        bench.run_worker()

    late: Any = PortHook(bench.store.operations, "save", expire)

    assert isinstance(bench.confirm(operations=late), NotAwaitingConfirmation)
    assert bench.state() is OperationState.EXPIRED


def test_a_confirmed_disconnection_does_not_expire(bench: DisconnectionBench) -> None:
    bench.request_disconnection(bench.add_completed_connection())
    due = bench.operation().due or 0

    def confirm_in_time() -> None:
        bench.wait(-1)
        bench.confirm()
        bench.wait(1)

    bench.wait(due - bench.clock())
    last: Any = PortHook(bench.store.operations, "save", confirm_in_time)
    bench.run_worker(operations=last)

    assert bench.state() is OperationState.PENDING


def test_an_overdue_disconnection_is_not_confirmed_before_it_is_settled(bench: DisconnectionBench) -> None:
    bench.request_disconnection(bench.add_completed_connection())
    bench.wait((bench.operation().due or 0) - bench.clock())

    assert not bench.operation().awaits_confirmation(int(bench.clock()))
    assert isinstance(bench.confirm(), NotAwaitingConfirmation)
    assert bench.state() is OperationState.AWAITING_CONFIRMATION


@pytest.mark.parametrize("person", [ANA, BEN])
def test_a_withdrawn_disconnection_is_never_sent(bench: DisconnectionBench, person: str) -> None:
    bench.request_disconnection(bench.add_completed_connection())

    withdrawn = bench.withdraw(person=person)
    bench.wait(10**8)
    bench.run_worker()

    assert withdrawn == bench.operation()
    assert bench.result() == ("cancelled", "withdrawn")
    assert bench.writes() == []
    assert not bench.is_locked(bench.operation().entity)
    assert bench.withdraw() is None
    assert isinstance(bench.confirm(), NotAwaitingConfirmation)


def test_a_confirmed_disconnection_is_not_withdrawn(bench: DisconnectionBench) -> None:
    bench.request_disconnection(bench.add_completed_connection())
    last: Any = PortHook(bench.store.operations, "save", bench.confirm)

    assert bench.withdraw(deps=replace(bench.deps, operations=last)) is None
    assert bench.state() is OperationState.PENDING


def test_the_audit_log_names_each_person_and_action(bench: DisconnectionBench) -> None:
    bench.request_disconnection(bench.add_completed_connection())
    bench.confirm()
    bench.run_worker()

    entries = bench.audit_log()

    assert [(action, actor) for action, actor, _ in entries] == [
        ("operation_submitted", ANA),
        ("disconnection_confirmed", BEN),
        ("operation_sending", ANA),
        ("operation_succeeded", ANA),
    ]
    assert all(details["effective_end_date"] == "2026-12-31" for *_, details in entries)
    assert entries[1][2]["asked_by"] == ANA
    assert entries[3][2]["second_approver"] == BEN


@pytest.mark.parametrize("act", ["confirm", "withdraw"])
def test_an_unknown_operation_does_not_await_confirmation(bench: DisconnectionBench, act: str) -> None:
    assert getattr(bench, act)("nobody's") in (None, NotAwaitingConfirmation(None))


# ---------------------------------------------------------------- during a pause


def test_a_confirmation_during_a_pause_is_deferred_until_resuming(bench: DisconnectionBench) -> None:
    bench.request_disconnection(bench.add_completed_connection())
    paused = pause(CAT, "", bench.deps).pause

    confirmed = bench.confirm()

    assert isinstance(confirmed, Confirmed)
    assert confirmed.operation.deferred_by == paused
    bench.run_worker()
    assert (bench.state(), bench.posts()) == (OperationState.PENDING, [])
    resume(CAT, bench.deps)
    assert bench.run_worker().state is OperationState.SUCCEEDED
    assert len(bench.posts()) == 1


def test_a_pause_does_not_defer_operations_awaiting_confirmation(bench: DisconnectionBench) -> None:
    bench.request_disconnection(bench.add_completed_connection())
    pause(CAT, "", bench.deps)

    bench.run_worker()

    assert (bench.state(), bench.operation().deferred_by) == (OperationState.AWAITING_CONFIRMATION, None)


def test_observe_mode_accepts_no_confirmation(bench: DisconnectionBench) -> None:
    bench.request_disconnection(bench.add_completed_connection())
    bench.mode = Mode.OBSERVE

    with pytest.raises(ObserveOnly):
        bench.confirm()

    assert bench.state() is OperationState.AWAITING_CONFIRMATION
