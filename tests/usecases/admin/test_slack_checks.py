"""Health checks of Slack: the token, the channels, and the people with rights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from bot import policies
from bot.domain.health import CheckStatus, Finding, TokenStatus, Topic
from bot.domain.people import AccessPolicy, GroupMembers, Person
from bot.errors import SettingsError, SlackRefused
from bot.usecases.admin.health_checks import Check, slack_checks
from bot.usecases.dependencies import Dependencies

NOW = 1_790_000_000
TEAM = "T1"


VALID_TOKEN = TokenStatus((), 0.5)
NOBODY = AccessPolicy(TEAM)


class FakeSlack:
    def __init__(self, token_status: TokenStatus = VALID_TOKEN) -> None:
        self.token_status = token_status
        self.members = {"C1": True, "C2": False}

    def token(self) -> TokenStatus:
        return self.token_status

    def is_member(self, channel_id: str) -> bool:
        if channel_id not in self.members:
            raise SlackRefused("channel_not_found")
        return self.members[channel_id]


class FakePeople:
    """The stored people, and those that Slack returns."""

    def __init__(self) -> None:
        self.saved: dict[str, Person] = {}
        self.groups: dict[str, GroupMembers] = {}
        self.at_slack: dict[str, Person] = {}
        self.read: list[str] = []

    def person(self, user_id: str) -> Person | None:
        return self.saved.get(user_id)

    def save_person(self, person: Person) -> None:
        self.saved[person.user_id] = person

    def members(self, group_ids: object) -> dict[str, GroupMembers]:
        return {group_id: self.groups[group_id] for group_id in group_ids if group_id in self.groups}  # type: ignore[attr-defined]

    def save_members(self, members: GroupMembers) -> None:
        self.groups[members.group_id] = members

    def read_person(self, user_id: str) -> Person | None:
        self.read.append(user_id)
        return self.at_slack.get(user_id)

    def read_members(self, group_id: str) -> GroupMembers | None:
        return self.groups.get(group_id)


def person(user_id: str, **changes: object) -> Person:
    return replace(Person(user_id, TEAM, False, False, False, NOW), **changes)  # type: ignore[arg-type]


def checks(
    people: FakePeople | None = None,
    policy: AccessPolicy = NOBODY,
    slack: FakeSlack | None = None,
    read_calendar: Callable[[], object] = frozenset,
) -> dict[Topic, Check]:
    people_or_default = people or FakePeople()
    return slack_checks(
        read_secret=lambda: "xoxb",
        slack=slack or FakeSlack(),
        channels={"CHANNEL_CONNECTIONS": "C1", "CHANNEL_ALERTS": "C2", "CHANNEL_DECISIONS": "C3"},
        read_calendar=read_calendar,
        deps=Dependencies(
            clock=lambda: NOW, new_id=str, people=people_or_default, user_directory=people_or_default, policy=policy
        ),
    )


def findings_of(topic: Topic, **options: object) -> list[Finding]:
    return list(checks(**options)[topic]())  # type: ignore[arg-type]


def test_a_good_token_with_all_scopes_is_fine() -> None:
    assert findings_of(Topic.TOKEN) == [
        Finding(Topic.TOKEN, CheckStatus.OK),
        Finding(Topic.SCOPES, CheckStatus.OK),
        Finding(Topic.SLACK_CLOCK, CheckStatus.OK, value=0),
    ]
    assert findings_of(Topic.SECRET) == [Finding(Topic.SECRET, CheckStatus.OK)]


def test_missing_scopes_and_a_wrong_clock_fail() -> None:
    findings = findings_of(Topic.TOKEN, slack=FakeSlack(TokenStatus(("users:read",), 400.0)))

    assert findings[1:] == [
        Finding(Topic.SCOPES, CheckStatus.FAILED, affected=("users:read",)),
        Finding(Topic.SLACK_CLOCK, CheckStatus.FAILED, value=400),
    ]


def test_scopes_missing_from_the_response_are_unknown() -> None:
    assert findings_of(Topic.TOKEN, slack=FakeSlack(TokenStatus(None, None)))[1:] == [
        Finding(Topic.SCOPES, CheckStatus.UNKNOWN),
        Finding(Topic.SLACK_CLOCK, CheckStatus.UNKNOWN),
    ]


def test_channels_are_named_by_their_settings() -> None:
    assert findings_of(Topic.CHANNEL) == [
        Finding(Topic.CHANNEL, CheckStatus.OK, ("CHANNEL_CONNECTIONS", "C1")),
        Finding(Topic.CHANNEL, CheckStatus.FAILED, ("CHANNEL_ALERTS", "C2")),
        Finding(Topic.CHANNEL, CheckStatus.FAILED, ("CHANNEL_DECISIONS", "C3"), reason="channel_not_found"),
    ]


def test_empty_deleted_and_unreadable_groups_are_findings() -> None:
    people = FakePeople()
    people.groups = {
        "S1": GroupMembers("S1", frozenset({"U1"}), NOW),
        "S2": GroupMembers("S2", frozenset(), NOW),
        "S3": GroupMembers("S3", frozenset({"U1"}), NOW - 4000),
    }
    policy = AccessPolicy(TEAM, approvers=frozenset({"S1", "S2"}), admins=frozenset({"S3", "S4"}))

    assert findings_of(Topic.GROUP, people=people, policy=policy) == [
        Finding(Topic.GROUP, CheckStatus.OK, ("S1",)),
        Finding(Topic.GROUP, CheckStatus.FAILED, ("S2",), reason="empty"),
        Finding(Topic.GROUP, CheckStatus.FAILED, ("S3",), reason="unreadable"),
        Finding(Topic.GROUP, CheckStatus.FAILED, ("S4",), reason="unreadable"),
    ]


@pytest.mark.parametrize("change", [{"is_deactivated": True}, {"is_guest": True}, {"is_bot": True}, {"team_id": "T2"}])
def test_named_people_without_any_right_are_findings(change: dict[str, object]) -> None:
    people = FakePeople()
    people.groups["S1"] = GroupMembers("S1", frozenset({"U2"}), NOW)
    people.saved = {"U1": person("U1"), "U2": person("U2", **change)}
    policy = AccessPolicy(TEAM, approvers=frozenset({"S1"}), admins=frozenset({"U1", "U9"}))

    assert findings_of(Topic.PEOPLE, people=people, policy=policy) == [
        Finding(Topic.PEOPLE, CheckStatus.FAILED, ("U2", "U9"))
    ]
    assert people.read == ["U9"]


def test_a_run_reads_a_limited_number_of_people_and_later_runs_the_rest() -> None:
    people = FakePeople()
    everybody = {f"U{number:02}" for number in range(policies.HEALTH_CHECK_PEOPLE_PER_RUN + 3)}
    people.at_slack = {user_id: person(user_id) for user_id in everybody}
    policy = AccessPolicy(TEAM, approvers=frozenset(everybody))

    assert findings_of(Topic.PEOPLE, people=people, policy=policy) == [
        Finding(Topic.PEOPLE, CheckStatus.UNKNOWN, value=3)
    ]
    assert findings_of(Topic.PEOPLE, people=people, policy=policy) == [Finding(Topic.PEOPLE, CheckStatus.OK)]


def test_outdated_people_are_read_again() -> None:
    people = FakePeople()
    people.saved["U1"] = person("U1", read_at=NOW - policies.HEALTH_CHECK_PERSON_FRESH_SECONDS - 1)
    people.at_slack["U1"] = person("U1", is_deactivated=True)

    findings = findings_of(Topic.PEOPLE, people=people, policy=AccessPolicy(TEAM, admins=frozenset({"U1"})))

    assert findings == [Finding(Topic.PEOPLE, CheckStatus.FAILED, ("U1",))]


def test_a_calendar_that_does_not_exist_is_reported() -> None:
    def unknown() -> object:
        raise SettingsError("There is no calendar XX.")

    assert findings_of(Topic.CALENDAR) == [Finding(Topic.CALENDAR, CheckStatus.OK)]
    assert findings_of(Topic.CALENDAR, read_calendar=unknown) == [
        Finding(Topic.CALENDAR, CheckStatus.FAILED, reason="There is no calendar XX.")
    ]
