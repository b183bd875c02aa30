"""Lists and their rows; one bad row never hides the others."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from bot.domain.entities import EntityKind
from bot.domain.polling import ListPage, ListRow
from bot.domain.records import Record
from bot.errors import UnreadableAnswer
from bot.noyo import arguments, schemas

Value = TypeVar("Value")
MOST_PAGES = 200

READERS: Mapping[EntityKind, Callable[[object], Record]] = {
    EntityKind.CONNECTION: schemas.connection,
    EntityKind.DISCONNECTION: schemas.disconnection,
}


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of one answer as JSON, with what its `meta` says, as far as it says anything."""

    rows: tuple[object, ...]
    offset: int | None
    total: int | None


def rows_of(body: object) -> Rows:
    """UnreadableAnswer where there is no list of rows; the `meta` may be missing or be anything."""
    rows = body.get("response") if isinstance(body, dict) else None
    if not isinstance(body, dict) or not isinstance(rows, list):
        raise UnreadableAnswer("Noyo's answer could not be read: it is no list.")
    meta = body.get("meta")
    told = meta if isinstance(meta, dict) else {}
    return Rows(tuple(rows), _count(told.get("offset")), _count(told.get("total_records")))


def _count(told: object) -> int | None:
    return told if isinstance(told, int) and not isinstance(told, bool) and told >= 0 else None


def page_of(body: object, kind: EntityKind, offset: int) -> ListPage:
    """The page at `offset`, unless Noyo says that it is another one."""
    found = rows_of(body)
    rows = tuple(row_of(raw, READERS[kind]) for raw in found.rows)
    return ListPage(rows, offset if found.offset is None else found.offset, found.total)


def row_of(raw: object, read: Callable[[object], Record]) -> ListRow:
    try:
        return ListRow(row_id(raw), read(raw))
    except UnreadableAnswer as error:
        return ListRow(row_id(raw), None, str(error))


def row_id(raw: object) -> str:
    """The row's id, or one made of its content, so that the same bad row is known again."""
    told = raw.get("id") if isinstance(raw, dict) else None
    if isinstance(told, str) and arguments.is_uuid(told):
        return told.lower()
    if isinstance(told, str) and 0 < len(told) <= 64 and told.isascii() and told.isprintable():
        return told
    try:
        content = json.dumps(raw, sort_keys=True)
    except RecursionError:
        content = "nested too deeply to be written down again"
    return f"digest:{hashlib.sha256(content.encode()).hexdigest()[:16]}"


def readable(body: object, read: Callable[[object], Value]) -> Iterator[Value]:
    """The rows that can be read; the others are left out."""
    for raw in rows_of(body).rows:
        try:
            yield read(raw)
        except UnreadableAnswer:
            # Asked for to be chosen from: what cannot be read cannot be chosen.
            continue


def whole(ask: Callable[[int], ListPage]) -> tuple[ListRow, ...]:
    """Every row of a list, each id once, as last seen: it may be cut into pages smaller than asked for, and rows move.

    `ask` gives the page at an offset. UnreadableAnswer where the list does not come to an end.
    """
    rows: dict[str, ListRow] = {}
    offset = 0
    for _ in range(MOST_PAGES):
        page = ask(offset)
        known = len(rows)
        rows |= {row.row_id: row for row in page.rows}
        offset += len(page.rows)
        if len(rows) == known or (page.total is not None and offset >= page.total):
            # Nothing new also where the offset is ignored and the same page comes for ever.
            return tuple(rows.values())
    raise UnreadableAnswer("Noyo's list does not come to an end.")
