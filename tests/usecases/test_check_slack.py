"""What is looked after of Slack: the token, the channels, and who may do what."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.checkups import Finding, Topic, Verdict
from bot.domain.people import Members, Person, Policy
from bot.errors import SlackRefused
from bot.ports import TokenStanding
from bot.usecases.check_slack import PEOPLE_READ_AT_ONCE, PERSON_KNOWN_SECONDS, slack_looks
from bot.usecases.check_up import Look

NOW = 1_790_000_000
TEAM = "T1"


WELL = TokenStanding((), 0.5)
NOBODY = Policy(TEAM)


class Slack:
    def __init__(self, standing: TokenStanding = WELL) -> None:
        self.standing = standing
        self.members = {"C1": True, "C2": False}

    def token(self) -> TokenStanding:
        return self.standing

    def is_member(self, channel_id: str) -> bool:
        if channel_id not in self.members:
            raise SlackRefused("channel_not_found")
        return self.members[channel_id]


class People:
    """What the table holds, and what Slack tells."""

    def __init__(self) -> None:
        self.held: dict[str, Person] = {}
        self.groups: dict[str, Members] = {}
        self.at_slack: dict[str, Person] = {}
        self.read: list[str] = []

    def person(self, user_id: str) -> Person | None:
        return self.held.get(user_id)

    def save_person(self, person: Person) -> None:
        self.held[person.user_id] = person

    def members(self, group_ids: object) -> dict[str, Members]:
        return {one: self.groups[one] for one in group_ids if one in self.groups}  # type: ignore[attr-defined]

    def save_members(self, members: Members) -> None:
        self.groups[members.group_id] = members

    def read_person(self, user_id: str) -> Person | None:
        self.read.append(user_id)
        return self.at_slack.get(user_id)

    def read_members(self, group_id: str) -> Members | None:
        return self.groups.get(group_id)


def person(user_id: str, **changes: object) -> Person:
    return replace(Person(user_id, TEAM, False, False, False, NOW), **changes)  # type: ignore[arg-type]


def looks(
    people: People | None = None, policy: Policy = NOBODY, slack: Slack | None = None
) -> dict[Topic, Look]:
    known = people or People()
    return slack_looks(
        read_secret=lambda: "xoxb",
        slack=slack or Slack(),
        channels={"CHANNEL_CONNECTIONS": "C1", "CHANNEL_ALERTS": "C2", "CHANNEL_DECISIONS": "C3"},
        people=known,
        reads_people=known,
        policy=policy,
        clock=lambda: NOW,
    )


def found(topic: Topic, **how: object) -> list[Finding]:
    return list(looks(**how)[topic]())  # type: ignore[arg-type]


def test_a_good_token_with_all_scopes_is_fine() -> None:
    assert found(Topic.TOKEN) == [
        Finding(Topic.TOKEN, Verdict.GOOD),
        Finding(Topic.SCOPES, Verdict.GOOD),
        Finding(Topic.SLACK_CLOCK, Verdict.GOOD, number=0),
    ]
    assert found(Topic.SECRET) == [Finding(Topic.SECRET, Verdict.GOOD)]


def test_lacking_scopes_and_a_clock_that_goes_wrong_are_told() -> None:
    told = found(Topic.TOKEN, slack=Slack(TokenStanding(("users:read",), 400.0)))

    assert told[1:] == [
        Finding(Topic.SCOPES, Verdict.BAD, about=("users:read",)),
        Finding(Topic.SLACK_CLOCK, Verdict.BAD, number=400),
    ]


def test_scopes_that_slack_does_not_tell_are_not_known() -> None:
    assert found(Topic.TOKEN, slack=Slack(TokenStanding(None, None)))[1:] == [
        Finding(Topic.SCOPES, Verdict.UNKNOWN),
        Finding(Topic.SLACK_CLOCK, Verdict.UNKNOWN),
    ]


def test_each_channel_is_told_by_the_setting_that_names_it() -> None:
    assert found(Topic.CHANNEL) == [
        Finding(Topic.CHANNEL, Verdict.GOOD, ("CHANNEL_CONNECTIONS", "C1")),
        Finding(Topic.CHANNEL, Verdict.BAD, ("CHANNEL_ALERTS", "C2")),
        Finding(Topic.CHANNEL, Verdict.BAD, ("CHANNEL_DECISIONS", "C3"), why="channel_not_found"),
    ]


def test_groups_that_are_empty_gone_or_unreadable_are_told() -> None:
    people = People()
    people.groups = {
        "S1": Members("S1", frozenset({"U1"}), NOW),
        "S2": Members("S2", frozenset(), NOW),
        "S3": Members("S3", frozenset({"U1"}), NOW - 4000),
    }
    policy = Policy(TEAM, approvers=frozenset({"S1", "S2"}), admins=frozenset({"S3", "S4"}))

    assert found(Topic.GROUP, people=people, policy=policy) == [
        Finding(Topic.GROUP, Verdict.GOOD, ("S1",)),
        Finding(Topic.GROUP, Verdict.BAD, ("S2",), why="empty"),
        Finding(Topic.GROUP, Verdict.BAD, ("S3",), why="unreadable"),
        Finding(Topic.GROUP, Verdict.BAD, ("S4",), why="unreadable"),
    ]


@pytest.mark.parametrize(
    "change", [{"is_deactivated": True}, {"is_guest": True}, {"is_bot": True}, {"team_id": "T2"}]
)
def test_people_who_are_named_and_may_do_nothing_are_told(change: dict[str, object]) -> None:
    people = People()
    people.groups["S1"] = Members("S1", frozenset({"U2"}), NOW)
    people.held = {"U1": person("U1"), "U2": person("U2", **change)}
    policy = Policy(TEAM, approvers=frozenset({"S1"}), admins=frozenset({"U1", "U9"}))

    assert found(Topic.PEOPLE, people=people, policy=policy) == [
        Finding(Topic.PEOPLE, Verdict.BAD, ("U2", "U9"))
    ]
    assert people.read == ["U9"]


def test_people_are_read_a_few_at_a_time_and_all_are_after_a_while() -> None:
    people = People()
    everybody = {f"U{number:02}" for number in range(PEOPLE_READ_AT_ONCE + 3)}
    people.at_slack = {user_id: person(user_id) for user_id in everybody}
    policy = Policy(TEAM, approvers=frozenset(everybody))

    assert found(Topic.PEOPLE, people=people, policy=policy) == [
        Finding(Topic.PEOPLE, Verdict.UNKNOWN, number=3)
    ]
    assert found(Topic.PEOPLE, people=people, policy=policy) == [Finding(Topic.PEOPLE, Verdict.GOOD)]


def test_what_was_read_long_ago_is_read_again() -> None:
    people = People()
    people.held["U1"] = person("U1", read_at=NOW - PERSON_KNOWN_SECONDS - 1)
    people.at_slack["U1"] = person("U1", is_deactivated=True)

    told = found(Topic.PEOPLE, people=people, policy=Policy(TEAM, admins=frozenset({"U1"})))

    assert told == [Finding(Topic.PEOPLE, Verdict.BAD, ("U1",))]
