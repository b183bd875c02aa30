"""Errors: the kinds of failures are separate classes, and each message may be shown to a person."""

from __future__ import annotations

import pytest

from bot import errors

NOYO = [errors.NotSent, errors.NoAnswer, errors.NoyoRefused, errors.UnreadableAnswer]
SLACK = [errors.SlackBusy, errors.SlackNoAnswer, errors.SlackRefused]


@pytest.mark.parametrize("kinds", [NOYO, SLACK])
def test_not_sent_no_answer_and_refused_are_separate_errors(kinds: list[type[Exception]]) -> None:
    assert [(kind, other) for kind in kinds for other in kinds if kind is not other and issubclass(kind, other)] == []


@pytest.mark.parametrize("family", [(errors.NoyoError, NOYO), (errors.SlackError, SLACK)])
def test_catching_a_base_error_catches_all_of_its_kinds(family: tuple[type[Exception], list[type[Exception]]]) -> None:
    base, kinds = family
    assert all(issubclass(kind, base) and issubclass(kind, errors.SwitchboardError) for kind in kinds)


def test_errors_have_a_readable_message_and_the_fields_for_callers() -> None:
    assert str(errors.NoyoRefused(409, "It exists already.")) == "It exists already."
    assert errors.NoyoRefused(409, "It exists already.").status == 409
    assert str(errors.SlackRefused("is_archived")) == "Slack refused: is_archived"
    assert errors.SlackBusy("slow down", retry_after=7).retry_after == 7
    assert errors.NotSent("not now", retry_after=None).retry_after is None
