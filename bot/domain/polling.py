"""How far polling has come in one of Noyo's lists."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.records import Record


@dataclass(frozen=True, slots=True)
class PassProgress:
    """A pass that was cut: `offset` is the first row not yet seen, `top` the newest `modified` when it began.

    `confirming`: it repeats a pass that came to its end, and has shown nothing new so far. `by_status`: it goes by
    status, since the order was not to be trusted; `offset` counts the open ones.
    """

    offset: int
    top: int
    floor: int
    """The `modified` the pass goes down to."""
    confirming: bool = False
    by_status: bool = False
    last_id_read: str | None = None
    """By status: the last id that was read once the open ones were all seen; None before."""


@dataclass(frozen=True, slots=True)
class PollCursor:
    """`born` is when the first run began: older changes are taken in silently.

    `since` is the highest `modified` of a finished pass, None before the first has finished; `risen_at` is when it last
    rose, by our clock. `settled`: a pass went through the overlap once that had run out, so what was slow to show has
    shown. `swept_at` is when everything was last compared. `revision` guards against two polls at once. All times are
    Unix seconds.
    """

    started_at: int
    since: int | None = None
    progress: PassProgress | None = None
    swept_at: int | None = None
    revision: int = 0
    advanced_at: int = 0
    overlap_settled: bool = False
    finished_at: int | None = None
    """When a run last came to its end, by our clock; None before the first has."""


@dataclass(frozen=True, slots=True)
class ParkedRow:
    """A row of a list that could not be read. `row_id` is its id, or a digest of the row where it has none."""

    row_id: str
    reason: str
    seen_at: int


@dataclass(frozen=True, slots=True)
class ListRow:
    """One row of a list: the record, or why it could not be read. `row_id` is its id as far as it has one."""

    row_id: str
    record: Record | None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class ListPage:
    """Rows as Noyo gave them, in its order; `offset` is where the page begins, `total` how many there are, if told."""

    rows: tuple[ListRow, ...]
    offset: int
    total: int | None
