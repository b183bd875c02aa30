"""Cursors and parked rows, on a real table."""

from dataclasses import replace
from typing import Any

import pytest

from bot.domain.cursors import Cursor, Parked, Reached
from bot.domain.subjects import Kind
from bot.store import Store
from bot.store.cursors import CursorStore
from bot.store.table import Table
from tests.store.conftest import HURRIED, PATIENCE, Engine
from tests.store.made import AWKWARD, NOW


def test_a_cursor_is_there_once_it_was_moved_for_the_first_time(store: Store) -> None:
    assert store.cursors.cursor(Kind.CONNECTION) is None

    assert store.cursors.move(Kind.CONNECTION, Cursor(born=NOW))

    assert store.cursors.cursor(Kind.CONNECTION) == Cursor(born=NOW, revision=1)
    assert store.cursors.cursor(Kind.DISCONNECTION) is None


@pytest.mark.parametrize(
    "reached",
    [
        Reached(50, NOW + 2, 0),
        Reached(50, NOW + 2, 0, confirming=True),
        Reached(50, NOW + 2, 0, by_status=True),
        Reached(50, NOW + 2, 0, by_status=True, read_up_to=""),
        Reached(50, NOW + 2, 0, by_status=True, read_up_to="an id"),
    ],
)
def test_a_cursor_keeps_all_it_knows(store: Store, reached: Reached) -> None:
    full = Cursor(
        NOW, since=NOW + 1, reached=reached, swept_at=0, risen_at=NOW + 3, settled=True, finished_at=NOW
    )

    store.cursors.move(Kind.CONNECTION, full)

    assert store.cursors.cursor(Kind.CONNECTION) == replace(full, revision=1)


def test_the_second_of_two_polls_does_not_move_the_cursor(store: Store) -> None:
    store.cursors.move(Kind.CONNECTION, Cursor(born=NOW))
    read = store.cursors.cursor(Kind.CONNECTION)
    assert read is not None
    assert store.cursors.move(Kind.CONNECTION, replace(read, since=10))

    assert not store.cursors.move(Kind.CONNECTION, replace(read, since=5))
    assert not store.cursors.move(Kind.CONNECTION, Cursor(born=NOW + 9))

    assert store.cursors.cursor(Kind.CONNECTION) == Cursor(NOW, since=10, revision=2)


def test_one_of_many_polls_moves_the_cursor(store: Store, race: Any) -> None:
    outcomes = race(lambda number: store.cursors.move(Kind.CONNECTION, Cursor(born=number)))

    assert outcomes.count(True) == 1
    assert outcomes.count(False) == len(outcomes) - 1
    assert store.cursors.cursor(Kind.CONNECTION) == Cursor(born=outcomes.index(True), revision=1)


@pytest.mark.parametrize("row_id", AWKWARD[1:])
def test_a_row_is_parked_once_and_can_be_let_go(engine: Engine, row_id: str) -> None:
    cursors = CursorStore(Table(engine.client, engine.table, PATIENCE, HURRIED))
    parked = Parked(row_id, "no status", NOW)

    assert cursors.park(Kind.CONNECTION, parked)
    assert not cursors.park(Kind.CONNECTION, replace(parked, seen_at=NOW + 9))
    assert cursors.parked(Kind.CONNECTION) == [parked]
    assert cursors.parked(Kind.DISCONNECTION) == []

    cursors.unpark(Kind.CONNECTION, row_id)
    cursors.unpark(Kind.CONNECTION, row_id)

    assert cursors.parked(Kind.CONNECTION) == []
    assert cursors.park(Kind.CONNECTION, parked)
