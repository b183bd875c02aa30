"""How far polling has come in one of Noyo's lists, and the pages it reads."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.records import Record


@dataclass(frozen=True, slots=True)
class PassProgress:
    """A pass that was interrupted; the next run resumes it.

    `offset` is the first row not read yet, `newest_modified` the highest `modified` at its start, `floor` the
    `modified` it reads down to. `confirming`: it repeats a finished pass and has found nothing new so far.
    `by_status`: it reads by status, since the sort order could not be trusted; `offset` counts the open records.
    `last_id_read` is the last record read by its id; empty when the list or the open records have been read, and None
    before.
    """

    offset: int
    newest_modified: int
    floor: int
    confirming: bool = False
    by_status: bool = False
    last_id_read: str | None = None


@dataclass(frozen=True, slots=True)
class PollCursor:
    """Where polling of a list stands. All times are Unix seconds.

    `started_at` is the start of the first run: older changes are ingested without events. `since` is the highest
    `modified` of a finished pass that was not in the future, None before the first has finished; `advanced_at` is when
    it last rose, by our clock. `overlap_settled`: a pass has read the overlap again after it had run out, so late rows
    have appeared. `swept_at` is when everything was last compared, `finished_at` when a run last finished. `revision`
    guards against two polls.
    """

    started_at: int
    since: int | None = None
    progress: PassProgress | None = None
    swept_at: int | None = None
    revision: int = 0
    advanced_at: int = 0
    overlap_settled: bool = False
    finished_at: int | None = None


LIST_ROW = "list"
"""The id under which a list as a whole is parked."""
CURSOR_ROW = "cursor"
"""The id under which an unreadable poll cursor is parked."""
PAGE_ROW = "page"
"""The id under which rows are parked whose ids are unknown, because every page with one of them is unreadable."""


@dataclass(frozen=True, slots=True)
class ParkedRow:
    """What could not be read. `row_id` is the row's id, a digest of the row if it has none, or one of the ids above."""

    row_id: str
    reason: str
    seen_at: int


@dataclass(frozen=True, slots=True)
class ListRow:
    """A row of a list: its record, or the `error` that made it unreadable. `row_id` is as in `ParkedRow`."""

    row_id: str
    record: Record | None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class ListPage:
    """Rows in Noyo's order. `offset` is the page's first row, `total` the length of the list if Noyo says."""

    rows: tuple[ListRow, ...]
    offset: int
    total: int | None
