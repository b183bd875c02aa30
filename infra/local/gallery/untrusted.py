"""Content with text from outside in every field that may contain it: names, messages, references, notes and ids."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

from bot.domain.content import (
    Alert,
    Content,
    HandoverNotice,
    ManualResolution,
    MorningSummary,
    NotMoving,
    NotMovingRecord,
    PauseNotice,
    PersonalSummary,
    RecordCard,
    Reply,
    RequestCard,
    Summary,
    ThreadLine,
)
from bot.domain.handover import Handover
from bot.domain.morning_summary import Need, NeedCount, OpenTask
from bot.domain.operations import Operation, OperationState, Outcome, OutcomeKind
from bot.domain.outbox import EventKind, OutboxEvent, operation_changed
from bot.domain.pauses import Pause
from bot.domain.record_states import RecordState
from bot.domain.records import Connection, DisconnectionStatus, UnknownValue
from bot.domain.requests import ConnectionRequest, RetryRequest
from infra.local.gallery.samples import (
    CARD,
    GUARDIAN,
    VERSION,
    a_connection,
    a_decision,
    a_disconnection,
    a_pending_disconnection,
    a_record_state,
    a_request,
    a_retry,
)

AT = 1_767_008_000
"""When something was settled (Unix seconds)."""


def every_content(name: str, untrusted: str) -> list[Content]:
    """Each kind of content, with the given texts in every field that may contain untrusted text."""
    waits = tuple(
        a_record_state(a_connection(id=f"{number}", group_name=name, error=untrusted)) for number in range(25)
    )
    return [
        *_connections(name, untrusted),
        *_decisions(name, untrusted),
        *_pending_disconnections(name, untrusted),
        Summary(25, 60, waits, 1000),
        NotMoving(name, tuple(NotMovingRecord(state, 3) for state in waits[:10]), 25, 3, AT),
        *_morning_summaries(name, waits),
        PauseNotice(Pause(AT, "UANA", untrusted)),
        HandoverNotice(Handover("UANA", "UBEN", (), 1, untrusted, (waits[0].entity,)), "UBEN", waits[:1], AT),
    ]


def _morning_summaries(name: str, waits: tuple[RecordState, ...]) -> list[Content]:
    """A person's name is text from outside, too."""
    claimed = tuple(OpenTask(replace(state, owner="UANA"), owner_name=name) for state in waits)
    unknown = replace(_request(name, name), state=OperationState.NEEDS_RESOLUTION)
    tasks, today = (OpenTask(None, unknown), *claimed), date(2026, 1, 5)
    needs = tuple(NeedCount(need, 25, AT, today) for need in Need)
    return [
        MorningSummary(needs, tasks[:5], ((name, 25), (GUARDIAN, 1)), today, AT),
        PersonalSummary(tasks[:10], 26, today, AT),
    ]


def _connections(name: str, untrusted: str) -> list[Content]:
    record = a_connection(group_name=name, error=untrusted, version=VERSION)
    odd = a_record_state(_odd_connection(name, untrusted))
    request = _request(name, untrusted)
    unresolved = replace(request, state=OperationState.NEEDS_RESOLUTION)
    retry = a_retry(
        input=RetryRequest("00110022"), delay_reason=untrusted, outcome=Outcome(OutcomeKind.REFUSED, untrusted)
    )
    refused = replace(retry, state=OperationState.REFUSED, settled_at=AT)
    not_authorized = replace(refused, outcome=Outcome(OutcomeKind.NOT_AUTHORIZED, untrusted))
    event = OutboxEvent("n", EventKind.LATE_VERSION, record.entity, AT, None, before=name, after=untrusted)
    ended = replace(event, kind=EventKind.OPERATION_CHANGED, operation_state=OperationState.REFUSED)
    return [
        RecordCard(a_record_state(record), last=refused),
        RecordCard(odd, retry),
        RequestCard(request),
        RequestCard(replace(request, state=OperationState.REFUSED), odd),
        RequestCard(unresolved),
        Alert(a_record_state(record), record.version, card=CARD),
        Alert(odd, "another", retry),
        ManualResolution(unresolved, odd, CARD),
        ThreadLine(event),
        ThreadLine(replace(event, kind=EventKind.RECORD_CHANGED)),
        ThreadLine(ended, refused),
        ThreadLine(operation_changed(replace(retry, attempts=1), AT), retry),
        Reply(request),
        Reply(refused, odd, CARD),
        Reply(not_authorized, a_record_state(record)),
    ]


