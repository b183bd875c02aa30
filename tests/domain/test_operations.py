"""The operation's state machine: its transitions and its properties."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from bot import policies
from bot.domain.operations import Operation, OperationState, Outcome, OutcomeKind, Resolution, SecondApproval
from bot.domain.pauses import Pause
from bot.domain.people import Right
from bot.domain.reconciliation import created_since_sent, sent_before
from tests.dynamodb.builders import (
    NOW,
    a_connection,
    a_decision,
    a_disconnection_request,
    a_refresh,
    a_request,
    a_retry,
)

NEW_YORK = ZoneInfo("America/New_York")
PAUSE = Pause(since=NOW)
LATER = NOW + 1000
CLAIMED = a_request().claim_for_sending("lease-1", NOW)
RECONCILING = CLAIMED.await_reconciliation(NOW + 30)
UNCLEAR = RECONCILING.request_resolution(OutcomeKind.UNCLEAR, None)


# ---------------------------------------------------------------- transitions


def test_the_claim_of_an_attempt_does_not_count_as_sent_before() -> None:
    assert not sent_before(CLAIMED)
    assert not sent_before(CLAIMED.settle(OperationState.CANCELLED, Outcome(OutcomeKind.CHANGED), NOW))
    again = RECONCILING.send_again(NOW)
    assert sent_before(again)
    assert sent_before(again.claim_for_sending("lease-2", NOW))


def test_a_claim_for_sending_counts_as_sent_and_takes_a_lease() -> None:
    deferred = a_request(deferred_by=PAUSE)

    claimed = deferred.claim_for_sending("lease-1", NOW)

    assert claimed.state is OperationState.SENDING
    assert (claimed.lease, claimed.lease_until, claimed.due) == (
        "lease-1",
        NOW + policies.OPERATION_LEASE_SECONDS,
        NOW + policies.OPERATION_LEASE_SECONDS,
    )
    assert (claimed.attempts, claimed.sends) == (1, 1)
    assert (claimed.first_attempt_at, claimed.first_sent_at) == (NOW, NOW)
    assert claimed.deferred_by is None


def test_a_second_claim_keeps_the_time_of_the_first() -> None:
    again = CLAIMED.send_again(NOW + 60).claim_for_sending("lease-2", NOW + 60)

    assert (again.attempts, again.sends) == (2, 2)
    assert (again.first_attempt_at, again.first_sent_at) == (NOW, NOW)


def test_a_claim_for_reconciling_is_an_attempt_but_sends_nothing() -> None:
    claimed = RECONCILING.claim_for_reconciling("lease-2", LATER)

    assert (claimed.state, claimed.lease) == (OperationState.RECONCILING, "lease-2")
    assert (claimed.attempts, claimed.sends) == (2, 1)
    assert (claimed.first_attempt_at, claimed.first_sent_at) == (NOW, NOW)


@pytest.mark.parametrize(
    "transition",
    [
        lambda operation: operation.reschedule("Noyo is busy.", NOW),
        lambda operation: operation.defer(PAUSE, NOW),
        lambda operation: operation.await_reconciliation(NOW + 30),
        lambda operation: operation.send_again(NOW),
        lambda operation: operation.request_resolution(OutcomeKind.UNCLEAR, None),
        lambda operation: operation.settle(OperationState.SUCCEEDED, Outcome(OutcomeKind.CONFIRMED), NOW),
    ],
)
def test_every_other_transition_releases_the_lease(transition: Callable[[Operation], Operation]) -> None:
    after = transition(CLAIMED)

    assert (after.lease, after.lease_until) == (None, None)
    assert CLAIMED.lease == "lease-1"


def test_a_rescheduled_operation_was_not_sent() -> None:
    waiting = CLAIMED.reschedule("Noyo is busy.", LATER)

    assert (waiting.state, waiting.due) == (OperationState.PENDING, LATER + policies.OPERATION_FIRST_PAUSE_SECONDS)
    assert (waiting.attempts, waiting.sends, waiting.first_sent_at) == (1, 0, None)
    assert (waiting.first_attempt_at, waiting.delay_reason) == (NOW, "Noyo is busy.")


def test_an_earlier_request_is_still_counted_after_rescheduling() -> None:
    waiting = replace(CLAIMED, sends=2).reschedule("Noyo is busy.", LATER)

    assert (waiting.sends, waiting.first_sent_at) == (1, NOW)


def test_a_rescheduled_operation_waits_as_long_as_noyo_asks() -> None:
    assert CLAIMED.reschedule("Noyo is busy.", NOW, 60).due == NOW + 60
    assert CLAIMED.reschedule("Noyo is busy.", NOW, 1).due == NOW + policies.OPERATION_FIRST_PAUSE_SECONDS


def test_the_time_between_attempts_doubles_up_to_a_limit() -> None:
    seconds = [a_request(attempts=attempts).retry_seconds for attempts in (0, 1, 2, 3, 9, 99)]

    assert seconds == [5, 5, 10, 20, policies.OPERATION_MAX_PAUSE_SECONDS, policies.OPERATION_MAX_PAUSE_SECONDS]


def test_a_deferred_claimed_operation_is_due_at_its_submission_time() -> None:
    deferred = a_request(submitted_at=NOW - 500).claim_for_sending("lease-1", NOW).defer(PAUSE, NOW)

    assert (deferred.state, deferred.due, deferred.deferred_by) == (OperationState.PENDING, NOW - 500, PAUSE)
    assert (deferred.sends, deferred.first_sent_at) == (0, None)


def test_deferring_an_unclaimed_operation_changes_nothing_else() -> None:
    waiting = a_request(due=LATER, attempts=3)

    assert waiting.defer(PAUSE, NOW) == replace(waiting, deferred_by=PAUSE)


def test_an_operation_without_an_answer_awaits_reconciliation() -> None:
    waiting = replace(CLAIMED, delay_reason="Noyo is busy.", reconciliations=1).await_reconciliation(NOW + 30)

    assert (waiting.state, waiting.due) == (OperationState.RECONCILING, NOW + 30)
    assert (waiting.reconciliations, waiting.delay_reason) == (0, None)
    assert (waiting.sends, waiting.first_sent_at) == (1, NOW)
    assert waiting.await_reconciliation(NOW + 60, 1).reconciliations == 1


def test_sending_again_resets_the_reconciliations() -> None:
    again = replace(RECONCILING, reconciliations=2).send_again(LATER)

    assert (again.state, again.due, again.reconciliations) == (OperationState.PENDING, LATER, 0)
    assert (again.sends, again.first_sent_at) == (1, NOW)


def test_an_operation_that_needs_resolution_is_open_and_not_due() -> None:
    overdue = CLAIMED.request_resolution(OutcomeKind.OVERDUE, "Noyo is busy.")

    assert (overdue.state, overdue.due, overdue.is_open) == (OperationState.NEEDS_RESOLUTION, None, True)
    assert overdue.outcome == Outcome(OutcomeKind.OVERDUE, "Noyo is busy.")


def test_a_settled_operation_has_an_outcome_and_is_no_longer_due() -> None:
    outcome = Outcome(OutcomeKind.CONFIRMED)

    settled = replace(CLAIMED, delay_reason="Noyo is busy.").settle(OperationState.SUCCEEDED, outcome, LATER)

    assert (settled.state, settled.outcome, settled.settled_at) == (OperationState.SUCCEEDED, outcome, LATER)
    assert (settled.due, settled.delay_reason, settled.is_open) == (None, None, False)


def test_a_confirmed_operation_is_due_at_once() -> None:
    approval = SecondApproval("U2", LATER)

    confirmed = a_disconnection_request(state=OperationState.AWAITING_CONFIRMATION).confirm(approval)

    assert (confirmed.state, confirmed.due) == (OperationState.PENDING, LATER)
    assert confirmed.second_approval == approval


def test_a_withdrawn_operation_is_cancelled_by_that_person() -> None:
    withdrawn = a_disconnection_request(state=OperationState.AWAITING_CONFIRMATION).withdraw("U2", LATER)

    assert withdrawn.state is OperationState.CANCELLED
    assert withdrawn.outcome == Outcome(OutcomeKind.WITHDRAWN, decided_by="U2")
    assert withdrawn.settled_at == LATER


@pytest.mark.parametrize(
    ("resolution", "state", "kind"),
    [
        (Resolution.ARRIVED, OperationState.SUCCEEDED, OutcomeKind.REPORTED_ARRIVED),
        (Resolution.CLOSE, OperationState.CANCELLED, OutcomeKind.CLOSED),
    ],
)
def test_a_resolution_other_than_sending_again_settles(
    resolution: Resolution, state: OperationState, kind: OutcomeKind
) -> None:
    retry = replace(UNCLEAR, entity=a_retry().entity)

    assert UNCLEAR.resolve(resolution, "U2", None, LATER).outcome == Outcome(kind, decided_by="U2")
    resolved = retry.resolve(resolution, "U2", None, LATER)
    assert (resolved.state, resolved.settled_at) == (state, LATER)
    assert resolved.outcome == Outcome(kind, record=retry.entity, decided_by="U2")


def test_sending_again_uses_the_seen_version_and_has_a_new_time_limit() -> None:
    again = UNCLEAR.resolve(Resolution.SEND_AGAIN, "U2", "version-2", LATER)

    assert (again.state, again.due, again.shown_version) == (OperationState.PENDING, LATER, "version-2")
    assert (again.outcome, again.first_attempt_at) == (None, None)
    assert (again.attempts, again.sends, again.first_sent_at) == (2, 1, NOW)
    assert a_retry().resolve(Resolution.SEND_AGAIN, "U2", None, LATER).shown_version == a_retry().shown_version


# ---------------------------------------------------------------- questions


def test_four_states_are_settled() -> None:
    settled = {state for state in OperationState if state.settled}

    assert settled == {
        OperationState.SUCCEEDED,
        OperationState.REFUSED,
        OperationState.CANCELLED,
        OperationState.EXPIRED,
    }


@pytest.mark.parametrize(
    ("operation", "claimable"),
    [
        (a_request(), True),
        (CLAIMED, False),
        (replace(CLAIMED, lease_until=NOW), True),
        (RECONCILING, True),
        (UNCLEAR, False),
        (CLAIMED.settle(OperationState.REFUSED, Outcome(OutcomeKind.REFUSED), NOW), False),
    ],
)
def test_an_operation_is_claimable_if_it_has_work_and_no_valid_lease(operation: Operation, claimable: bool) -> None:
    assert operation.is_claimable(NOW) is claimable


def test_only_operations_that_would_be_sent_are_deferred_by_a_pause() -> None:
    assert a_request().waits_to_be_sent
    assert not RECONCILING.waits_to_be_sent
    assert not a_refresh().waits_to_be_sent


def test_a_disconnection_can_be_confirmed_until_it_is_due() -> None:
    waiting = a_disconnection_request(state=OperationState.AWAITING_CONFIRMATION, due=LATER)

    assert waiting.awaits_confirmation(LATER - 1)
    assert not waiting.awaits_confirmation(LATER)
    assert not replace(waiting, state=OperationState.PENDING).awaits_confirmation(NOW)


def test_only_a_refresh_changes_nothing_at_noyo() -> None:
    assert a_request().changes_noyo
    assert a_retry().changes_noyo
    assert not a_refresh().changes_noyo


def test_a_record_created_before_we_sent_is_not_ours_allowing_for_clock_differences() -> None:
    edge = NOW - policies.RECONCILE_CLOCK_TOLERANCE_SECONDS

    assert created_since_sent(a_connection(created=edge), CLAIMED)
    assert not created_since_sent(a_connection(created=edge - 1), CLAIMED)


def test_an_operation_that_was_never_sent_created_nothing() -> None:
    assert not created_since_sent(a_connection(created=NOW), a_request(first_sent_at=None))


def test_deciding_requires_another_right_than_requesting() -> None:
    assert {a_decision().required_right, a_disconnection_request().required_right} == {Right.APPROVE}
    assert {a_request().required_right, a_retry().required_right, a_refresh().required_right} == {Right.REQUEST}


def test_its_people_are_the_requester_and_the_second_approver() -> None:
    both = a_disconnection_request(second_approval=SecondApproval("U2", NOW))
    own = a_disconnection_request(second_approval=SecondApproval("U1", NOW))

    assert (both.people, own.people, a_disconnection_request().people) == (("U1", "U2"), ("U1",), ("U1",))
    assert a_refresh().people == ()
    assert both.audit_details == {
        "operation": both.id,
        "kind": "create_disconnection",
        "shown_version": both.shown_version,
        "effective_end_date": "2026-12-31",
        "reason": "terminated",
    }


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=NEW_YORK).timestamp())


@pytest.mark.parametrize(
    ("submitted", "now", "passed"),
    [
        ("2026-12-01T12:00", "2026-12-31T23:59", False),
        ("2026-12-01T12:00", "2027-01-01T00:00", True),
        ("2026-12-31T23:59", "2027-01-01T00:00", True),
        ("2027-01-01T00:00", "2027-01-01T00:01", False),
        ("2027-01-01T00:00", "2027-02-01T00:00", False),
    ],
)
def test_an_end_date_passes_only_if_it_was_not_past_when_submitted(submitted: str, now: str, passed: bool) -> None:
    assert a_disconnection_request().requested_end_date == date(2026, 12, 31)
    assert a_disconnection_request(submitted_at=at(submitted)).end_date_passed(at(now), NEW_YORK) is passed


def test_an_operation_without_an_end_date_is_never_too_late() -> None:
    assert a_request().requested_end_date is None
    assert not a_request(submitted_at=0).end_date_passed(at("2027-01-01T00:00"), NEW_YORK)
