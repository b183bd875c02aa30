"""Cursors: what a run finds that has never run, and that nothing of them changes in place."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from bot.domain.cursors import Cursor, Parked, Reached


def test_a_cursor_that_was_only_born_knows_of_no_pass_no_sweep_and_no_quiet() -> None:
    born = Cursor(born=5)

    assert (born.since, born.reached, born.swept_at) == (None, None, None)
    assert (born.revision, born.risen_at, born.settled) == (0, 0, False)


@pytest.mark.parametrize("value", [Cursor(born=5), Reached(1, 2, 3), Parked("x", "why", 5)])
def test_a_cursor_changes_only_by_a_new_one(value: object) -> None:
    name = next(iter(type(value).__dataclass_fields__))  # type: ignore[attr-defined]

    with pytest.raises(FrozenInstanceError):
        setattr(value, name, 9)
