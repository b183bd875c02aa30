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
    change_status,
    context_of,
    make_submissions_fail,
    modal_text,
    new_system,
    press_button,
    store_connection,
    type_command,
    view_id,
)
from tests.system import ALERTS, ANA, BEN, CONNECTIONS, GUS, System


@pytest.fixture(scope="module")
def worker_system() -> Iterator[System]:
    """A system whose workers process only what the current test submits."""
    yield from new_system()


def retry_button(record_state: RecordState, **changes: Any) -> dict[str, Any]:
    button = record_facts.record_button(Action.RETRY, record_state.record)
    return {**button, **changes}


def open_form(system: System, record_state: RecordState, user: str = ANA) -> str:
    press_button(system, retry_button(record_state), user)
    assert "[[ Retry a connection ]]" in modal_text(system, user)
    return view_id(system, user)


def submitted_retry(system: System, view: str) -> RetryRequest:
    request = system.operation(view).input
    assert isinstance(request, RetryRequest)
    return request


def test_the_form_shows_the_carriers_message_and_the_current_id(system: System) -> None:
    open_form(system, store_connection(system, "Shown Inc", error="No such group <!channel> 123-45-6789"))
    shown = modal_text(system)
    for text in ("Shown Inc", "Guardian", "Message from the carrier:", "No such group", "[id of Shown Inc]"):
        assert text in shown
    assert "123-45-6789" not in shown
    assert "Leave a field blank to keep the value at Noyo." in shown


def test_a_corrected_id_is_submitted_for_the_shown_version(system: System) -> None:
    record_state = store_connection(system, "Corrected Inc")
    view = open_form(system, record_state)
    system.slack.submit(ANA, view, {"carrier_group_id": "00110012"})
    assert "a retry for Corrected Inc, carrier group id 00110012" in modal_text(system)
    assert submitted_retry(system, view).carrier_group_id == "00110012"
    assert system.operation(view).shown_version == record_state.record.version
    assert submitted_retry(system, view).encrypted is None


def test_an_unchanged_id_is_not_submitted(system: System) -> None:
    view = open_form(system, store_connection(system, "Same Inc"))
    system.slack.submit(ANA, view, {})
    assert submitted_retry(system, view).carrier_group_id is None


def id_block(system: System, user: str = ANA) -> str:
    """The block id of the carrier group id in the form that is open."""
    view = system.slack.view_of(user)
    assert view is not None
    return next(str(block["block_id"]) for block in view.blocks if block["block_id"].startswith("carrier_group_id."))


def test_a_blank_id_stands_for_the_one_that_was_shown(system: System) -> None:
    """Slack reports the field as blank after the form was shown again; the old id is not taken for a correction."""
    record_state = store_connection(system, "Blank Inc", carrier_group_id="old")
    view = open_form(system, record_state)
    change_status(system, record_state, "unable_to_connect", carrier_group_id="corrected by Ben")
    system.slack.submit(ANA, view, {})
    assert "It changed after you opened it." in modal_text(system)
    assert "[corrected by Ben]" in modal_text(system)
    assert system.slack.submit(ANA, view, {}).errors == {}
    assert submitted_retry(system, view).carrier_group_id is None


@pytest.mark.parametrize("unusual_id", ["x" * 150, " spaces around "])
def test_an_id_that_the_field_cannot_represent_is_not_submitted(system: System, unusual_id: str) -> None:
    view = open_form(system, store_connection(system, "Odd Inc", carrier_group_id=unusual_id))
    system.slack.submit(ANA, view, {})
    assert submitted_retry(system, view).carrier_group_id is None


def test_a_connection_without_an_id_requires_one(system: System) -> None:
    record_state = store_connection(system, "Missing Inc", carrier_group_id=None)
    view = open_form(system, record_state)
    assert system.slack.submit(ANA, view, {"federal_ein": "1"}).errors.keys() == {id_block(system)}
    state = {"values": {"federal_ein": {"federal_ein": {"value": "1"}}}}
    about = buttons.encode(buttons.ButtonValue(record_state.entity, record_state.record.version))
    submission = {"id": view, "state": state, "private_metadata": about}
    answer = retry.FORM.submission(context_of(system, ANA), submission)
    assert answer["errors"].keys() == {id_block(system), "federal_ein"}


def test_a_change_before_the_click_is_shown(system: System) -> None:
    record_state = store_connection(system, "Moved Inc")
    change_status(system, record_state, "unable_to_connect", error="Another reason")
    press_button(system, retry_button(record_state))
    assert "It changed after you opened it." in modal_text(system)
    assert "Another reason" in modal_text(system)


def test_a_change_with_an_open_form_is_shown_and_the_input_is_kept(system: System) -> None:
    record_state = store_connection(system, "Slow Inc")
    view = open_form(system, record_state)
    now = change_status(system, record_state, "unable_to_connect", error="Another reason")
    system.slack.submit(ANA, view, {"carrier_group_id": "corrected"})
    assert "It changed after you opened it." in modal_text(system)
    assert "Another reason" in modal_text(system)
    assert "[corrected]" in modal_text(system)
    assert view not in system.open_operations()
    system.slack.submit(ANA, view, {})
    assert system.operation(view).shown_version == now.record.version
    assert submitted_retry(system, view).carrier_group_id == "corrected"


