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
from tests.slack.incoming import (
    answer_text,
    asked_to_disconnect,
    context_of,
    known,
    moves,
    payload,
    post_signed,
    presses,
    receives_with,
    submitted,
    table_cannot_submit,
    types,
    view_id,
    window,
)
from tests.slack.samples import DISPLAY, a_connection
from tests.system import ANA, BEN, GUS, System

SETTINGS = {"APPROVERS": f"{ANA},{BEN}"}


def connected(system: System, name: str, **fields: Any) -> RecordState:
    return known(system, name, "completed", **{"group_id": str(uuid.uuid4()), "error": None} | fields)


def opens(system: System, record_state: RecordState, user: str = ANA) -> str:
    presses(system, record_facts.record_button(Action.DISCONNECT, record_state.record), user)
    return view_id(system, user)


def filled(record_state: RecordState, **fields: str) -> dict[str, str]:
    name = str(record_state.record.group_name)
    return {"end_date": "2026-12-31", "reason": "terminated", "typed_name": name} | fields


def wanted(system: System, view: str) -> DisconnectionRequest:
    request = system.operation(view).input
    assert isinstance(request, DisconnectionRequest)
    return request


def test_the_form_says_what_will_happen_and_that_nothing_is_sent_yet(system: System) -> None:
    opens(system, connected(system, "Widgets R Us"))
    shown = window(system)
    assert "[[ Disconnect a group ]]" in shown
    assert "After the day you choose changes for Widgets R Us no longer reach Guardian." in shown
    assert "Nothing is sent yet: a second approver must confirm it" in shown
    assert "Type its name" in shown


def test_a_submission_awaits_confirmation_and_the_window_says_what_comes_next(system: System) -> None:
    record_state = connected(system, "Held Inc")
    view = opens(system, record_state)
    system.slack.submit(ANA, view, filled(record_state, context="They move\non Monday"))
    asked = wanted(system, view)
    assert system.operation(view).state is OperationState.AWAITING_CONFIRMATION
    assert (asked.group_id, asked.connection) == (getattr(record_state.record, "group_id", ""), record_state.entity)
    assert (asked.reason, asked.context) == (DisconnectionReason.TERMINATED, "They move\non Monday")
    shown = window(system)
    assert "Nothing has been sent to Noyo. A second approver has to confirm it" in shown
    assert "it expires unsent Jan 1, 2027 at 12:00 AM" in shown


def test_every_invalid_value_shows_an_error_at_its_field(system: System) -> None:
    record_state = connected(system, "Faulty Inc")
    view = opens(system, record_state)
    reply = system.slack.submit(
        ANA, view, filled(record_state, end_date="2020-01-31", reason="other", typed_name="Faulty")
    )
    assert set(reply.errors) == {"past", "context", "typed_name"}
    assert "31 Jan 2020 is in the past" in reply.errors["past"]
    assert "Faulty Inc" in reply.errors["typed_name"]


def test_a_past_date_is_accepted_after_it_is_ticked(system: System) -> None:
    record_state = connected(system, "Past Inc")
    view = opens(system, record_state)
    reply = system.slack.submit(ANA, view, filled(record_state, end_date="2020-01-31") | {"past": ["yes"]})
    assert not reply.errors
    assert system.operation(view).due == system.operation(view).submitted_at + 3 * 86400


@pytest.mark.parametrize("typed", ["typed inc", "  TYPED   Inc ", "Typed\u00a0Inc", "\uff34yped Inc"])
def test_case_and_spaces_of_the_typed_name_do_not_count(system: System, typed: str) -> None:
    record = a_connection(group_name="Typed Inc")
    values = {"end_date": "2026-12-31", "reason": "terminated", "typed_name": typed}
    assert disconnect.validate(values, record, today(system)) == {}


