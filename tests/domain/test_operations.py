"""Operations as values: which states are over, what is never shown, and what proves a lost write."""

from __future__ import annotations

from bot.domain.operations import ConnectionRequest, OperationState, SecondApproval, SensitiveFields
from bot.domain.people import Right
from bot.domain.reconciliation import CLOCK_DIFFERENCE_SECONDS, created_since_sent
from tests.dynamodb.made import (
    NOW,
    a_connection,
    a_decision,
    a_disconnection_request,
    a_refresh,
    a_request,
    a_retry,
)


def test_only_four_states_are_over() -> None:
    over = {state for state in OperationState if state.settled}

    assert over == {
        OperationState.SUCCEEDED,
        OperationState.REFUSED,
        OperationState.CANCELLED,
        OperationState.EXPIRED,
    }
    assert a_disconnection_request(state=OperationState.AWAITING_CONFIRMATION).is_open
    assert a_request(state=OperationState.NEEDS_RESOLUTION).is_open


def test_a_look_alone_holds_no_lock() -> None:
    assert a_request().takes_lock
    assert a_retry().takes_lock
    assert not a_refresh().takes_lock


def test_nothing_sensitive_is_in_what_is_logged_of_an_operation() -> None:
    typed = SensitiveFields("123456789", "223456789", "323456789", "owner@test.example")

    assert repr(typed) == "SensitiveFields()"
    assert "c2VhbGVk" not in repr(ConnectionRequest("c", "g", "n", encrypted="c2VhbGVk"))
    assert typed.any_given
    assert not SensitiveFields().any_given


def test_a_record_made_before_we_sent_is_not_ours_but_for_the_clocks() -> None:
    sent = a_request(first_sent_at=NOW)
    edge = NOW - CLOCK_DIFFERENCE_SECONDS

    assert created_since_sent(a_connection(created=edge), sent)
    assert not created_since_sent(a_connection(created=edge - 1), sent)


def test_of_what_was_never_sent_nothing_is_ours() -> None:
    assert not created_since_sent(a_connection(created=NOW), a_request(first_sent_at=None))


def test_who_decides_needs_another_right_than_who_asks() -> None:
    assert {a_decision().required_right, a_disconnection_request().required_right} == {Right.APPROVE}
    assert {a_request().required_right, a_retry().required_right, a_refresh().required_right} == {
        Right.REQUEST
    }


def test_an_operation_is_of_both_who_said_yes_to_it() -> None:
    both = a_disconnection_request(second_approval=SecondApproval("U2", NOW))
    own = a_disconnection_request(second_approval=SecondApproval("U1", NOW))

    assert (both.people, own.people, a_disconnection_request().people) == (("U1", "U2"), ("U1",), ("U1",))
    assert a_refresh().people == ()
    assert both.audit_details == {"effective_end_date": "2026-12-31", "reason": "terminated"}
