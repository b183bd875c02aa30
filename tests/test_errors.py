"""Tests of the error tree: three kinds are kept apart, and each may be shown to a person."""

from __future__ import annotations

import pytest

from bot import errors

NOYO = [errors.NotSent, errors.NoAnswer, errors.NoyoRefused, errors.UnreadableAnswer]
SLACK = [errors.SlackBusy, errors.SlackNoAnswer, errors.SlackRefused]


@pytest.mark.parametrize("kinds", [NOYO, SLACK])
def test_what_was_not_done_what_may_be_done_and_a_clear_no_are_never_mistaken_for_one_another(
    kinds: list[type[Exception]],
) -> None:
    assert [(one, other) for one in kinds for other in kinds if one is not other and issubclass(one, other)] == []


@pytest.mark.parametrize("rooms", [(errors.NoyoError, NOYO), (errors.SlackError, SLACK)])
def test_whoever_catches_a_room_catches_all_of_it(rooms: tuple[type[Exception], list[type[Exception]]]) -> None:
    room, kinds = rooms
    assert all(issubclass(kind, room) and issubclass(kind, errors.SwitchboardError) for kind in kinds)


def test_errors_say_what_a_person_may_read_and_carry_what_a_program_needs() -> None:
    assert str(errors.NoyoRefused(409, "It is there already.")) == "It is there already."
    assert errors.NoyoRefused(409, "It is there already.").status == 409
    assert str(errors.SlackRefused("is_archived")) == "Slack refused: is_archived"
    assert errors.SlackBusy("slow down", retry_after=7).retry_after == 7
    assert errors.NotSent("not now", retry_after=None).retry_after is None
