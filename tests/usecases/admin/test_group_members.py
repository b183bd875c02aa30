"""Group members are refreshed, and a group that cannot be read does not block the others."""

from __future__ import annotations

from collections.abc import Iterable

from bot import policies
from bot.domain.people import AccessPolicy, GroupMembers, Person
from bot.errors import SlackNoAnswer
from bot.usecases.admin.authorization import refresh_group_members
from bot.usecases.dependencies import Dependencies

NOW = 1_800_000_000
POLICY = AccessPolicy("T1", requesters=frozenset({"S1", "U9"}), approvers=frozenset({"S2"}), admins=frozenset({"S3"}))


class FakePeople:
    def __init__(self, *known: GroupMembers) -> None:
        self.saved = {members.group_id: members for members in known}

    def person(self, user_id: str) -> Person | None:
        return None

    def save_person(self, person: Person) -> None:
        raise AssertionError("nobody asked for this")

    def members(self, group_ids: Iterable[str]) -> dict[str, GroupMembers]:
        return {group_id: self.saved[group_id] for group_id in group_ids if group_id in self.saved}

    def save_members(self, members: GroupMembers) -> None:
        self.saved[members.group_id] = members


class FakeSlack:
    def __init__(self, *, deleted: str = "", unresponsive: str = "") -> None:
        self.deleted, self.unresponsive, self.read_ids = deleted, unresponsive, list[str]()

    def read_person(self, user_id: str) -> Person | None:
        return None

    def read_members(self, group_id: str) -> GroupMembers | None:
        self.read_ids.append(group_id)
        if group_id == self.unresponsive:
            raise SlackNoAnswer("no answer")
        return None if group_id == self.deleted else GroupMembers(group_id, frozenset({"U1"}), NOW)


def dependencies(people: FakePeople, slack: FakeSlack) -> Dependencies:
    return Dependencies(clock=lambda: NOW, new_id=str, people=people, user_directory=slack, policy=POLICY)


def test_groups_with_a_right_are_read_but_no_people() -> None:
    people, slack = FakePeople(), FakeSlack()

    assert refresh_group_members(dependencies(people, slack)) == 3
    assert slack.read_ids == ["S1", "S2", "S3"]
    assert people.saved["S2"].user_ids == {"U1"}


def test_fresh_members_are_not_read_again() -> None:
    half_age = policies.GROUP_MEMBERS_FRESH_SECONDS // 2
    people = FakePeople(
        GroupMembers("S1", frozenset(), NOW - half_age), GroupMembers("S2", frozenset(), NOW - half_age - 1)
    )
    slack = FakeSlack()

    assert refresh_group_members(dependencies(people, slack)) == 2
    assert slack.read_ids == ["S2", "S3"]


def test_a_deleted_group_has_no_members() -> None:
    people = FakePeople(GroupMembers("S1", frozenset({"U1"}), 0))

    refresh_group_members(dependencies(people, FakeSlack(deleted="S1")))

    assert people.saved["S1"] == GroupMembers("S1", frozenset(), NOW)


def test_an_unreadable_group_keeps_its_age_and_does_not_block_others() -> None:
    old = GroupMembers("S1", frozenset({"U1"}), 5)
    people = FakePeople(old)

    assert refresh_group_members(dependencies(people, FakeSlack(unresponsive="S1"))) == 2
    assert people.saved["S1"] == old
    assert {"S2", "S3"} <= set(people.saved)
