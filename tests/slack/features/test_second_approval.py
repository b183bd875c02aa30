"""Confirmation and withdrawal, from the card's buttons to the request to Noyo."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import replace

import pytest

from bot.domain.operations import OperationState
from bot.domain.record_states import RecordState
from bot.slack.features import second_approval
from bot.slack.views import buttons, record_facts
from bot.slack.views.buttons import Action
from tests.slack.incoming import (
    answer_text,
    change_status,
    context_of,
    handle_requests_with,
    interaction_body,
    modal_text,
    new_system,
    post_signed,
    press_button,
    store_connection,
    submission_payload,
    type_command,
    view_id,
)
from tests.system import ANA, BEN, GUS, System

CAT = "U0CAT"


@pytest.fixture(scope="module")
def shared() -> Iterator[System]:
    for system in new_system(APPROVERS=f"{ANA},{BEN},{CAT}"):
        system.slack.add_user(CAT, "Cat")
        for channel in system.slack.workspace.channels.values():
            channel.members.add(CAT)
        yield system


def request_disconnection(system: System, name: str, record_state: RecordState | None = None, **fields: str) -> str:
    """Ana requests a disconnection; returns the operation's id."""
    record_state = record_state or store_connection(system, name, "completed", group_id=str(uuid.uuid4()), error=None)
    press_button(system, record_facts.record_button(Action.DISCONNECT, record_state.record))
    view = view_id(system)
    values = {"end_date": "2026-12-31", "reason": "terminated", "typed_name": name}
    system.slack.submit(ANA, view, values | fields)
    assert system.operation(view).state is OperationState.AWAITING_CONFIRMATION
    return view


def open_confirmation(system: System, operation_id: str, user: str = BEN) -> str:
    press_button(system, buttons.second_approval_buttons(operation_id)[0], user)
    return view_id(system, user)


def withdraw(system: System, operation_id: str, user: str = BEN) -> str:
    press_button(system, buttons.second_approval_buttons(operation_id)[1], user)
    return modal_text(system, user)


def test_the_form_shows_the_consequences_and_the_context_for_noyo(system: System) -> None:
    open_confirmation(system, request_disconnection(system, "Form Inc", context="They <!channel> move"))
    shown = modal_text(system, BEN)
    assert "After 31 Dec 2026, changes for Form Inc no longer reach Guardian." in shown
    assert "it is sent to Noyo immediately" in shown
    assert "**Requested by:** @Ana" in shown
    assert "They <!channel> move" in shown
    assert "**The connection:** Completed" in shown


def test_a_confirmation_starts_the_operation(system: System) -> None:
    operation_id = request_disconnection(system, "Yes Inc")
    view = open_confirmation(system, operation_id)
    system.slack.submit(BEN, view, {})
    operation = system.operation(operation_id)
    assert (operation.state, operation.people) == (OperationState.PENDING, (ANA, BEN))
    assert "Sending: the request to disconnect Yes Inc · Guardian." in modal_text(system, BEN)


def test_the_requester_may_not_confirm_and_the_denial_is_audited(system: System) -> None:
    operation_id = request_disconnection(system, "Own Inc")
    open_confirmation(system, operation_id, ANA)
    assert "You requested this yourself" in modal_text(system)
    assert "These may: @Ben, @Cat." in modal_text(system)
    entries = system.bot.repositories.audit.entries(system.operation(operation_id).entity, limit=9)
    assert ("denied", ANA) in [(entry.action, entry.actor) for entry in entries]
    assert system.operation(operation_id).state is OperationState.AWAITING_CONFIRMATION


def test_a_forged_form_cannot_confirm_the_senders_own_request(system: System) -> None:
    operation_id = request_disconnection(system, "Forged Inc")
    answer = post_signed(system, submission(operation_id, ANA))
    assert "You requested this yourself" in str(answer)
    assert system.operation(operation_id).state is OperationState.AWAITING_CONFIRMATION


def submission(operation_id: str, user: str) -> bytes:
    about = buttons.encode(buttons.ButtonValue(operation_id=operation_id))
    return interaction_body(submission_payload(second_approval.CALLBACK, about, user))


@pytest.mark.parametrize("private", ["", "{}", "null", '{"s":1,"r":"connection:x","v":"1"}', '{"s":9,"o":"V1"}'])
def test_an_unreadable_form_is_refused_with_an_explanation(system: System, private: str) -> None:
    answer = str(post_signed(system, interaction_body(submission_payload(second_approval.CALLBACK, private, BEN))))
    assert "cannot be read" in answer or "another version of Switchboard" in answer


def test_an_unknown_operation_gets_an_explanation(system: System) -> None:
    assert "settled long ago" in str(post_signed(system, submission("nobody's", BEN)))
    open_confirmation(system, "nobody's")
    assert "settled long ago" in modal_text(system, BEN)
    assert "settled long ago" in withdraw(system, "nobody's")