def _odd_connection(name: str, untrusted: str) -> Connection:
    """Its status and its carrier are not known either."""
    record = a_connection(group_name=name, error=untrusted, version=VERSION)
    return replace(record, status=UnknownValue(name), carrier_id=name, carrier_group_id=_own_id(untrusted))


def _request(name: str, untrusted: str) -> Operation:
    wanted = ConnectionRequest(untrusted, _own_id(untrusted), name)
    return a_request(input=wanted, outcome=Outcome(OutcomeKind.OVERDUE, untrusted))


def _own_id(untrusted: str) -> str:
    """A record's own carrier group id is not masked, so it must not contain a number or an email address here."""
    return re.sub(r"[\d@\ufe6b\uff20]", "", untrusted)


def _decisions(name: str, untrusted: str) -> list[Content]:
    disconnection = a_disconnection(group_name=name, source_type=UnknownValue(untrusted), source_id=untrusted)
    waits = a_record_state(disconnection)
    decided = a_record_state(replace(disconnection, status=DisconnectionStatus.REJECTED))
    decision = a_decision(
        fields={"context": untrusted}, delay_reason=untrusted, outcome=Outcome(OutcomeKind.REFUSED, untrusted)
    )
    refused = replace(decision, state=OperationState.REFUSED, settled_at=AT)
    unclear = replace(decision, state=OperationState.NEEDS_RESOLUTION, outcome=Outcome(OutcomeKind.UNCLEAR, untrusted))
    return [
        RecordCard(waits, decision),
        RecordCard(waits, last=refused),
        RecordCard(waits, unclear),
        RecordCard(decided, last=refused),
        Alert(waits, disconnection.version),
        Alert(waits, disconnection.version, decision),
        ManualResolution(unclear, waits, CARD),
        ThreadLine(operation_changed(refused, AT), refused),
        Reply(refused, waits, CARD),
        Reply(decision, waits),
    ]


def _pending_disconnections(name: str, untrusted: str) -> list[Content]:
    request = a_pending_disconnection(fields={"group_name": name, "carrier_id": name, "context": untrusted})
    unclear = replace(request, state=OperationState.NEEDS_RESOLUTION, outcome=Outcome(OutcomeKind.UNCLEAR, untrusted))
    refused_decision = replace(
        request, state=OperationState.REFUSED, outcome=Outcome(OutcomeKind.REFUSED, untrusted, status=403)
    )
    changed = replace(refused_decision, state=OperationState.CANCELLED, outcome=Outcome(OutcomeKind.CHANGED, untrusted))
    existing = a_record_state(a_disconnection(group_name=name, carrier_id=name))
    event = OutboxEvent("n", EventKind.OPERATION_CHANGED, request.entity, AT, None)
    return [
        RequestCard(request),
        RequestCard(unclear),
        RequestCard(refused_decision, existing),
        RequestCard(changed),
        RequestCard(replace(request, state=OperationState.PENDING, delay_reason=untrusted)),
        ManualResolution(unclear, None, CARD),
        ThreadLine(replace(event, operation_state=OperationState.AWAITING_CONFIRMATION), request),
        ThreadLine(replace(event, operation_state=OperationState.CANCELLED), changed),
        Reply(refused_decision, existing, CARD),
        Reply(changed),
    ]
