"""Slack room tests: each line of a thread tells its own moment and stays true."""

from dataclasses import replace
from typing import Any

import pytest

from bot.domain.content import ThreadLine
from bot.domain.operations import Operation, OperationState, OutcomeKind
from bot.domain.outbox import EventKind, OutboxEvent, operation_changed
from bot.domain.records import connection_ref, disconnection_ref
from bot.slack.views.cards import thread_line
from tests.slack.samples import CHANGED, a_retry, settled, shown

WHEN = " · 29 Dec 2025 11:33 UTC"


def told(kind: EventKind, operation: Operation | None = None, **changes: Any) -> str:
    event = OutboxEvent("n", kind, connection_ref("x"), CHANGED + 500, None)
    return shown(ThreadLine(replace(event, **changes), operation))


def test_a_change_names_both_statuses() -> None:
    assert told(EventKind.RECORD_CHANGED, before="processing", after="unable_to_connect") == (
        "Processing → Unable to connect" + WHEN
    )


def test_a_new_record_says_so_and_an_unknown_status_is_shown_as_it_came() -> None:
    assert told(EventKind.RECORD_CHANGED, after="connecting") == "New at Noyo: connecting" + WHEN


def test_a_change_within_a_status_says_that_the_status_stayed() -> None:
    assert told(EventKind.RECORD_CHANGED, before="created", after="created") == "Changed at Noyo, still Created" + WHEN


def test_a_disconnections_statuses_are_its_own() -> None:
    made = told(EventKind.RECORD_CHANGED, entity=disconnection_ref("x"), before="needs_review", after="rejected")
    assert made == "Needs review → Rejected" + WHEN


def test_what_arrived_late_is_said_to_be_late() -> None:
    assert told(EventKind.LATE_VERSION, after="processing") == "An earlier change arrived late: Processing" + WHEN
    assert "arrived late: (empty)" in told(EventKind.LATE_VERSION)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (OperationState.SENDING, "Sending @UANA's retry to Noyo"),
        (OperationState.RECONCILING, "Noyo did not answer @UANA's retry; checking whether it arrived"),
        (OperationState.NEEDS_RESOLUTION, "Needs review: it is unknown whether @UANA's retry arrived"),
    ],
)
def test_a_line_about_an_operation_tells_the_state_of_then_and_not_of_now(state: OperationState, words: str) -> None:
    now = settled(a_retry(), OutcomeKind.CONFIRMED)
    assert told(EventKind.OPERATION_CHANGED, now, operation_state=state) == words + WHEN


def test_an_operation_put_back_in_the_second_it_was_placed_in_is_told_apart_from_its_placing() -> None:
    placed = replace(a_retry(), state=OperationState.PENDING, attempts=0, reconciliations=0)
    asked, again = (
        shown(ThreadLine(operation_changed(replace(placed, attempts=attempts), placed.submitted_at), placed))
        for attempts in (0, 1)
    )

    assert asked.startswith("@UANA asked to retry with carrier group id 00110022")
    assert again.startswith("Could not reach Noyo; @UANA's retry will be sent again")


def test_a_settled_operation_and_the_change_it_brought_are_one_line() -> None:
    made = told(
        EventKind.OPERATION_CHANGED,
        settled(a_retry(), OutcomeKind.CONFIRMED),
        operation_state=OperationState.SUCCEEDED,
        before="unable_to_connect",
        after="processing",
    )
    assert made == "Noyo confirmed @UANA's retry · Unable to connect → Processing" + WHEN


def test_an_operation_that_is_no_longer_kept_still_has_its_line() -> None:
    assert "was succeeded" in told(EventKind.OPERATION_CHANGED, operation_state=OperationState.SUCCEEDED)
    assert "was settled" in told(EventKind.OPERATION_CHANGED)


def test_what_was_there_before_us_says_so() -> None:
    assert told(EventKind.SUMMARY) == "Existed before Switchboard started" + WHEN


def test_a_line_is_one_block_and_one_line() -> None:
    event = OutboxEvent("n", EventKind.RECORD_CHANGED, connection_ref("x"), CHANGED, None, after="created")
    message = thread_line(ThreadLine(event))
    assert len(message.blocks()) == 1
    assert "\n" not in message.rendered().text
