"""The retry form, from the button or the command to the submitted operation."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from bot.domain.record_states import RecordState
from bot.domain.requests import RetryRequest
from bot.errors import UnknownSchema
from bot.slack.features import retry
from bot.slack.views import buttons, record_facts
from bot.slack.views.buttons import Action
from tests.slack.incoming import (
    a_system,
    context_of,
    known,
    moves,
    presses,
    table_cannot_submit,
    types,
    view_id,
    window,
)
from tests.system import ALERTS, ANA, BEN, CONNECTIONS, GUS, System


@pytest.fixture(scope="module")
def worked() -> Iterator[System]:
    """A system whose workers process only what the current test submits."""
    yield from a_system()


def button_of(record_state: RecordState, **changes: Any) -> dict[str, Any]:
    button = record_facts.record_button(Action.RETRY, record_state.record)
    return {**button, **changes}


def opens(system: System, record_state: RecordState, user: str = ANA) -> str:
    presses(system, button_of(record_state), user)
    assert "[[ Retry a connection ]]" in window(system, user)
    return view_id(system, user)


def wanted(system: System, view: str) -> RetryRequest:
    request = system.operation(view).input
    assert isinstance(request, RetryRequest)
    return request


def test_the_form_shows_what_the_carrier_said_and_the_id_to_correct(system: System) -> None:
    opens(system, known(system, "Shown Inc", error="No such group <!channel> 123-45-6789"))
    shown = window(system)
    for text in ("Shown Inc", "Guardian", "Message from the carrier:", "No such group", "[id of Shown Inc]"):
        assert text in shown
    assert "123-45-6789" not in shown
    assert "Leave a field blank to keep the value at Noyo." in shown


def test_a_corrected_id_is_submitted_for_the_version_that_was_shown(system: System) -> None:
    record_state = known(system, "Corrected Inc")
    view = opens(system, record_state)
    system.slack.submit(ANA, view, {"carrier_group_id": "00110012"})
    assert "a retry for Corrected Inc, carrier group id 00110012" in window(system)
    assert wanted(system, view).carrier_group_id == "00110012"
    assert system.operation(view).shown_version == record_state.record.version
    assert wanted(system, view).encrypted is None


def test_an_id_left_as_it_was_stays_as_it_is_at_noyo(system: System) -> None:
    view = opens(system, known(system, "Same Inc"))
    system.slack.submit(ANA, view, {})
    assert wanted(system, view).carrier_group_id is None


@pytest.mark.parametrize("odd", ["x" * 150, " spaces around "])
def test_an_id_that_the_field_cannot_hold_as_it_is_stays_as_it_is_at_noyo(system: System, odd: str) -> None:
    view = opens(system, known(system, "Odd Inc", carrier_group_id=odd))
    system.slack.submit(ANA, view, {})
    assert wanted(system, view).carrier_group_id is None


def test_a_connection_without_an_id_asks_for_one(system: System) -> None:
    record_state = known(system, "Missing Inc", carrier_group_id=None)
    view = opens(system, record_state)
    assert system.slack.submit(ANA, view, {"federal_ein": "1"}).errors.keys() == {"carrier_group_id"}
    state = {"values": {"federal_ein": {"federal_ein": {"value": "1"}}}}
    about = buttons.encode(buttons.ButtonValue(record_state.entity, record_state.record.version))
    submission = {"id": view, "state": state, "private_metadata": about}
    answer = retry.FORM.submission(context_of(system, ANA), submission)
    assert answer["errors"].keys() == {"carrier_group_id", "federal_ein"}


def test_what_changed_before_the_click_is_shown(system: System) -> None:
    record_state = known(system, "Moved Inc")
    moves(system, record_state, "unable_to_connect", error="Another reason")
    presses(system, button_of(record_state))
    assert "It changed after you opened it." in window(system)
    assert "Another reason" in window(system)


def test_what_changed_over_the_form_is_shown_and_asked_again_with_what_was_typed(system: System) -> None:
    record_state = known(system, "Slow Inc")
    view = opens(system, record_state)
    now = moves(system, record_state, "unable_to_connect", error="Another reason")
    system.slack.submit(ANA, view, {"carrier_group_id": "corrected"})
    assert "It changed after you opened it." in window(system)
    assert "Another reason" in window(system)
    assert "[corrected]" in window(system)
    assert view not in system.open_operations()
    system.slack.submit(ANA, view, {})
    assert system.operation(view).shown_version == now.record.version
    assert wanted(system, view).carrier_group_id == "corrected"


@pytest.mark.parametrize("status", ["processing", "completed", "action_required"])
def test_what_is_no_longer_unable_to_connect_is_not_retried(system: System, status: str) -> None:
    record_state = known(system, f"Late Inc {status}")
    view = opens(system, record_state)
    moves(system, record_state, status)
    system.slack.submit(ANA, view, {})
    assert "[[ Changed meanwhile ]]" in window(system)
    assert "nothing was sent to Noyo" in window(system)
    presses(system, button_of(record_state))
    assert "[[ Changed meanwhile ]]" in window(system)
    assert view not in system.open_operations()


def test_a_colleague_who_was_faster_is_named_at_the_click_and_at_the_submission(system: System) -> None:
    record_state = known(system, "Raced Inc")
    anas, bens = opens(system, record_state), opens(system, record_state, BEN)
    system.slack.submit(ANA, anas, {"carrier_group_id": "anas"})
    found = system.slack.submit(BEN, bens, {"carrier_group_id": "bens"}).errors
    assert "already requested" in found["carrier_group_id"]
    assert bens not in system.open_operations()
    presses(system, button_of(record_state), BEN)
    assert "[[ Already requested ]]" in window(system, BEN)
    assert "@Ana asked to retry with carrier group id anas" in window(system, BEN)


def test_the_same_form_submitted_twice_is_one_operation(system: System) -> None:
    view = opens(system, known(system, "Twice Inc"))
    reply = system.slack.submit(ANA, view, {})
    assert system.slack.resend(ANA, reply).status == 200
    assert system.open_operations().count(view) == 1


def test_a_repeat_after_the_connection_changed_says_that_it_was_sent(system: System) -> None:
    record_state = known(system, "Repeat Inc")
    view = opens(system, record_state)
    system.slack.submit(ANA, view, {})
    moves(system, record_state, "processing")
    state = {"values": {"carrier_group_id": {"carrier_group_id": {"value": "id of Repeat Inc"}}}}
    about = buttons.encode(buttons.ButtonValue(record_state.entity, record_state.record.version))
    submission = {"id": view, "state": state, "private_metadata": about}
    answer = retry.FORM.submission(context_of(system, ANA), submission)
    assert answer["view"]["title"]["text"] == "Already sent"


def test_with_the_table_down_the_form_keeps_what_was_typed_and_sends_once(system: System) -> None:
    view = opens(system, known(system, "Down Inc"))
    table_cannot_submit(system)
    system.slack.submit(ANA, view, {"carrier_group_id": "kept"})
    assert "Your input is saved" in window(system)
    system.bot.__dict__.pop("slack_endpoint")
    system.slack.close_view(ANA, view_id(system))
    assert "[kept]" in window(system)
    system.slack.submit(ANA, view, {})
    assert wanted(system, view).carrier_group_id == "kept"
    assert system.open_operations().count(view) == 1


def test_a_guest_gets_no_form_and_no_retry(system: System) -> None:
    record_state = known(system, "Guest Inc")
    presses(system, button_of(record_state), GUS)
    assert "Guests cannot do this" in window(system, GUS)
    values = {"carrier_group_id": {"carrier_group_id": {"value": "x"}}}
    about = buttons.encode(buttons.ButtonValue(record_state.entity, record_state.record.version))
    submission = {"id": "VGUS", "state": {"values": values}, "private_metadata": about}
    answer = retry.FORM.submission(context_of(system, GUS), submission)
    assert answer["response_action"] == "push"
    assert "Guests cannot do this" in json.dumps(answer)
    assert system.bot.repositories.operations.operation("VGUS") is None


@pytest.mark.parametrize(
    "about", ["", "{}", "not json", "[]", '{"s":1,"o":"V1"}', '{"s":1,"r":"pending_connection:a#b","v":"1"}']
)
def test_a_form_that_was_tampered_with_is_refused_in_words(system: System, about: str) -> None:
    values = {"carrier_group_id": {"carrier_group_id": {"value": "x"}}}
    submission = {"id": "VODD", "state": {"values": values}, "private_metadata": about}
    with pytest.raises(UnknownSchema, match="Nothing was sent to Noyo"):
        retry.FORM.submission(context_of(system, ANA), submission)


def test_a_form_about_a_connection_nobody_knows_is_refused(system: System) -> None:
    record_state = known(system, "Gone Inc")
    gone = replace(record_state, record=replace(record_state.record, id="0b1c7c5e-0000-4000-8000-00000000dead"))
    presses(system, button_of(gone))
    assert "Switchboard no longer has this connection. Nothing was sent to Noyo." in window(system)


def test_the_alert_the_card_and_the_command_open_the_same_form(worked: System) -> None:
    worked.poll()
    worked.notify()
    worked.asks(carrier_group_id="way")
    asked = view_id(worked)
    worked.execute_due()
    outcome = worked.operation(asked).outcome
    assert outcome is not None
    assert outcome.record is not None
    worked.noyo.move_connection(outcome.record.key, "unable_to_connect", error="No such group")
    worked.wait(5)
    worked.poll()
    worked.notify()
    alert = worked.slack.channel(ALERTS)[-1]
    card = worked.slack.channel(CONNECTIONS)[-1]
    for channel, message in ((ALERTS, alert), (CONNECTIONS, card)):
        worked.slack.click(ANA, channel, message.ts, "retry")
        assert "[way]" in window(worked)
        assert "No such group" in window(worked)
        worked.slack.close_view(ANA, view_id(worked))
    types(worked, "retry way")
    assert "[way]" in window(worked)
