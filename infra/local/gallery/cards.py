"""The cards, alerts and questions of the gallery, in every state."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

from bot.domain.answers import AnswerProblem, UnconfirmedAnswer
from bot.domain.carriers import EXTRA_FIELDS, CarrierDetails, Carriers
from bot.domain.content import Alert, ManualResolution, MessageLink, RecordCard, RelatedRecords, RequestCard
from bot.domain.operations import Operation, OperationState, Outcome, OutcomeKind
from bot.domain.record_states import RecordState
from bot.domain.records import (
    Connection,
    ConnectionStatus,
    Disconnection,
    DisconnectionSource,
    DisconnectionStatus,
    FieldChange,
    LocalStatus,
    RecordField,
    Status,
    UnknownValue,
)
from bot.domain.requests import RetryRequest
from infra.local import environment
from infra.local.gallery.entries import GALLERY_DISPLAY, Posted, Section
from infra.local.gallery.operations import (
    LAST_DAY,
    OPERATIONS,
    a_group_connection,
    a_group_disconnection,
    advanced_request,
    approval,
    connection_request,
    disconnection,
    existing_group_request,
    open_states,
    outcomes,
    rejection,
    with_outcome,
)
from infra.local.gallery.samples import CARD, CHANGED, GROUP_ID, GUARDIAN, VERSION, a_record_state, a_retry

CONNECTION_STATUSES: tuple[Status, ...] = (*ConnectionStatus, LocalStatus.DELETED, UnknownValue("waiting_on_broker"))
DISCONNECTION_STATUSES: tuple[Status, ...] = (*DisconnectionStatus, LocalStatus.DELETED, UnknownValue("on_hold"))
PRINCIPAL, BEAM = list(environment.CARRIERS)[1:]
CARRIERS = Carriers(environment.CARRIERS)
DISPLAY = replace(GALLERY_DISPLAY, carriers=CARRIERS)
DETAILED = replace(
    DISPLAY,
    carriers=replace(
        CARRIERS,
        details={
            GUARDIAN: CarrierDetails(
                contact="Group setup, setup@guardian.example.com, 555-0100",
                fields=EXTRA_FIELDS,
                pattern="00[0-9]{6}",
                example="00123456",
                hint="The plan number on the master application.",
            )
        },
    ),
)
"""Guardian's details are known."""
UNKNOWN_CARD = MessageLink("CCONNECT", "")
"""A message whose permalink Slack does not return."""
TODAY = date(2025, 12, 29)
OTHER_ENVIRONMENT = replace(DISPLAY, in_production=False, environment="staging")
OBSERVING = replace(DISPLAY, observes_only=True)


def connection(**changes: Any) -> RecordState:
    """A failed connection of a group that Noyo names."""
    return a_record_state(a_group_connection(**{"group_id": GROUP_ID, **changes}), attempt_started_at=CHANGED - 5400)


def request(**changes: Any) -> RecordState:
    """A carrier's request to disconnect the group."""
    return a_record_state(a_group_disconnection(**{"group_id": GROUP_ID, **changes}), requester=None)


def name_of(status: Status) -> str:
    return status.value.replace("_", " ")


def posted(title: str, content: Any, display: Any = DISPLAY) -> Posted:
    return Posted(title, content, display)


# ---------------------------------------------------------------- cards of connections


def connection_cards() -> Section:
    return Section("Cards of connections", tuple(_connection_cards()))


def _connection_cards() -> Iterator[Posted]:
    for status in CONNECTION_STATUSES:
        yield posted(f"Connection: {name_of(status)}", RecordCard(connection(status=status)))
    no_message = connection(status=ConnectionStatus.ACTION_REQUIRED, error=None)
    yield posted("Connection: action required without a message", RecordCard(no_message))
    outside = replace(connection(carrier_group_id=None, carrier_id=BEAM[:-3] + "999"), requester=None)
    yield posted("Connection: requested elsewhere, carrier without a name", RecordCard(outside))
    retryable = replace(DISPLAY, retry_at_action_required=True)
    action = RecordCard(connection(status=ConnectionStatus.ACTION_REQUIRED))
    yield posted("Connection: action required, retry allowed", action, retryable)
    yield posted("Connection: a time out of range", RecordCard(connection(modified=10**13)))
    yield posted("Connection: the carrier's contact", RecordCard(connection()), DETAILED)
    yield posted("Connection: outside production", RecordCard(connection()), OTHER_ENVIRONMENT)
    yield posted("Connection: observe-only mode", RecordCard(connection()), OBSERVING)
    for status in DISCONNECTION_STATUSES[:3] + DISCONNECTION_STATUSES[-1:]:
        yield posted(f"Connection: disconnection request {name_of(status)}", _disconnecting(request(status=status)))
    undated = request(status=DisconnectionStatus.PROCESSING, effective_end_date=None)
    yield posted("Connection: disconnecting, no last managed day", _disconnecting(undated, with_card=False))


def _disconnecting(current: RecordState, *, with_card: bool = True) -> RecordCard:
    completed = connection(status=ConnectionStatus.COMPLETED)
    related = RelatedRecords(disconnections={completed.entity: current}, card=CARD if with_card else None)
    return RecordCard(completed, related=related)


