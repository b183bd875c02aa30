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
from tests.usecases.disconnection_bench import Disconnecting, disconnecting
from tests.usecases.execution_bench import ANA, BEN, Before

CAT = "U0CAT"


@pytest.fixture
def here() -> Iterator[Disconnecting]:
    with disconnecting() as opened:
        opened.know(CAT)
        yield opened


def test_a_confirmed_disconnection_is_sent_once(here: Disconnecting) -> None:
    here.ask_to_end(here.connected())

    confirmed = here.confirm()

    assert isinstance(confirmed, Confirmed)
    assert confirmed.operation == here.operation()
    assert (here.state(), here.operation().people) == (OperationState.PENDING, (ANA, BEN))
    assert here.run_worker().state is OperationState.SUCCEEDED
    assert len(here.posts()) == 1


def test_a_requester_may_not_confirm_and_sees_who_may(here: Disconnecting) -> None:
    here.ask_to_end(here.connected())

    refused = here.confirm(person=ANA)

    assert isinstance(refused, NotAllowed)
    assert "You requested this yourself" in refused.permission.reason
    assert f"<@{BEN}>" in refused.permission.reason
    assert f"<@{ANA}>" not in refused.permission.reason
    assert here.state() is OperationState.AWAITING_CONFIRMATION


def test_a_requester_may_confirm_if_the_settings_allow_it(here: Disconnecting) -> None:
    here.policy = replace(here.policy, self_approval=True)
    here.ask_to_end(here.connected())

    assert isinstance(here.confirm(person=ANA), Confirmed)
    assert here.run_worker().state is OperationState.SUCCEEDED


def test_a_late_confirmation_shows_who_was_first(here: Disconnecting) -> None:
    here.ask_to_end(here.connected())
    here.confirm()

    second = here.confirm(person=CAT)

    assert isinstance(second, NotAwaitingConfirmation)
    assert second.operation is not None
    assert second.operation.second_approval is not None
    assert second.operation.second_approval.by == BEN


def test_only_one_of_two_concurrent_confirmations_counts(here: Disconnecting) -> None:
    here.ask_to_end(here.connected())
    first: Any = Before(here.store.operations, "save", lambda: here.confirm(person=CAT))

    late = here.confirm(operations=first)

    assert isinstance(late, NotAwaitingConfirmation)
    assert here.operation().people == (ANA, CAT)
    assert [action for action, *_ in here.audit_log()].count("disconnection_confirmed") == 1


def test_an_expired_disconnection_is_not_confirmed(here: Disconnecting) -> None:
    here.ask_to_end(here.connected())
    due = here.operation().due or 0

    def over() -> None:
        here.wait(due - here.clock())
        here.run_worker()

    late: Any = Before(here.store.operations, "save", over)

    assert isinstance(here.confirm(operations=late), NotAwaitingConfirmation)
    assert here.state() is OperationState.EXPIRED


def test_a_confirmed_disconnection_does_not_expire(here: Disconnecting) -> None:
    here.ask_to_end(here.connected())
    due = here.operation().due or 0

    def confirmed_in_time() -> None:
        here.wait(-1)
        here.confirm()
        here.wait(1)

    here.wait(due - here.clock())
    last: Any = Before(here.store.operations, "settle", confirmed_in_time)
    here.run_worker(operations=last)

    assert here.state() is OperationState.PENDING


def test_an_overdue_disconnection_is_not_confirmed_before_it_is_settled(here: Disconnecting) -> None:
    here.ask_to_end(here.connected())
    here.wait((here.operation().due or 0) - here.clock())

    assert not here.operation().awaits_confirmation(int(here.clock()))
    assert isinstance(here.confirm(), NotAwaitingConfirmation)
    assert here.state() is OperationState.AWAITING_CONFIRMATION


@pytest.mark.parametrize("person", [ANA, BEN])
def test_a_withdrawn_disconnection_is_never_sent(here: Disconnecting, person: str) -> None:
    here.ask_to_end(here.connected())

    withdrawn = here.withdraw(person=person)
    here.wait(10**8)
    here.run_worker()

    assert withdrawn == here.operation()
    assert here.ended() == ("cancelled", "withdrawn")
    assert here.writes() == []
    assert not here.locked(here.operation().entity)
    assert here.withdraw() is None
    assert isinstance(here.confirm(), NotAwaitingConfirmation)


def test_a_confirmed_disconnection_is_not_withdrawn(here: Disconnecting) -> None:
    here.ask_to_end(here.connected())
    last: Any = Before(here.store.operations, "settle", here.confirm)
    operations = here.store.operations
    here.store = replace(here.store, operations=last)

    assert here.withdraw() is None
    here.store = replace(here.store, operations=operations)
    assert here.state() is OperationState.PENDING


def test_the_audit_log_names_each_person_and_action(here: Disconnecting) -> None:
    here.ask_to_end(here.connected())
    here.confirm()
    here.run_worker()

    entries = here.audit_log()

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
def test_an_unknown_operation_does_not_await_confirmation(here: Disconnecting, act: str) -> None:
    assert getattr(here, act)("nobody's") in (None, NotAwaitingConfirmation(None))


# ---------------------------------------------------------------- during a pause


def test_a_confirmation_during_a_pause_is_deferred_until_resuming(here: Disconnecting) -> None:
    here.ask_to_end(here.connected())
    paused = pause(CAT, "", here.deps).pause

    confirmed = here.confirm()

    assert isinstance(confirmed, Confirmed)
    assert confirmed.operation.deferred_by == paused
    here.run_worker()
    assert (here.state(), here.posts()) == (OperationState.PENDING, [])
    resume(CAT, here.deps)
    assert here.run_worker().state is OperationState.SUCCEEDED
    assert len(here.posts()) == 1


def test_a_pause_does_not_defer_what_awaits_confirmation(here: Disconnecting) -> None:
    here.ask_to_end(here.connected())
    pause(CAT, "", here.deps)

    here.run_worker()

    assert (here.state(), here.operation().deferred_by) == (OperationState.AWAITING_CONFIRMATION, None)


def test_observe_mode_accepts_no_confirmation(here: Disconnecting) -> None:
    here.ask_to_end(here.connected())
    here.mode = Mode.OBSERVE

    with pytest.raises(ObserveOnly):
        here.confirm()

    assert here.state() is OperationState.AWAITING_CONFIRMATION
