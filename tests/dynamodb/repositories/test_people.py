"""People and groups, on a real table."""

from dataclasses import replace
from typing import Any

import pytest

from bot.domain.people import GroupMembers, Person
from bot.dynamodb import Repositories
from bot.dynamodb.repositories.admin import DynamoPeopleRepository
from bot.errors import UnknownSchema
from tests.dynamodb.builders import NOW
from tests.dynamodb.conftest import Engine

ANA = Person("U1", "T1", is_guest=False, is_deactivated=False, is_bot=False, read_at=NOW)


@pytest.fixture
def people(store: Repositories) -> DynamoPeopleRepository:
    return store.people


@pytest.mark.parametrize("flag", ["is_guest", "is_deactivated", "is_bot"])
def test_a_person_is_read_back_with_each_flag(people: DynamoPeopleRepository, flag: str) -> None:
    person = replace(ANA, **{flag: True})

    people.save_person(person)

    assert people.person("U1") == person


def test_a_person_is_replaced_by_a_later_read(people: DynamoPeopleRepository) -> None:
    people.save_person(ANA)
    people.save_person(replace(ANA, is_deactivated=True, read_at=NOW + 1))

    found = people.person("U1")

    assert found == replace(ANA, is_deactivated=True, read_at=NOW + 1)
    assert people.person("U2") is None


def test_members_of_groups_are_read_together_and_unknown_groups_are_missing(people: DynamoPeopleRepository) -> None:
    first, second = GroupMembers("S1", frozenset({"U2", "U1"}), NOW), GroupMembers("S2", frozenset(), NOW)
    people.save_members(first)
    people.save_members(second)

    assert people.members(["S1", "S2", "S3", "S1"]) == {"S1": first, "S2": second}
    assert people.members([]) == {}


@pytest.mark.parametrize(
    ("pk", "sk", "change"),
    [
        ("USER#U1", "USER", {"is_guest": {"S": "no"}}),
        ("USER#U1", "USER", {"schema": {"N": "0"}}),
        ("GROUP_MEMBERS#S1", "GROUP_MEMBERS", {"user_ids": {"L": [{"N": "1"}]}}),
        ("GROUP_MEMBERS#S1", "GROUP_MEMBERS", {"user_ids": {"S": "U1"}}),
    ],
)
def test_an_unreadable_person_or_group_raises_unknown_schema(
    people: DynamoPeopleRepository, engine: Engine, pk: str, sk: str, change: dict[str, Any]
) -> None:
    people.save_person(ANA)
    people.save_members(GroupMembers("S1", frozenset({"U1"}), NOW))
    item = engine.item(pk, sk)
    assert item is not None
    engine.put(**item | change)

    with pytest.raises(UnknownSchema):
        _ = people.person("U1") if sk == "USER" else people.members(["S1"])
