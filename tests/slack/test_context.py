"""The actor of a request and their permissions, and feedback for clicks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from bot.domain.people import Right
from bot.errors import DeadlineExceeded, SlackNoAnswer, SlackRefused
from bot.slack.context import Actor, give_feedback
from bot.slack.views.rich_text import rich_text
from bot.usecases.admin.authorization import authorized
from tests.slack.incoming import (
    answer_text,
    command_body,
    context_of,
    modal_text,
    new_system,
    post_signed,
    reset_system,
    type_command,
)
from tests.system import ANA, BEN, System

OPS = "S0OPS"


@pytest.fixture(scope="module")
def shared() -> Iterator[System]:
    for system in new_system(REQUESTERS=f"{OPS} U0NAMED"):
        system.slack.add_user("U0NAMED", "Named")
        system.slack.add_usergroup(OPS, "ops", [ANA])
        yield system


@pytest.fixture
def system(shared: System) -> System:
    reset_system(shared)
    shared.notify()
    return shared


def test_group_members_and_named_people_have_the_right(system: System) -> None:
    for user in (ANA, "U0NAMED"):
        type_command(system, "connect", user)
        assert "Request a connection" in modal_text(system, user)


def test_other_people_see_who_has_the_right(system: System) -> None:
    text = answer_text(system, type_command(system, "connect", BEN))
    assert "You may not request or retry connections. These may:" in text
    assert "@ops" in text
    assert "@Named" in text
    assert modal_text(system, BEN) == ""


def test_a_new_group_member_has_the_right_after_the_members_are_read_again(system: System) -> None:
    system.slack.add_usergroup(OPS, "ops", [ANA, BEN])
    system.wait(3600)
    system.notify()
    type_command(system, "connect", BEN)
    assert "Request a connection" in modal_text(system, BEN)
    system.slack.add_usergroup(OPS, "ops", [ANA])
    system.wait(3600)
    system.notify()
    assert "You may not" in answer_text(system, type_command(system, "connect", BEN))


def test_outdated_group_members_grant_no_right(system: System) -> None:
    system.wait(4 * 3600)
    text = answer_text(system, type_command(system, "connect"))
    assert "I could not read the Slack user group that decides this, so nothing was done." in text
    assert modal_text(system) == ""
    assert authorized(Right.REQUEST, "U0NAMED", context_of(system).deps).allowed


def test_nobody_may_approve_or_administer_by_default(system: System) -> None:
    context = context_of(system)
    for right in (Right.APPROVE, Right.ADMINISTER):
        assert not authorized(right, ANA, context.deps).allowed


def test_a_person_unknown_to_slack_is_refused(system: System) -> None:
    assert (
        "could not read your Slack profile" in post_signed(system, command_body("connect", user_id="U0NOBODY"))["body"]
    )


def test_the_actor_is_read_from_each_kind_of_interaction() -> None:
    command = {"user_id": ANA, "channel_id": "C1", "trigger_id": "t"}
    click = {"type": "block_actions", "user": {"id": ANA}, "channel": {"id": "C1"}, "trigger_id": "t"}
    submission = {"type": "view_submission", "user": {"id": ANA}, "channel": None}
    assert Actor.of(command) == Actor(ANA, "C1", "t", source="command")
    assert Actor.of(click) == Actor(ANA, "C1", "t", source="button")
    assert Actor.of(submission) == Actor(ANA, None, "", source="form")


MESSAGE = rich_text("Nothing was done.")


class FakeSlackAnswers:
    """Records the modals and the responses that are sent; each of the two can fail with an error."""

    def __init__(self, modal_error: Exception | None = None, response_error: Exception | None = None) -> None:
        self._errors = {"modal": modal_error, "response_url": response_error}
        self.sent: list[tuple[str, str]] = []
        self.answer: dict[str, Any] = {}

    def open_view(self, trigger_id: str, view: dict[str, Any]) -> None:
        self._send("modal", trigger_id, view)

    def update_view(self, view_id: str, view: dict[str, Any], shown_hash: str | None = None) -> bool:
        raise NotImplementedError

    def respond(self, response_url: str, answer: dict[str, Any]) -> None:
        self._send("response_url", response_url, answer)

    def _send(self, channel: str, address: str, answer: dict[str, Any]) -> None:
        error = self._errors[channel]
        if error is not None:
            raise error
        self.sent.append((channel, address))
        self.answer = answer


def test_feedback_is_shown_in_a_modal_only() -> None:
    answers = FakeSlackAnswers()
    give_feedback(answers, "trigger", "https://hooks.example/1", "Not possible", MESSAGE)
    assert answers.sent == [("modal", "trigger")]
    assert answers.answer["title"]["text"] == "Not possible"


@pytest.mark.parametrize("error", [SlackRefused("expired_trigger_id"), SlackNoAnswer("no answer"), DeadlineExceeded()])
def test_if_no_modal_opens_feedback_is_ephemeral_and_keeps_the_message(error: Exception) -> None:
    answers = FakeSlackAnswers(modal_error=error)
    give_feedback(answers, "trigger", "https://hooks.example/1", "Not possible", MESSAGE)
    assert answers.sent == [("response_url", "https://hooks.example/1")]
    assert (answers.answer["response_type"], answers.answer["replace_original"]) == ("ephemeral", False)
    assert "Nothing was done." in answers.answer["text"]


def test_without_a_trigger_no_modal_is_opened() -> None:
    answers = FakeSlackAnswers()
    give_feedback(answers, "", "https://hooks.example/1", "Not possible", MESSAGE)
    assert answers.sent == [("response_url", "https://hooks.example/1")]


@pytest.mark.parametrize("address", [None, "https://hooks.example/1"])
def test_feedback_that_could_not_be_given_is_logged(caplog: pytest.LogCaptureFixture, address: str | None) -> None:
    answers = FakeSlackAnswers(modal_error=SlackNoAnswer("no answer"), response_error=DeadlineExceeded())
    give_feedback(answers, "trigger", address, "Not possible", MESSAGE)
    assert answers.sent == []
    assert "could not give feedback for a click" in caplog.text
