"""What people type after a command finds the group they mean, or says what it did not find."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.slack.features.search import find
from infra.local.environment import CARRIERS
from tests.slack.incoming import (
    answer_text,
    context_of,
    modal_text,
    new_system,
    store_connection,
    store_disconnection_request,
    type_command,
)
from tests.system import ANA, GUARDIAN, System

BEAM = next(carrier_id for carrier_id, name in CARRIERS.items() if name.startswith("Beam"))


@pytest.fixture
def system() -> Iterator[System]:
    yield from new_system()


@pytest.fixture
def groups(system: System) -> System:
    store_connection(system, "Harbor Foods LLC", carrier_id=GUARDIAN)
    store_connection(system, "Harbor Inns Inc", "completed", carrier_id=BEAM)
    store_connection(system, "Guardian Angels", "waiting_on_carrier", carrier_id=BEAM, carrier_group_id="00-110011")
    store_disconnection_request(system, "Harbor Boats", carrier_id=BEAM)
    return system


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("harbor", {"Harbor Foods LLC", "Harbor Inns Inc", "Harbor Boats"}),
        ("harbor failed", {"Harbor Foods LLC"}),
        ("connected harbor", {"Harbor Inns Inc"}),
        ("harbor beam", {"Harbor Inns Inc", "Harbor Boats"}),
        ("beam harbor connections", {"Harbor Inns Inc"}),
        ("harbor guardian", {"Harbor Foods LLC"}),
        ("guardian angels", {"Guardian Angels"}),
        ("guardian", {"Guardian Angels"}),
        ("failed", {"Harbor Foods LLC"}),
        ("beam decisions", {"Harbor Boats"}),
        ("harbor rejected", set()),
    ],
)
def test_a_status_or_a_carrier_may_be_named_beside_the_group(groups: System, text: str, found: set[str]) -> None:
    assert {state.record.group_name for state in find(context_of(groups, ANA), text).records} == found


def test_a_carrier_whose_name_is_part_of_a_groups_name_is_mentioned(groups: System) -> None:
    text = answer_text(groups, type_command(groups, "status guardian"))

    assert "Guardian Angels" in text
    assert "By status or carrier: /noyo list and the same words." in text


@pytest.mark.parametrize(("number", "is_mentioned"), [("110011", False), ("0110011", True), ("00-110011", False)])
def test_it_is_said_that_zeros_and_hyphens_of_ids_are_ignored(groups: System, number: str, is_mentioned: bool) -> None:
    text = answer_text(groups, type_command(groups, f"status {number}"))

    assert "Guardian Angels" in text
    assert ("Leading zeros, spaces and hyphens of ids are ignored." in text) is is_mentioned


@pytest.mark.parametrize("command", ["status", "retry", "history"])
def test_a_typing_error_is_answered_with_similar_names(groups: System, command: str) -> None:
    text = answer_text(groups, type_command(groups, f"{command} habror foods"))

    assert "Harbor Foods LLC" in text
    assert "Did you mean:" in text or "Similar names were found." in text
    assert "Boats" not in text
    assert modal_text(groups) == "", "no form opens for a similar name"


def test_nothing_similar_is_answered_with_what_to_try(system: System) -> None:
    text = answer_text(system, type_command(system, "retry Nowhere Inc"))

    assert "Nothing here matches “Nowhere Inc”. Try a word of the group's name" in text
