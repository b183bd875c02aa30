"""Operations whose end date passed before they could be sent."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from bot.domain.operations import OperationState, OutcomeKind
from bot.usecases.admin.pause import pause, resume
from tests.usecases.decision_bench import DecisionBench
from tests.usecases.disconnection_bench import DisconnectionBench, open_disconnection_bench
from tests.usecases.execution_bench import ANA, write_fault

DAY = 24 * 3600
SOON = "2026-10-15"
"""A date soon after the start of the test clock, which passes during the pauses in these tests."""


@pytest.fixture
def bench() -> Iterator[DisconnectionBench]:
    with open_disconnection_bench() as opened:
        yield opened


def pause_for(bench: DecisionBench, days: int) -> None:
    """Pause sending for this many days, resume it, and store current people, as the workers do."""
    pause(ANA, "", bench.deps)
    bench.run_worker()
    bench.wait(days * DAY)
    resume(ANA, bench.deps)
    bench.store_people("U0ANA", "U0BEN")


def test_a_deferred_operation_whose_end_date_passed_is_not_sent(bench: DisconnectionBench) -> None:
    bench.request_disconnection(bench.add_completed_connection(), end=date.fromisoformat(SOON), needs_second=False)
    pause_for(bench, 60)

    bench.run_worker()

    assert bench.posts() == []
    assert bench.result() == (OperationState.CANCELLED.value, OutcomeKind.END_DATE_PASSED.value)
    bench.request_disconnection(bench.add_completed_connection("Another"), "V2", needs_second=False)
    assert bench.state("V2") is OperationState.PENDING


def test_an_approval_whose_end_date_passed_is_not_sent_and_can_be_decided_again(bench: DisconnectionBench) -> None:
    shown = bench.add_disconnection_request()
    bench.decide(shown, end=SOON)
    pause_for(bench, 60)

    bench.run_worker()

    assert bench.result() == (OperationState.CANCELLED.value, OutcomeKind.END_DATE_PASSED.value)
    assert bench.noyo_record(shown)["status"] == "needs_review"
    bench.decide(bench.record_state(shown.record.id), operation_id="V2")
    bench.run_worker("V2")
    assert bench.state("V2") is OperationState.SUCCEEDED


def test_an_end_date_of_today_or_later_is_sent(bench: DisconnectionBench) -> None:
    bench.request_disconnection(bench.add_completed_connection(), end=date.fromisoformat(SOON), needs_second=False)
    pause_for(bench, 3)

    bench.run_worker()

    assert bench.state() is OperationState.SUCCEEDED


def test_an_end_date_that_was_past_at_submission_is_sent(bench: DisconnectionBench) -> None:
    bench.request_disconnection(bench.add_completed_connection(), end=date(2026, 1, 31), needs_second=False)
    pause_for(bench, 3)

    bench.run_worker()

    assert bench.state() is OperationState.SUCCEEDED
    assert [request["effective_end_date"] for request in bench.platform_disconnections()] == ["2026-01-31"]


@pytest.mark.parametrize(
    ("arrives", "expected"), [(False, ("cancelled", "end_date_passed")), (True, ("succeeded", "reconciled"))]
)
def test_an_earlier_request_is_reconciled_first(
    bench: DisconnectionBench, arrives: bool, expected: tuple[str, str]
) -> None:
    """Reconciliation finds nothing, so the operation is to be sent again, but a pause defers it."""
    shown = bench.add_disconnection_request()
    bench.decide(shown, end=SOON)
    bench.noyo.faults.add(write_fault("reset_before", method="PUT"))
    bench.run_worker()
    for _ in range(2):
        bench.wait(bench.deps.reconcile_after_seconds)
        bench.run_worker()
    assert bench.state() is OperationState.PENDING
    if arrives:
        bench.change_at_noyo(shown, "processing", effective_end_date=SOON)
    pause_for(bench, 60)

    bench.run_worker()

    assert bench.result() == expected
