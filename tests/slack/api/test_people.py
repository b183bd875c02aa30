"""The user directory reads people from Slack."""

import pytest

from bot.domain.people import GroupMembers, Person
from bot.errors import SlackNoAnswer, SlackRefused
from bot.slack.api.client import SlackApiClient
from bot.slack.api.workspace import SlackUserDirectory
from infra.local.slack import SlackFake


@pytest.fixture
def directory(calls: SlackApiClient) -> SlackUserDirectory:
    return SlackUserDirectory(calls, lambda: 1234.9)


def test_a_full_member_is_read_with_the_time(directory: SlackUserDirectory) -> None:
    assert directory.read_person("UANA") == Person("UANA", "T0LOCAL", False, False, False, 1234, "Ana")


@pytest.mark.parametrize("kind", [{"is_restricted": True}, {"is_ultra_restricted": True}, {"team_id": "T0OTHER"}])
def test_every_kind_of_guest_is_recognized(slack: SlackFake, directory: SlackUserDirectory, kind: dict) -> None:
    slack.add_user("UGUEST", "Guest", **kind)
    person = directory.read_person("UGUEST")
    assert person is not None
    assert person.is_guest
    assert person.team_id == kind.get("team_id", "T0LOCAL")


def test_deactivated_people_and_bots_are_recognized(slack: SlackFake, directory: SlackUserDirectory) -> None:
    slack.add_user("UGONE", "Gone", deleted=True)
    deactivated, bot = directory.read_person("UGONE"), directory.read_person("U0BOT")
    assert deactivated is not None
    assert deactivated.is_deactivated
    assert bot is not None
    assert bot.is_bot


def test_an_unknown_person_is_none_and_other_errors_are_raised(slack: SlackFake, directory: SlackUserDirectory) -> None:
    assert directory.read_person("UNOBODY") is None
    slack.faults.api_error("missing_scope", times=2)
    with pytest.raises(SlackRefused):
        directory.read_person("UANA")
    with pytest.raises(SlackRefused):
        directory.read_members("SOPS")


def test_the_members_of_a_group_are_read_with_the_time(directory: SlackUserDirectory) -> None:
    assert directory.read_members("SOPS") == GroupMembers("SOPS", frozenset({"UANA", "UBOB"}), 1234)


def test_a_deleted_group_has_no_membership(directory: SlackUserDirectory) -> None:
    assert directory.read_members("SGONE") is None


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ({"profile": {"display_name": "ana", "real_name": "Ana Lopez"}, "name": "al"}, "ana"),
        ({"profile": {"display_name": "", "real_name": "Ana Lopez"}, "name": "al"}, "Ana Lopez"),
        ({"profile": {}, "name": "al"}, "al"),
        ({"profile": None, "name": 7}, ""),
    ],
)
def test_the_name_is_the_one_that_slack_shows(names: dict, expected: str) -> None:
    answer = {"user": {"id": "UANA", "team_id": "T0LOCAL", **names}}
    person = SlackUserDirectory(FixedResponses(answer), lambda: 0).read_person("UANA")
    assert person is not None
    assert person.name == expected


class FixedResponses(SlackApiClient):
    """A Slack client that returns a given response, which may be malformed."""

    def __init__(self, answer: dict) -> None:
        self._answer = answer

    def read(self, method: str, **args: str | int | bool) -> dict:
        return self._answer


@pytest.mark.parametrize("answer", [{}, {"users": "UANA"}, {"users": ["UANA", None]}])
def test_an_unreadable_list_of_members_is_not_an_empty_group(answer: dict) -> None:
    with pytest.raises(SlackNoAnswer):
        SlackUserDirectory(FixedResponses(answer), lambda: 0).read_members("SOPS")
