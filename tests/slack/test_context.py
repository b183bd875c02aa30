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
from tests.slack.incoming import a_system, answer_text, begin, context_of, post_signed, typed, types, window
from tests.system import ANA, BEN, System

OPS = "S0OPS"


@pytest.fixture(scope="module")
def shared() -> Iterator[System]:
    for system in a_system(REQUESTERS=f"{OPS} U0NAMED"):
        system.slack.add_user("U0NAMED", "Named")
        system.slack.add_usergroup(OPS, "ops", [ANA])
        yield system


@pytest.fixture
def system(shared: System) -> System:
    begin(shared)
    shared.notify()
    return shared


def test_a_member_of_the_group_and_a_named_person_may(system: System) -> None:
    for user in (ANA, "U0NAMED"):
        types(system, "connect", user)
        assert "Request a connection" in window(system, user)


def test_anybody_else_is_told_who_may(system: System) -> None:
    read = answer_text(system, types(system, "connect", BEN))
    assert "You may not request or retry connections. These may:" in read
    assert "@ops" in read
    assert "@Named" in read
    assert window(system, BEN) == ""


def test_somebody_new_in_the_group_may_once_the_members_were_read_again(system: System) -> None:
    system.slack.add_usergroup(OPS, "ops", [ANA, BEN])
    system.wait(3600)
    system.notify()
    types(system, "connect", BEN)
    assert "Request a connection" in window(system, BEN)
    system.slack.add_usergroup(OPS, "ops", [ANA])
    system.wait(3600)
    system.notify()
    assert "You may not" in answer_text(system, types(system, "connect", BEN))


def test_members_read_too_long_ago_decide_nothing(system: System) -> None:
    system.wait(4 * 3600)
    read = answer_text(system, types(system, "connect"))
    assert "I could not read the Slack user group that decides this, so nothing was done." in read
    assert window(system) == ""
    assert authorized(Right.REQUEST, "U0NAMED", context_of(system).deps).allowed


def test_nobody_approves_or_administers_unless_named(system: System) -> None:
    context = context_of(system)
    for right in (Right.APPROVE, Right.ADMINISTER):
        assert not authorized(right, ANA, context.deps).allowed


def test_a_person_slack_does_not_know_is_refused(system: System) -> None:
    assert "could not read your Slack profile" in post_signed(system, typed("connect", user_id="U0NOBODY"))["body"]


def test_who_asks_is_read_from_each_kind_of_interaction() -> None:
    command = {"user_id": ANA, "channel_id": "C1", "trigger_id": "t"}
    click = {"type": "block_actions", "user": {"id": ANA}, "channel": {"id": "C1"}, "trigger_id": "t"}
    submission = {"type": "view_submission", "user": {"id": ANA}, "channel": None}
    assert Actor.of(command) == Actor(ANA, "C1", "t", source="command")
    assert Actor.of(click) == Actor(ANA, "C1", "t", source="button")
    assert Actor.of(submission) == Actor(ANA, None, "", source="form")


WORDS = rich_text("Nothing was done.")


class FakeSlackAnswers:
    """Records the modals and responses that are sent; either channel can be made to fail."""

    def __init__(self, window: Exception | None = None, beside: Exception | None = None) -> None:
        self._closed = {"window": window, "beside": beside}
        self.sent: list[tuple[str, str]] = []
        self.answer: dict[str, Any] = {}

    def open_view(self, trigger_id: str, view: dict[str, Any]) -> None:
        self._say("window", trigger_id, view)

    def respond(self, response_url: str, answer: dict[str, Any]) -> None:
        self._say("beside", response_url, answer)

    def _say(self, channel: str, address: str, answer: dict[str, Any]) -> None:
        closed = self._closed[channel]
        if closed is not None:
            raise closed
        self.sent.append((channel, address))
        self.answer = answer


def test_a_window_is_enough() -> None:
    answers = FakeSlackAnswers()
    give_feedback(answers, "trigger", "https://hooks.example/1", "Not possible", WORDS)
    assert answers.sent == [("window", "trigger")]
    assert answers.answer["title"]["text"] == "Not possible"


@pytest.mark.parametrize("error", [SlackRefused("expired_trigger_id"), SlackNoAnswer("no answer"), DeadlineExceeded()])
def test_without_a_window_the_person_alone_reads_it_and_the_message_stays(error: Exception) -> None:
    answers = FakeSlackAnswers(window=error)
    give_feedback(answers, "trigger", "https://hooks.example/1", "Not possible", WORDS)
    assert answers.sent == [("beside", "https://hooks.example/1")]
    assert (answers.answer["response_type"], answers.answer["replace_original"]) == ("ephemeral", False)
    assert "Nothing was done." in answers.answer["text"]


def test_without_a_trigger_no_window_is_tried() -> None:
    answers = FakeSlackAnswers()
    give_feedback(answers, "", "https://hooks.example/1", "Not possible", WORDS)
    assert answers.sent == [("beside", "https://hooks.example/1")]


@pytest.mark.parametrize("address", [None, "https://hooks.example/1"])
def test_what_nobody_could_be_told_is_in_the_log(caplog: pytest.LogCaptureFixture, address: str | None) -> None:
    answers = FakeSlackAnswers(window=SlackNoAnswer("no answer"), beside=DeadlineExceeded())
    give_feedback(answers, "trigger", address, "Not possible", WORDS)
    assert answers.sent == []
    assert "could not give feedback for a click" in caplog.text