@pytest.mark.parametrize("status", ["processing", "completed", "action_required"])
def test_a_connection_with_another_status_is_not_retried(system: System, status: str) -> None:
    record_state = store_connection(system, f"Late Inc {status}")
    view = open_form(system, record_state)
    change_status(system, record_state, status)
    system.slack.submit(ANA, view, {})
    assert "[[ Changed meanwhile ]]" in modal_text(system)
    assert "nothing was sent to Noyo" in modal_text(system)
    press_button(system, retry_button(record_state))
    assert "[[ Changed meanwhile ]]" in modal_text(system)
    assert view not in system.open_operations()


def test_a_second_person_sees_the_first_retry_at_the_click_and_at_the_submission(system: System) -> None:
    record_state = store_connection(system, "Raced Inc")
    ana_view, ben_view = open_form(system, record_state), open_form(system, record_state, BEN)
    system.slack.submit(ANA, ana_view, {"carrier_group_id": "anas"})
    found = system.slack.submit(BEN, ben_view, {"carrier_group_id": "bens"}).errors
    assert "already requested" in found[id_block(system, BEN)]
    assert ben_view not in system.open_operations()
    press_button(system, retry_button(record_state), BEN)
    assert "[[ Already requested ]]" in modal_text(system, BEN)
    assert "@Ana asked to retry with carrier group id anas" in modal_text(system, BEN)


def test_the_same_form_submitted_twice_is_one_operation(system: System) -> None:
    view = open_form(system, store_connection(system, "Twice Inc"))
    reply = system.slack.submit(ANA, view, {})
    assert system.slack.resend(ANA, reply).status == 200
    assert system.open_operations().count(view) == 1


def test_a_repeated_submission_after_a_change_says_that_it_was_sent(system: System) -> None:
    record_state = store_connection(system, "Repeat Inc")
    view = open_form(system, record_state)
    system.slack.submit(ANA, view, {})
    change_status(system, record_state, "processing")
    state = {"values": {"carrier_group_id": {"carrier_group_id": {"value": "id of Repeat Inc"}}}}
    about = buttons.encode(buttons.ButtonValue(record_state.entity, record_state.record.version))
    submission = {"id": view, "state": state, "private_metadata": about}
    answer = retry.FORM.submission(context_of(system, ANA), submission)
    assert answer["view"]["title"]["text"] == "Already sent"


def test_after_a_table_outage_the_retry_form_keeps_its_input_and_submits_once(system: System) -> None:
    view = open_form(system, store_connection(system, "Down Inc"))
    make_submissions_fail(system)
    system.slack.submit(ANA, view, {"carrier_group_id": "kept"})
    assert "Your input is saved" in modal_text(system)
    system.bot.__dict__.pop("slack_endpoint")
    system.slack.close_view(ANA, view_id(system))
    assert "[kept]" in modal_text(system)
    system.slack.submit(ANA, view, {})
    assert submitted_retry(system, view).carrier_group_id == "kept"
    assert system.open_operations().count(view) == 1


def test_a_guest_can_neither_open_nor_submit_the_retry_form(system: System) -> None:
    record_state = store_connection(system, "Guest Inc")
    press_button(system, retry_button(record_state), GUS)
    assert "Guests cannot do this" in modal_text(system, GUS)
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
def test_a_tampered_retry_form_is_refused(system: System, about: str) -> None:
    values = {"carrier_group_id": {"carrier_group_id": {"value": "x"}}}
    submission = {"id": "VODD", "state": {"values": values}, "private_metadata": about}
    with pytest.raises(UnknownSchema, match="Nothing was sent to Noyo"):
        retry.FORM.submission(context_of(system, ANA), submission)


def test_a_retry_of_an_unknown_connection_is_refused(system: System) -> None:
    record_state = store_connection(system, "Gone Inc")
    unknown = replace(record_state, record=replace(record_state.record, id="0b1c7c5e-0000-4000-8000-00000000dead"))
    press_button(system, retry_button(unknown))
    assert "Switchboard no longer has this connection. Nothing was sent to Noyo." in modal_text(system)


def test_the_alert_the_card_and_the_command_open_the_same_form(worker_system: System) -> None:
    worker_system.poll()
    worker_system.notify()
    worker_system.request_connection(carrier_group_id="way")
    operation_id = view_id(worker_system)
    worker_system.execute_due()
    outcome = worker_system.operation(operation_id).outcome
    assert outcome is not None
    assert outcome.record is not None
    worker_system.noyo.move_connection(outcome.record.key, "unable_to_connect", error="No such group")
    worker_system.wait(5)
    worker_system.poll()
    worker_system.notify()
    alert = worker_system.slack.channel(ALERTS)[-1]
    card = worker_system.slack.channel(CONNECTIONS)[-1]
    for channel, message in ((ALERTS, alert), (CONNECTIONS, card)):
        worker_system.slack.click(ANA, channel, message.ts, "retry")
        assert "[way]" in modal_text(worker_system)
        assert "No such group" in modal_text(worker_system)
        worker_system.slack.close_view(ANA, view_id(worker_system))
    type_command(worker_system, "retry way")
    assert "[way]" in modal_text(worker_system)
