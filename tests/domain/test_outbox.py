"""News: the same thing has the same id however often it is learnt, and another thing another."""

from __future__ import annotations

from dataclasses import replace

from bot.domain import outbox as telling
from bot.domain.operations import OperationState
from bot.domain.outbox import EventKind
from bot.domain.records import ConnectionStatus, UnknownValue
from tests.dynamodb.made import NOW, a_connection, a_request, uuid

RECORD = a_connection()


def test_a_version_is_one_piece_of_news_whoever_learns_it_and_when() -> None:
    first = telling.record_changed(RECORD, None, NOW)
    again = telling.record_changed(RECORD, ConnectionStatus.CREATED, NOW + 99, due=NOW + 500)

    assert first.id == again.id
    assert telling.record_changed(replace(RECORD, version=uuid(2)), None, NOW).id != first.id
    assert (first.at, first.due, again.due) == (RECORD.modified, NOW, NOW + 500)
    assert (again.before, again.after) == ("created", "processing")


def test_a_status_that_nobody_knows_is_told_as_it_came() -> None:
    assert (
        telling.record_changed(replace(RECORD, status=UnknownValue("connecting")), None, NOW).after
        == "connecting"
    )


def test_what_came_late_is_other_news_than_what_came_in_time() -> None:
    late = telling.late_version(RECORD, NOW)

    assert late.kind is EventKind.LATE_VERSION
    assert late.id != telling.record_changed(RECORD, None, NOW).id


def test_each_change_of_a_request_is_a_piece_of_its_own() -> None:
    placed = a_request()
    changes = [
        placed,
        replace(placed, state=OperationState.RECONCILING, attempts=1),
        replace(placed, state=OperationState.RECONCILING, attempts=2),
        replace(placed, state=OperationState.SUCCEEDED, attempts=2),
    ]

    assert len({telling.operation_changed(one, NOW).id for one in changes}) == len(changes)
    assert telling.operation_changed(placed, NOW).id == telling.operation_changed(placed, NOW + 9).id


def test_the_news_of_an_answer_tells_what_it_changed_as_well() -> None:
    settled = telling.operation_changed(a_request(state=OperationState.SUCCEEDED), NOW)
    change = telling.record_changed(RECORD, ConnectionStatus.UNABLE_TO_CONNECT, NOW)

    both = telling.with_record_change(settled, (change,))

    assert (both.id, both.entity, both.version) == (settled.id, RECORD.entity, RECORD.version)
    assert (both.before, both.after) == ("unable_to_connect", "processing")
    assert telling.with_record_change(settled, (telling.late_version(RECORD, NOW),)) == settled


def test_late_news_of_an_answer_is_still_told_by_itself() -> None:
    late, change = telling.late_version(RECORD, NOW), telling.record_changed(RECORD, None, NOW)

    assert telling.without_record_events((late, change)) == (late,)
