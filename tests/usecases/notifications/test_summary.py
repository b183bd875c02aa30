"""The summary: how much is open, and the first of what waits for us, in the order in which it is urgent."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.usecases.notifications.summary import SHOWN, summary
from tests.usecases.in_memory import Learner


@pytest.fixture
def learner() -> Iterator[Learner]:
    with Learner() as learner:
        yield learner


def test_where_nothing_is_open_nothing_is_counted(learner: Learner) -> None:
    found = summary(learner.records, 0)

    assert (found.connections, found.disconnections, found.waiting, found.waiting_total) == (0, 0, (), 0)


def test_only_what_needs_us_waits_and_decisions_come_first(learner: Learner) -> None:
    learner.add(2, status="completed")
    learner.add(2, status="processing")
    failed = learner.add(1, status="unable_to_connect")[0]
    to_correct = learner.add(1, status="action_required")[0]
    to_authorize = learner.add(1, status="carrier_authorization")[0]
    decision = learner.waits_for_us("2026-12-31")
    learner.begin()

    found = summary(learner.records, 0)

    assert [one.entity.key for one in found.waiting] == [decision, failed, to_correct, to_authorize]
    assert (found.connections, found.disconnections, found.waiting_total) == (5, 1, 4)


def test_a_long_list_is_cut_and_its_whole_length_is_told(learner: Learner) -> None:
    learner.add(SHOWN + 7, status="unable_to_connect")
    learner.begin()

    found = summary(learner.records, 0)

    assert (len(found.waiting), found.waiting_total) == (SHOWN, SHOWN + 7)
    oldest_first = [one.record.modified for one in found.waiting]
    assert oldest_first == sorted(oldest_first)
