"""Log events, their safe fields, and the trace that connects the log lines of an operation."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bot.domain.operations import Operation, OperationKind, OperationState, Outcome, OutcomeKind
from bot.domain.records import connection_ref, pending_connection_ref, person_ref
from bot.domain.requests import RefreshRequest
from bot.telemetry import (
    LOGGER,
    LogEvent,
    entity_label,
    log_event,
    log_operation,
    safe_label,
    trace,
    trace_context,
    trace_of,
)

RECORD = "0b8a3a9e-1111-4222-8333-444455556666"
VERSION = "9c1d2e3f-aaaa-4bbb-8ccc-ddddeeeeffff"

LogRecords = Callable[[], Any]


@pytest.fixture
def written(caplog: pytest.LogCaptureFixture) -> LogRecords:
    caplog.set_level(logging.INFO, LOGGER)
    return lambda: caplog.records


@pytest.mark.parametrize(
    ("work", "expected"),
    [
        ("V0123ABC", "V0123ABC"),
        ("operation_changed:V0123ABC:needs_resolution:3.2", "V0123ABC"),
        ("operation_changed:12.34.ab:settled:1.0", "12.34.ab"),
        (f"record_changed:connection:{RECORD}:{VERSION}", f"connection:{RECORD}:{VERSION}"),
        (f"late_version:connection:{RECORD}:{VERSION}", f"connection:{RECORD}:{VERSION}"),
        ("first_run_summary", "first_run_summary"),
    ],
)
def test_an_operation_and_its_outbox_events_have_one_trace(work: str, expected: str) -> None:
    assert trace_of(work) == expected


def test_an_inner_trace_context_ends_with_the_outer_trace_restored() -> None:
    assert trace() is None
    with trace_context("V1"):
        with trace_context(f"connection:{RECORD}:{VERSION}"):
            assert trace() == f"connection:{RECORD}:{VERSION}"
        assert trace() == "V1"
    assert trace() is None


def test_a_trace_context_ends_after_an_error() -> None:
    with pytest.raises(RuntimeError), trace_context("V1"):
        raise RuntimeError
    assert trace() is None


@pytest.mark.parametrize(
    "text",
    [
        "123-45-6789",
        "12-3456789",
        "123456789",
        "V0 123.45.6789",
        "connection:123-45-6789",
        "<@U0ANA> <!channel>",
        "Widgets R Us",
        "ana@example.com",
        'x" , "level": "ERROR',
        "line\nbreak",
        "x" * 201,
        "\ud800",
        "",
    ],
)
def test_a_text_that_is_not_an_id_is_logged_as_a_digest(text: str) -> None:
    hidden = safe_label(text)

    assert hidden.startswith("~")
    assert len(hidden) == 17
    assert not text or text not in hidden
    assert safe_label(text) == hidden, "the same each time, so that lines with the same text can be found"


@pytest.mark.parametrize("text", ["V0123ABC", RECORD, f"connection:{RECORD}", "1790000000.000100", "C0ALERTS"])
def test_an_id_is_logged_as_it_is(text: str) -> None:
    assert safe_label(text) == text


def test_an_event_is_logged_with_its_known_fields(written: LogRecords) -> None:
    log_event(LogEvent.NOYO_CALLED, method="PUT", status=None, milliseconds=12)

    [line] = written()
    assert (line.log_event, line.fields) == (LogEvent.NOYO_CALLED, {"method": "PUT", "milliseconds": 12})
    assert line.levelname == "INFO"
    assert line.funcName == "test_an_event_is_logged_with_its_known_fields"


def test_no_field_contains_a_text_from_outside(written: LogRecords) -> None:
    log_event(LogEvent.MESSAGE_SENT, kind="employer 123-45-6789")

    assert "123-45-6789" not in str(written()[0].fields)


def test_an_event_can_be_a_warning(written: LogRecords) -> None:
    log_event(LogEvent.LIST_POLLED, warn=True, list="connection")

    assert written()[0].levelname == "WARNING"


def test_an_event_below_the_log_level_is_not_written(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, LOGGER)
    log_event(LogEvent.OPERATION_SUBMITTED, kind="refresh_record")

    assert caplog.records == []


def test_a_reference_with_a_carrier_group_id_is_logged_by_kind_only() -> None:
    assert entity_label(connection_ref(RECORD)) == f"connection:{RECORD}"
    assert entity_label(pending_connection_ref(RECORD, "123456789")) == "pending_connection"
    assert entity_label(person_ref("U0ANA")) == "person"


def test_an_operation_is_logged_with_its_state_and_outcome(written: LogRecords) -> None:
    pending = Operation(
        id="V1",
        entity=pending_connection_ref(RECORD, "123456789"),
        kind=OperationKind.REQUEST_CONNECTION,
        input=RefreshRequest("test"),
        state=OperationState.RECONCILING,
        actor="U0ANA",
        submitted_at=100,
        due=190,
    )
    settled = replace(
        pending, state=OperationState.REFUSED, outcome=Outcome(OutcomeKind.REFUSED, message="no, 123-45-6789"), due=None
    )
    with trace_context("another"):
        log_operation(pending, 150)
        log_operation(settled, 160)

    saved, final = written()
    assert (saved.log_event, saved.fields) == (
        LogEvent.OPERATION_SAVED,
        {"kind": "request_connection", "state": "reconciling", "due_in": 40},
    )
    assert final.log_event is LogEvent.OPERATION_SETTLED
    assert final.fields == {
        "kind": "request_connection",
        "entity": "pending_connection",
        "state": "refused",
        "outcome": "refused",
        "seconds": 60,
    }
