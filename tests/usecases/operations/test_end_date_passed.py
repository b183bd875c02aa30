"""Operations whose end date passed before they could be sent."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from bot.domain.operations import OperationState, OutcomeKind
from bot.usecases.admin.pause import pause, resume
from tests.usecases.decision_bench import Deciding
from tests.usecases.disconnection_bench import Disconnecting, disconnecting
from tests.usecases.execution_bench import ANA, writes_fail

DAY = 24 * 3600
SOON = "2026-10-15"
"""A date soon after the start of the test clock, which passes during the pauses in these tests."""


@pytest.fixture
def here() -> Iterator[Disconnecting]:
    with disconnecting() as opened:
        yield opened


def kept_for(here: Deciding, days: int) -> None:
    """Pause sending for this long, and read the people again in between, as the workers do."""
    pause(ANA, "", here.deps)
    here.run_worker()
    here.wait(days * DAY)
    resume(ANA, here.deps)
    here.know("U0ANA", "U0BEN")


def test_a_deferred_operation_whose_end_date_passed_is_not_sent(here: Disconnecting) -> None:
    here.ask_to_end(here.connected(), end=date.fromisoformat(SOON), needs_second=False)
    kept_for(here, 60)

    here.run_worker()

    assert here.posts() == []
    assert here.ended() == (OperationState.CANCELLED.value, OutcomeKind.END_DATE_PASSED.value)
    here.ask_to_end(here.connected("Another"), "V2", needs_second=False)
    assert here.state("V2") is OperationState.PENDING


def test_an_approval_whose_end_date_passed_is_not_sent_and_can_be_decided_again(here: Disconnecting) -> None:
    shown = here.waits()
    here.decide(shown, end=SOON)
    kept_for(here, 60)

    here.run_worker()

    assert here.ended() == (OperationState.CANCELLED.value, OutcomeKind.END_DATE_PASSED.value)
    assert here.true(shown)["status"] == "needs_review"
    here.decide(here.record_state(shown.record.id), operation_id="V2")
    here.run_worker("V2")
    assert here.state("V2") is OperationState.SUCCEEDED


def test_an_end_date_of_today_or_later_is_sent(here: Disconnecting) -> None:
    here.ask_to_end(here.connected(), end=date.fromisoformat(SOON), needs_second=False)
    kept_for(here, 3)

    here.run_worker()

    assert here.state() is OperationState.SUCCEEDED


def test_an_end_date_that_was_past_at_submission_is_sent(here: Disconnecting) -> None:
    here.ask_to_end(here.connected(), end=date(2026, 1, 31), needs_second=False)
    kept_for(here, 3)

    here.run_worker()

    assert here.state() is OperationState.SUCCEEDED
    assert [request["effective_end_date"] for request in here.requests()] == ["2026-01-31"]


@pytest.mark.parametrize(
    ("arrives", "ended"), [(False, ("cancelled", "end_date_passed")), (True, ("succeeded", "reconciled"))]
)
def test_an_earlier_request_is_reconciled_first(here: Disconnecting, arrives: bool, ended: tuple[str, str]) -> None:
    """Reconciliation finds nothing, so the operation is to be sent again, but a pause defers it."""
    shown = here.waits()
    here.decide(shown, end=SOON)
    here.noyo.faults.add(writes_fail("reset_before", method="PUT"))
    here.run_worker()
    for _ in range(2):
        here.wait(here.deps.reconcile_after_seconds)
        here.run_worker()
    assert here.state() is OperationState.PENDING
    if arrives:
        here.elsewhere(shown, "processing", effective_end_date=SOON)
    kept_for(here, 60)

    here.run_worker()

    assert here.ended() == ended
