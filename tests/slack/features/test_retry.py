"""Slack room tests: retry, from the button or the command to the placed operation."""

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
from bot.slack.views import buttons
from tests.slack.incoming import (
    a_world,
    context_of,
    known,
    moves,
    presses,
    table_cannot_place,
    types,
    view_id,
    window,
)
from tests.world import ALERTS, ANA, BEN, CONNECTIONS, GUS, World


@pytest.fixture(scope="module")
def worked() -> Iterator[World]:
    """Where the workers have nothing to do but what one test gives them."""
    yield from a_world()


def button_of(record_state: RecordState, **changes: Any) -> dict[str, Any]:
    made = buttons.retry(record_state.entity, record_state.record.version, name="it")
    return {**made, **changes}


def opens(world: World, record_state: RecordState, user: str = ANA) -> str:
    presses(world, button_of(record_state), user)
    assert "[[ Retry a connection ]]" in window(world, user)
    return view_id(world, user)


def wanted(world: World, view: str) -> RetryRequest:
    held = world.operation(view).input
    assert isinstance(held, RetryRequest)
    return held


def test_the_form_shows_what_the_carrier_said_and_the_id_to_correct(world: World) -> None:
    opens(world, known(world, "Shown Inc", error="No such group <!channel> 123-45-6789"))
    shown = window(world)
    for told in ("Shown Inc", "Guardian", "Message from the carrier:", "No such group", "[id of Shown Inc]"):
        assert told in shown
    assert "123-45-6789" not in shown
    assert "Leave blank what should stay as Noyo has it." in shown


def test_a_corrected_id_is_placed_for_the_version_that_was_shown(world: World) -> None:
    record_state = known(world, "Corrected Inc")
    view = opens(world, record_state)
    world.slack.submit(ANA, view, {"carrier_group_id": "00110012"})
    assert "a retry for Corrected Inc, carrier group id 00110012" in window(world)
    assert wanted(world, view).carrier_group_id == "00110012"
    assert world.operation(view).shown_version == record_state.record.version
    assert wanted(world, view).encrypted is None


def test_an_id_left_as_it_was_stays_as_it_is_at_noyo(world: World) -> None:
    view = opens(world, known(world, "Same Inc"))
    world.slack.submit(ANA, view, {})
    assert wanted(world, view).carrier_group_id is None


@pytest.mark.parametrize("odd", ["x" * 150, " spaces around "])
def test_an_id_that_the_field_cannot_hold_as_it_is_stays_as_it_is_at_noyo(world: World, odd: str) -> None:
    view = opens(world, known(world, "Odd Inc", carrier_group_id=odd))
    world.slack.submit(ANA, view, {})
    assert wanted(world, view).carrier_group_id is None


def test_a_connection_without_an_id_asks_for_one(world: World) -> None:
    record_state = known(world, "Missing Inc", carrier_group_id=None)
    view = opens(world, record_state)
    assert world.slack.submit(ANA, view, {"federal_ein": "1"}).errors.keys() == {"carrier_group_id"}
    state = {"values": {"federal_ein": {"federal_ein": {"value": "1"}}}}
    about = buttons.encode(buttons.ButtonValue(record_state.entity, record_state.record.version))
    submission = {"id": view, "state": state, "private_metadata": about}
    answer = retry.FORM.submission(context_of(world, ANA), submission)
    assert answer["errors"].keys() == {"carrier_group_id", "federal_ein"}


def test_what_changed_before_the_click_is_shown(world: World) -> None:
    record_state = known(world, "Moved Inc")
    moves(world, record_state, "unable_to_connect", error="Another reason")
    presses(world, button_of(record_state))
    assert "It changed since you looked at it." in window(world)
    assert "Another reason" in window(world)


def test_what_changed_over_the_form_is_shown_and_asked_again_with_what_was_typed(world: World) -> None:
    record_state = known(world, "Slow Inc")
    view = opens(world, record_state)
    now = moves(world, record_state, "unable_to_connect", error="Another reason")
    world.slack.submit(ANA, view, {"carrier_group_id": "corrected"})
    assert "It changed since you looked at it." in window(world)
    assert "Another reason" in window(world)
    assert "[corrected]" in window(world)
    assert view not in world.open_operations()
    world.slack.submit(ANA, view, {})
    assert world.operation(view).shown_version == now.record.version
    assert wanted(world, view).carrier_group_id == "corrected"


@pytest.mark.parametrize("status", ["processing", "completed", "action_required"])
def test_what_is_no_longer_unable_to_connect_is_not_retried(world: World, status: str) -> None:
    record_state = known(world, f"Late Inc {status}")
    view = opens(world, record_state)
    moves(world, record_state, status)
    world.slack.submit(ANA, view, {})
    assert "[[ Changed meanwhile ]]" in window(world)
    assert "nothing was sent to Noyo" in window(world)
    presses(world, button_of(record_state))
    assert "[[ Changed meanwhile ]]" in window(world)
    assert view not in world.open_operations()


