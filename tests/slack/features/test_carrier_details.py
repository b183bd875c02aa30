"""What the forms ask for, and what people find, if the details of a carrier are known."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from bot.domain.requests import ConnectionRequest
from bot.slack.views import connect_form, record_facts
from bot.slack.views.buttons import Action
from tests.slack.incoming import (
    answer_text,
    fields_of,
    modal_text,
    new_system,
    press_button,
    store_connection,
    type_command,
    view_id,
)
from tests.system import ANA, GUARDIAN, REQUEST, System

PRINCIPAL, BEAM = "3f1c2d7e-58a4-4b0f-9a3e-6d2b7c9e1f05", "a84e6b90-2c37-4d15-8f6a-0b9d4e7c3a21"
REMOVED = "0c1d2e3f-58a4-4b0f-9a3e-6d2b7c9e1f05"
HARBOR = "7a1f0c52-6c1b-4a52-9b1e-3a2f8e8a0c11"
CARRIERS = {
    GUARDIAN: "Guardian",
    BEAM: {"name": "Beam", "fields": []},
    PRINCIPAL: {
        "name": "Principal",
        "aliases": ["PFG"],
        "contact": "Employer services, 555-0101",
        "fields": ["broker_tin"],
        "pattern": "PR-[0-9]{3,6}",
        "example": "PR-10042",
        "hint": "On the welcome letter.",
    },
}
RIGHT = REQUEST | {"carrier_id": PRINCIPAL, "carrier_group_id": "PR-100", "broker_tin": "123456789"}


@pytest.fixture
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    file = tmp_path_factory.mktemp("carriers") / "carriers.json"
    file.write_text(json.dumps(CARRIERS), encoding="utf-8")
    yield from new_system(CARRIERS_FILE=str(file))


def open_form(system: System, text: str = "") -> str:
    type_command(system, f"connect {text}")
    return view_id(system)


def choose(system: System, view: str, carrier_id: str) -> None:
    system.slack.click_in_view(ANA, view, connect_form.CARRIER, value=carrier_id)


def shown(system: System) -> set[str]:
    view = system.slack.view_of(ANA)
    assert view is not None
    return set(fields_of({"blocks": view.blocks}))


def submitted(system: System) -> list[str]:
    inputs = [system.operation(operation_id).input for operation_id in system.open_operations()]
    return [each.carrier_group_id for each in inputs if isinstance(each, ConnectionRequest)]


def test_the_form_shows_what_the_chosen_carrier_asks_for(system: System) -> None:
    view = open_form(system)
    extra = {"broker_federal_ein", "broker_tin", "employer_email_address"}
    assert extra <= shown(system)

    choose(system, view, PRINCIPAL)

    assert shown(system) & extra == {"broker_tin"}
    assert "On the welcome letter. Example: PR-10042" in modal_text(system)
    choose(system, view, GUARDIAN)
    assert extra <= shown(system)


def test_the_chosen_group_and_the_chosen_carrier_stay(system: System) -> None:
    store_connection(system, "Harbor Foods LLC", "completed", group_id=HARBOR, carrier_id=GUARDIAN)
    view = open_form(system)
    choose(system, view, PRINCIPAL)
    system.slack.suggest(ANA, view, connect_form.GROUP, "harbor")
    system.slack.click_in_view(ANA, view, connect_form.GROUP, value=HARBOR)
    assert {"broker_tin"} == shown(system) - {"group", "carrier_id", "carrier_group_id"}

    choose(system, view, GUARDIAN)

    assert "Harbor Foods LLC has these connections" in modal_text(system)
    assert "group_name" not in shown(system)


def test_an_id_in_another_format_and_a_blank_field_are_refused(system: System) -> None:
    view = open_form(system)
    choose(system, view, PRINCIPAL)

    blank = system.slack.submit(ANA, view, RIGHT | {"broker_tin": ""}).errors
    other = system.slack.submit(ANA, view, RIGHT | {"carrier_group_id": "100"}).errors

    assert blank.keys() == {"broker_tin"}
    assert other == {
        "carrier_group_id": "This carrier's ids look like PR-10042. Nothing was sent. Check the id with the carrier."
    }
    assert submitted(system) == []
    assert system.slack.submit(ANA, view, RIGHT).errors == {}
    assert submitted(system) == ["PR-100"]


def test_a_carrier_may_be_submitted_before_the_form_shows_what_it_asks_for(system: System) -> None:
    view = open_form(system)
    assert system.slack.submit(ANA, view, RIGHT | {"broker_tin": ""}).errors == {
        "broker_tin": "This carrier asks for the broker's TIN. Enter the nine digits of an EIN or an SSN."
    }
    choose(system, view, BEAM)
    assert "broker_tin" not in shown(system)
    without = {name: value for name, value in RIGHT.items() if name != "broker_tin"}

    assert system.slack.submit(ANA, view, without).errors == {}

    assert submitted(system) == []
    assert "broker_tin" in shown(system)
    assert system.slack.submit(ANA, view, RIGHT).errors == {}
    assert submitted(system) == ["PR-100"]


def test_an_unknown_carrier_is_asked_for_nothing_more(system: System) -> None:
    view = open_form(system)
    assert system.slack.submit(ANA, view, REQUEST | {"carrier_group_id": "any format"}).errors == {}
    assert submitted(system) == ["any format"]


def test_a_corrected_id_must_have_the_carriers_format(system: System) -> None:
    failed = store_connection(system, "Shown Inc", carrier_id=PRINCIPAL, carrier_group_id="of old")
    press_button(system, record_facts.record_button(Action.RETRY, failed.record), ANA)
    view = view_id(system)

    [error] = system.slack.submit(ANA, view, {"carrier_group_id": "new"}).errors.values()

    assert "look like PR-10042" in error
    assert system.open_operations() == []
    assert system.slack.submit(ANA, view, {"carrier_group_id": "of old"}).errors == {}
    assert len(system.open_operations()) == 1


@pytest.mark.parametrize("command", ["list pfg", "list failed PFG", "status harbor pfg"])
def test_an_alias_names_the_carrier(system: System, command: str) -> None:
    store_connection(system, "Harbor Foods", carrier_id=PRINCIPAL)
    store_connection(system, "Harbor Inns", carrier_id=GUARDIAN)

    text = answer_text(system, type_command(system, command))

    assert "Harbor Foods" in text
    assert "Harbor Inns" not in text


def test_the_card_of_a_removed_carrier_shows_its_id(system: System) -> None:
    store_connection(system, "Harbor Foods", carrier_id=REMOVED)
    assert REMOVED in answer_text(system, type_command(system, "status harbor"))


def test_details_name_the_contact_of_the_carrier(system: System) -> None:
    for carrier_id, contact in ((PRINCIPAL, "Employer services, 555-0101"), (GUARDIAN, None)):
        record = store_connection(system, "Harbor Foods", "completed", carrier_id=carrier_id).record
        press_button(system, record_facts.record_button(Action.DETAILS, record), ANA)
        assert ("Carrier's contact" in modal_text(system)) == (contact is not None)
        assert contact is None or contact in modal_text(system)