@pytest.mark.parametrize(
    ("name", "typed", "fits"),
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
def test_the_name_is_taken_as_it_is_or_as_it_is_shown(system: System, name: str | None, typed: str, fits: bool) -> None:
    values = {"end_date": "2026-12-31", "reason": "terminated", "typed_name": typed}
    faults = disconnect.validate(values, a_connection(group_name=name), today(system))
    assert ("typed_name" not in faults) is fits


def test_without_name_and_number_its_noyo_id_is_typed(system: System) -> None:
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
def test_what_slacks_client_would_not_send_is_a_fault_too(system: System, field: str, value: str) -> None:
    values = {"end_date": "2026-12-31", "reason": "terminated", "typed_name": "Test Company"}
    faults = disconnect.validate(values | {field: value}, a_connection(), today(system))
    assert set(faults) == {field}


def today(system: System) -> Any:
    return context_of(system).deps.today()


def test_who_may_not_approve_is_told_who_may_and_gets_no_form(system: System) -> None:
    record_state = connected(system, "Closed Inc")
    presses(system, record_facts.record_button(Action.DISCONNECT, record_state.record), GUS)
    assert "Guests cannot do this" in window(system, GUS)


def test_a_permission_lost_while_the_form_was_open_prevents_the_submission(system: System) -> None:
    record_state = connected(system, "Gone Inc")
    view = opens(system, record_state)
    context = context_of(system)
    receives_with(
        system,
        replace(context, deps=replace(context.deps, policy=replace(context.deps.policy, approvers=frozenset({BEN})))),
    )
    system.slack.submit(ANA, view, filled(record_state))
    assert "You may not decide on disconnections" in window(system)
    assert system.bot.repositories.operations.operation(view) is None


def test_a_second_requester_is_offered_the_confirmation(system: System) -> None:
    record_state = connected(system, "Twice Inc")
    anas, bens = opens(system, record_state), opens(system, record_state, BEN)
    system.slack.submit(ANA, anas, filled(record_state))
    system.slack.submit(BEN, bens, filled(record_state))
    assert "[[ Confirm disconnection ]]" in window(system, BEN)
    assert "Someone else already requested this. It is waiting for confirmation." in window(system, BEN)
    assert "**Requested by:** @Ana" in window(system, BEN)
    system.slack.submit(BEN, bens, {})
    second = system.operation(anas).second_approval
    assert second is not None
    assert second.by == BEN


def test_a_repeated_request_shows_that_it_is_waiting(system: System) -> None:
    record_state = connected(system, "Again Inc")
    system.slack.submit(ANA, opens(system, record_state), filled(record_state))
    presses(system, record_facts.record_button(Action.DISCONNECT, record_state.record))
    assert "[[ Already requested ]]" in window(system)
    assert "nobody confirms it" in window(system)


def test_the_same_submission_twice_is_one_and_a_success(system: System) -> None:
    record_state = connected(system, "Double Inc")
    view = opens(system, record_state)
    body = dict(of_this_view(record_state, view))
    context = context_of(system, ANA)
    first = disconnect.FORM.submission(context, body)
    assert disconnect.FORM.submission(context, body) == first
    assert "Nothing has been sent to Noyo" in str(first)


def of_this_view(record_state: RecordState, view: str) -> dict[str, Any]:
    about = buttons.encode(buttons.ButtonValue(record_state.entity, record_state.record.version))
    state = {"values": {name: {name: {"value": value}} for name, value in filled(record_state).items()}}
    return {"id": view, "private_metadata": about, "state": state}


def test_a_connection_that_moved_meanwhile_is_shown_as_it_is_now(system: System) -> None:
    record_state = connected(system, "Moved Inc")
    view = opens(system, record_state)
    moves(system, record_state, "completed")
    system.slack.submit(ANA, view, filled(record_state))
    assert "It changed after you opened it" in window(system)
    assert system.bot.repositories.operations.operation(view) is None
    [turned_away] = system.bot.repositories.audit.entries(record_state.entity, limit=9)
    assert (turned_away.actor, turned_away.action) == (ANA, "submission_conflict")
    assert dict(turned_away.details)["shown_version"] == record_state.record.version
    system.slack.submit(ANA, view, filled(record_state))
    assert system.operation(view).state is OperationState.AWAITING_CONFIRMATION


def test_what_was_asked_for_before_is_shown_to_who_asks_and_to_who_confirms(system: System) -> None:
    record_state = connected(system, "Asked Before Inc")
    asked_to_disconnect(system, "Asked Before Inc", "completed", group_id=record_state.record.group_id)

    view = opens(system, record_state)
    assert "**Earlier requests:** Completed" in window(system)
    system.slack.submit(ANA, view, filled(record_state))
    opens(system, record_state, BEN)
    assert "Someone else already requested this." in window(system, BEN)
    assert "**Earlier requests:** Completed" in window(system, BEN)


def test_what_is_no_longer_connected_cannot_be_disconnected(system: System) -> None:
    record_state = connected(system, "Broken Inc")
    view = opens(system, record_state)
    moves(system, record_state, "unable_to_connect")
    system.slack.submit(ANA, view, filled(record_state))
    assert "Broken Inc is now: **Unable to connect**." in window(system)


def test_what_is_not_known_here_cannot_be_disconnected(system: System) -> None:
    presses(system, buttons.record_button(Action.DISCONNECT, connection_ref(str(uuid.uuid4())), "v", name="it"))
    assert "Switchboard no longer has this connection" in window(system)


def test_by_command_the_one_that_is_connected_is_found(system: System) -> None:
    connected(system, "Typed Only Inc")
    known(system, "Typed Only Inc")
    types(system, "disconnect typed only")
    assert "[[ Disconnect a group ]]" in window(system)


def test_by_command_a_group_that_noyo_has_not_named_is_said_in_words(system: System) -> None:
    connected(system, "Unnamed Inc", group_id=None)
    types(system, "disconnect unnamed")
    assert "Noyo has not said which of its groups Unnamed Inc is" in window(system)


def test_by_command_nothing_connected_is_said_in_words(system: System) -> None:
    known(system, "Stuck Only Inc")
    assert "None of these is connected, so" in answer_text(system, types(system, "disconnect stuck only"))
    assert "Type /noyo disconnect" in answer_text(system, types(system, "disconnect"))


def test_a_table_that_does_not_answer_keeps_what_was_typed(system: System) -> None:
    record_state = connected(system, "Down Inc")
    view = opens(system, record_state)
    table_cannot_submit(system)
    system.slack.submit(ANA, view, filled(record_state))
    assert "close this window and submit again" in window(system)


def test_a_form_that_cannot_be_read_is_refused_in_words(system: System) -> None:
    body = submitted(disconnect.CALLBACK, "{}")
    assert "This form cannot be read" in str(post_signed(system, payload(body)))


def test_a_request_is_sent_at_once_where_no_second_approver_is_needed(system: System) -> None:
    record_state = connected(system, "Alone Inc")
    receives_with(system, replace(context_of(system), needs_second=False))
    view = opens(system, record_state)
    assert "It is sent to Noyo immediately" in window(system)
    system.slack.submit(ANA, view, filled(record_state))
    assert "Sending: your request to disconnect Alone Inc" in window(system)
    assert system.operation(view).state is OperationState.PENDING
