"""The face of this room: every operation of the Fulfillment API that Switchboard knows.

Each method may raise NotSent, NoAnswer, Refused or UnreadableAnswer (`bot.errors`), and ValueError where an id is no
UUID or a text that Noyo needs is empty: such a thing has to be refused before it gets here. Writes leave once.
"""

from __future__ import annotations

import random as chance
from collections.abc import Callable
from datetime import date

import httpx

from bot.domain.decisions import Decision, DecisionReason, DisconnectionReason
from bot.domain.groups import DataExchange
from bot.domain.operations import SensitiveFields
from bot.domain.records import Connection, Disconnection
from bot.noyo import arguments, requests, schemas
from bot.noyo.reader import NoyoReadClient, same_record
from bot.noyo.requests import CONNECTIONS, DISCONNECTIONS
from bot.noyo.session import Session
from bot.noyo.transport import HttpTransport
from bot.usecases.ports.runtime import ClientCredentials, Clock, Secret


class NoyoHttpClient(NoyoReadClient):
    """Thread-safe; opens nothing before it is first used. `transport` replaces the network, `random` gives 0 to 1."""

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
        random: Callable[[], float] = chance.random,
    ) -> None:
        self._http = HttpTransport(timeout_seconds=timeout_seconds, clock=clock, transport=transport)
        session = Session(
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

    # ---------------------------------------------------------------- writing connections

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
        """POST /api/v1/group_connections: a group that Noyo does not know yet. A double is Refused with 409."""
        body = requests.for_new_group(carrier_id, carrier_group_id, group_name, sensitive)
        body |= requests.how(ignore_eligibility, data_exchange)
        shown = requests.shown(carrier_group_id, sensitive)
        return schemas.connection(self._session.write("POST", CONNECTIONS, body, shown))

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
        """POST /api/v1/groups/{group_id}/group_connections. ValueError for a `federal_ein`: Noyo has the group's."""
        path = f"/api/v1/groups/{arguments.uuid(group_id, 'the group id')}/group_connections"
        body = requests.for_existing_group(carrier_id, carrier_group_id, sensitive)
        body |= requests.how(ignore_eligibility, data_exchange)
        shown = requests.shown(carrier_group_id, sensitive)
        return schemas.connection(self._session.write("POST", path, body, shown))

    def retry_connection(
        self, connection_id: str, *, carrier_group_id: str | None, sensitive: SensitiveFields
    ) -> Connection:
        """PUT /api/v1/group_connections/{id}/retry; what is None or empty is left as it is at Noyo."""
        wanted = arguments.uuid(connection_id, "the connection's id")
        body = arguments.without_blanks({"carrier_group_id": carrier_group_id, **requests.typed(sensitive)})
        shown = requests.shown(carrier_group_id, sensitive)
        answer = self._session.write("PUT", f"{CONNECTIONS}/{wanted}/retry", body, shown)
        return same_record(schemas.connection(answer), wanted)

    # ---------------------------------------------------------------- writing disconnections

    def request_disconnection(
        self,
        carrier_id: str,
        group_id: str,
        effective_end_date: date,
        *,
        reason: DisconnectionReason | None = None,
        context: str | None = None,
    ) -> Disconnection:
        """POST /api/v1/group_disconnection_requests. Refused with 403 for a protected group."""
        body = {
            "carrier_id": arguments.uuid(carrier_id, "the carrier's id"),
            "group_id": arguments.uuid(group_id, "the group id"),
            "effective_end_date": arguments.day(effective_end_date),
            **requests.why(reason, context),
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
        """PUT /api/v1/group_disconnection_requests/{id}/{version}: takes effect only while `version` is the newest."""
        wanted = arguments.uuid(disconnection_id, "the disconnection's id")
        path = f"{DISCONNECTIONS}/{wanted}/{arguments.uuid(version, 'the version')}"
        body = requests.decision(decision, effective_end_date) | requests.why(reason, context)
        return same_record(schemas.disconnection(self._session.write("PUT", path, body)), wanted)

    def reject_disconnection(
        self, disconnection_id: str, *, reason: DecisionReason | None = None, context: str | None = None
    ) -> Disconnection:
        """PUT /api/v1/group_disconnection_requests/{id}/reject, whatever its version; no body without a reason."""
        wanted = arguments.uuid(disconnection_id, "the disconnection's id")
        body = requests.why(reason, context) or None
        answer = self._session.write("PUT", f"{DISCONNECTIONS}/{wanted}/reject", body)
        return same_record(schemas.disconnection(answer), wanted)

    def confirm_disconnection(
        self, disconnection_id: str, *, effective_end_date: date | None = None
    ) -> Disconnection:
        """PUT /api/v1/group_disconnection_requests/{id}/confirm, whatever its version; no body without a date."""
        wanted = arguments.uuid(disconnection_id, "the disconnection's id")
        body = {"effective_end_date": arguments.day(effective_end_date)} if effective_end_date else None
        answer = self._session.write("PUT", f"{DISCONNECTIONS}/{wanted}/confirm", body)
        return same_record(schemas.disconnection(answer), wanted)
