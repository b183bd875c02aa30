"""The summary: how many records are open, and the most urgent records that wait for our action."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.usecases.notifications.read_model import SHOWN, summary
from tests.usecases.in_memory import Ingestion


@pytest.fixture
def ingestion() -> Iterator[Ingestion]:
    with Ingestion() as ingestion:
        yield ingestion


def test_without_open_records_all_counts_are_zero(ingestion: Ingestion) -> None:
    found = summary(ingestion.records, 0)

    assert (found.connections, found.disconnections, found.waiting, found.waiting_total) == (0, 0, (), 0)


def test_only_records_that_need_our_action_wait_and_decisions_come_first(ingestion: Ingestion) -> None:
    ingestion.add_connections(2, status="completed")
    ingestion.add_connections(2, status="processing")
    failed = ingestion.add_connections(1, status="unable_to_connect")[0]
    to_correct = ingestion.add_connections(1, status="action_required")[0]
    to_authorize = ingestion.add_connections(1, status="carrier_authorization")[0]
    decision = ingestion.add_waiting_disconnection("2026-12-31")
    ingestion.run_first_polls()

    found = summary(ingestion.records, 0)

    assert [record_state.entity.key for record_state in found.waiting] == [decision, failed, to_correct, to_authorize]
    assert (found.connections, found.disconnections, found.waiting_total) == (5, 1, 4)


def test_a_long_list_is_truncated_with_its_total_length(ingestion: Ingestion) -> None:
    ingestion.add_connections(SHOWN + 7, status="unable_to_connect")
    ingestion.run_first_polls()

    found = summary(ingestion.records, 0)

    assert (len(found.waiting), found.waiting_total) == (SHOWN, SHOWN + 7)
    oldest_first = [record_state.record.modified for record_state in found.waiting]
    assert oldest_first == sorted(oldest_first)
