"""Cursors and parked rows, on a real table."""

from dataclasses import replace
from typing import Any

import pytest

from bot.domain.polling import ParkedRow, PassProgress, PollCursor
from bot.domain.records import EntityKind
from bot.dynamodb import Repositories
from bot.dynamodb.repositories.records import DynamoPollingRepository
from bot.dynamodb.table import Table
from tests.dynamodb.builders import AWKWARD, NOW
from tests.dynamodb.conftest import NO_PAUSES, TIMEOUTS, Engine


def test_a_cursor_exists_after_its_first_save(store: Repositories) -> None:
    assert store.polling.cursor(EntityKind.CONNECTION) is None

    assert store.polling.save(EntityKind.CONNECTION, PollCursor(started_at=NOW))

    assert store.polling.cursor(EntityKind.CONNECTION) == PollCursor(started_at=NOW, revision=1)
    assert store.polling.cursor(EntityKind.DISCONNECTION) is None


@pytest.mark.parametrize(
    "reached",
    [
        PassProgress(50, NOW + 2, 0),
        PassProgress(50, NOW + 2, 0, confirming=True),
        PassProgress(50, NOW + 2, 0, by_status=True),
        PassProgress(50, NOW + 2, 0, by_status=True, last_id_read=""),
        PassProgress(50, NOW + 2, 0, by_status=True, last_id_read="an id"),
    ],
)
def test_a_cursor_is_read_back_unchanged(store: Repositories, reached: PassProgress) -> None:
    full = PollCursor(
        NOW, since=NOW + 1, progress=reached, swept_at=0, advanced_at=NOW + 3, overlap_settled=True, finished_at=NOW
    )

    store.polling.save(EntityKind.CONNECTION, full)

    assert store.polling.cursor(EntityKind.CONNECTION) == replace(full, revision=1)


def test_the_second_of_two_concurrent_polls_does_not_save_the_cursor(store: Repositories) -> None:
    store.polling.save(EntityKind.CONNECTION, PollCursor(started_at=NOW))
    read = store.polling.cursor(EntityKind.CONNECTION)
    assert read is not None
    assert store.polling.save(EntityKind.CONNECTION, replace(read, since=10))

    assert not store.polling.save(EntityKind.CONNECTION, replace(read, since=5))
    assert not store.polling.save(EntityKind.CONNECTION, PollCursor(started_at=NOW + 9))

    assert store.polling.cursor(EntityKind.CONNECTION) == PollCursor(NOW, since=10, revision=2)


def test_only_one_of_many_polls_saves_the_cursor(store: Repositories, race: Any) -> None:
    outcomes = race(lambda number: store.polling.save(EntityKind.CONNECTION, PollCursor(started_at=number)))

    assert outcomes.count(True) == 1
    assert outcomes.count(False) == len(outcomes) - 1
    assert store.polling.cursor(EntityKind.CONNECTION) == PollCursor(started_at=outcomes.index(True), revision=1)


@pytest.mark.parametrize("row_id", AWKWARD[1:])
def test_a_row_is_parked_once_and_can_be_unparked(engine: Engine, row_id: str) -> None:
    cursors = DynamoPollingRepository(Table(engine.client, engine.table, TIMEOUTS, NO_PAUSES))
    parked = ParkedRow(row_id, "no status", NOW)

    assert cursors.park(EntityKind.CONNECTION, parked)
    assert not cursors.park(EntityKind.CONNECTION, replace(parked, seen_at=NOW + 9))
    assert cursors.parked(EntityKind.CONNECTION) == [parked]
    assert cursors.parked(EntityKind.DISCONNECTION) == []

    cursors.unpark(EntityKind.CONNECTION, row_id)
    cursors.unpark(EntityKind.CONNECTION, row_id)

    assert cursors.parked(EntityKind.CONNECTION) == []
    assert cursors.park(EntityKind.CONNECTION, parked)
