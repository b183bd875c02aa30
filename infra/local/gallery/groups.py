"""What the bot shows of one group: its connections and requests, its history, and the choice between several groups."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from bot import policies
from bot.domain.operations import Operation, OperationState, OutcomeKind
from bot.domain.people import AuditEntry
from bot.domain.record_states import RecordState
from bot.domain.records import ConnectionStatus, DisconnectionStatus, LocalStatus, group_ref, pending_disconnection_ref
from bot.domain.requests import Decision, DecisionReason, group_refresh_id
from bot.slack.views.buttons import Action, ButtonValue, Page
from infra.local.gallery.cards import BEAM, OTHER_ENVIRONMENT, PRINCIPAL, connection, request
from infra.local.gallery.entries import Entry, Section
from infra.local.gallery.interactions import clicked, typed
from infra.local.gallery.operations import approval, disconnection, refreshed_group, with_outcome
from infra.local.gallery.ports import GUEST, NOW, waits_from
from infra.local.gallery.samples import CHANGED, GROUP_ID, a_decision, a_retry

NAME = "maple"
OTHER_GROUP = "6b1c7c5e-0000-4000-8000-000000000006"
DAY = 86_400


def group_answers() -> Section:
    return Section("One group", tuple(_group_answers()))


def _group_answers() -> Iterator[Entry]:
    yield typed("A group", f"status {NAME}", records=_group(), audit=_acted(), operations=_operations())
    yield typed("A group: outside production", f"status {NAME}", records=_group(), display=OTHER_ENVIRONMENT)
    yield typed("A group: its second page", f"status {NAME}", page=1, records=_connections(200))
    yield typed("A group: more records than are read", f"status {NAME}", records=_connections(510))
    yield typed("A group: nothing is open", f"status {NAME}", records=_closed_requests())
    single = connection(status=ConnectionStatus.COMPLETED)
    yield typed("A group with one connection", f"status {NAME}", records=[single], audit=_acted())
    yield typed("One of several records of a group", "status 00990099", records=_with_number())
    yield from _asked()
    yield typed("Several groups match", f"status {NAME}", records=_two_groups())
    yield typed("The history of a group", f"history {NAME}", records=_group(), audit=_acted(), operations=_operations())
    yield typed("The history of a large group", f"history {NAME}", records=_connections(30))
    entries = [replace(entry, id=str(number)) for number in range(400) for entry in _acted()[:1]]
    yield typed("A history that is cut", f"history {NAME}", page=99, records=[connection()], audit=entries)


def _asked() -> Iterator[Entry]:
    """What the button answers, and what everybody sees afterwards."""
    value = ButtonValue(group_ref(GROUP_ID), page=Page(f"status {GROUP_ID}"))
    yield clicked("Ask Noyo Again", Action.ASK_NOYO, value, records=_group())
    yield clicked("Ask Noyo Again: a guest", Action.ASK_NOYO, value, records=_group(), actor=GUEST)
    yield clicked("Ask Noyo Again: a group that is not stored", Action.ASK_NOYO, value)
    asked = refreshed_group(id=group_refresh_id(GROUP_ID, NOW, policies.GROUP_REFRESH_SECONDS), submitted_at=NOW - 60)
    yield typed("A group: Noyo was asked", f"status {NAME}", records=_group(), operations=[asked])
    refused = replace(with_outcome(asked, OutcomeKind.NOT_FOUND), settled_at=NOW - 30)
    yield typed("A group: Noyo does not know it", f"status {NAME}", records=_group(), operations=[refused])


def _group() -> list[RecordState]:
    """A connection in each condition, and two requests to disconnect."""
    claimed: dict[str, Any] = {"owner": "UCARA", "owned_since": NOW - 600, "owned_until": NOW + 3600}
    gone = connection(id="8", status=LocalStatus.DELETED, carrier_id=PRINCIPAL)
    return [
        connection(),
        replace(connection(id="5", carrier_id=PRINCIPAL, modified=CHANGED - DAY), **claimed),
        connection(id="6", carrier_id=BEAM, status=ConnectionStatus.WAITING_ON_CARRIER, error=None),
        connection(id="7", carrier_id=BEAM, status=ConnectionStatus.COMPLETED, carrier_group_id="BM-7"),
        connection(id="9", carrier_id=PRINCIPAL, status=ConnectionStatus.COMPLETED, completed=CHANGED - 9 * DAY),
        gone,
        request(),
        request(id="r", carrier_id=BEAM, status=DisconnectionStatus.PROCESSING),
    ]


def _operations() -> list[Any]:
    """A retry in progress, a decision with a note, and requests to disconnect that have no Noyo id yet."""
    with_notes = a_decision(Decision.REJECT, {"reason": DecisionReason.OTHER, "context": "They paid on Friday."})
    sending = replace(disconnection(), id="V0SENDING", state=OperationState.RECONCILING, sends=1)
    sending = replace(sending, entity=pending_disconnection_ref(GROUP_ID, PRINCIPAL))
    unconfirmed = waits_from(disconnection(confirmed=False), DAY)
    return [a_retry(), with_outcome(with_notes, OutcomeKind.REFUSED), unconfirmed, sending]


def _acted() -> list[AuditEntry]:
    """The newest first."""
    operations = [a_retry(), replace(approval(), entity=request().entity)]
    return [_submitted(each, NOW - 60 * age) for age, each in enumerate(operations)]


def _submitted(operation: Operation, at: int) -> AuditEntry:
    details = tuple(operation.audit_details.items())
    return AuditEntry(operation.id, operation.entity, at, "UANA", "operation_submitted", details)


def _connections(number: int) -> list[RecordState]:
    return [connection(id=f"2b1c7c5e-0000-4000-8000-{index:012d}", modified=CHANGED - index) for index in range(number)]


def _closed_requests() -> list[RecordState]:
    return [request(id=str(number), status=DisconnectionStatus.REJECTED) for number in range(2)]


def _with_number() -> list[RecordState]:
    """Only one of them has this carrier group id."""
    return [connection(carrier_group_id="00990099"), *_connections(5)[2:]]


def _two_groups() -> list[RecordState]:
    """Two employers with the same name, one of them with several records; and a record without a group."""
    other = connection(id="o", group_id=OTHER_GROUP, status=ConnectionStatus.COMPLETED)
    return [*_connections(5), other, connection(id="w", group_id=None, group_name="Maple Garage")]
