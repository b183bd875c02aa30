"""The connect form for a group that Noyo knows: found by typing, from a button, or by a similar name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from bot.domain.requests import ConnectionRequest
from bot.slack.features import connect
from bot.slack.views.buttons import Action, record_button
from tests.slack.incoming import (
    answer_text,
    context_of,
    fields_of,
    modal_text,
    new_system,
    press_button,
    reset_system,
    store_connection,
    type_command,
    view_id,
)
from tests.system import ANA, GUARDIAN, GUS, REQUEST, System

HARBOR = "7a1f0c52-6c1b-4a52-9b1e-3a2f8e8a0c11"
MAPLE = "1d2c3b4a-9c0f-4a37-8f0e-6b5a4c3d2e1f"
AETNA = "3f0d2a8e-1111-4b6e-9a58-5f1f4a3c2b10"


@pytest.fixture(scope="module")
def shared() -> Iterator[System]:
    for system in new_system():
        store_connection(system, "Harbor Foods LLC", "completed", group_id=HARBOR, carrier_id=AETNA)
        store_connection(system, "Harbor Freight", "completed", group_id=MAPLE, carrier_id=AETNA)
        yield system


@pytest.fixture
def system(shared: System) -> System:
    reset_system(shared)
    return shared


def open_form(system: System, text: str = "", user: str = ANA) -> str:
    type_command(system, f"connect {text}", user)
    return view_id(system, user)


def choose(system: System, view: str, group_id: str | None) -> None:
    system.slack.suggest(ANA, view, "group", "harbor")
    system.slack.click_in_view(ANA, view, "group", value=group_id)


def submitted(system: System, view: str) -> ConnectionRequest:
    wanted = system.operation(view).input
    assert isinstance(wanted, ConnectionRequest)
    return wanted


def shown_fields(system: System) -> set[str]:
    view = system.slack.view_of(ANA)
    assert view is not None
    return {block["element"]["action_id"] for block in view.blocks if block["type"] == "input"}


def details(**fields: Any) -> dict[str, Any]:
    return {"carrier_id": GUARDIAN, "carrier_group_id": "one", **fields}


def test_a_search_finds_groups_by_a_part_of_their_name(system: System) -> None:
    view = open_form(system)

    found = system.slack.suggest(ANA, view, "group", "harbor")

    assert {option["value"]: option["text"]["text"] for option in found} == {
        HARBOR: f"Harbor Foods LLC · {AETNA}",
        MAPLE: f"Harbor Freight · {AETNA}",
    }


def test_a_group_with_several_connections_is_one_option(system: System) -> None:
    group = "aaaaaaaa-0000-4000-8000-000000000001"
    for carrier in (AETNA, GUARDIAN):
        store_connection(system, "Twice Connected", group_id=group, carrier_id=carrier)
    view = open_form(system)

    [option] = system.slack.suggest(ANA, view, "group", "twice")

    assert option["value"] == group
    assert "Guardian" in option["text"]["text"]


def test_without_a_group_of_noyos_a_connection_is_not_offered(system: System) -> None:
    store_connection(system, "Nameless Group", group_id=None)

    assert system.slack.suggest(ANA, open_form(system), "group", "nameless") == []


def test_somebody_who_may_not_request_gets_no_suggestions(system: System) -> None:
    guest = context_of(system, GUS)

    assert connect.suggest_groups(guest, "harbor") == {"options": []}


def test_for_a_chosen_group_the_form_asks_for_neither_name_nor_ein(system: System) -> None:
    view = open_form(system)
    assert {"group_name", "federal_ein"} <= shown_fields(system)

    choose(system, view, HARBOR)

    assert shown_fields(system).isdisjoint({"group_name", "federal_ein"})
    assert "Harbor Foods LLC has these connections:" in modal_text(system)
    assert f"{AETNA}: Completed." in modal_text(system)


def test_what_was_entered_stays_when_a_group_is_chosen(system: System) -> None:
    view = open_form(system)
    system.slack.fill(ANA, view, {"carrier_group_id": "typed before"})

    choose(system, view, HARBOR)

    assert "Carrier group ID: [typed before]" in modal_text(system)


def test_a_request_for_a_chosen_group_names_it(system: System) -> None:
    view = open_form(system)
    choose(system, view, HARBOR)

    assert system.slack.submit(ANA, view, details(broker_tin="123456789")).errors == {}

    wanted = submitted(system, view)
    assert (wanted.group_id, wanted.group_name, wanted.carrier_group_id) == (HARBOR, "Harbor Foods LLC", "one")
    assert "Sending: Harbor Foods LLC with Guardian, carrier group id one." in modal_text(system)


def test_the_ein_of_an_existing_group_is_not_sent(system: System) -> None:
    """The person typed it before choosing the group, and the form had not followed yet."""
    view = open_form(system)
    system.slack.suggest(ANA, view, "group", "harbor")

    system.slack.submit(ANA, view, REQUEST | {"group": HARBOR, "carrier_group_id": "no ein"})

    assert submitted(system, view).group_id == HARBOR
    assert submitted(system, view).encrypted is None


def test_a_group_can_be_cleared_again(system: System) -> None:
    view = open_form(system)
    choose(system, view, HARBOR)

    choose(system, view, None)

    assert {"group_name", "federal_ein"} <= shown_fields(system)


def test_a_form_that_did_not_follow_a_cleared_group_asks_for_the_new_one(system: System) -> None:
    view = open_form(system)
    choose(system, view, HARBOR)

    system.slack.submit(ANA, view, details(group=None, carrier_group_id="cleared"))

    assert {"group_name", "federal_ein"} <= shown_fields(system)
    assert view not in system.open_operations()


def test_missing_fields_of_an_existing_group_show_errors(system: System) -> None:
    state = {"values": {"group": {"group": {"selected_option": {"value": HARBOR}}}}}

    answer = connect.FORM.submission(context_of(system, ANA), {"id": "V1", "state": state})

    assert answer["errors"].keys() == {"carrier_id", "carrier_group_id"}


def test_a_group_that_is_not_known_any_more_is_not_requested(system: System) -> None:
    unknown = "99999999-0000-4000-8000-000000000009"
    values = {name: {name: {"value": value}} for name, value in REQUEST.items()}
    state = {"values": values | {"group": {"group": {"selected_option": {"value": unknown}}}}}

    answer = connect.FORM.submission(context_of(system, ANA), {"id": "V1", "state": state})

    assert "No known group is chosen." in str(answer["view"])


def test_the_command_with_the_name_of_a_group_chooses_it(system: System) -> None:
    view = open_form(system, "harbor foods")

    system.slack.submit(ANA, view, details(carrier_group_id="by name"))

    assert submitted(system, view).group_id == HARBOR


def test_the_command_with_the_exact_name_chooses_among_similar_ones(system: System) -> None:
    names = ("Alvarez Accounting Inc", "Álvarez Accounting, LLC")
    for number, name in enumerate(names):
        store_connection(system, name, group_id=f"cccccccc-0000-4000-8000-00000000000{number}")

    open_form(system, "alvarez accounting inc")
    assert "Alvarez Accounting Inc has these connections:" in modal_text(system)
    system.slack.close_view(ANA, view_id(system))
    open_form(system, "Alvarez Accounting")
    assert "Group name: [Alvarez Accounting]" in modal_text(system)


def test_the_command_with_another_name_is_for_a_new_group(system: System) -> None:
    open_form(system, "Harbor Fitness")

    assert "Group name: [Harbor Fitness]" in modal_text(system)
    assert "Existing group (optional): [" in modal_text(system)


@pytest.mark.parametrize("name", ["Harbor Foods", "HARBOUR FOODS, INC.", "Foods Harbor"])
def test_a_new_group_with_a_similar_name_asks_first(system: System, name: str) -> None:
    view = open_form(system)

    system.slack.submit(ANA, view, REQUEST | {"group_name": name, "carrier_group_id": name})

    shown = modal_text(system)
    assert "Noyo already has a group with a similar name:" in shown
    assert "Harbor Foods LLC" in shown
    assert "Nothing has been sent yet" in shown
    assert view not in system.open_operations()


def test_after_the_confirmation_the_new_group_is_requested(system: System) -> None:
    view = open_form(system)
    system.slack.submit(ANA, view, REQUEST | {"group_name": "Harbor Foods", "carrier_group_id": "another"})
    checkbox = fields_of({"blocks": system.slack.view_of(ANA).blocks})["new_group"]["element"]  # type: ignore[union-attr]

    system.slack.submit(ANA, view, {"new_group": checkbox["options"][0]["value"]})

    wanted = submitted(system, view)
    assert (wanted.group_id, wanted.group_name, wanted.carrier_group_id) == (None, "Harbor Foods", "another")
    assert wanted.encrypted is not None


def test_the_confirmation_of_one_name_does_not_count_for_another(system: System) -> None:
    view = open_form(system)
    system.slack.submit(ANA, view, REQUEST | {"group_name": "Harbor Foods", "carrier_group_id": "changed"})
    checkbox = fields_of({"blocks": system.slack.view_of(ANA).blocks})["new_group"]["element"]  # type: ignore[union-attr]
    confirmed = {"new_group": checkbox["options"][0]["value"]}

    system.slack.submit(ANA, view, {**confirmed, "group_name": "Harbor Freight Inc"})

    assert "Harbor Freight · " in modal_text(system)
    assert view not in system.open_operations()


def test_the_existing_group_can_be_chosen_instead(system: System) -> None:
    view = open_form(system)
    system.slack.submit(ANA, view, REQUEST | {"group_name": "Harbor Foods", "carrier_group_id": "instead"})
    choose(system, view, HARBOR)

    system.slack.submit(ANA, view, {})

    assert (submitted(system, view).group_id, submitted(system, view).group_name) == (HARBOR, "Harbor Foods LLC")


def test_the_status_of_a_group_offers_one_more_carrier(system: System) -> None:
    type_command(system, "status Harbor Foods")
    [message] = system.slack.ephemerals(ANA)
    buttons = [each for block in message.blocks if block["type"] == "actions" for each in block["elements"]]
    [add] = [button for button in buttons if button["action_id"] == "add_carrier"]

    press_button(system, add)

    assert (add["text"]["text"], add["accessibility_label"]) == ("Add a Carrier…", "Add a carrier to Harbor Foods LLC")
    assert "Harbor Foods LLC has these connections:" in modal_text(system)


def test_one_more_carrier_is_offered_for_a_group_with_several_connections(system: System) -> None:
    group = "aaaaaaaa-0000-4000-8000-000000000002"
    for carrier in (AETNA, GUARDIAN):
        store_connection(system, "Three Lakes", group_id=group, carrier_id=carrier)

    assert "Add a Carrier…" in answer_text(system, type_command(system, "status Three Lakes"))
    assert "Add a Carrier…" not in answer_text(system, type_command(system, "status Harbor"))


def test_without_a_group_of_noyos_no_carrier_can_be_added(system: System) -> None:
    stored = store_connection(system, "Solo Inc", group_id=None)

    assert "Add a Carrier…" not in answer_text(system, type_command(system, "status Solo Inc"))
    press_button(system, record_button(Action.ADD_CARRIER, stored.entity, stored.record.version, name="Solo Inc"))
    assert "Noyo has not said which of its groups this is" in modal_text(system)


def test_a_guest_cannot_add_a_carrier(system: System) -> None:
    stored = store_connection(system, "Guarded Inc", group_id="aaaaaaaa-0000-4000-8000-000000000004")
    button = record_button(Action.ADD_CARRIER, stored.entity, stored.record.version, name="Guarded Inc")

    press_button(system, button, GUS)

    assert "Guests cannot do this" in modal_text(system, GUS)


def test_a_group_of_two_hundred_connections_is_shown_with_the_first_few(system: System) -> None:
    group = "aaaaaaaa-0000-4000-8000-000000000003"
    for number in range(200):
        store_connection(
            system, "Many Carriers", group_id=group, carrier_id=f"{number:08x}-0000-4000-8000-000000000000"
        )

    open_form(system, "Many Carriers")

    assert "more: /noyo status and its name shows all." in modal_text(system)


def test_a_closed_form_does_not_fail_when_a_group_was_chosen(system: System) -> None:
    context = context_of(system, ANA)
    view = open_form(system)
    system.slack.close_view(ANA, view)

    connect.choose_group(context, {"id": view, "hash": "shown"}, HARBOR)

    assert modal_text(system) == ""


def test_a_choice_that_arrives_after_the_submission_does_not_bring_the_form_back(system: System) -> None:
    view = open_form(system)
    system.slack.suggest(ANA, view, "group", "harbor")
    shown = system.slack.view_of(ANA)
    assert shown is not None
    shown_hash = shown.hash
    system.slack.submit(ANA, view, REQUEST | {"group": HARBOR, "carrier_group_id": "late choice"})

    connect.choose_group(context_of(system, ANA), {"id": view, "hash": shown_hash}, HARBOR)

    assert "[[ Sending to Noyo ]]" in modal_text(system)
