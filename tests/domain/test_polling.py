"""Poll cursors: their initial values, and that they are immutable."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from bot.domain.polling import ParkedRow, PassProgress, PollCursor


def test_a_new_cursor_has_no_pass_no_sweep_and_no_quiet_period() -> None:
    born = PollCursor(started_at=5)

    assert (born.since, born.progress, born.swept_at) == (None, None, None)
    assert (born.revision, born.advanced_at, born.overlap_settled) == (0, 0, False)


@pytest.mark.parametrize("value", [PollCursor(started_at=5), PassProgress(1, 2, 3), ParkedRow("x", "why", 5)])
def test_a_cursor_is_immutable(value: object) -> None:
    name = next(iter(type(value).__dataclass_fields__))  # type: ignore[attr-defined]

    with pytest.raises(FrozenInstanceError):
        setattr(value, name, 9)
