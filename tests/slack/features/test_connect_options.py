"""*Advanced…* in the connect form: its fields are added, sent with the request, and kept when it is corrected."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from bot.domain.operations import OperationState
from bot.domain.records import DataExchange
from bot.domain.requests import ConnectionOptions, ConnectionRequest
from bot.slack.features import connect
from bot.slack.views.connection_options import ADVANCED, DATA_EXCHANGE, IGNORE_ELIGIBILITY
from infra.local.noyo import Fault
from tests.slack.incoming import answer_text, context_of, modal_text, store_connection, type_command, view_id
from tests.system import ANA, CONNECTIONS, GUARDIAN, GUS, REQUEST, System

BOTH = ConnectionOptions(ignore_eligibility=True, data_exchange=DataExchange.EDI)
CHOSEN = {IGNORE_ELIGIBILITY: "ignored", DATA_EXCHANGE: "edi"}
SENT = {"ignore_eligibility": True, "data_exchange_configuration": "edi"}


@pytest.fixture
def system() -> Iterator[System]:
    with System() as started:
        started.settle(10)
        yield started


def open_form(system: System, text: str = "") -> str:
    type_command(system, f"connect {text}")
    return view_id(system)


def advanced(system: System, view: str) -> None:
    assert system.slack.click_in_view(ANA, view, ADVANCED).error is None


def shown_fields(system: System) -> dict[str, Any]:
    view = system.slack.view_of(ANA)
    assert view is not None
    return {block["block_id"]: block["element"] for block in view.blocks if block["type"] == "input"}


def sent(system: System) -> list[dict[str, Any]]:
    return [request.body for request in system.writes()]


def test_the_form_has_no_advanced_fields_until_somebody_asks(system: System) -> None:
    view = open_form(system)
    assert shown_fields(system).keys().isdisjoint(CHOSEN)
    system.slack.fill(ANA, view, {"group_name": "Typed Before", "carrier_id": GUARDIAN})

    advanced(system, view)

    assert shown_fields(system).keys() >= CHOSEN.keys()
    assert "Group name: [Typed Before]" in modal_text(system)
    assert "Carrier: [Guardian]" in modal_text(system)
    assert "Advanced…" not in modal_text(system)


def test_a_person_who_may_not_request_gets_no_fields(system: System) -> None:
    view = open_form(system)
    shown = system.slack.view_of(ANA)
    assert shown is not None

    connect.show_advanced(context_of(system, GUS), {"id": view, "hash": shown.hash})

    assert shown_fields(system).keys().isdisjoint(CHOSEN)


def test_what_was_chosen_is_sent_and_shown(system: System) -> None:
    view = open_form(system)
    advanced(system, view)
    system.slack.submit(ANA, view, REQUEST | CHOSEN)
    wanted = system.operation(view).input
    assert isinstance(wanted, ConnectionRequest)
    assert wanted.options == BOTH

    system.settle(20)

    [body] = sent(system)
    assert SENT.items() <= body.items()
    assert "asked for this connection (eligibility ignored, data exchange EDI)" in system.read_channel(CONNECTIONS)
    history = answer_text(system, type_command(system, "history Test Company"))
    assert "asked for this connection (eligibility ignored, data exchange EDI)" in history


def test_details_name_the_options(system: System) -> None:
    view = open_form(system)
    advanced(system, view)
    system.slack.submit(ANA, view, REQUEST | CHOSEN)
    system.settle(20)
    [card] = [message for message in system.slack.channel(CONNECTIONS) if "Test Company" in str(message.blocks)]

    system.slack.click(ANA, CONNECTIONS, card.ts, "details")

    assert "**Options:** eligibility ignored, data exchange EDI" in modal_text(system)


def test_fields_left_as_they_are_send_nothing(system: System) -> None:
    view = open_form(system)
    advanced(system, view)
    system.slack.submit(ANA, view, REQUEST)
    system.settle(20)
    [body] = sent(system)
    assert body.keys().isdisjoint(SENT)


def test_what_was_chosen_stays_when_the_form_follows_another_choice(system: System) -> None:
    group = "7a1f0c52-6c1b-4a52-9b1e-3a2f8e8a0c11"
    store_connection(system, "Harbor Foods LLC", "completed", group_id=group)
    view = open_form(system)
    advanced(system, view)
    system.slack.fill(ANA, view, CHOSEN)

    system.slack.suggest(ANA, view, "group", "harbor")
    system.slack.click_in_view(ANA, view, "group", value=group)

    system.slack.submit(ANA, view, {"carrier_id": GUARDIAN, "carrier_group_id": "one"})
    wanted = system.operation(view).input
    assert isinstance(wanted, ConnectionRequest)
    assert (wanted.group_id, wanted.options) == (group, BOTH)


def test_what_was_chosen_stays_when_a_similar_name_is_asked_about(system: System) -> None:
    store_connection(system, "Harbor Foods LLC", "completed", group_id="7a1f0c52-6c1b-4a52-9b1e-3a2f8e8a0c11")
    view = open_form(system)
    advanced(system, view)
    system.slack.submit(ANA, view, REQUEST | CHOSEN | {"group_name": "Harbor Foods"})
    assert "Noyo already has a group with a similar name" in modal_text(system)

    system.slack.submit(ANA, view, {"new_group": _offered(system, "new_group")})

    wanted = system.operation(view).input
    assert isinstance(wanted, ConnectionRequest)
    assert wanted.options == BOTH


def _offered(system: System, name: str) -> list[str]:
    return [option["value"] for option in shown_fields(system)[name]["options"]]


def test_a_request_that_is_sent_again_keeps_its_options(system: System) -> None:
    view = open_form(system)
    advanced(system, view)
    system.noyo.faults.add(Fault("reset_before", method="POST"))
    system.slack.submit(ANA, view, REQUEST | CHOSEN)

    system.settle(300)

    assert system.operation(view).state is OperationState.SUCCEEDED
    assert len(sent(system)) == 2
    assert all(SENT.items() <= body.items() for body in sent(system))


def test_a_correction_shows_and_keeps_the_options(system: System) -> None:
    system.noyo.rules = replace(system.noyo.rules, formats={GUARDIAN: "[0-9]{4}"})
    view = open_form(system)
    advanced(system, view)
    system.slack.submit(ANA, view, REQUEST | CHOSEN | {"carrier_group_id": "wrong"})
    system.settle(20)
    system.slack.click_in_view(ANA, view, "correct_request")
    assert shown_fields(system)[DATA_EXCHANGE]["initial_option"]["value"] == "edi"
    assert shown_fields(system)[IGNORE_ELIGIBILITY]["initial_option"]["value"] == "ignored"

    system.slack.submit(ANA, view, {"carrier_group_id": "1234"})
    system.settle(20)

    assert SENT.items() <= sent(system)[-1].items()


def test_a_correction_for_another_group_keeps_the_options(system: System) -> None:
    """Slack reports the filled-in fields as blank until they are changed."""
    group = "7a1f0c52-6c1b-4a52-9b1e-3a2f8e8a0c11"
    store_connection(system, "Harbor Foods LLC", "completed", group_id=group)
    system.noyo.rules = replace(system.noyo.rules, formats={GUARDIAN: "[0-9]{4}"})
    view = open_form(system)
    advanced(system, view)
    system.slack.submit(ANA, view, REQUEST | CHOSEN | {"carrier_group_id": "wrong"})
    system.settle(20)
    system.slack.click_in_view(ANA, view, "correct_request")

    system.slack.suggest(ANA, view, "group", "harbor")
    system.slack.click_in_view(ANA, view, "group", value=group)

    assert shown_fields(system)[DATA_EXCHANGE]["initial_option"]["value"] == "edi"
    assert shown_fields(system)[IGNORE_ELIGIBILITY]["initial_option"]["value"] == "ignored"


def test_a_correction_can_do_without_the_options(system: System) -> None:
    system.noyo.rules = replace(system.noyo.rules, formats={GUARDIAN: "[0-9]{4}"})
    view = open_form(system)
    advanced(system, view)
    system.slack.submit(ANA, view, REQUEST | CHOSEN | {"carrier_group_id": "wrong"})
    system.settle(20)
    system.slack.click_in_view(ANA, view, "correct_request")

    without = {IGNORE_ELIGIBILITY: "checked", DATA_EXCHANGE: "noyo_chooses"}
    system.slack.submit(ANA, view, without | {"carrier_group_id": "1234"})
    system.settle(20)

    assert sent(system)[-1].keys().isdisjoint(SENT)


def test_a_group_that_is_not_eligible_can_be_connected_by_ignoring_it(system: System) -> None:
    other = "5d1f1c0e-6a2b-4f0e-9d55-0a8f3b1c7e42"
    group = system.noyo.add_connection(carrier_id=other, group_name="Harbor Foods LLC", status="completed")["group_id"]
    system.noyo.set_eligibility(group, GUARDIAN, "not_eligible")
    system.settle(20)
    view = open_form(system, "Harbor Foods LLC")
    system.slack.submit(ANA, view, {"carrier_id": GUARDIAN, "carrier_group_id": "one"})
    system.settle(20)
    assert "Noyo says about the group's eligibility" in modal_text(system)
    assert "not_eligible" in modal_text(system)

    system.slack.click_in_view(ANA, view, "correct_request")
    assert "not_eligible" in modal_text(system)
    system.slack.submit(ANA, view, {IGNORE_ELIGIBILITY: "ignored"})
    system.settle(20)

    assert sent(system)[-1]["ignore_eligibility"] is True
    assert "Sent to Noyo" in modal_text(system)