def test_a_colleague_who_was_faster_is_named_at_the_click_and_at_the_submission(world: World) -> None:
    record_state = known(world, "Raced Inc")
    anas, bens = opens(world, record_state), opens(world, record_state, BEN)
    world.slack.submit(ANA, anas, {"carrier_group_id": "anas"})
    found = world.slack.submit(BEN, bens, {"carrier_group_id": "bens"}).errors
    assert "already requested" in found["carrier_group_id"]
    assert bens not in world.open_operations()
    presses(world, button_of(record_state), BEN)
    assert "[[ Already requested ]]" in window(world, BEN)
    assert "@Ana asked to retry with carrier group id anas" in window(world, BEN)


def test_the_same_form_submitted_twice_is_one_operation(world: World) -> None:
    view = opens(world, known(world, "Twice Inc"))
    reply = world.slack.submit(ANA, view, {})
    assert world.slack.resend(ANA, reply).status == 200
    assert world.open_operations().count(view) == 1


def test_a_repeat_after_the_connection_moved_on_says_that_it_was_sent(world: World) -> None:
    record_state = known(world, "Repeat Inc")
    view = opens(world, record_state)
    world.slack.submit(ANA, view, {})
    moves(world, record_state, "processing")
    state = {"values": {"carrier_group_id": {"carrier_group_id": {"value": "id of Repeat Inc"}}}}
    about = buttons.encode(buttons.ButtonValue(record_state.entity, record_state.record.version))
    held = {"id": view, "state": state, "private_metadata": about}
    answer = retry.FORM.submission(context_of(world, ANA), held)
    assert answer["view"]["title"]["text"] == "Already sent"


def test_with_the_table_down_the_form_keeps_what_was_typed_and_sends_once(world: World) -> None:
    view = opens(world, known(world, "Down Inc"))
    table_cannot_place(world)
    world.slack.submit(ANA, view, {"carrier_group_id": "kept"})
    assert "Your input is saved" in window(world)
    world.bot.__dict__.pop("slack_endpoint")
    world.slack.close_view(ANA, view_id(world))
    assert "[kept]" in window(world)
    world.slack.submit(ANA, view, {})
    assert wanted(world, view).carrier_group_id == "kept"
    assert world.open_operations().count(view) == 1


def test_a_guest_gets_no_form_and_no_retry(world: World) -> None:
    record_state = known(world, "Guest Inc")
    presses(world, button_of(record_state), GUS)
    assert "Guests cannot do this" in window(world, GUS)
    values = {"carrier_group_id": {"carrier_group_id": {"value": "x"}}}
    about = buttons.encode(buttons.ButtonValue(record_state.entity, record_state.record.version))
    held = {"id": "VGUS", "state": {"values": values}, "private_metadata": about}
    answer = retry.FORM.submission(context_of(world, GUS), held)
    assert answer["response_action"] == "push"
    assert "Guests cannot do this" in json.dumps(answer)
    assert world.bot.repositories.operations.operation("VGUS") is None


@pytest.mark.parametrize(
    "about", ["", "{}", "not json", "[]", '{"s":1,"o":"V1"}', '{"s":1,"r":"pending_connection:a#b","v":"1"}']
)
def test_a_form_that_was_tampered_with_is_refused_in_words(world: World, about: str) -> None:
    values = {"carrier_group_id": {"carrier_group_id": {"value": "x"}}}
    held = {"id": "VODD", "state": {"values": values}, "private_metadata": about}
    with pytest.raises(UnknownSchema, match="Nothing was sent to Noyo"):
        retry.FORM.submission(context_of(world, ANA), held)


def test_a_form_about_a_connection_nobody_knows_is_refused(world: World) -> None:
    record_state = known(world, "Gone Inc")
    gone = replace(
        record_state, record=replace(record_state.record, id="0b1c7c5e-0000-4000-8000-00000000dead")
    )
    presses(world, button_of(gone))
    assert "This connection is not known here any more. Nothing was sent to Noyo." in window(world)


def test_the_way_from_the_alert_and_from_the_command_is_the_same_form(worked: World) -> None:
    worked.poll()
    worked.notify()
    worked.asks(carrier_group_id="way")
    asked = view_id(worked)
    worked.carry_out()
    came = worked.operation(asked).outcome
    assert came is not None
    assert came.record is not None
    worked.noyo.move_connection(came.record.key, "unable_to_connect", error="No such group")
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
