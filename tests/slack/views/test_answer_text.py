"""What Noyo answered is said as it was: nothing, something unreadable, or something else than was asked for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.answers import AnswerProblem, UnconfirmedAnswer
from bot.slack.views.answer_text import answered
from bot.slack.views.rich_text import RichText
from infra.local.gallery.samples import a_decision, a_retry


def text_of(content: RichText) -> str:
    return "".join(str(getattr(span, "text", span)) for span in content)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (None, "Noyo did not answer"),
        (UnconfirmedAnswer(AnswerProblem.REFUSED), "Noyo refused it"),
        (UnconfirmedAnswer(AnswerProblem.UNREADABLE), "Noyo's answer could not be read"),
        (UnconfirmedAnswer(AnswerProblem.RECORD, "x"), "a record that is not the requested one"),
        (UnconfirmedAnswer(AnswerProblem.VERSION, "x"), "a record that has not changed"),
        (UnconfirmedAnswer(AnswerProblem.STATUS, "unable_to_connect"), "has the status Unable to connect"),
        (UnconfirmedAnswer(AnswerProblem.CARRIER, "x"), "a record that is for another carrier"),
        (UnconfirmedAnswer(AnswerProblem.CARRIER_GROUP_ID, "99"), "has the carrier group id 99"),
        (UnconfirmedAnswer(AnswerProblem.GROUP, "x"), "a record that is for another group"),
        (UnconfirmedAnswer(AnswerProblem.END_DATE, "2026-12-31"), "has 31 Dec 2026 as the last managed day"),
    ],
)
def test_each_kind_of_answer_has_its_words(answer: UnconfirmedAnswer | None, expected: str) -> None:
    assert expected in text_of(answered(replace(a_retry(), unconfirmed_answer=answer)))


def test_the_status_in_an_answer_to_a_decision_is_one_of_a_disconnection_request() -> None:
    answer = UnconfirmedAnswer(AnswerProblem.STATUS, "needs_review")

    assert "Needs review" in text_of(answered(replace(a_decision(), unconfirmed_answer=answer)))
