"""The morning summary, for people who read it before anything else."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.domain.content import MorningSummary, PersonalSummary
from bot.domain.morning_summary import Need, NeedCount, OpenTask
from bot.slack.views.morning_summary import claimed_by_name, morning_summary, personal_summary
from bot.slack.views.rich_text import mrkdwn
from infra.local.gallery.cards import DISPLAY
from infra.local.gallery.summaries import (
    CLAIMED,
    DECISION,
    FAILED,
    NINE,
    QUESTION,
    QUESTION_WITHOUT_RECORD,
    SECOND_APPROVAL,
    TODAY,
)


def text_of(*needs: NeedCount, urgent: tuple[OpenTask, ...] = (), not_moving: tuple[tuple[str, int], ...] = ()) -> str:
    return morning_summary(MorningSummary(needs, urgent, not_moving, TODAY, NINE), DISPLAY).rendered().text


@pytest.mark.parametrize(
    ("number", "days", "expected"),
    [
        (1, 1, "1 decision, ends tomorrow"),
        (3, 1, "3 decisions, the next ends tomorrow"),
        (3, 0, "3 decisions, the next ends today"),
        (3, -1, "3 decisions, the first ended yesterday"),
    ],
)
def test_decisions_are_counted_with_the_next_last_day(number: int, days: int, expected: str) -> None:
    assert expected in text_of(NeedCount(Need.DECISION, number, NINE, TODAY + timedelta(days=days)))


@pytest.mark.parametrize(
    ("number", "days", "expected"),
    [
        (4, 6, "4 failed connections, the oldest for 6 days"),
        (4, 1, "4 failed connections, the oldest since yesterday"),
        (1, 0, "1 failed connection, since today"),
    ],
)
def test_others_are_counted_with_the_age_of_the_oldest(number: int, days: int, expected: str) -> None:
    assert expected in text_of(NeedCount(Need.RETRY, number, NINE - days * 86400))


def test_the_title_counts_everything() -> None:
    assert text_of(NeedCount(Need.RETRY, 3, NINE), NeedCount(Need.DECISION, 4, NINE)).startswith("7 need the team\n")
    assert text_of(NeedCount(Need.RETRY, 1, NINE)).startswith("1 needs the team\n")


def test_the_most_urgent_are_named_with_status_and_owner() -> None:
    text = text_of(NeedCount(Need.RETRY, 9, NINE), urgent=(QUESTION, SECOND_APPROVAL, DECISION, CLAIMED, FAILED))

    for part in ("Outcome unknown of the retry", "Awaits a second approver, ends tomorrow", "Needs review, ends tomo"):
        assert part in text
    assert "claimed by Ben" in text
    assert "not claimed" in text
    assert "<@" not in text, "nobody is mentioned"


def test_a_question_without_a_record_names_what_was_requested() -> None:
    text = text_of(NeedCount(Need.ANSWER, 1, NINE), urgent=(QUESTION_WITHOUT_RECORD,))
    assert "Test Company · Guardian: Outcome unknown of the request" in text
    assert f"answer the question in <#{DISPLAY.alerts_channel}>" in text


def test_what_does_not_move_is_counted_by_carrier() -> None:
    carriers = (("one", 1), ("two", 8), ("three", 4), ("four", 2), ("five", 1))
    text = text_of(not_moving=carriers)
    assert text.startswith("16 records do not move\n")
    assert "two 8, three 4, four 2, other carriers 2, listed in this thread" in text
    assert "direct message" not in text


def test_an_unknown_name_is_left_out() -> None:
    assert mrkdwn(claimed_by_name("")) == "claimed"


def test_one_person_learns_what_is_theirs_why_and_how_to_see_it() -> None:
    message = personal_summary(PersonalSummary((CLAIMED, FAILED), 14, TODAY, NINE), DISPLAY)
    text = message.rendered().text

    assert text.startswith("14 need you\n")
    assert "claimed by you" in text
    assert "requested by you" in text
    assert "and 12 more." in text
    assert "/noyo list mine" in text
