"""What the help offers by a person's rights, and whom it names for the rest."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.slack.commands import COMMANDS
from bot.slack.features.help import GROUPS
from tests.slack.incoming import answer_text, new_system, type_command
from tests.system import ANA, BEN, GUS, System

NOT_ALLOWED = "What you may not do"
NEW = "U0NEW"


@pytest.fixture
def system() -> Iterator[System]:
    yield from new_system(REQUESTERS=f"{ANA},{BEN}", APPROVERS=BEN, ADMINS=BEN)


def help_of(system: System, user: str) -> tuple[str, str]:
    """What is offered, and what is not."""
    offered, _, rest = answer_text(system, type_command(system, "help", user)).partition(NOT_ALLOWED)
    return offered, rest


def test_each_person_is_offered_what_they_may_do(system: System) -> None:
    offered, refused = help_of(system, ANA)

    assert "/noyo connect" in offered
    assert "/noyo approve" not in offered
    assert "/noyo doctor" not in offered
    assert "approve, reject, disconnect: You may not decide on disconnections. These may: @Ben." in refused
    assert "pause, resume, doctor: You may not do this. These may: @Ben." in refused
    assert "To get a right, ask the team that runs Switchboard. Its admins know how: @Ben." in refused


def test_a_viewer_is_offered_to_look(system: System) -> None:
    system.slack.add_user(NEW, "Newcomer")

    offered, refused = help_of(system, NEW)

    assert "/noyo status" in offered
    assert "/noyo retry" not in offered
    assert "connect, retry: You may not request or retry connections." in refused


def test_somebody_with_all_rights_is_not_told_about_others(system: System) -> None:
    offered, refused = help_of(system, BEN)

    assert all(f"/noyo {command.usage}" in offered for command in COMMANDS.values())
    assert refused == ""


def test_a_guest_sees_why_only_the_help_is_left(system: System) -> None:
    offered, refused = help_of(system, GUS)

    assert [line for line in offered.splitlines() if "/noyo" in line] == ["**/noyo help**: what you may do"]
    assert "Guests cannot do this. Please ask a full member of this workspace." in refused
    assert "To get a right" not in refused


def test_slack_is_asked_only_about_somebody_who_is_not_known(system: System) -> None:
    system.slack.add_user(NEW, "Newcomer")
    help_of(system, NEW)
    before = len(system.slack.calls)

    help_of(system, NEW)

    assert len(system.slack.calls) == before


def test_if_slack_does_not_answer_everything_is_shown(system: System) -> None:
    system.slack.add_user(NEW, "Newcomer")
    system.slack.faults.server_error("users.info")

    offered, refused = help_of(system, NEW)

    assert all(f"/noyo {command.usage}" in offered for command in COMMANDS.values())
    assert "some of these commands may be refused" in offered
    assert refused == ""


def test_help_leaves_no_denial_in_the_audit_log(system: System) -> None:
    help_of(system, GUS)

    assert not [item for item in system.items() if item["pk"]["S"].startswith("AUDIT#") and "denied" in str(item)]


@pytest.mark.parametrize("right", GROUPS)
def test_the_example_of_a_group_is_one_of_its_commands(right: object) -> None:
    word = GROUPS[right][1].split()[0]  # type: ignore[index]

    assert COMMANDS[word].right is right
