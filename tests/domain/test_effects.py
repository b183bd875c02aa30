"""Whether the effect that an operation wanted is there: the mark of the effect counts, never that something moved."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.effects import CLOCK_DIFFERENCE_SECONDS, made_since, retried
from bot.domain.operations import OperationKind, RetryRequest
from bot.domain.records import ConnectionStatus
from tests.store.made import NOW, a_connection, a_disconnection, a_request, uuid

SHOWN = uuid(1)
SINCE = NOW - CLOCK_DIFFERENCE_SECONDS
CORRECTED = replace(
    a_request(),
    kind=OperationKind.RETRY_CONNECTION,
    input=RetryRequest(carrier_group_id="NEW"),
    shown_version=SHOWN,
    first_sent_at=NOW,
)
AS_IT_WAS = replace(CORRECTED, input=RetryRequest())


@pytest.mark.parametrize(("created", "made"), [(SINCE - 1, False), (SINCE, True), (NOW + 9, True)])
def test_made_since_allows_for_the_difference_of_two_clocks(created: int, made: bool) -> None:
    assert made_since(a_connection(created=created), CORRECTED) is made


def test_nothing_was_made_by_what_never_left() -> None:
    assert not made_since(a_connection(created=NOW + 9), replace(CORRECTED, first_sent_at=None))
    assert retried(replace(CORRECTED, first_sent_at=None), [a_connection(carrier_group_id="NEW")]) is None


def test_a_corrected_id_that_is_shown_now_is_the_mark_of_a_retry() -> None:
    there = a_connection(carrier_group_id="NEW", status=ConnectionStatus.UNABLE_TO_CONNECT)

    assert retried(CORRECTED, [a_connection(carrier_group_id="OLD"), there]) == there


def test_a_version_that_was_processing_is_the_mark_of_a_retry_without_a_correction() -> None:
    processed = a_connection(status=ConnectionStatus.PROCESSING)
    failed = a_connection(version=uuid(8), status=ConnectionStatus.UNABLE_TO_CONNECT)

    assert retried(AS_IT_WAS, [failed, processed]) == processed
    assert retried(AS_IT_WAS, [failed]) is None


@pytest.mark.parametrize(
    "version",
    [
        a_connection(version=SHOWN),
        a_connection(modified=SINCE - 1),
        a_disconnection(),
    ],
    ids=["the version that was shown", "older than the sending", "no connection"],
)
def test_what_proves_nothing(version: object) -> None:
    assert retried(AS_IT_WAS, [version]) is None  # type: ignore[list-item]


def test_a_request_is_no_retry() -> None:
    assert retried(replace(a_request(), first_sent_at=NOW), [a_connection()]) is None
