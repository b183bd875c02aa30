"""The responses of listeners, and error messages for people."""

from __future__ import annotations

import json

import pytest

from bot.domain.people import denied
from bot.errors import SlackBusy, SlackNoAnswer, SlackRefused, TableUnavailable, UnknownSchema
from bot.slack.views import replies
from bot.slack.views.rich_text import mrkdwn

SUBMISSION = "view_submission"


def error_text(error: Exception, after: str = "") -> str:
    return mrkdwn(replies.error_message(error, "abc123", interaction=after))


@pytest.mark.parametrize("code", sorted(replies.EXPIRED_TRIGGER_CODES))
def test_an_expired_trigger_is_explained_as_taking_too_long(code: str) -> None:
    assert error_text(SlackRefused(code)).startswith("Slack could not open a window in time.")


@pytest.mark.parametrize(
    "error",
    [
        SlackRefused("invalid_arguments"),
        SlackNoAnswer("Slack gave no usable answer to views.open (HTTP 500)."),
        SlackBusy("Slack asked us to slow down.", retry_after=3),
    ],
)
def test_errors_of_slack_are_explained_without_jargon(error: Exception) -> None:
    text = error_text(error)
    assert "Nothing was sent to Noyo. Please try again in a minute" in text
    assert "error abc123" in text
    for jargon in ("HTTP", "views", "invalid", "slow down"):
        assert jargon not in text


def test_an_error_of_a_form_says_that_the_input_is_kept() -> None:
    error = TableUnavailable("The table is not answering.")
    assert error_text(error, SUBMISSION).startswith("The table is not answering. Your input is saved")
    assert error_text(error, "block_actions") == "The table is not answering."


def test_an_unreadable_form_gets_no_advice_to_submit_again() -> None:
    assert error_text(UnknownSchema("This form cannot be read."), SUBMISSION) == "This form cannot be read."


def test_an_unexpected_error_reveals_no_internals() -> None:
    text = error_text(KeyError("secret"))
    assert "error abc123" in text
    assert "secret" not in text


def test_a_denial_mentions_people_and_groups_only() -> None:
    text = mrkdwn(replies.denial(denied("Ask <@U0ANA> or <!subteam^S0OPS>, not <!channel>.")))
    assert "<@U0ANA>" in text
    assert "<!subteam^S0OPS>" in text
    assert "<!channel>" not in text


def test_each_kind_of_interaction_has_its_own_error_response() -> None:
    message = replies.error_message(KeyError(), "abc123")
    command = replies.error_answer({"command": "/noyo"}, message)
    submission = replies.error_answer({"type": SUBMISSION}, message)
    assert command is not None
    assert submission is not None
    assert command["response_type"] == "ephemeral"
    assert submission["response_action"] == "push"
    assert "abc123" in json.dumps(submission)
    assert replies.error_answer({"type": "block_suggestion"}, message) == {"options": []}
    assert replies.error_answer({"type": "block_actions"}, message) is None
