"""The user directory reads people from Slack."""

import pytest

from bot.domain.people import GroupMembers, Person
from bot.errors import SlackNoAnswer, SlackRefused
from bot.slack.api.client import SlackApiClient
from bot.slack.api.workspace import SlackUserDirectory
from infra.local.slack import SlackFake


@pytest.fixture
def people(calls: SlackApiClient) -> SlackUserDirectory:
    return SlackUserDirectory(calls, lambda: 1234.9)


def test_a_full_member_is_read_with_the_time(people: SlackUserDirectory) -> None:
    assert people.read_person("UANA") == Person("UANA", "T0LOCAL", False, False, False, 1234)


@pytest.mark.parametrize("kind", [{"is_restricted": True}, {"is_ultra_restricted": True}, {"team_id": "T0OTHER"}])
def test_guests_of_every_kind_are_told(slack: SlackFake, people: SlackUserDirectory, kind: dict) -> None:
    slack.add_user("UGUEST", "Guest", **kind)
    person = people.read_person("UGUEST")
    assert person is not None
    assert person.is_guest
    assert person.team_id == kind.get("team_id", "T0LOCAL")


def test_deactivated_people_and_bots_are_told(slack: SlackFake, people: SlackUserDirectory) -> None:
    slack.add_user("UGONE", "Gone", deleted=True)
    gone, bot = people.read_person("UGONE"), people.read_person("U0BOT")
    assert gone is not None
    assert gone.is_deactivated
    assert bot is not None
    assert bot.is_bot


def test_nobody_is_nobody_and_trouble_is_trouble(slack: SlackFake, people: SlackUserDirectory) -> None:
    assert people.read_person("UNOBODY") is None
    slack.faults.api_error("missing_scope", times=2)
    with pytest.raises(SlackRefused):
        people.read_person("UANA")
    with pytest.raises(SlackRefused):
        people.read_members("SOPS")


def test_the_members_of_a_group_are_read_with_the_time(people: SlackUserDirectory) -> None:
    assert people.read_members("SOPS") == GroupMembers("SOPS", frozenset({"UANA", "UBOB"}), 1234)


def test_a_group_that_is_gone_has_no_members_to_go_by(people: SlackUserDirectory) -> None:
    assert people.read_members("SGONE") is None


class Answers(SlackApiClient):
    """Slack, answering something that is no list of people."""

    def __init__(self, answer: dict) -> None:
        self._answer = answer

    def read(self, method: str, **args: str | int | bool) -> dict:
        return self._answer


@pytest.mark.parametrize("answer", [{}, {"users": "UANA"}, {"users": ["UANA", None]}])
def test_a_list_that_cannot_be_read_is_no_empty_group(answer: dict) -> None:
    with pytest.raises(SlackNoAnswer):
        SlackUserDirectory(Answers(answer), lambda: 0).read_members("SOPS")
