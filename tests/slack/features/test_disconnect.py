"""A disconnection request, from the button or the command to the operation that awaits confirmation."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any

import pytest

from bot.domain.operations import OperationState
from bot.domain.record_states import RecordState
from bot.domain.records import connection_ref
from bot.domain.requests import DisconnectionReason, DisconnectionRequest
from bot.slack.features import disconnect
from bot.slack.views import buttons, record_facts
from bot.slack.views.buttons import Action
from infra.local.gallery.samples import DISPLAY, a_connection
from tests.slack.incoming import (
    answer_text,
    change_status,
    context_of,
    handle_requests_with,
    interaction_body,
    make_submissions_fail,
    modal_text,
    post_signed,
    press_button,
    store_connection,
    store_disconnection_request,
    submission_payload,
    type_command,
    view_id,
)
from tests.system import ANA, BEN, GUS, System

SETTINGS = {"APPROVERS": f"{ANA},{BEN}"}


def store_connected_group(system: System, name: str, **fields: Any) -> RecordState:
    return store_connection(system, name, "completed", **{"group_id": str(uuid.uuid4()), "error": None} | fields)


def open_form(system: System, record_state: RecordState, user: str = ANA) -> str:
    press_button(system, record_facts.record_button(Action.DISCONNECT, record_state.record), user)
    return view_id(system, user)


def form_values(record_state: RecordState, **fields: str) -> dict[str, str]:
    name = str(record_state.record.group_name)
    return {"end_date": "2026-12-31", "reason": "terminated", "typed_name": name} | fields


def submitted_request(system: System, view: str) -> DisconnectionRequest:
    request = system.operation(view).input
    assert isinstance(request, DisconnectionRequest)
    return request


def test_the_form_shows_the_consequences_and_says_that_nothing_is_sent_yet(system: System) -> None:
    open_form(system, store_connected_group(system, "Widgets R Us"))
    shown = modal_text(system)
    assert "[[ Disconnect a group ]]" in shown
    assert "After the day you choose changes for Widgets R Us no longer reach Guardian." in shown
    assert "Nothing is sent yet: a second approver must confirm it" in shown
    assert "Type its name" in shown


def test_a_submission_awaits_confirmation_and_the_modal_shows_the_next_step(system: System) -> None:
    record_state = store_connected_group(system, "Held Inc")
    view = open_form(system, record_state)
    system.slack.submit(ANA, view, form_values(record_state, context="They move\non Monday"))
    request = submitted_request(system, view)
    assert system.operation(view).state is OperationState.AWAITING_CONFIRMATION
    assert (request.group_id, request.connection) == (getattr(record_state.record, "group_id", ""), record_state.entity)
    assert (request.reason, request.context) == (DisconnectionReason.TERMINATED, "They move\non Monday")
    shown = modal_text(system)
    assert "Nothing has been sent to Noyo. A second approver has to confirm it" in shown
    assert "it expires unsent Jan 1, 2027 at 12:00 AM" in shown


def test_every_invalid_value_shows_an_error_at_its_field(system: System) -> None:
    record_state = store_connected_group(system, "Faulty Inc")
    view = open_form(system, record_state)
    reply = system.slack.submit(
        ANA, view, form_values(record_state, end_date="2020-01-31", reason="other", typed_name="Faulty")
    )
    assert set(reply.errors) == {"past", "context", "typed_name"}
    assert "31 Jan 2020 is in the past" in reply.errors["past"]
    assert "Faulty Inc" in reply.errors["typed_name"]


def test_a_past_date_is_accepted_after_confirmation(system: System) -> None:
    record_state = store_connected_group(system, "Past Inc")
    view = open_form(system, record_state)
    reply = system.slack.submit(ANA, view, form_values(record_state, end_date="2020-01-31") | {"past": ["yes"]})
    assert not reply.errors
    assert system.operation(view).due == system.operation(view).submitted_at + 3 * 86400


@pytest.mark.parametrize("typed", ["typed inc", "  TYPED   Inc ", "Typed\u00a0Inc", "\uff34yped Inc"])
def test_the_typed_name_ignores_case_and_spaces(system: System, typed: str) -> None:
    record = a_connection(group_name="Typed Inc")
    values = {"end_date": "2026-12-31", "reason": "terminated", "typed_name": typed}
    assert disconnect.validate(values, record, today(system)) == {}


@pytest.mark.parametrize(
    ("name", "typed", "accepted"),
    [
        ("Group 123-45-6789", "Group •••", True),
        ("Group 123-45-6789", "Group 123-45-6789", True),
        ("x" * 300, "x" * 119 + "…", True),
        (None, "00110011", True),
        ("\u200b\u200b", "00110011", True),
        ("<!channel> & Co", "<!channel> & Co", True),
        ("Test Company", "", False),
        ("Test Company", "Test Company 2", False),
        (None, "Unnamed group", False),
    ],
)
def test_the_typed_name_may_be_the_original_or_the_displayed_one(
    system: System, name: str | None, typed: str, accepted: bool
) -> None:
    values = {"end_date": "2026-12-31", "reason": "terminated", "typed_name": typed}
    errors = disconnect.validate(values, a_connection(group_name=name), today(system))
    assert ("typed_name" not in errors) is accepted


def test_without_a_name_and_a_carrier_group_id_the_noyo_id_is_typed(system: System) -> None:
    record = a_connection(group_name=None, carrier_group_id=None)
    values = {"end_date": "2026-12-31", "reason": "terminated", "typed_name": record.id}
    assert disconnect.validate(values, record, today(system)) == {}
    form = disconnect.disconnect_form(record, DISPLAY, needs_second=True, changed=False)
    assert "Type its Noyo id" in str(form)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("end_date", ""),
        ("end_date", "31.12.2026"),
        ("end_date", "9999-12-31"),
        ("reason", ""),
        ("reason", "because"),
        ("context", "x" * 501),
        ("context", "hidden\u200b\x07"),
    ],
)
def test_values_that_slacks_client_would_not_send_are_errors_too(system: System, field: str, value: str) -> None:
    values = {"end_date": "2026-12-31", "reason": "terminated", "typed_name": "Test Company"}
    errors = disconnect.validate(values | {field: value}, a_connection(), today(system))
    assert set(errors) == {field}


def today(system: System) -> Any:
    return context_of(system).deps.today()


def test_people_who_may_not_approve_get_no_form(system: System) -> None:
    record_state = store_connected_group(system, "Closed Inc")
    press_button(system, record_facts.record_button(Action.DISCONNECT, record_state.record), GUS)
    assert "Guests cannot do this" in modal_text(system, GUS)


def test_a_permission_lost_while_the_form_was_open_prevents_the_submission(system: System) -> None:
    record_state = store_connected_group(system, "Gone Inc")
    view = open_form(system, record_state)
    context = context_of(system)
    handle_requests_with(
        system,
        replace(context, deps=replace(context.deps, policy=replace(context.deps.policy, approvers=frozenset({BEN})))),
    )
    system.slack.submit(ANA, view, form_values(record_state))
    assert "You may not decide on disconnections" in modal_text(system)
    assert system.bot.repositories.operations.operation(view) is None


def test_a_second_requester_is_offered_the_confirmation(system: System) -> None:
    record_state = store_connected_group(system, "Twice Inc")
    ana_view, ben_view = open_form(system, record_state), open_form(system, record_state, BEN)
    system.slack.submit(ANA, ana_view, form_values(record_state))
    system.slack.submit(BEN, ben_view, form_values(record_state))
    assert "[[ Confirm disconnection ]]" in modal_text(system, BEN)
    assert "Someone else already requested this. It is waiting for confirmation." in modal_text(system, BEN)
    assert "**Requested by:** @Ana" in modal_text(system, BEN)
    system.slack.submit(BEN, ben_view, {})
    second = system.operation(ana_view).second_approval
    assert second is not None
    assert second.by == BEN


def test_a_repeated_request_shows_that_it_is_waiting(system: System) -> None:
    record_state = store_connected_group(system, "Again Inc")
    system.slack.submit(ANA, open_form(system, record_state), form_values(record_state))
    press_button(system, record_facts.record_button(Action.DISCONNECT, record_state.record))
    assert "[[ Already requested ]]" in modal_text(system)
    assert "nobody confirms it" in modal_text(system)


def test_a_repeated_submission_succeeds_without_a_second_operation(system: System) -> None:
    record_state = store_connected_group(system, "Double Inc")
    view = open_form(system, record_state)
    body = dict(form_submission(record_state, view))
    context = context_of(system, ANA)
    first = disconnect.FORM.submission(context, body)
    assert disconnect.FORM.submission(context, body) == first
    assert "Nothing has been sent to Noyo" in str(first)


def form_submission(record_state: RecordState, view: str) -> dict[str, Any]:
    about = buttons.encode(buttons.ButtonValue(record_state.entity, record_state.record.version))
    state = {"values": {name: {name: {"value": value}} for name, value in form_values(record_state).items()}}
    return {"id": view, "private_metadata": about, "state": state}


def test_a_connection_that_changed_is_shown_in_its_current_state(system: System) -> None:
    record_state = store_connected_group(system, "Moved Inc")
    view = open_form(system, record_state)
    change_status(system, record_state, "completed")
    system.slack.submit(ANA, view, form_values(record_state))
    assert "It changed after you opened it" in modal_text(system)
    assert system.bot.repositories.operations.operation(view) is None
    [conflict] = system.bot.repositories.audit.entries(record_state.entity, limit=9)
    assert (conflict.actor, conflict.action) == (ANA, "submission_conflict")
    assert dict(conflict.details)["shown_version"] == record_state.record.version
    system.slack.submit(ANA, view, form_values(record_state))
    assert system.operation(view).state is OperationState.AWAITING_CONFIRMATION


def test_earlier_requests_are_shown_to_the_requester_and_the_confirmer(system: System) -> None:
    record_state = store_connected_group(system, "Asked Before Inc")
    store_disconnection_request(system, "Asked Before Inc", "rejected", group_id=record_state.record.group_id)

    view = open_form(system, record_state)
    assert "**Earlier requests:** Rejected" in modal_text(system)
    system.slack.submit(ANA, view, form_values(record_state))
    open_form(system, record_state, BEN)
    assert "Someone else already requested this." in modal_text(system, BEN)
    assert "**Earlier requests:** Rejected" in modal_text(system, BEN)


def test_a_group_that_is_no_longer_connected_cannot_be_disconnected(system: System) -> None:
    record_state = store_connected_group(system, "Broken Inc")
    view = open_form(system, record_state)
    change_status(system, record_state, "unable_to_connect")
    system.slack.submit(ANA, view, form_values(record_state))
    assert "Broken Inc is now: **Unable to connect**." in modal_text(system)


def test_an_unknown_connection_cannot_be_disconnected(system: System) -> None:
    press_button(system, buttons.record_button(Action.DISCONNECT, connection_ref(str(uuid.uuid4())), "v", name="it"))
    assert "Switchboard no longer has this connection" in modal_text(system)


def test_the_command_finds_the_connected_match(system: System) -> None:
    store_connected_group(system, "Typed Only Inc")
    store_connection(system, "Typed Only Inc")
    type_command(system, "disconnect typed only")
    assert "[[ Disconnect a group ]]" in modal_text(system)


def test_the_command_explains_that_noyo_has_not_named_the_group(system: System) -> None:
    store_connected_group(system, "Unnamed Inc", group_id=None)
    type_command(system, "disconnect unnamed")
    assert "Noyo has not said which of its groups Unnamed Inc is" in modal_text(system)


def test_the_command_explains_that_nothing_matching_is_connected(system: System) -> None:
    store_connection(system, "Stuck Only Inc")
    assert "None of these is connected, so" in answer_text(system, type_command(system, "disconnect stuck only"))
    assert "type /noyo disconnect" in answer_text(system, type_command(system, "disconnect"))


def test_during_a_table_outage_the_modal_says_to_submit_again(system: System) -> None:
    record_state = store_connected_group(system, "Down Inc")
    view = open_form(system, record_state)
    make_submissions_fail(system)
    system.slack.submit(ANA, view, form_values(record_state))
    assert "close this window and submit again" in modal_text(system)


def test_an_unreadable_form_is_refused_with_an_explanation(system: System) -> None:
    body = submission_payload(disconnect.CALLBACK, "{}")
    assert "This form cannot be read" in str(post_signed(system, interaction_body(body)))


def test_a_request_is_sent_immediately_if_no_second_approver_is_needed(system: System) -> None:
    record_state = store_connected_group(system, "Alone Inc")
    handle_requests_with(system, replace(context_of(system), needs_second=False))
    view = open_form(system, record_state)
    assert "It is sent to Noyo immediately" in modal_text(system)
    system.slack.submit(ANA, view, form_values(record_state))
    assert "Sending: your request to disconnect Alone Inc" in modal_text(system)
    assert system.operation(view).state is OperationState.PENDING