def retry_cards() -> Section:
    failed = connection()
    cards = [posted(f"Retry: {title}", RecordCard(failed, retry)) for title, retry in open_states(a_retry())]
    cards += [posted(f"Retry ended: {title}", RecordCard(failed, last=retry)) for title, retry in outcomes(a_retry())]
    hidden = a_retry(input=RetryRequest(None, "encrypted"))
    cards.append(posted("Retry: with the same id and details that are not shown", RecordCard(failed, hidden)))
    return Section("Cards of connections with a retry", tuple(cards))


# ---------------------------------------------------------------- cards of disconnection requests


def disconnection_cards() -> Section:
    return Section("Cards of disconnection requests", tuple(_disconnection_cards()))


def _disconnection_cards() -> Iterator[Posted]:
    for status in DISCONNECTION_STATUSES:
        shown = request(status=status, decided=CHANGED if status is DisconnectionStatus.REJECTED else None)
        yield posted(f"Disconnection: {name_of(status)}", RecordCard(shown))
    for source in (*DisconnectionSource, UnknownValue("broker_portal")):
        shown = request(source_type=source, source_date=date(2026, 11, 3), source_id="DR-20417")
        yield posted(f"Disconnection: from {name_of_source(source)}", RecordCard(shown))
    for title, day in _DAYS.items():
        yield posted(f"Disconnection: {title}", RecordCard(request(effective_end_date=day), today=TODAY))
    yield posted("Disconnection: related records", _with_related_records())
    claimed = replace(request(), owner="UBEN", owned_since=CHANGED + 60, owned_until=CHANGED + 14460)
    yield posted("Disconnection: claimed", RecordCard(claimed))
    ours = replace(request(source_type=DisconnectionSource.PLATFORM), requester="UANA", requested_by_operation="V0PART")
    yield posted("Disconnection: requested with Switchboard", RecordCard(ours))
    yield posted("Disconnection: observe-only mode", RecordCard(request()), OBSERVING)


_DAYS = {
    "no last managed day": None,
    "ends in eleven days": LAST_DAY,
    "ends tomorrow": date(2025, 12, 30),
    "ends today": TODAY,
    "ended yesterday": date(2025, 12, 28),
    "ended nine days ago": date(2025, 12, 20),
}


def name_of_source(source: DisconnectionSource | UnknownValue) -> str:
    return source.value.replace("_", " ")


def _with_related_records() -> RecordCard:
    others = [connection(carrier_id=carrier, status=ConnectionStatus.COMPLETED).record for carrier in (PRINCIPAL, BEAM)]
    earlier = [request(status=DisconnectionStatus.REJECTED, decided=CHANGED - 86400 * day).record for day in range(5)]
    related = RelatedRecords(
        other_carriers=tuple(record for record in others * 4 if isinstance(record, Connection)),
        earlier=tuple(record for record in earlier if isinstance(record, Disconnection)),
        connection=connection(status=ConnectionStatus.COMPLETED),
        card=CARD,
    )
    return RecordCard(request(), today=TODAY, related=related)


def decision_cards() -> Section:
    cards = []
    for decision in (approval(), rejection()):
        name = decision.audit_details["decision"]
        for title, operation in open_states(decision):
            cards.append(posted(f"{name.capitalize()}: {title}", RecordCard(request(), operation)))
        for title, operation in outcomes(decision):
            cards.append(posted(f"{name.capitalize()} ended: {title}", RecordCard(request(), last=operation)))
    other_day = with_outcome(approval(), OutcomeKind.RECONCILED)
    other_day = replace(other_day, outcome=Outcome(OutcomeKind.RECONCILED, "2026-02-28"))
    cards.append(posted("Approve ended: reconciled with another day", RecordCard(request(), last=other_day)))
    answer = UnconfirmedAnswer(AnswerProblem.END_DATE, "2026-02-28")
    answered = replace(other_day, unconfirmed_answer=answer)
    cards.append(posted("Approve ended: the answer had another day", RecordCard(request(), last=answered)))
    return Section("Cards of disconnection requests with a decision", tuple(cards))


# ---------------------------------------------------------------- cards of requests without a record


def request_cards() -> Section:
    cards = []
    for name, operation in (("Request", connection_request()), ("Disconnect", disconnection())):
        for title, shown in open_states(operation):
            cards.append(posted(f"{name}: {title}", RequestCard(shown)))
        for title, shown in outcomes(operation):
            cards.append(posted(f"{name} ended: {title}", RequestCard(shown, _existing(shown))))
    cards.append(posted("Request: for a group that Noyo knows", RequestCard(existing_group_request())))
    cards.append(posted("Request: with advanced options", RequestCard(advanced_request())))
    refusal = Outcome(OutcomeKind.REFUSED, "This group is protected.", status=403)
    protected = replace(with_outcome(disconnection(), OutcomeKind.REFUSED), outcome=refusal)
    cards.append(posted("Disconnect ended: refused for a protected group", RequestCard(protected)))
    cards.append(posted("Disconnect: approvers are a user group", _awaiting(), _approvers_are_a_group()))
    return Section("Cards of requests that have no record yet", tuple(cards))


