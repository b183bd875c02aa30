"""Store: the newest state of each record, its history, and the indexes over what is open and what moved last."""

from __future__ import annotations

from collections.abc import Iterable

from bot.domain.records import Record
from bot.domain.subjects import Kind, Subject
from bot.domain.tracking import Tracked
from bot.errors import RecordMoved
from bot.ports import Change
from bot.store import keys
from bot.store.audit import audit_put
from bot.store.finding import best_first, candidates
from bot.store.items import number, read_item
from bot.store.news import news_item
from bot.store.record_items import in_status, record_from, state_item, subject_of, tracked_from, version_item
from bot.store.table import ConditionFailed, Table
from bot.store.words import moved_words
from bot.store.writes import ABSENT, Check, Condition, Put, Write, holds


class RecordStore:
    """`bot.ports.KeepsRecords` on the table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def tracked(self, subject: Subject) -> Tracked | None:
        item = self._table.get(keys.state(subject))
        return read_item(item, tracked_from) if item else None

    def tracked_many(self, wanted: Iterable[Subject]) -> dict[Subject, Tracked]:
        items = self._table.get_many(keys.state(subject) for subject in wanted)
        states = (read_item(item, tracked_from) for item in items)
        return {tracked.subject: tracked for tracked in states}

    def write(self, change: Change) -> None:
        try:
            self._table.write(writes_of(change))
        except ConditionFailed as failed:
            raise RecordMoved("The record has changed meanwhile.") from failed

    def has_version(self, subject: Subject, record: Record) -> bool:
        return self._table.get(keys.version(subject, record.modified, record.version)) is not None

    def history(self, subject: Subject, *, since: int) -> list[Record]:
        rows = self._table.query(
            "pk = :pk AND sk >= :since",
            {":pk": keys.versions(subject), ":since": keys.in_order(since)},
        )
        return [read_item(row, record_from(subject.kind)) for row in rows]

    def newest_modified(self, kind: Kind) -> tuple[int, Subject] | None:
        rows = self._table.query(
            "recent_kind = :kind", {":kind": kind.value}, index="recent", limit=1, newest_first=True
        )
        row = next(rows, None)
        return (number(row, "recent_modified"), subject_of(row)) if row else None

    def in_status(self, kind: Kind, status: str, *, limit: int) -> list[Subject]:
        rows = self._table.query(
            "open_kind = :kind AND begins_with(open_order, :status)",
            {":kind": kind.value, ":status": in_status(status)},
            index="open",
            limit=limit,
        )
        return [subject_of(row) for row in rows]

    def open_subjects(self, kind: Kind) -> list[Subject]:
        rows = self._table.query("open_kind = :kind", {":kind": kind.value}, index="open")
        return [subject_of(row) for row in rows]

    def in_group(self, group_id: str, *, limit: int) -> list[Subject]:
        # Records written before there was this index are in it from their next version on.
        rows = self._table.query(
            "in_group = :group", {":group": keys.in_group(group_id)}, index="group", limit=limit
        )
        return [subject_of(row) for row in rows]

    def find(self, text: str, *, limit: int) -> list[Tracked]:
        states = self.tracked_many(candidates(self._table, text))
        return best_first(list(states.values()), text)[:limit]


def writes_of(change: Change) -> list[Write]:
    """The parts of a change; the first of them is the one that carries its condition."""
    writes: list[Write] = [_state_write(change)]
    if change.after is not None:
        writes += moved_words(change.before.record if change.before else None, change.after.record)
    if change.version is not None:
        writes.append(Put(version_item(change.version)))
    writes += [Put(news_item(news)) for news in change.news]
    return [*writes, audit_put(change.audit)] if change.audit is not None else writes


def _state_write(change: Change) -> Write:
    condition = _still(change.before)
    if change.after is None:
        return Check(keys.state(change.subject), condition)
    revision = change.before.revision if change.before else 0
    return Put(state_item(change.after, revision + 1), condition)


def _still(before: Tracked | None) -> Condition:
    """The revision grows with every write, so that a link added under the same version is a move too."""
    return ABSENT if before is None else holds(revision=before.revision)
