"""Authorization from stored people, or after reading a person from Slack; never by a guess."""

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


class People:
    def __init__(self, person: Person | None = None) -> None:
        self.saved = person

    def person(self, user_id: str) -> Person | None:
        return self.saved

    def save_person(self, person: Person) -> None:
        self.saved = person

    def members(self, group_ids: Iterable[str]) -> dict[str, GroupMembers]:
        return {group_id: GroupMembers(group_id, frozenset({"U1"}), NOW) for group_id in group_ids}

    def save_members(self, members: GroupMembers) -> None:
        raise AssertionError("nobody asked for this")


class Slack:
    def __init__(self, answer: Person | SlackError | None) -> None:
        self.answer, self.asked = answer, 0

    def read_person(self, user_id: str) -> Person | None:
        self.asked += 1
        if isinstance(self.answer, SlackError):
            raise self.answer
        return self.answer

    def read_members(self, group_id: str) -> GroupMembers | None:
        raise AssertionError("nobody asked for this")


def given(people: People, slack: Slack | None = None, *, policy: AccessPolicy) -> Dependencies:
    return Dependencies(
        clock=lambda: NOW, new_id=str, people=people, user_directory=slack or Slack(None), policy=policy
    )


def test_workers_authorize_with_stored_people_only() -> None:
    assert authorized_by_table(Right.REQUEST, "U1", given(People(ANA), policy=POLICY)).allowed
    unknown = authorized_by_table(Right.REQUEST, "U1", given(People(), policy=POLICY))
    assert unknown.verdict is Verdict.UNKNOWN


def test_members_of_a_group_have_its_right() -> None:
    policy = AccessPolicy("T1", approvers=frozenset({"S1"}))

    assert authorized_by_table(Right.APPROVE, "U1", given(People(ANA), policy=policy)).allowed


def test_a_recently_read_person_is_not_read_again() -> None:
    slack = Slack(None)

    allowed = authorized(Right.REQUEST, "U1", given(People(ANA), slack, policy=POLICY))

    assert allowed.allowed
    assert slack.asked == 0


def test_an_unknown_person_is_read_from_slack_and_stored() -> None:
    people = People()

    allowed = authorized(Right.REQUEST, "U1", given(people, Slack(ANA), policy=POLICY))

    assert allowed.allowed
    assert people.saved == ANA


def test_an_outdated_person_is_read_again() -> None:
    from dataclasses import replace

    old = replace(ANA, read_at=NOW - policies.PERSON_FRESH_SECONDS - 1)
    slack = Slack(replace(ANA, is_deactivated=True))

    verdict = authorized(Right.REQUEST, "U1", given(People(old), slack, policy=POLICY)).verdict

    assert verdict is Verdict.DENIED


@pytest.mark.parametrize("answer", [SlackNoAnswer("late"), SlackRefused("fatal_error"), None])
def test_without_a_response_from_slack_the_right_is_unknown(answer: SlackError | None) -> None:
    people = People()

    verdict = authorized(Right.REQUEST, "U1", given(people, Slack(answer), policy=POLICY)).verdict

    assert verdict is Verdict.UNKNOWN
    assert people.saved is None