def test_a_second_confirmer_sees_who_confirmed_first(system: System) -> None:
    operation_id = request_disconnection(system, "Both Inc")
    ben_view, cat_view = open_confirmation(system, operation_id), open_confirmation(system, operation_id, CAT)
    system.slack.submit(BEN, ben_view, {})
    system.slack.submit(CAT, cat_view, {})
    assert "[[ Already confirmed ]]" in modal_text(system, CAT)
    assert "**Confirmed by:** @Ben" in modal_text(system, CAT)
    assert "Nothing was sent for you." in modal_text(system, CAT)
    second = system.operation(operation_id).second_approval
    assert second is not None
    assert second.by == BEN


def test_a_repeated_confirmation_by_the_same_person_is_no_conflict(system: System) -> None:
    operation_id = request_disconnection(system, "Repeat Inc")
    open_confirmation(system, operation_id)
    post_signed(system, submission(operation_id, BEN))
    answer = str(post_signed(system, submission(operation_id, BEN)))
    assert "Already confirmed" in answer
    assert "Nothing was sent for you" not in answer


@pytest.mark.parametrize("user", [GUS])
def test_people_who_may_not_approve_can_neither_confirm_nor_withdraw(system: System, user: str) -> None:
    operation_id = request_disconnection(system, f"Not {user}")
    open_confirmation(system, operation_id, user)
    assert "Guests cannot do this" in modal_text(system, user)
    assert "Guests cannot do this" in withdraw(system, operation_id, user)
    assert system.operation(operation_id).state is OperationState.AWAITING_CONFIRMATION


def test_a_permission_lost_while_the_form_was_open_prevents_the_confirmation(system: System) -> None:
    operation_id = request_disconnection(system, "Right Inc")
    view = open_confirmation(system, operation_id)
    context = context_of(system)
    handle_requests_with(
        system,
        replace(context, deps=replace(context.deps, policy=replace(context.deps.policy, approvers=frozenset({ANA})))),
    )
    system.slack.submit(BEN, view, {})
    assert "You may not decide on disconnections" in modal_text(system, BEN)
    assert system.operation(operation_id).state is OperationState.AWAITING_CONFIRMATION


def test_the_form_says_that_the_requester_lost_the_right(system: System) -> None:
    operation_id = request_disconnection(system, "Left Inc")
    context = context_of(system)
    handle_requests_with(
        system,
        replace(context, deps=replace(context.deps, policy=replace(context.deps.policy, approvers=frozenset({BEN})))),
    )
    open_confirmation(system, operation_id)
    assert "@Ana, who asked for it, is no longer allowed to." in modal_text(system, BEN)
    assert "Withdraw it on its card" in modal_text(system, BEN)


def test_a_changed_connection_is_shown_before_the_confirmation(system: System) -> None:
    record_state = store_connection(system, "Other Inc", "completed", group_id=str(uuid.uuid4()), error=None)
    operation_id = request_disconnection(system, "Other Inc", record_state)
    change_status(system, record_state, "unable_to_connect")
    open_confirmation(system, operation_id)
    assert "The connection is now: **Unable to connect**." in modal_text(system, BEN)


def test_an_expired_request_cannot_be_confirmed(system: System) -> None:
    operation_id = request_disconnection(system, "Late Inc")
    system.clock.now, original_time = float(system.operation(operation_id).due or 0), system.clock.now
    open_confirmation(system, operation_id)
    assert "[[ Too late ]]" in modal_text(system, BEN)
    system.clock.now = original_time


@pytest.mark.parametrize("user", [ANA, CAT])
def test_the_requester_and_any_approver_may_withdraw_a_request(system: System, user: str) -> None:
    operation_id = request_disconnection(system, f"Back {user}")
    view = open_confirmation(system, operation_id)
    assert "The request is withdrawn. Nothing was sent to Noyo." in withdraw(system, operation_id, user)
    system.slack.submit(BEN, view, {})
    assert "[[ No longer waiting ]]" in modal_text(system, BEN)
    assert "withdrew" in modal_text(system, BEN)
    assert "withdrew" in withdraw(system, operation_id)


def test_a_requester_without_permission_may_still_withdraw(system: System) -> None:
    operation_id = request_disconnection(system, "Mine Inc")
    context = context_of(system)
    handle_requests_with(
        system,
        replace(context, deps=replace(context.deps, policy=replace(context.deps.policy, approvers=frozenset({BEN})))),
    )
    assert "The request is withdrawn." in withdraw(system, operation_id, ANA)


def test_requests_awaiting_confirmation_are_listed_with_the_soonest_end_first(system: System) -> None:
    late = request_disconnection(system, "List Late", end_date="2026-11-30")
    request_disconnection(system, "List Soon", end_date="2026-10-31")
    text = answer_text(system, type_command(system, "decisions", BEN))
    assert -1 < text.find("List Soon") < text.find("List Late")
    assert "[Confirm Disconnection…]" in text
    withdraw(system, late)
    assert "List Late" not in answer_text(system, type_command(system, "decisions", BEN))
