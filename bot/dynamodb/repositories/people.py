"""What was last read of people and of the members of user groups."""

from __future__ import annotations

from collections.abc import Iterable

from bot.domain.people import GroupMembers, Person
from bot.dynamodb import keys
from bot.dynamodb.attribute_values import Item, Value
from bot.dynamodb.expressions import Put
from bot.dynamodb.items import item_at, number, read_item, text, texts
from bot.dynamodb.table import Table


class DynamoPeopleRepository:
    """`bot.usecases.ports.storage.KeepsPeople` on the table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def person(self, user_id: str) -> Person | None:
        item = self._table.get(keys.user(user_id))
        return read_item(item, _person_from) if item else None

    def save_person(self, person: Person) -> None:
        self._table.write([Put(_person_item(person))])

    def members(self, group_ids: Iterable[str]) -> dict[str, GroupMembers]:
        items = self._table.get_many(keys.group_members(group_id) for group_id in group_ids)
        found = (read_item(item, _members_from) for item in items)
        return {members.group_id: members for members in found}

    def save_members(self, members: GroupMembers) -> None:
        self._table.write([Put(_members_item(members))])


def _person_item(person: Person) -> Item:
    return item_at(
        keys.user(person.user_id),
        user_id=person.user_id,
        team_id=person.team_id,
        is_guest=person.is_guest,
        is_deactivated=person.is_deactivated,
        is_bot=person.is_bot,
        read_at=person.read_at,
    )


def _person_from(item: Item) -> Person:
    return Person(
        user_id=text(item, "user_id"),
        team_id=text(item, "team_id"),
        is_guest=_flag(item, "is_guest"),
        is_deactivated=_flag(item, "is_deactivated"),
        is_bot=_flag(item, "is_bot"),
        read_at=number(item, "read_at"),
    )


def _flag(item: Item, name: str) -> bool:
    """Never guessed: a right hangs on each of them."""
    value = item[name]
    if not isinstance(value, bool):
        raise TypeError(f"{name} is neither true nor false")
    return value


def _members_item(members: GroupMembers) -> Item:
    user_ids: list[Value] = [*sorted(members.user_ids)]
    return item_at(
        keys.group_members(members.group_id),
        group_id=members.group_id,
        user_ids=user_ids,
        read_at=members.read_at,
    )


def _members_from(item: Item) -> GroupMembers:
    return GroupMembers(text(item, "group_id"), frozenset(texts(item, "user_ids")), number(item, "read_at"))
