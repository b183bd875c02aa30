"""The policies fit each other, and the values that template.yaml repeats agree with them."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest

from bot import policies
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


def test_every_policy_has_a_reason() -> None:
    statements = ast.parse(Path(policies.__file__).read_text(encoding="utf-8")).body[2:]

    for value, reason in zip(statements[::2], statements[1::2], strict=True):
        assert isinstance(value, ast.Assign)
        assert isinstance(reason, ast.Expr)
