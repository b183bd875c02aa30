"""The policies fit each other, and the values that template.yaml repeats agree with them."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import pytest

from bot import policies
from bot.domain.outbox import EventKind, OutboxEvent
from bot.domain.records import EntityKind, EntityRef
from bot.errors import SlackBusy, SlackNoAnswer, SlackRefused
from bot.usecases.notifications.publish import retry_delay
from bot.usecases.notifications.publisher import MessageBusy, PostUnconfirmed
from infra.local.aws.table import read_template

SLACK_WAITS_SECONDS = 3
CALLS_PER_EXECUTION = 5
"""Two reads (each up to two timeouts), the token, the write and its repetition after a 401."""


def timeout_of(function: str) -> int:
    properties: dict[str, Any] = read_template()["Resources"][function]["Properties"]
    return int(properties["Timeout"])


def test_operation_lease_outlasts_the_timeout_of_its_function() -> None:
    assert timeout_of("ExecuteOperationsFunction") < policies.OPERATION_LEASE_SECONDS


def test_longest_execution_fits_into_the_timeout_of_its_function() -> None:
    assert timeout_of("ExecuteOperationsFunction") > policies.OPERATION_MAX_SECONDS
    assert policies.NOYO_MAX_TIMEOUT_SECONDS * CALLS_PER_EXECUTION < policies.OPERATION_MAX_SECONDS


def test_message_lease_fits_into_the_timeout_of_its_function() -> None:
    assert timeout_of("NotifyFunction") > policies.MESSAGE_LEASE_SECONDS
    assert policies.SLACK_WORKER_TIMEOUT_SECONDS < policies.MESSAGE_MIN_LEASE_LEFT_SECONDS


@pytest.mark.parametrize("function", ["ExecuteOperationsFunction", "NotifyFunction"])
def test_scheduled_batches_leave_time_for_their_last_item(function: str) -> None:
    assert timeout_of(function) > policies.BATCH_RESERVED_SECONDS


def test_receivers_calls_end_before_slack_times_out() -> None:
    """A read starts only if it fits. A new connection, or the final response, may come on top."""
    assert policies.AWS_RECEIVER_READ_SECONDS < policies.SLACK_REQUEST_SECONDS
    assert policies.SLACK_REQUEST_SECONDS + policies.AWS_RECEIVER_CONNECT_SECONDS < SLACK_WAITS_SECONDS
    assert policies.SLACK_REQUEST_SECONDS + policies.SLACK_FINAL_RESPONSE_SECONDS < SLACK_WAITS_SECONDS
    assert policies.AWS_RECEIVER_TOTAL_SECONDS <= 2


def test_one_attempt_fits_into_the_total_of_all_attempts() -> None:
    receiver = policies.AWS_RECEIVER_CONNECT_SECONDS + policies.AWS_RECEIVER_READ_SECONDS
    worker = policies.AWS_WORKER_CONNECT_SECONDS + policies.AWS_WORKER_READ_SECONDS

    assert receiver <= policies.AWS_RECEIVER_TOTAL_SECONDS
    assert worker <= policies.AWS_WORKER_TOTAL_SECONDS


def test_pauses_are_kept_longer_than_an_operation_waits() -> None:
    assert policies.PAUSE_RETENTION_SECONDS > policies.OPERATION_GIVE_UP_SECONDS
    assert policies.POLL_IDS_PER_REQUEST <= policies.NOYO_MAX_IDS


# ---------------------------------------------------------------- due times and alarms

SCHEDULE_SECONDS = 60
"""Between two scheduled runs of a worker."""
OPERATIONS, EVENTS = "OperationsNotExecutedAlarm", "EventsNotPublishedAlarm"
POSTPONES = {
    "OPERATION_LEASE_SECONDS": OPERATIONS,
    "OPERATION_FIRST_PAUSE_SECONDS": OPERATIONS,
    "OPERATION_MAX_PAUSE_SECONDS": OPERATIONS,
    "NOYO_RETRY_AFTER_MAX_SECONDS": OPERATIONS,
    "MESSAGE_LEASE_SECONDS": EVENTS,
    "MESSAGE_SETTLE_SECONDS": EVENTS,
    "EVENT_FIRST_PAUSE_SECONDS": EVENTS,
    "EVENT_MAX_PAUSE_SECONDS": EVENTS,
    "EARLIER_LINE_WAIT_SECONDS": EVENTS,
    "REQUEST_CARD_WAIT_SECONDS": EVENTS,
    "GROUP_INDEX_LAG_SECONDS": EVENTS,
    "REMINDER_DECISION_WAIT_SECONDS": EVENTS,
    "HANDOVER_RETRY_SECONDS": EVENTS,
    "SLACK_OUTAGE_MAX_PAUSE_SECONDS": EVENTS,
    "SLACK_DEFAULT_RETRY_AFTER_SECONDS": EVENTS,
    "SLACK_RETRY_AFTER_MAX_SECONDS": EVENTS,
    "SLACK_TOKEN_RETRY_SECONDS": EVENTS,
    "SLACK_SEARCH_MAX_SECONDS": EVENTS,
}
"""Policies by which an operation or an event becomes due later, and the alarm that reports one that stays due."""
REPORTED_AT_ONCE = {
    "OPERATION_GIVE_UP_SECONDS": "OperationNeedsResolutionAlarm",
    "UNREADABLE_RETRY_SECONDS": "EntriesUnreadableAlarm",
}
"""Policies whose items have an alarm of their own, whenever they are due."""
WITHIN_A_RUN = {
    "MESSAGE_MIN_LEASE_LEFT_SECONDS",
    "STREAM_MAX_WAIT_SECONDS",
    "AWS_FIRST_PAUSE_SECONDS",
    "AWS_MAX_PAUSE_SECONDS",
    "NOYO_READ_FIRST_PAUSE_SECONDS",
}
"""Waits that end with the invocation, so no item becomes due later."""
NAMES_A_WAIT = re.compile(r"(LEASE|WAIT|SETTLE(?!D)|LAG|GIVE_UP|SEARCH|(?<!^)PAUSE|RETRY).*_SECONDS")


def alarm(name: str) -> dict[str, Any]:
    properties: dict[str, Any] = read_template()["Resources"][name]["Properties"]
    return properties


def test_every_policy_that_sets_a_due_time_is_compared_with_an_alarm() -> None:
    waits = {name for name in vars(policies) if NAMES_A_WAIT.search(name)}

    assert waits == {*POSTPONES, *REPORTED_AT_ONCE, *WITHIN_A_RUN}


@pytest.mark.parametrize(("policy", "reported_by"), POSTPONES.items())
def test_nothing_is_postponed_for_longer_than_an_alarm_tolerates(policy: str, reported_by: str) -> None:
    assert getattr(policies, policy) <= alarm(reported_by)["Threshold"]


@pytest.mark.parametrize(
    "failure",
    [
        SlackNoAnswer("no answer"),
        PostUnconfirmed("no answer", seconds=policies.MESSAGE_LEASE_SECONDS),
        SlackRefused("is_archived"),
        SlackBusy("later", retry_after=policies.SLACK_RETRY_AFTER_MAX_SECONDS),
        MessageBusy("busy"),
        ValueError("an error of ours"),
    ],
)
@pytest.mark.parametrize("attempts", [0, 3, 10, 1000])
def test_no_failure_postpones_an_event_for_longer_than_an_alarm_tolerates(failure: Exception, attempts: int) -> None:
    event = OutboxEvent("e", EventKind.SUMMARY, EntityRef(EntityKind.CONNECTION, "c"), at=0, due=0, attempts=attempts)

    assert 0 < retry_delay(failure, event) <= alarm(EVENTS)["Threshold"]


def test_an_operation_without_an_answer_is_reconciled_before_an_alarm() -> None:
    pattern = read_template()["Parameters"]["CheckAfterSeconds"]["AllowedPattern"]
    allowed = [seconds for seconds in range(5_000) if re.fullmatch(pattern, str(seconds))]

    assert min(allowed) > policies.NOYO_MAX_TIMEOUT_SECONDS
    assert max(allowed) < alarm(OPERATIONS)["Threshold"]


def test_an_event_that_slack_keeps_refusing_raises_the_alarm() -> None:
    """However its attempts fall into the alarm's periods, enough of them have one."""
    failures = alarm("PublishFailuresAlarm")
    longest = policies.EVENT_MAX_PAUSE_SECONDS + SCHEDULE_SECONDS

    assert longest * failures["DatapointsToAlarm"] <= failures["Period"] * failures["EvaluationPeriods"]


def test_what_waits_longer_has_an_alarm_of_its_own() -> None:
    for reported_by in REPORTED_AT_ONCE.values():
        assert alarm(reported_by)["AlarmActions"]


def test_every_policy_has_a_reason() -> None:
    statements = ast.parse(Path(policies.__file__).read_text(encoding="utf-8")).body[2:]

    for value, reason in zip(statements[::2], statements[1::2], strict=True):
        assert isinstance(value, ast.Assign)
        assert isinstance(reason, ast.Expr)
