"""The port to Noyo: what use cases call. Times are Unix seconds, UTC; errors are those of `bot.errors`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Protocol

from bot.domain.polling import ListPage
from bot.domain.records import Connection, Disconnection, Eligibility, EntityKind
from bot.domain.requests import (
    ConnectionOptions,
    Decision,
    DecisionReason,
    DisconnectionReason,
    RetryRequest,
    SensitiveFields,
)


class NoyoReader(Protocol):
    """Reads of Noyo's records. They may be repeated."""

    def connection(self, connection_id: str) -> Connection:
        """GET /api/v1/group_connections/{id}. `NoyoRefused` with status 404 if Noyo does not know it."""

    def disconnection(self, disconnection_id: str) -> Disconnection:
        """GET /api/v1/group_disconnection_requests/{id}."""

    def newest(self, kind: EntityKind, *, offset: int, page_size: int) -> ListPage:
        """One page of the list of this kind, sorted by `modified`, newest first. Noyo does not guarantee the order.

        It has fewer rows if Noyo's answer could not be read otherwise; a row that no answer shows carries the error.
        """

    def in_status(self, kind: EntityKind, statuses: Sequence[str], *, offset: int, page_size: int) -> ListPage:
        """One page of the records in any of these statuses."""

    def by_ids(self, kind: EntityKind, ids: Sequence[str]) -> ListPage:
        """The records with these ids (at most 50); ids that Noyo does not know are missing from the page."""

    def connections_of_group(self, group_id: str, *, offset: int, page_size: int) -> ListPage:
        """One page of the group's connections, last modified first. `NoyoRefused` with status 404 for an unknown group.

        A row that cannot be read carries the error.
        """

    def connections_at(self, carrier_id: str, carrier_group_id: str) -> tuple[Connection, ...]:
        """Every connection with this carrier and carrier group id. `UnreadableAnswer` if one of them cannot be read,
        because it may be the wanted one."""

    def disconnections_at(self, group_id: str, carrier_id: str) -> tuple[Disconnection, ...]:
        """Every request to disconnect this group from this carrier. `UnreadableAnswer` if one of them cannot be read,
        because it may be the wanted one."""

    def eligibility(self, group_id: str, carrier_id: str) -> tuple[Eligibility, ...]:
        """GET /api/v1/groups/{group_id}/connection_eligibility, for this carrier."""


class NoyoClient(NoyoReader, Protocol):
    """Reads and writes. Each call sends a write once, or twice after a 401, which Noyo did not process.

    `NotSent`: Noyo did not process it. `NoAnswer`, `UnreadableAnswer`: it may have taken effect. `NoyoRefused`: Noyo
    refused it.
    """

    def request_connection(
        self,
        carrier_id: str,
        carrier_group_id: str,
        group_name: str,
        sensitive: SensitiveFields,
        options: ConnectionOptions,
    ) -> Connection:
        """POST /api/v1/group_connections: creates a new group at Noyo."""

    def request_connection_of_group(
        self,
        group_id: str,
        carrier_id: str,
        carrier_group_id: str,
        sensitive: SensitiveFields,
        options: ConnectionOptions,
    ) -> Connection:
        """POST /api/v1/groups/{group_id}/group_connections. ValueError for a `federal_ein`: Noyo knows it."""

    def retry_connection(self, connection_id: str, wanted: RetryRequest, sensitive: SensitiveFields) -> Connection:
        """PUT /api/v1/group_connections/{id}/retry; None stays unchanged."""

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

    def reject_disconnection(
        self, disconnection_id: str, *, reason: DecisionReason | None = None, context: str | None = None
    ) -> Disconnection:
        """PUT /api/v1/group_disconnection_requests/{id}/reject: applies whatever the current version is."""

    def request_disconnection(
        self,
        carrier_id: str,
        group_id: str,
        effective_end_date: date,
        *,
        reason: DisconnectionReason | None = None,
        context: str | None = None,
    ) -> Disconnection:
        """POST /api/v1/group_disconnection_requests. Noyo does not prevent duplicates."""
