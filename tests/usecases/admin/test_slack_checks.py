"""What is looked after of Slack: the token, the channels, and who may do what."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot import policies
from bot.domain.health import CheckStatus, Finding, TokenStatus, Topic
from bot.domain.people import AccessPolicy, GroupMembers, Person
from bot.errors import SlackRefused
from bot.usecases.admin.health import Check, slack_checks
from bot.usecases.dependencies import Dependencies

NOW = 1_790_000_000
TEAM = "T1"


WELL = TokenStatus((), 0.5)
NOBODY = AccessPolicy(TEAM)


class Slack:
    def __init__(self, standing: TokenStatus = WELL) -> None:
        self.standing = standing
        self.members = {"C1": True, "C2": False}

    def token(self) -> TokenStatus:
        return self.standing

    def is_member(self, channel_id: str) -> bool:
        if channel_id not in self.members:
            raise SlackRefused("channel_not_found")
        return self.members[channel_id]


class People:
    """What the table holds, and what Slack tells."""

    def __init__(self) -> None:
        self.held: dict[str, Person] = {}
        self.groups: dict[str, GroupMembers] = {}
        self.at_slack: dict[str, Person] = {}
        self.read: list[str] = []

    def person(self, user_id: str) -> Person | None:
        return self.held.get(user_id)

    def save_person(self, person: Person) -> None:
        self.held[person.user_id] = person

    def members(self, group_ids: object) -> dict[str, GroupMembers]:
        return {one: self.groups[one] for one in group_ids if one in self.groups}  # type: ignore[attr-defined]

    def save_members(self, members: GroupMembers) -> None:
        self.groups[members.group_id] = members

    def read_person(self, user_id: str) -> Person | None:
        self.read.append(user_id)
        return self.at_slack.get(user_id)

    def read_members(self, group_id: str) -> GroupMembers | None:
        return self.groups.get(group_id)


def person(user_id: str, **changes: object) -> Person:
    return replace(Person(user_id, TEAM, False, False, False, NOW), **changes)  # type: ignore[arg-type]


def looks(
    people: People | None = None, policy: AccessPolicy = NOBODY, slack: Slack | None = None
) -> dict[Topic, Check]:
    known = people or People()
    return slack_checks(
        read_secret=lambda: "xoxb",
        slack=slack or Slack(),
        channels={"CHANNEL_CONNECTIONS": "C1", "CHANNEL_ALERTS": "C2", "CHANNEL_DECISIONS": "C3"},
        deps=Dependencies(clock=lambda: NOW, new_id=str, people=known, user_directory=known, policy=policy),
    )


def found(topic: Topic, **how: object) -> list[Finding]:
    return list(looks(**how)[topic]())  # type: ignore[arg-type]


def test_a_good_token_with_all_scopes_is_fine() -> None:
    assert found(Topic.TOKEN) == [
        Finding(Topic.TOKEN, CheckStatus.OK),
        Finding(Topic.SCOPES, CheckStatus.OK),
        Finding(Topic.SLACK_CLOCK, CheckStatus.OK, value=0),
    ]
    assert found(Topic.SECRET) == [Finding(Topic.SECRET, CheckStatus.OK)]


def test_lacking_scopes_and_a_clock_that_goes_wrong_are_told() -> None:
    told = found(Topic.TOKEN, slack=Slack(TokenStatus(("users:read",), 400.0)))

    assert told[1:] == [
        Finding(Topic.SCOPES, CheckStatus.FAILED, affected=("users:read",)),
        Finding(Topic.SLACK_CLOCK, CheckStatus.FAILED, value=400),
    ]


def test_scopes_that_slack_does_not_tell_are_not_known() -> None:
    assert found(Topic.TOKEN, slack=Slack(TokenStatus(None, None)))[1:] == [
        Finding(Topic.SCOPES, CheckStatus.UNKNOWN),
        Finding(Topic.SLACK_CLOCK, CheckStatus.UNKNOWN),
    ]


def test_each_channel_is_told_by_the_setting_that_names_it() -> None:
    assert found(Topic.CHANNEL) == [
        Finding(Topic.CHANNEL, CheckStatus.OK, ("CHANNEL_CONNECTIONS", "C1")),
        Finding(Topic.CHANNEL, CheckStatus.FAILED, ("CHANNEL_ALERTS", "C2")),
        Finding(Topic.CHANNEL, CheckStatus.FAILED, ("CHANNEL_DECISIONS", "C3"), reason="channel_not_found"),
    ]


def test_groups_that_are_empty_gone_or_unreadable_are_told() -> None:
    people = People()
    people.groups = {
        "S1": GroupMembers("S1", frozenset({"U1"}), NOW),
        "S2": GroupMembers("S2", frozenset(), NOW),
        "S3": GroupMembers("S3", frozenset({"U1"}), NOW - 4000),
    }
    policy = AccessPolicy(TEAM, approvers=frozenset({"S1", "S2"}), admins=frozenset({"S3", "S4"}))

    assert found(Topic.GROUP, people=people, policy=policy) == [
        Finding(Topic.GROUP, CheckStatus.OK, ("S1",)),
        Finding(Topic.GROUP, CheckStatus.FAILED, ("S2",), reason="empty"),
        Finding(Topic.GROUP, CheckStatus.FAILED, ("S3",), reason="unreadable"),
        Finding(Topic.GROUP, CheckStatus.FAILED, ("S4",), reason="unreadable"),
    ]


@pytest.mark.parametrize(
    "change", [{"is_deactivated": True}, {"is_guest": True}, {"is_bot": True}, {"team_id": "T2"}]
)
def test_people_who_are_named_and_may_do_nothing_are_told(change: dict[str, object]) -> None:
    people = People()
    people.groups["S1"] = GroupMembers("S1", frozenset({"U2"}), NOW)
    people.held = {"U1": person("U1"), "U2": person("U2", **change)}
    policy = AccessPolicy(TEAM, approvers=frozenset({"S1"}), admins=frozenset({"U1", "U9"}))

    assert found(Topic.PEOPLE, people=people, policy=policy) == [
        Finding(Topic.PEOPLE, CheckStatus.FAILED, ("U2", "U9"))
    ]
    assert people.read == ["U9"]


def test_people_are_read_a_few_at_a_time_and_all_are_after_a_while() -> None:
    people = People()
    everybody = {f"U{number:02}" for number in range(policies.HEALTH_CHECK_PEOPLE_PER_RUN + 3)}
    people.at_slack = {user_id: person(user_id) for user_id in everybody}
    policy = AccessPolicy(TEAM, approvers=frozenset(everybody))

    assert found(Topic.PEOPLE, people=people, policy=policy) == [
        Finding(Topic.PEOPLE, CheckStatus.UNKNOWN, value=3)
    ]
    assert found(Topic.PEOPLE, people=people, policy=policy) == [Finding(Topic.PEOPLE, CheckStatus.OK)]


def test_what_was_read_long_ago_is_read_again() -> None:
    people = People()
    people.held["U1"] = person("U1", read_at=NOW - policies.HEALTH_CHECK_PERSON_FRESH_SECONDS - 1)
    people.at_slack["U1"] = person("U1", is_deactivated=True)

    told = found(Topic.PEOPLE, people=people, policy=AccessPolicy(TEAM, admins=frozenset({"U1"})))

    assert told == [Finding(Topic.PEOPLE, CheckStatus.FAILED, ("U1",))]
