"""Permitting: by the table alone, or after asking Slack about a person; never by a guess."""

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
        self.held = person

    def person(self, user_id: str) -> Person | None:
        return self.held

    def save_person(self, person: Person) -> None:
        self.held = person

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


def test_the_table_alone_decides_for_a_worker() -> None:
    assert authorized_by_table(Right.REQUEST, "U1", given(People(ANA), policy=POLICY)).allowed
    unknown = authorized_by_table(Right.REQUEST, "U1", given(People(), policy=POLICY))
    assert unknown.verdict is Verdict.UNKNOWN


def test_membership_of_a_group_gives_the_right() -> None:
    policy = AccessPolicy("T1", approvers=frozenset({"S1"}))

    assert authorized_by_table(Right.APPROVE, "U1", given(People(ANA), policy=policy)).allowed


def test_a_person_who_is_known_and_fresh_is_not_asked_about() -> None:
    slack = Slack(None)

    allowed = authorized(Right.REQUEST, "U1", given(People(ANA), slack, policy=POLICY))

    assert allowed.allowed
    assert slack.asked == 0


def test_a_stranger_is_asked_about_and_remembered() -> None:
    people = People()

    allowed = authorized(Right.REQUEST, "U1", given(people, Slack(ANA), policy=POLICY))

    assert allowed.allowed
    assert people.held == ANA


def test_what_is_known_too_long_is_asked_again_and_may_have_changed() -> None:
    from dataclasses import replace

    old = replace(ANA, read_at=NOW - policies.PERSON_FRESH_SECONDS - 1)
    slack = Slack(replace(ANA, is_deactivated=True))

    verdict = authorized(Right.REQUEST, "U1", given(People(old), slack, policy=POLICY)).verdict

    assert verdict is Verdict.DENIED


@pytest.mark.parametrize("answer", [SlackNoAnswer("late"), SlackRefused("fatal_error"), None])
def test_without_an_answer_of_slack_nobody_is_let_in_on_a_guess(answer: SlackError | None) -> None:
    people = People()

    verdict = authorized(Right.REQUEST, "U1", given(people, Slack(answer), policy=POLICY)).verdict

    assert verdict is Verdict.UNKNOWN
    assert people.held is None
