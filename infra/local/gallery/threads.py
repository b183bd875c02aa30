"""The lines in the threads of cards, the replies to people, and the messages about Switchboard itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

from bot.domain.content import NotMoving, NotMovingRecord, PauseNotice, Reply, Summary, ThreadLine
from bot.domain.operations import Operation, OperationState, OutcomeKind
from bot.domain.outbox import EventKind, OutboxEvent, operation_changed, record_changed
from bot.domain.records import ConnectionStatus, DisconnectionSource, DisconnectionStatus, LocalStatus
from bot.slack.views.replies import reply_title, reply_view
from infra.local.gallery.cards import (
    BEAM,
    CONNECTION_STATUSES,
    DETAILED,
    DISCONNECTION_STATUSES,
    DISPLAY,
    OBSERVING,
    OTHER_ENVIRONMENT,
    connection,
    name_of,
    posted,
    request,
)
from infra.local.gallery.entries import Modal, Posted, Section, permalink
from infra.local.gallery.operations import (
    OBSERVE_PAUSE,
    OPERATIONS,
    PAUSE,
    disconnection,
    open_states,
    outcomes,
    refresh,
    refreshed_group,
    with_outcome,
)
from infra.local.gallery.samples import CARD, CHANGED, a_connection, a_disconnection, a_retry
from infra.local.gallery.summaries import morning_summaries

LATER = CHANGED + 7200


# ---------------------------------------------------------------- thread lines


def record_lines() -> Section:
    return Section("Thread lines about a record", tuple(_record_lines()))


def _record_lines() -> Iterator[Posted]:
    for record_state, statuses in ((connection(), CONNECTION_STATUSES), (request(), DISCONNECTION_STATUSES)):
        kind = record_state.entity.kind.value
        for status in statuses:
            line = _event(EventKind.RECORD_CHANGED, record_state, before="processing", after=status.value)
            yield posted(f"Line: {kind} changed to {name_of(status)}", ThreadLine(line))
    new = _event(EventKind.RECORD_CHANGED, connection(), after="created")
    yield posted("Line: new at Noyo", ThreadLine(new))
    yield posted("Line: posted late", ThreadLine(replace(new, late=True)))
    yield posted("Line: unchanged status", ThreadLine(replace(new, before="created")))
    yield posted("Line: exists again", ThreadLine(replace(new, before=LocalStatus.DELETED.value)))
    late = _event(EventKind.LATE_VERSION, connection(), after="processing")
    yield posted("Line: an earlier change arrived late", ThreadLine(late))
    yield posted("Line: existed before the start", ThreadLine(_event(EventKind.SUMMARY, connection())))
    for title, before, after in (
        ("claimed", None, "UBEN"),
        ("claimed instead", "UBEN", "UCARA"),
        ("released", "UCARA", None),
    ):
        owner = _event(EventKind.OWNER_CHANGED, request(), before=before, after=after)
        yield posted(f"Line: {title}", ThreadLine(owner))
    given = replace(_event(EventKind.OWNER_CHANGED, request(), before="UBEN", after="UCARA"), is_handover=True)
    yield posted("Line: handed over", ThreadLine(given))
    yield from _field_lines()


def _field_lines() -> Iterator[Posted]:
    after = a_connection(
        version="next",
        modified=LATER,
        group_name="Maple Bakery LLC",
        carrier_group_id="00110022",
        error="The carrier needs a signed form.",
    )
    yield posted("Line: changed fields of a connection", ThreadLine(record_changed(after, a_connection(), LATER)))
    old = a_disconnection(effective_end_date=None)
    fields: dict[str, Any] = {
        "effective_end_date": date(2026, 1, 9),
        "source_type": DisconnectionSource.GROUP_AUDIT_REQUEST,
        "source_date": date(2026, 11, 3),
        "source_id": "DR-20417",
        "carrier_id": BEAM,
        "group_id": "5b1c7c5e-0000-4000-8000-000000000006",
    }
    new = a_disconnection(version="next", **fields)
    yield posted("Line: changed fields of a disconnection request", ThreadLine(record_changed(new, old, LATER)))


def _event(kind: EventKind, record_state: Any, **changes: Any) -> OutboxEvent:
    return OutboxEvent("event", kind, record_state.entity, LATER, None, **changes)


def operation_lines() -> Section:
    return Section("Thread lines about what people asked for", tuple(_operation_lines()))


def _operation_lines() -> Iterator[Posted]:
    for name, operation in OPERATIONS.items():
        for title, shown in (*open_states(operation), *outcomes(operation)):
            yield posted(f"{name}: {title}", ThreadLine(operation_changed(shown, LATER), shown))
    again = operation_changed(replace(a_retry(), attempts=1), LATER)
    yield posted("Retry: sent again, since Noyo shows no effect", ThreadLine(again, a_retry()))
    yield posted("Retry: sent again by a person", ThreadLine(replace(again, resolved_by="UCARA"), a_retry()))
    checking = replace(a_retry(), state=OperationState.RECONCILING, sends=2)
    yield posted("Retry: checking again", ThreadLine(operation_changed(checking, LATER), checking))
    settles = replace(again, operation_state=OperationState.SUCCEEDED, before="unable_to_connect", after="processing")
    [(_, confirmed), *_] = outcomes(a_retry())
    yield posted("Retry: confirmed, with the new status", ThreadLine(settles, confirmed))
    unseen = replace(again, operation_state=OperationState.CANCELLED)
    yield posted("An operation that is no longer stored", ThreadLine(unseen))


# ---------------------------------------------------------------- replies to people


def replies() -> tuple[Section, Section]:
    """All replies as direct messages; and in the form that the person submitted, one for each title of the modal."""
    contents = list(_replies())
    direct = tuple(posted(title, reply) for title, reply in contents)
    by_title = {reply_title(reply.operation): (title, reply) for title, reply in reversed(contents)}
    modals = tuple(Modal(title, reply_view(reply, DISPLAY, permalink)) for title, reply in by_title.values())
    return Section("Replies as direct messages", direct), Section("Replies in the form", modals)


def _replies() -> Iterator[tuple[str, Reply]]:
    for name, operation in OPERATIONS.items():
        record_state = _record_of(operation)
        for title, shown in open_states(operation):
            yield f"{name}: {title}", Reply(shown, record_state, CARD)
        for title, shown in outcomes(operation):
            yield f"{name} ended: {title}", Reply(shown, record_state, CARD, reader="UANA")
    yield "Refresh of a group: confirmed", Reply(refreshed_group(), reader="UANA")
    yield "Refresh of a group: overdue", Reply(with_outcome(refreshed_group(), OutcomeKind.OVERDUE), reader="UANA")
    typed = replace(refreshed_group(), entity=refresh().entity, input=refresh().input)
    yield "Refresh of an id that is a group's", Reply(typed, reader="UANA")
    [(_, confirmed), *_] = outcomes(disconnection())
    yield "Disconnection request: for the second approver", Reply(confirmed, None, CARD, reader="UCARA")


def _record_of(operation: Operation) -> Any:
    if operation.entity == request().entity:
        return request(status=DisconnectionStatus.PROCESSING)
    is_connection = operation.entity == connection().entity
    return connection(status=ConnectionStatus.PROCESSING) if is_connection else None


# ---------------------------------------------------------------- Switchboard itself


def about_switchboard() -> Section:
    waiting = (request(), connection(), connection(id="2", status=ConnectionStatus.ACTION_REQUIRED))
    ended = replace(PAUSE, until=LATER, ended_by="UBEN")
    entries = (
        posted("The first summary", Summary(184, 12, waiting, 40, LATER)),
        posted("The first summary: one record needs action", Summary(1, 1, waiting[:1], 1, LATER)),
        posted("The first summary: nothing needs action", Summary(3, 0, (), 0, LATER)),
        posted("The first summary: observe-only mode", Summary(184, 12, waiting, 3, LATER), OBSERVING),
        posted("The first summary: outside production", Summary(184, 12, waiting, 3, LATER), OTHER_ENVIRONMENT),
        *_not_moving(),
        *morning_summaries(),
        posted("Paused", PauseNotice(PAUSE)),
        posted("Paused without a reason", PauseNotice(replace(PAUSE, reason=None))),
        posted("Resumed", PauseNotice(ended)),
        posted("Observe-only mode", PauseNotice(OBSERVE_PAUSE)),
        posted("Observe-only mode ended", PauseNotice(replace(OBSERVE_PAUSE, until=LATER))),
    )
    return Section("Messages about Switchboard itself", entries)


def _not_moving() -> Iterator[Posted]:
    waits = NotMovingRecord(connection(status=ConnectionStatus.WAITING_ON_CARRIER), 6)
    failed = NotMovingRecord(replace(connection(), owner="UBEN", owned_since=CHANGED), 1)
    late = NotMovingRecord(request(status=DisconnectionStatus.PROCESSING), 9, is_overdue=True)
    carrier = a_connection().carrier_id
    yield posted("Not moving", NotMoving(carrier, (failed, late, waits), 3, 1, LATER))
    yield posted("Not moving: the carrier's contact", NotMoving(carrier, (waits,), 1, 7, LATER), DETAILED)
    yield posted("Not moving: one record since today", NotMoving(carrier, (late,), 1, 0, LATER))
    yield posted("Not moving: more than fit", NotMoving(carrier, (waits,) * 10, 24, 7, LATER))
    yield posted("Not moving: a carrier without a name", NotMoving("unnamed", (waits,), 1, 7, LATER))
