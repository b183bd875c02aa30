"""What is told of each step, and the trace that ties the lines of one piece of work together."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bot.domain import entities
from bot.domain.operations import (
    Operation,
    OperationKind,
    OperationState,
    Outcome,
    OutcomeKind,
    RefreshRequest,
)
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

Told = Callable[[], Any]


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture) -> Told:
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
def test_an_operation_and_all_news_of_it_have_one_trace(work: str, expected: str) -> None:
    assert trace_of(work) == expected


def test_what_is_told_inside_belongs_to_the_inner_work_and_then_to_the_outer_again() -> None:
    assert trace() is None
    with trace_context("V1"):
        with trace_context(f"connection:{RECORD}:{VERSION}"):
            assert trace() == f"connection:{RECORD}:{VERSION}"
        assert trace() == "V1"
    assert trace() is None


def test_the_trace_ends_with_its_work_even_where_that_fails() -> None:
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
def test_a_text_that_is_no_id_is_told_by_a_digest_only(text: str) -> None:
    hidden = safe_label(text)

    assert hidden.startswith("~")
    assert len(hidden) == 17
    assert not text or text not in hidden
    assert safe_label(text) == hidden, "the same each time, so that lines can be told to belong together"


@pytest.mark.parametrize(
    "text", ["V0123ABC", RECORD, f"connection:{RECORD}", "1790000000.000100", "C0ALERTS"]
)
def test_an_id_is_told_as_it_is(text: str) -> None:
    assert safe_label(text) == text


def test_a_step_is_told_with_its_facts_and_without_those_that_are_not_known(told: Told) -> None:
    log_event(LogEvent.NOYO_CALLED, method="PUT", status=None, milliseconds=12)

    [line] = told()
    assert (line.step, line.facts) == (LogEvent.NOYO_CALLED, {"method": "PUT", "milliseconds": 12})
    assert line.levelname == "INFO"
    assert line.funcName == "test_a_step_is_told_with_its_facts_and_without_those_that_are_not_known"


def test_no_fact_carries_a_text_from_outside(told: Told) -> None:
    log_event(LogEvent.MESSAGE_SENT, what="employer 123-45-6789")

    assert "123-45-6789" not in str(told()[0].facts)


def test_what_needs_somebody_is_a_warning(told: Told) -> None:
    log_event(LogEvent.LIST_POLLED, warn=True, list="connection")

    assert told()[0].levelname == "WARNING"


def test_nothing_is_made_of_a_step_that_nobody_listens_to(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, LOGGER)
    log_event(LogEvent.OPERATION_SUBMITTED, kind="look")

    assert caplog.records == []


def test_of_what_somebody_typed_only_the_kind_is_told() -> None:
    assert entity_label(entities.connection_ref(RECORD)) == f"connection:{RECORD}"
    assert entity_label(entities.pending_connection_ref(RECORD, "123456789")) == "request"
    assert entity_label(entities.person_ref("U0ANA")) == "person"


def test_how_an_operation_stands_is_told_under_its_own_trace(told: Told) -> None:
    asked = Operation(
        id="V1",
        entity=entities.pending_connection_ref(RECORD, "123456789"),
        kind=OperationKind.REQUEST_CONNECTION,
        input=RefreshRequest("test"),
        state=OperationState.RECONCILING,
        actor="U0ANA",
        submitted_at=100,
        due=190,
    )
    settled = replace(
        asked,
        state=OperationState.REFUSED,
        outcome=Outcome(OutcomeKind.REFUSED, message="no, 123-45-6789"),
        due=None,
    )
    with trace_context("another"):
        log_operation(asked, 150)
        log_operation(settled, 160)

    kept, over = told()
    assert (kept.step, kept.facts) == (
        LogEvent.OPERATION_SAVED,
        {"kind": "request_connection", "state": "checking", "pause": 40},
    )
    assert over.step is LogEvent.OPERATION_SETTLED
    assert over.facts == {
        "kind": "request_connection",
        "entity": "request",
        "state": "refused",
        "outcome": "refused",
        "seconds": 60,
    }
