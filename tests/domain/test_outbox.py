"""Outbox events: an event has the same id however often it is recorded; different events have different ids."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from bot.domain import outbox
from bot.domain.operations import OperationState
from bot.domain.outbox import EventKind, OutboxEvent, RecordChange
from bot.domain.records import ConnectionStatus, FieldChange, RecordField, UnknownValue
from tests.dynamodb.builders import NOW, a_connection, a_request, uuid

RECORD = a_connection()


def test_a_version_has_one_event_whenever_it_is_recorded() -> None:
    first = outbox.record_changed(RECORD, None, NOW)
    again = outbox.record_changed(RECORD, replace(RECORD, status=ConnectionStatus.CREATED), NOW + 500)

    assert first.id == again.id
    assert outbox.record_changed(replace(RECORD, version=uuid(2)), None, NOW).id != first.id
    assert (first.at, first.due, again.due) == (RECORD.modified, NOW, NOW + 500)
    assert (again.before, again.after) == ("created", "processing")


def test_an_event_has_an_unknown_status_as_received() -> None:
    assert outbox.record_changed(replace(RECORD, status=UnknownValue("connecting")), None, NOW).after == "connecting"


def test_a_late_version_has_another_event_than_a_change() -> None:
    late = outbox.late_version(RECORD, NOW)

    assert late.kind is EventKind.LATE_VERSION
    assert late.id != outbox.record_changed(RECORD, None, NOW).id


def test_the_report_of_a_day_is_one_event_however_often_it_is_put() -> None:
    day = date(2026, 11, 23)
    first, again = outbox.not_moving(day, NOW), outbox.not_moving(day, NOW + 60)

    assert first.id == again.id
    assert (first.day, first.due) == (day, NOW)
    assert outbox.not_moving(date(2026, 11, 24), NOW).id != first.id


def test_the_morning_summary_of_a_day_is_one_event_however_often_it_is_put() -> None:
    day = date(2026, 11, 23)
    first, again = outbox.morning_summary(day, NOW), outbox.morning_summary(day, NOW + 60)

    assert first.id == again.id
    assert (first.day, first.due) == (day, NOW)
    assert outbox.morning_summary(date(2026, 11, 24), NOW).id != first.id


def test_each_change_of_an_operation_has_an_event_of_its_own() -> None:
    submitted = a_request()
    changes = [
        submitted,
        replace(submitted, state=OperationState.RECONCILING, attempts=1),
        replace(submitted, state=OperationState.RECONCILING, attempts=2),
        replace(submitted, state=OperationState.SUCCEEDED, attempts=2),
    ]

    assert len({outbox.operation_changed(operation, NOW).id for operation in changes}) == len(changes)
    assert outbox.operation_changed(submitted, NOW).id == outbox.operation_changed(submitted, NOW + 9).id


def test_the_event_of_an_operation_includes_the_record_change() -> None:
    settled = outbox.operation_changed(a_request(state=OperationState.SUCCEEDED), NOW)
    before = replace(RECORD, status=ConnectionStatus.UNABLE_TO_CONNECT, group_name="Best Company")
    change = outbox.record_changed(RECORD, before, NOW)

    both, written = outbox.announce_both(settled, a_change(change))

    assert (both.id, both.entity, both.version) == (settled.id, RECORD.entity, RECORD.version)
    assert (both.before, both.after) == ("unable_to_connect", "processing")
    assert both.changes == (FieldChange(RecordField.GROUP_NAME, "Best Company", RECORD.group_name),)
    assert written.events == ()


def test_a_late_version_keeps_an_event_of_its_own() -> None:
    settled = outbox.operation_changed(a_request(state=OperationState.SUCCEEDED), NOW)
    late = outbox.late_version(RECORD, NOW)

    both, written = outbox.announce_both(settled, a_change(late))

    assert both == settled
    assert written.events == (late,)


def a_change(*events: OutboxEvent) -> RecordChange:
    return RecordChange(RECORD.entity, before=None, after=None, version=None, events=events)
