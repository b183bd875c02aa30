"""Authorization uses stored people or reads them from Slack; without an answer the right is unknown."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from bot import policies
from bot.domain.people import AccessPolicy, GroupMembers, Person, Right, Verdict
from bot.errors import SlackError, SlackNoAnswer, SlackRefused
from bot.usecases.admin.authorization import authorized, authorized_by_table
from bot.usecases.dependencies import Dependencies

NOW = 1_800_000_000
POLICY = AccessPolicy("T1")
ANA = Person("U1", "T1", is_guest=False, is_deactivated=False, is_bot=False, read_at=NOW)


class FakePeople:
    def __init__(self, person: Person | None = None) -> None:
        self.saved = person

    def person(self, user_id: str) -> Person | None:
        return self.saved

    def save_person(self, person: Person) -> None:
        self.saved = person

    def members(self, group_ids: Iterable[str]) -> dict[str, GroupMembers]:
        return {group_id: GroupMembers(group_id, frozenset({"U1"}), NOW) for group_id in group_ids}

    def save_members(self, members: GroupMembers) -> None:
        raise AssertionError("unexpected call")


class FakeSlack:
    def __init__(self, answer: Person | SlackError | None) -> None:
        self.answer, self.read_count = answer, 0

    def read_person(self, user_id: str) -> Person | None:
        self.read_count += 1
        if isinstance(self.answer, SlackError):
            raise self.answer
        return self.answer

    def read_members(self, group_id: str) -> GroupMembers | None:
        raise AssertionError("unexpected call")


def dependencies(people: FakePeople, slack: FakeSlack | None = None, *, policy: AccessPolicy) -> Dependencies:
    return Dependencies(
        clock=lambda: NOW, new_id=str, people=people, user_directory=slack or FakeSlack(None), policy=policy
    )


def test_workers_authorize_with_stored_people_only() -> None:
    assert authorized_by_table(Right.REQUEST, "U1", dependencies(FakePeople(ANA), policy=POLICY)).allowed
    unknown = authorized_by_table(Right.REQUEST, "U1", dependencies(FakePeople(), policy=POLICY))
    assert unknown.verdict is Verdict.UNKNOWN


def test_members_of_a_group_have_its_right() -> None:
    policy = AccessPolicy("T1", approvers=frozenset({"S1"}))

    assert authorized_by_table(Right.APPROVE, "U1", dependencies(FakePeople(ANA), policy=policy)).allowed


def test_a_recently_read_person_is_not_read_again() -> None:
    slack = FakeSlack(None)

    allowed = authorized(Right.REQUEST, "U1", dependencies(FakePeople(ANA), slack, policy=POLICY))

    assert allowed.allowed
    assert slack.read_count == 0


def test_an_unknown_person_is_read_from_slack_and_stored() -> None:
    people = FakePeople()

    allowed = authorized(Right.REQUEST, "U1", dependencies(people, FakeSlack(ANA), policy=POLICY))

    assert allowed.allowed
    assert people.saved == ANA


def test_an_outdated_person_is_read_again() -> None:
    from dataclasses import replace

    old = replace(ANA, read_at=NOW - policies.PERSON_FRESH_SECONDS - 1)
    slack = FakeSlack(replace(ANA, is_deactivated=True))

    verdict = authorized(Right.REQUEST, "U1", dependencies(FakePeople(old), slack, policy=POLICY)).verdict

    assert verdict is Verdict.DENIED


@pytest.mark.parametrize("answer", [SlackNoAnswer("late"), SlackRefused("fatal_error"), None])
def test_without_a_response_from_slack_the_right_is_unknown(answer: SlackError | None) -> None:
    people = FakePeople()

    verdict = authorized(Right.REQUEST, "U1", dependencies(people, FakeSlack(answer), policy=POLICY)).verdict

    assert verdict is Verdict.UNKNOWN
    assert people.saved is None
