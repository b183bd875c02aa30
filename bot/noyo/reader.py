"""Reading connections, disconnections and groups: everything here may be repeated, and is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TypeVar

from bot.domain.entities import EntityKind
from bot.domain.groups import Eligibility, Group
from bot.domain.polling import ListPage, ListRow
from bot.domain.records import Connection, Disconnection, DisconnectionSource
from bot.errors import UnreadableAnswer
from bot.noyo import arguments, pages, requests, schemas
from bot.noyo.requests import CONNECTIONS, DISCONNECTIONS, PATHS
from bot.noyo.session import Session

T = TypeVar("T", Connection, Disconnection)


class NoyoReadClient:
    """Errors as in `bot.noyo.client`. All tries of one request take no longer than two time-outs."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @property
    def clock_difference(self) -> float | None:
        """Noyo's clock less ours, in seconds, by its newest answer; None before one has told."""
        return self._session.clock_difference

    # ---------------------------------------------------------------- reading records

    def connection(self, connection_id: str) -> Connection:
        """GET /api/v1/group_connections/{id}"""
        wanted = arguments.uuid(connection_id, "the connection's id")
        return same_record(schemas.connection(self._session.read(f"{CONNECTIONS}/{wanted}")), wanted)

    def disconnection(self, disconnection_id: str) -> Disconnection:
        """GET /api/v1/group_disconnection_requests/{id}"""
        wanted = arguments.uuid(disconnection_id, "the disconnection's id")
        return same_record(schemas.disconnection(self._session.read(f"{DISCONNECTIONS}/{wanted}")), wanted)

    def newest(self, kind: EntityKind, *, offset: int, page_size: int) -> ListPage:
        """GET of the list, the last modified first."""
        return self._page(kind, requests.NEWEST_FIRST, offset, page_size)

    def in_status(
        self, kind: EntityKind, statuses: Sequence[str], *, offset: int, page_size: int
    ) -> ListPage:
        """GET of the list, filtered by status.

        Several statuses at once are documented for connections only. Disconnections are asked for status by status,
        all of them, and given as one page from `offset` on, which may so be longer than `page_size`.
        """
        if not statuses:
            raise ValueError("no status to ask for")
        if kind is EntityKind.CONNECTION:
            return self._page(kind, {"status": ",".join(statuses)}, offset, page_size)
        found = [
            row for status in statuses for row in self._whole(kind, {"status": status}, page_size=page_size)
        ]
        rows = tuple({row.row_id: row for row in found}.values())
        return ListPage(rows[offset:], offset, len(rows))

    def by_ids(self, kind: EntityKind, ids: Sequence[str]) -> ListPage:
        """GET of the list, filtered by id, whatever the largest page is at Noyo. ValueError for more than 50."""
        wanted = arguments.uuids(ids, "an id")
        rows = self._whole(kind, {"id": wanted})
        asked_for = tuple(row for row in rows if row.record is None or row.record.id in wanted)
        return ListPage(asked_for, 0, len(asked_for))

    def connections_at(self, carrier_id: str, carrier_group_id: str) -> tuple[Connection, ...]:
        """GET of the list, filtered by carrier and carrier group id (letter case does not count)."""
        carrier = arguments.uuid(carrier_id, "the carrier's id")
        query = {
            "carrier_id": carrier,
            "carrier_group_id": arguments.filled(carrier_group_id, "the carrier group id"),
        }
        found = [row.record for row in self._whole(EntityKind.CONNECTION, query)]
        wanted = carrier_group_id.strip().casefold()
        return tuple(
            record
            for record in found
            if isinstance(record, Connection)
            and record.carrier_id == carrier
            and (record.carrier_group_id or "").casefold() == wanted
        )

    def disconnections_at(self, group_id: str, carrier_id: str) -> tuple[Disconnection, ...]:
        """GET of the list, filtered by group and carrier. UnreadableAnswer where one row cannot be read.

        Noyo may leave the group out of a record; then the filter has told whose it is.
        """
        group, carrier = (
            arguments.uuid(group_id, "the group id"),
            arguments.uuid(carrier_id, "the carrier's id"),
        )
        rows = self._whole(EntityKind.DISCONNECTION, {"group_id": group, "carrier_id": carrier})
        if any(row.record is None for row in rows):
            raise UnreadableAnswer("Noyo's list of requests to disconnect this group could not be read.")
        found = [row.record for row in rows if isinstance(row.record, Disconnection)]
        return tuple(one for one in found if one.carrier_id == carrier and one.group_id in (None, group))

    def connections_of_group(
        self, group_id: str, *, statuses: Sequence[str] = (), offset: int = 0, page_size: int = 50
    ) -> ListPage:
        """GET /api/v1/groups/{group_id}/group_connections, the last modified first."""
        path = f"/api/v1/groups/{arguments.uuid(group_id, 'the group id')}/group_connections"
        query = requests.query(status=",".join(statuses)) | requests.NEWEST_FIRST
        body = self._session.read(path, query | requests.page(offset, page_size))
        return pages.page_of(body, EntityKind.CONNECTION, offset)

    def disconnections(
        self,
        *,
        status: str | None = None,
        carrier_id: str | None = None,
        group_id: str | None = None,
        ends_from: date | None = None,
        ends_until: date | None = None,
        search: str | None = None,
        source_type: DisconnectionSource | None = None,
        offset: int = 0,
        page_size: int = 50,
    ) -> ListPage:
        """GET of the list with Noyo's other filters, the last modified first. `search` looks in the group's name."""
        query = requests.query(
            status=status,
            carrier_id=carrier_id and arguments.uuid(carrier_id, "the carrier's id"),
            group_id=group_id and arguments.uuid(group_id, "the group id"),
            min_effective_end_date=arguments.day(ends_from) if ends_from else None,
            max_effective_end_date=arguments.day(ends_until) if ends_until else None,
            search=search,
            source_type=source_type and source_type.value,
        )
        return self._page(EntityKind.DISCONNECTION, query | requests.NEWEST_FIRST, offset, page_size)

    # ---------------------------------------------------------------- reading groups

    def groups_named(self, text: str, *, page_size: int = 50) -> tuple[Group, ...]:
        """GET /api/v1/groups?company=…: the first page of groups whose name holds `text`."""
        query = {"company": arguments.filled(text, "the name")} | requests.page(0, page_size)
        return tuple(pages.readable(self._session.read(requests.GROUPS, query), schemas.group))

    def groups_at(self, carrier_id: str, carrier_group_id: str) -> tuple[Group, ...]:
        """GET /api/v1/groups?carrier_id=…&carrier_group_id=…"""
        query = {
            "carrier_id": arguments.uuid(carrier_id, "the carrier's id"),
            "carrier_group_id": arguments.filled(carrier_group_id, "the carrier group id"),
        }
        return tuple(pages.readable(self._session.read(requests.GROUPS, query), schemas.group))

    def eligibility(self, group_id: str, carrier_id: str | None = None) -> tuple[Eligibility, ...]:
        """GET /api/v1/groups/{group_id}/connection_eligibility: for one carrier, or for all of them."""
        path = f"/api/v1/groups/{arguments.uuid(group_id, 'the group id')}/connection_eligibility"
        carrier = carrier_id and arguments.uuid(carrier_id, "the carrier's id")
        body = self._session.read(path, requests.query(carrier_id=carrier))
        return tuple(schemas.eligibility(raw) for raw in requests.one_or_many(body))

    # ---------------------------------------------------------------- pages

    def _page(self, kind: EntityKind, query: Mapping[str, str], offset: int, page_size: int) -> ListPage:
        body = self._session.read(PATHS[kind], {**query, **requests.page(offset, page_size)})
        return pages.page_of(body, kind, offset)

    def _whole(
        self, kind: EntityKind, query: Mapping[str, str], *, page_size: int = arguments.MOST_IDS
    ) -> tuple[ListRow, ...]:
        return pages.whole(lambda offset: self._page(kind, query, offset, page_size))


def same_record(record: T, wanted: str) -> T:
    """Noyo keeps a record's id; an answer about another record tells nothing about this one."""
    if record.id != wanted:
        raise UnreadableAnswer("Noyo answered with another record than the one asked for.")
    return record
