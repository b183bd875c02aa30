"""Content with text from outside in every field that may contain it: names, messages, references, notes and ids."""

from __future__ import annotations

import re
from dataclasses import replace

from bot.domain.content import Alert, Content, ManualResolution, RecordCard, Reply, RequestCard, Summary, ThreadLine
from bot.domain.operations import OperationState, Outcome, OutcomeKind
from bot.domain.outbox import EventKind, OutboxEvent, operation_changed
from bot.domain.records import DisconnectionStatus, UnknownValue
from bot.domain.requests import ConnectionRequest, RetryRequest
from infra.local.gallery.samples import (
    CARD,
    VERSION,
    a_connection,
    a_decision,
    a_disconnection,
    a_pending_disconnection,
    a_record_state,
    a_request,
    a_retry,
)


def every_content(name: str, untrusted: str) -> list[Content]:
    """Each kind of content, with the given texts in every field that may contain untrusted text."""
    # A record's own carrier group id is not masked, so it must not contain a number or an email address here.
    own_id = re.sub(r"[\d@\ufe6b\uff20]", "", untrusted)
    record = a_connection(group_name=name, error=untrusted, version=VERSION)
    odd_record = replace(record, status=UnknownValue(name), carrier_id=name, carrier_group_id=own_id)
    request = a_request(
        input=ConnectionRequest(untrusted, own_id, name), outcome=Outcome(OutcomeKind.OVERDUE, untrusted)
    )
    retry = a_retry(
        input=RetryRequest("00110022"), delay_reason=untrusted, outcome=Outcome(OutcomeKind.REFUSED, untrusted)
    )
    refused = replace(retry, state=OperationState.REFUSED, settled_at=1_767_008_000)
    not_authorized = replace(refused, outcome=Outcome(OutcomeKind.NOT_AUTHORIZED, untrusted))
    unresolved = replace(request, state=OperationState.NEEDS_RESOLUTION)
    waits = tuple(a_record_state(replace(record, id=f"{number}")) for number in range(25))
    disconnection = a_disconnection(group_name=name, source_type=UnknownValue(untrusted), source_id=untrusted)
    decision = a_decision(
        fields={"context": untrusted}, delay_reason=untrusted, outcome=Outcome(OutcomeKind.REFUSED, untrusted)
    )
    refused_decision = replace(decision, state=OperationState.REFUSED, settled_at=1_767_008_000)
    decided = replace(disconnection, status=DisconnectionStatus.REJECTED)
    unclear = replace(decision, state=OperationState.NEEDS_RESOLUTION, outcome=Outcome(OutcomeKind.UNCLEAR, untrusted))
    event = OutboxEvent("n", EventKind.LATE_VERSION, record.entity, 1_767_008_000, None, before=name, after=untrusted)
    return [
        RecordCard(a_record_state(record), last=refused),
        RecordCard(a_record_state(odd_record), retry),
        RecordCard(a_record_state(disconnection), retry),
        RequestCard(request),
        RequestCard(replace(request, state=OperationState.REFUSED), a_record_state(odd_record)),
        RequestCard(unresolved),
        Alert(a_record_state(record), record.version, card=CARD),
        Alert(a_record_state(odd_record), "another", retry),
        Alert(a_record_state(disconnection), disconnection.version),
        ManualResolution(unresolved, a_record_state(odd_record), CARD),
        ThreadLine(event),
        ThreadLine(replace(event, kind=EventKind.RECORD_CHANGED)),
        ThreadLine(replace(event, kind=EventKind.OPERATION_CHANGED, operation_state=OperationState.REFUSED), refused),
        ThreadLine(operation_changed(replace(retry, attempts=1), 1_767_008_000), retry),
        Reply(request),
        Reply(refused, a_record_state(odd_record), CARD),
        Reply(not_authorized, a_record_state(record)),
        RecordCard(a_record_state(disconnection), decision),
        RecordCard(a_record_state(disconnection), last=refused_decision),
        RecordCard(a_record_state(disconnection), unclear),
        RecordCard(a_record_state(decided), last=refused_decision),
        Alert(a_record_state(disconnection), disconnection.version, decision),
        ManualResolution(unclear, a_record_state(disconnection), CARD),
        ThreadLine(
            replace(event, kind=EventKind.OPERATION_CHANGED, operation_state=OperationState.REFUSED), refused_decision
        ),
        Reply(refused_decision, a_record_state(disconnection), CARD),
        Reply(decision, a_record_state(disconnection)),
        *_pending_disconnections(name, untrusted),
        Summary(25, 60, waits, 1000),
    ]


def _pending_disconnections(name: str, untrusted: str) -> list[Content]:
    request = a_pending_disconnection(fields={"group_name": name, "carrier_id": name, "context": untrusted})
    unclear = replace(request, state=OperationState.NEEDS_RESOLUTION, outcome=Outcome(OutcomeKind.UNCLEAR, untrusted))
    refused_decision = replace(
        request, state=OperationState.REFUSED, outcome=Outcome(OutcomeKind.REFUSED, untrusted, status=403)
    )
    changed = replace(refused_decision, state=OperationState.CANCELLED, outcome=Outcome(OutcomeKind.CHANGED, untrusted))
    existing = a_record_state(a_disconnection(group_name=name, carrier_id=name))
    event = OutboxEvent("n", EventKind.OPERATION_CHANGED, request.entity, 1_767_008_000, None)
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
