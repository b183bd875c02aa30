"""The client of Noyo's Fulfillment API: the reads of `bot.noyo.reader` and every write that Switchboard uses.

Each method may raise NotSent, NoAnswer, NoyoRefused or UnreadableAnswer (`bot.errors`), and ValueError if an id is not
a UUID or a required text is empty: callers check their input first. A write is sent once.
"""

from __future__ import annotations

import random as jitter
from collections.abc import Callable
from datetime import date

import httpx

from bot.domain.records import Connection, DataExchange, Disconnection
from bot.domain.requests import Decision, DecisionReason, DisconnectionReason, SensitiveFields
from bot.noyo import requests, schemas
from bot.noyo.reader import NoyoReadClient, same_record
from bot.noyo.requests import CONNECTIONS, DISCONNECTIONS, require_uuid
from bot.noyo.transport import HttpTransport, NoyoSession
from bot.usecases.ports.runtime import ClientCredentials, Clock, Secret


class NoyoHttpClient(NoyoReadClient):
    """Thread-safe; connects on first use. `transport` replaces the network; `random` returns 0 to 1, for jitter."""

    def __init__(
        self,
        *,
        api_url: str,
        token_url: str,
        credentials: Secret[ClientCredentials],
        timeout_seconds: float,
        clock: Clock,
        sleep: Callable[[float], None],
        transport: httpx.BaseTransport | None = None,
        random: Callable[[], float] = jitter.random,
    ) -> None:
        self._http = HttpTransport(timeout_seconds=timeout_seconds, clock=clock, transport=transport)
        session = NoyoSession(
            self._http,
            api_url=api_url,
            token_url=token_url,
            credentials=credentials,
            timeout_seconds=timeout_seconds,
            clock=clock,
            sleep=sleep,
            random=random,
        )
        super().__init__(session)

    def close(self) -> None:
        self._http.close()

    # ---------------------------------------------------------------- connections

    def request_connection(
        self,
        carrier_id: str,
        carrier_group_id: str,
        group_name: str,
        sensitive: SensitiveFields,
        *,
        ignore_eligibility: bool | None = None,
        data_exchange: DataExchange | None = None,
    ) -> Connection:
        """POST /api/v1/group_connections: a group that Noyo does not know yet. NoyoRefused with 409 for a duplicate."""
        body = requests.new_group(carrier_id, carrier_group_id, group_name, sensitive)
        body |= requests.connection_options(ignore_eligibility, data_exchange)
        masking = requests.masking_context(carrier_group_id, sensitive)
        return schemas.connection(self._session.write("POST", CONNECTIONS, body, masking))

    def request_connection_of_group(
        self,
        group_id: str,
        carrier_id: str,
        carrier_group_id: str,
        sensitive: SensitiveFields,
        *,
        ignore_eligibility: bool | None = None,
        data_exchange: DataExchange | None = None,
    ) -> Connection:
        """POST /api/v1/groups/{group_id}/group_connections. ValueError for a `federal_ein`: Noyo has it."""
        path = f"/api/v1/groups/{require_uuid(group_id, 'the group id')}/group_connections"
        body = requests.existing_group(carrier_id, carrier_group_id, sensitive)
        body |= requests.connection_options(ignore_eligibility, data_exchange)
        masking = requests.masking_context(carrier_group_id, sensitive)
        return schemas.connection(self._session.write("POST", path, body, masking))

    def retry_connection(
        self, connection_id: str, *, carrier_group_id: str | None, sensitive: SensitiveFields
    ) -> Connection:
        """PUT /api/v1/group_connections/{id}/retry; None and empty values stay unchanged."""
        wanted = require_uuid(connection_id, "the connection's id")
        body = requests.retry(carrier_group_id, sensitive)
        masking = requests.masking_context(carrier_group_id, sensitive)
        answer = self._session.write("PUT", f"{CONNECTIONS}/{wanted}/retry", body, masking)
        return same_record(schemas.connection(answer), wanted)

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
        return schemas.disconnection(self._session.write("POST", DISCONNECTIONS, body))

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
        return same_record(schemas.disconnection(self._session.write("PUT", path, body)), wanted)

    def reject_disconnection(
        self, disconnection_id: str, *, reason: DecisionReason | None = None, context: str | None = None
    ) -> Disconnection:
        """PUT /api/v1/group_disconnection_requests/{id}/reject, whatever its version; no body without a reason."""
        wanted = require_uuid(disconnection_id, "the disconnection's id")
        body = requests.explanation(reason, context) or None
        answer = self._session.write("PUT", f"{DISCONNECTIONS}/{wanted}/reject", body)
        return same_record(schemas.disconnection(answer), wanted)
