"""The employer groups that the records know, found by name, by id, or by a similar name."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot import policies
from bot.usecases.notifications.read_model import group_records, groups_named, known_group, similar_groups
from tests.slack.incoming import new_system, store_connection, store_disconnection_request
from tests.system import System

HARBOR = "7a1f0c52-6c1b-4a52-9b1e-3a2f8e8a0c11"


@pytest.fixture(scope="module")
def system() -> Iterator[System]:
    for system in new_system():
        store_connection(system, "Harbor Foods LLC", group_id=HARBOR)
        store_connection(system, "Harbor Foods LLC", group_id=HARBOR)
        store_connection(system, "Harbor Freight", group_id="1d2c3b4a-9c0f-4a37-8f0e-6b5a4c3d2e1f")
        store_connection(system, "Harbor Without Group", group_id=None)
        store_disconnection_request(system, "Harbor Request", group_id="2d2c3b4a-9c0f-4a37-8f0e-6b5a4c3d2e1f")
        yield system


def test_a_search_returns_each_group_once(system: System) -> None:
    found = groups_named("harbor", system.bot.repositories.records)

    assert sorted(group.name for group in found) == ["Harbor Foods LLC", "Harbor Freight"]
    assert [len(group.connections) for group in found if group.id == HARBOR] == [2]


def test_a_group_is_known_by_its_connections(system: System) -> None:
    found = known_group(HARBOR, system.bot.repositories.records)

    assert found is not None
    assert (found.id, found.name, len(found.connections)) == (HARBOR, "Harbor Foods LLC", 2)


@pytest.mark.parametrize("group_id", ["", "nothing", "2d2c3b4a-9c0f-4a37-8f0e-6b5a4c3d2e1f"])
def test_without_a_connection_a_group_is_not_known(system: System, group_id: str) -> None:
    assert known_group(group_id, system.bot.repositories.records) is None


@pytest.mark.parametrize("name", ["harbor foods", "HARBOUR FOODS INC", "Foods Harbor", "Harbor Foodz"])
def test_a_similar_name_finds_the_group(system: System, name: str) -> None:
    assert [group.id for group in similar_groups(name, system.bot.repositories.records)] == [HARBOR]


@pytest.mark.parametrize("name", ["Harbor", "Foods", "Harbor Fitness", "", "!!!", "Ha", "Inc", "x" * 300])
def test_another_name_finds_nothing(system: System, name: str) -> None:
    assert similar_groups(name, system.bot.repositories.records) == []


def test_a_name_that_is_one_word_finds_a_misspelled_one(system: System) -> None:
    store_connection(system, "Bluebird Inc", group_id="aaaaaaaa-0000-4000-8000-000000000001")

    assert [group.name for group in similar_groups("Bluebirt", system.bot.repositories.records)] == ["Bluebird Inc"]
    assert [group.name for group in similar_groups("bluebird", system.bot.repositories.records)] == ["Bluebird Inc"]


def test_numbered_groups_are_not_similar(system: System) -> None:
    store_connection(system, "Plant 17", group_id="aaaaaaaa-0000-4000-8000-000000000002")

    assert similar_groups("Plant 18", system.bot.repositories.records) == []


def test_the_records_of_a_group_include_what_the_index_does_not_show_yet(system: System) -> None:
    records = system.bot.repositories.records
    known = records.find("harbor", limit=10)

    assert {state.record.group_id for state in group_records(HARBOR, records, known).states} == {HARBOR}
    assert len(group_records(HARBOR, records).states) == 2
    found = group_records("a group that the index does not show", records, known)
    assert (found.states, found.name, found.is_complete) == ((), "", True)


def test_a_group_with_very_many_records_is_read_in_part(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policies, "GROUP_MAX_RECORDS", 1)

    found = group_records(HARBOR, system.bot.repositories.records)

    assert (len(found.states), found.is_complete) == (1, False)