def _awaiting() -> RequestCard:
    return RequestCard(disconnection(confirmed=False))


def _approvers_are_a_group() -> Any:
    return replace(DISPLAY, approvers=frozenset({"SOPS"}))


def _existing(operation: Operation) -> RecordState | None:
    if operation.outcome is None or operation.outcome.kind is not OutcomeKind.DUPLICATE:
        return None
    is_request = operation.kind is OPERATIONS["Connection request"].kind
    return connection(status=ConnectionStatus.COMPLETED) if is_request else request()


# ---------------------------------------------------------------- alerts and questions


def alerts() -> Section:
    return Section("Alerts and reminders", tuple(_alerts()))


def _alerts() -> Iterator[Posted]:
    for status in (
        ConnectionStatus.UNABLE_TO_CONNECT,
        ConnectionStatus.ACTION_REQUIRED,
        ConnectionStatus.CARRIER_AUTHORIZATION,
    ):
        yield posted(f"Alert: {name_of(status)}", _alert(connection(status=status)))
    yield posted("Alert: the carrier's contact", _alert(connection()), DETAILED)
    yield posted("Alert: without a message", _alert(connection(error=None)))
    at_once = replace(connection(), attempt_started_at=CHANGED - 20)
    yield posted("Alert: failed at once, card without address", replace(_alert(at_once), card=UNKNOWN_CARD))
    urgent = Alert(request(), VERSION, None, CARD, TODAY, mention_approvers=True)
    yield posted("Alert: disconnection request", _alert(request()))
    yield posted("Alert: disconnection request that is not the carrier's", _alert(request(**_FROM_AUDIT)))
    yield posted("Alert: disconnection request that ends soon", urgent)
    yield posted("Reminder", replace(urgent, mention_approvers=False, is_reminder=True))
    yield posted("Reminder that mentions the approvers", replace(urgent, is_reminder=True))
    for title, before in (("", "2026-01-02"), (", which was not set", None)):
        change = FieldChange(RecordField.END_DATE, before, LAST_DAY.isoformat())
        yield posted(f"Alert: the last managed day moved{title}", _alert(replace(request(), end_date_change=change)))
    yield posted("Alert: a retry is open", replace(_alert(connection()), operation=a_retry()))
    yield posted("Alert: a decision is open", replace(_alert(request()), operation=approval()))
    yield from _outdated_alerts()


_FROM_AUDIT = {"source_type": DisconnectionSource.GROUP_AUDIT_REQUEST}


def _outdated_alerts() -> Iterator[Posted]:
    for status in CONNECTION_STATUSES:
        alert = replace(_alert(connection(status=status)), raised_version="earlier")
        yield posted(f"Alert about an earlier version: now {name_of(status)}", alert)
    for status in DISCONNECTION_STATUSES:
        alert = replace(_alert(request(status=status)), raised_version="earlier")
        yield posted(f"Alert about an earlier version: disconnection now {name_of(status)}", alert)
    still_waits = replace(_alert(request()), raised_version="earlier", is_reminder=True)
    yield posted("Reminder about an earlier version", still_waits)


def _alert(record_state: RecordState) -> Alert:
    return Alert(record_state, VERSION, card=CARD)


def questions() -> Section:
    """Of each kind of operation: the question in its variants, and what replaces it once it is answered."""
    shown = []
    for name, operation in OPERATIONS.items():
        record_state = _record_of(operation)
        for title, asked in open_states(operation):
            if asked.state is OperationState.NEEDS_RESOLUTION:
                shown.append(posted(f"{name}: {title}", ManualResolution(asked, record_state, CARD)))
        if not operation.changes_noyo:
            continue
        shown.append(posted(f"{name}: sent again", ManualResolution(operation, record_state, CARD)))
        for kind in (OutcomeKind.REPORTED_ARRIVED, OutcomeKind.CLOSED, OutcomeKind.REFUSED):
            answered = with_outcome(operation, kind)
            title = f"{name}: {kind.value.replace('_', ' ')}"
            shown.append(posted(title, ManualResolution(answered, record_state, CARD)))
    changed = ManualResolution(_unclear_retry(), connection(version="next"), CARD)
    shown.append(posted("Retry: needs review, the record has changed", changed))
    no_id = connection(carrier_group_id=None, status=ConnectionStatus.PROCESSING)
    shown.append(posted("Retry: needs review, the record is not stored", ManualResolution(_unclear_retry())))
    shown.append(posted("Connection request: Noyo has a record", ManualResolution(_unclear_request(), no_id, CARD)))
    return Section("Questions that a person answers", tuple(shown))


def _unclear_retry() -> Operation:
    return replace(a_retry(), state=OperationState.NEEDS_RESOLUTION, sends=1, outcome=Outcome(OutcomeKind.UNCLEAR))


def _unclear_request() -> Operation:
    return replace(connection_request(), state=OperationState.NEEDS_RESOLUTION, sends=1)


def _record_of(operation: Operation) -> RecordState | None:
    if operation.entity == request().entity:
        return request()
    return connection() if operation.entity == connection().entity else None
