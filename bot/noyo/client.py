"""The client of Noyo's Fulfillment API: every read and write that Switchboard uses.

Each method may raise NotSent, NoAnswer, NoyoRefused or UnreadableAnswer (`bot.errors`), and ValueError if an id is not
a UUID or a required text is empty: callers check their input first. A write is sent once;
reads are repeated after temporary errors. One record may make every answer with it unreadable (too large, a number that
is too long, nested too deeply): a page is then read in smaller parts, and the row of that record carries the error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import takewhile
from typing import TypeVar

from bot import policies
from bot.domain.polling import PAGE_ROW, ListPage, ListRow
from bot.domain.reconciliation import is_same_number
from bot.domain.records import Connection, Disconnection, Eligibility, EntityKind, Group, Record
from bot.domain.requests import (
    ConnectionOptions,
    Decision,
    DecisionReason,
    DisconnectionReason,
    RetryRequest,
    SensitiveFields,
)
from bot.errors import NoyoRefused, UnreadableAnswer
from bot.noyo import requests, schemas
from bot.noyo.requests import CONNECTIONS, DISCONNECTIONS, PATHS, require_text, require_uuid
from bot.noyo.responses import as_list, list_page, rows_of, same_record
from bot.noyo.transport import NoyoSession

T = TypeVar("T")
DEFAULT_OPTIONS = ConnectionOptions()
SMALLEST_PAGE = policies.NOYO_PAGE_SIZES.start
PARSERS: Mapping[EntityKind, Callable[[object], Record]] = {
    EntityKind.CONNECTION: schemas.connection,
    EntityKind.DISCONNECTION: schemas.disconnection,
}


class NoyoHttpClient:
    """Thread-safe; connects on first use."""

    def __init__(self, session: NoyoSession) -> None:
        self.session = session

    # ---------------------------------------------------------------- reads

    def connection(self, connection_id: str) -> Connection:
        """GET /api/v1/group_connections/{id}"""
        wanted = require_uuid(connection_id, "the connection's id")
        return same_record(schemas.connection(self.session.read(f"{CONNECTIONS}/{wanted}")), wanted)

    def disconnection(self, disconnection_id: str) -> Disconnection:
        """GET /api/v1/group_disconnection_requests/{id}"""
        wanted = require_uuid(disconnection_id, "the disconnection's id")
        return same_record(schemas.disconnection(self.session.read(f"{DISCONNECTIONS}/{wanted}")), wanted)

    def newest(self, kind: EntityKind, *, offset: int, page_size: int) -> ListPage:
        """GET of the list, last modified first."""
        page = self._page(kind, requests.NEWEST_FIRST, offset, page_size)
        return page if offset else self._with_newest(kind, page)

    def in_status(self, kind: EntityKind, statuses: Sequence[str], *, offset: int, page_size: int) -> ListPage:
        """GET of the list, filtered by status.

        Noyo documents several statuses in one request for connections only. Disconnections are read status by status
        to the end and returned as one page from `offset` on, which may therefore be longer than `page_size`.
        """
        if not statuses:
            raise ValueError("no status was given")
        if kind is EntityKind.CONNECTION:
            return self._page(kind, {"status": ",".join(statuses)}, offset, page_size)
        lists = (self._whole_list(kind, {"status": status}, page_size=page_size) for status in statuses)
        rows = tuple({row.row_id: row for rows in lists for row in rows}.values())
        return ListPage(rows[offset:], offset, len(rows))

    def by_ids(self, kind: EntityKind, ids: Sequence[str]) -> ListPage:
        """GET of the list, filtered by id, however small Noyo's pages are. ValueError for more than 50 ids.

        What the list cannot show is read by id, record by record.
        """
        wanted = requests.join_ids(ids, "an id")
        try:
            rows = {row.row_id: row for row in self._whole_list(kind, {"id": wanted})}
            incomplete = rows.pop(PAGE_ROW, None) is not None
        except UnreadableAnswer:
            rows, incomplete = {}, True
        if incomplete:
            single = (self._row(kind, record_id) for record_id in wanted.split(",") if record_id not in rows)
            rows |= {row.row_id: row for row in single if row is not None}
        matching = tuple(row for row in rows.values() if row.record is None or row.record.id in wanted)
        return ListPage(matching, 0, len(matching))

    def connections_at(self, carrier_id: str, carrier_group_id: str) -> tuple[Connection, ...]:
        """GET of the list, filtered by carrier and carrier group id (compared without regard to case and to
        leading zeros, which an id loses where Noyo stores it as a number).

        UnreadableAnswer if one row cannot be read, or is at this carrier and does not say with which carrier group id.
        """
        carrier = require_uuid(carrier_id, "the carrier's id")
        group = require_text(carrier_group_id, "the carrier group id")
        rows = self._whole_list(EntityKind.CONNECTION, {"carrier_id": carrier, "carrier_group_id": carrier_group_id})
        _refuse_unreadable(rows)
        found = [row.record for row in rows if isinstance(row.record, Connection) and row.record.carrier_id == carrier]
        if any(connection.carrier_group_id is None for connection in found):
            raise UnreadableAnswer("A connection in Noyo's list has no carrier group id.")
        return tuple(connection for connection in found if is_same_number(connection.carrier_group_id or "", group))

    def disconnections_at(self, group_id: str, carrier_id: str) -> tuple[Disconnection, ...]:
        """GET of the list, filtered by group and carrier. UnreadableAnswer if one row cannot be read.

        Noyo may omit the group from a record; then the filter is what says whose record it is.
        """
        group = require_uuid(group_id, "the group id")
        carrier = require_uuid(carrier_id, "the carrier's id")
        rows = self._whole_list(EntityKind.DISCONNECTION, {"group_id": group, "carrier_id": carrier})
        _refuse_unreadable(rows)
        return tuple(
            row.record
            for row in rows
            if isinstance(row.record, Disconnection)
            and row.record.carrier_id == carrier
            and row.record.group_id in (None, group)
        )

    def connections_of_group(
        self, group_id: str, *, statuses: Sequence[str] = (), offset: int = 0, page_size: int = 50
    ) -> ListPage:
        """GET /api/v1/groups/{group_id}/group_connections, last modified first."""
        path = f"{requests.GROUPS}/{require_uuid(group_id, 'the group id')}/group_connections"
        query = requests.filters(status=",".join(statuses)) | requests.NEWEST_FIRST
        body = self.session.read(path, query | requests.page(offset, page_size))
        return list_page(body, offset, schemas.connection)

    # ---------------------------------------------------------------- groups

    def groups_named(self, text: str, *, page_size: int = 50) -> tuple[Group, ...]:
        """GET /api/v1/groups?company=…: the first page of the groups whose name contains `text`."""
        query = {"company": require_text(text, "the name")} | requests.page(0, page_size)
        return tuple(_readable(self.session.read(requests.GROUPS, query), schemas.group))

    def groups_at(self, carrier_id: str, carrier_group_id: str) -> tuple[Group, ...]:
        """GET /api/v1/groups?carrier_id=…&carrier_group_id=…"""
        query = {
            "carrier_id": require_uuid(carrier_id, "the carrier's id"),
            "carrier_group_id": require_text(carrier_group_id, "the carrier group id"),
        }
        return tuple(_readable(self.session.read(requests.GROUPS, query), schemas.group))

    def eligibility(self, group_id: str, carrier_id: str | None = None) -> tuple[Eligibility, ...]:
        """GET /api/v1/groups/{group_id}/connection_eligibility, for one carrier or for all of them."""
        path = f"{requests.GROUPS}/{require_uuid(group_id, 'the group id')}/connection_eligibility"
        carrier = carrier_id and require_uuid(carrier_id, "the carrier's id")
        body = self.session.read(path, requests.filters(carrier_id=carrier))
        return tuple(schemas.eligibility(row) for row in as_list(body))

    # ---------------------------------------------------------------- connections

    def request_connection(
        self,
        carrier_id: str,
        carrier_group_id: str,
        group_name: str,
        sensitive: SensitiveFields,
        options: ConnectionOptions = DEFAULT_OPTIONS,
    ) -> Connection:
        """POST /api/v1/group_connections: a group that Noyo does not know yet. NoyoRefused with 409 for a duplicate."""
        body = requests.new_group(carrier_id, carrier_group_id, group_name, sensitive)
        body |= requests.connection_options(options)
        masking = requests.masking_context(carrier_group_id, sensitive)
        return schemas.connection(self.session.write("POST", CONNECTIONS, body, masking))

    def request_connection_of_group(
        self,
        group_id: str,
        carrier_id: str,
        carrier_group_id: str,
        sensitive: SensitiveFields,
        options: ConnectionOptions = DEFAULT_OPTIONS,
    ) -> Connection:
        """POST /api/v1/groups/{group_id}/group_connections. ValueError for a `federal_ein`: Noyo knows it."""
        path = f"{requests.GROUPS}/{require_uuid(group_id, 'the group id')}/group_connections"
        body = requests.existing_group(carrier_id, carrier_group_id, sensitive)
        body |= requests.connection_options(options)
        masking = requests.masking_context(carrier_group_id, sensitive)
        return schemas.connection(self.session.write("POST", path, body, masking))

    def retry_connection(self, connection_id: str, wanted: RetryRequest, sensitive: SensitiveFields) -> Connection:
        """PUT /api/v1/group_connections/{id}/retry; None and empty values stay unchanged."""
        record_id = require_uuid(connection_id, "the connection's id")
        body = requests.retry(wanted, sensitive)
        masking = requests.masking_context(wanted.carrier_group_id, sensitive)
        answer = self.session.write("PUT", f"{CONNECTIONS}/{record_id}/retry", body, masking)
        return same_record(schemas.connection(answer), record_id)

    # ---------------------------------------------------------------- disconnections

    def request_disconnection(
        self,
        carrier_id: str,
        group_id: str,
        effective_end_date: date,
        *,
        reason: DisconnectionReason | None = None,
        context: str | None = None,
    ) -> Disconnection:
        """POST /api/v1/group_disconnection_requests. NoyoRefused with 403 for a protected group."""
        body = {
            "carrier_id": require_uuid(carrier_id, "the carrier's id"),
            "group_id": require_uuid(group_id, "the group id"),
            "effective_end_date": requests.iso_date(effective_end_date),
            **requests.explanation(reason, context),
        }
        return schemas.disconnection(self.session.write("POST", DISCONNECTIONS, body))

    def decide_disconnection(
        self,
        disconnection_id: str,
        version: str,
        decision: Decision,
        *,
        effective_end_date: date | None = None,
        reason: DecisionReason | None = None,
        context: str | None = None,
    ) -> Disconnection:
        """PUT /api/v1/group_disconnection_requests/{id}/{version}: applies only while `version` is the newest."""
        wanted = require_uuid(disconnection_id, "the disconnection's id")
        path = f"{DISCONNECTIONS}/{wanted}/{require_uuid(version, 'the version')}"
        body = requests.decision(decision, effective_end_date) | requests.explanation(reason, context)
        return same_record(schemas.disconnection(self.session.write("PUT", path, body)), wanted)

    def reject_disconnection(
        self, disconnection_id: str, *, reason: DecisionReason | None = None, context: str | None = None
    ) -> Disconnection:
        """PUT /api/v1/group_disconnection_requests/{id}/reject, whatever its version; no body without a reason."""
        wanted = require_uuid(disconnection_id, "the disconnection's id")
        body = requests.explanation(reason, context) or None
        answer = self.session.write("PUT", f"{DISCONNECTIONS}/{wanted}/reject", body)
        return same_record(schemas.disconnection(answer), wanted)

    def _page(self, kind: EntityKind, query: Mapping[str, str], offset: int, page_size: int) -> ListPage:
        """The page, or a smaller one if Noyo's answer cannot be read; rows that cannot be read carry the error."""
        while True:
            try:
                return self._answered_page(kind, query, offset, page_size)
            except UnreadableAnswer:
                if page_size == SMALLEST_PAGE:
                    return _read_around(offset, lambda start: self._answered_page(kind, query, start, SMALLEST_PAGE))
                page_size = max(page_size // 2, SMALLEST_PAGE)

    def _answered_page(self, kind: EntityKind, query: Mapping[str, str], offset: int, page_size: int) -> ListPage:
        body = self.session.read(PATHS[kind], {**query, **requests.page(offset, page_size)})
        return list_page(body, offset, PARSERS[kind])

    def _with_newest(self, kind: EntityKind, page: ListPage) -> ListPage:
        """The first page of a list with the rows that precede an unreadable one.

        A page has at least five rows, so none of them ends before that row. Sorted oldest first, the last page shows
        these rows without it.
        """
        unreadable = len(list(takewhile(lambda row: row.row_id == PAGE_ROW, page.rows)))
        for count in range(min(unreadable - 1, SMALLEST_PAGE, page.total or 0), 0, -1):
            start = (page.total or 0) - count
            try:
                last = self._answered_page(kind, requests.OLDEST_FIRST, start, SMALLEST_PAGE)
            except UnreadableAnswer:
                continue  # An unreadable row is among these rows too, and `page` has the error.
            return replace(page, rows=(*reversed(last.rows), *page.rows[count:]))
        return page

    def _row(self, kind: EntityKind, record_id: str) -> ListRow | None:
        """The record, read by its id, as a row; None if Noyo refuses."""
        try:
            connection = kind is EntityKind.CONNECTION
            return ListRow(record_id, self.connection(record_id) if connection else self.disconnection(record_id))
        except UnreadableAnswer as error:
            return ListRow(record_id, None, str(error))
        except NoyoRefused:
            return None

    def _whole_list(
        self, kind: EntityKind, query: Mapping[str, str], *, page_size: int = policies.NOYO_MAX_IDS
    ) -> tuple[ListRow, ...]:
        """Every row, each id once, as last seen. Noyo may return smaller pages, and rows move while we read.

        UnreadableAnswer if the list does not end.
        """
        rows: dict[str, ListRow] = {}
        offset = 0
        for _ in range(policies.NOYO_MAX_PAGES):
            page = self._page(kind, query, offset, page_size)
            known = len(rows)
            rows |= {row.row_id: row for row in page.rows}
            offset += len(page.rows)
            if len(rows) == known or (page.total is not None and offset >= page.total):
                # A page with nothing new also ends the list: a server that ignores the offset repeats the first page.
                return tuple(rows.values())
        raise UnreadableAnswer("Noyo's list does not end.")


def _read_around(offset: int, read: Callable[[int], ListPage]) -> ListPage:
    """The rows from `offset` on, in the smallest pages; a row that no readable page shows carries the error.

    `read` returns the page that starts at the given row. The first page overlaps the rows before `offset`, which are
    known, and each page starts one row later: so the first unreadable page ends with the row that makes it unreadable.
    Behind it a page is read for each row until one is readable. UnreadableAnswer if too many in a row are not.
    """
    rows: list[ListRow] = []
    start, unreadable = max(offset - SMALLEST_PAGE + 1, 0), 0
    while True:
        position = offset + len(rows)
        try:
            page = read(start)
        except UnreadableAnswer as error:
            unreadable += 1
            if unreadable == policies.NOYO_MAX_UNREADABLE_PAGES:
                raise
            rows.append(ListRow(PAGE_ROW, None, str(error)))
            start = position + 1
        except NoyoRefused:
            if start <= offset:
                raise
            return ListPage(tuple(rows), offset, position)  # Noyo may refuse an offset behind the last row.
        else:
            unreadable = 0
            rows += page.rows[position - start :]
            if start == position or len(page.rows) < SMALLEST_PAGE or len(rows) >= SMALLEST_PAGE:
                return ListPage(tuple(rows), offset, page.total)
            start += 1


def _readable(body: object, parse: Callable[[object], T]) -> Iterator[T]:
    """The rows that can be read. Users choose from these lists, so an unreadable row cannot be offered."""
    for raw in rows_of(body):
        try:
            yield parse(raw)
        except UnreadableAnswer:
            continue


def _refuse_unreadable(rows: Iterable[ListRow]) -> None:
    """The unreadable row may be the one that the caller looks for."""
    if any(row.record is None for row in rows):
        raise UnreadableAnswer("A record in Noyo's list could not be read.")
