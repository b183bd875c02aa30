"""Reading all connections of a group from Noyo: nothing is left out unnoticed, and repeating it changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from bot import policies
from bot.domain.operations import OperationState, OutcomeKind, ReplyTo
from bot.domain.records import connection_ref, group_ref
from bot.errors import LeaseLost
from bot.usecases.operations import submit
from bot.usecases.operations.refresh import refresh
from infra.local.noyo import Fault
from tests.usecases.execution_bench import ANA, ExecutionBench, open_bench

GROUP = "47c07963-2e34-4da2-86b4-cbc3c57111c1"
OTHER = "57c07963-2e34-4da2-86b4-cbc3c57111c2"


@pytest.fixture
def bench() -> Iterator[ExecutionBench]:
    with open_bench() as opened:
        yield opened


def ask(bench: ExecutionBench, entity: Any = None, actor: str | None = ANA) -> None:
    entity = entity or group_ref(GROUP)
    submit.refresh("V1", actor, entity, because="person", reply_to=ReplyTo(), deps=bench.deps)


def outcome(bench: ExecutionBench) -> tuple[OperationState, OutcomeKind | None, str | None]:
    operation = bench.operation("V1")
    found = operation.outcome
    return operation.state, found.kind if found else None, found.message if found else None


def add(bench: ExecutionBench, number: int, status: str = "completed", **fields: Any) -> str:
    added = bench.noyo.add_connection(
        group_id=GROUP, group_name="Harbor Foods", status=status, carrier_group_id=str(number), **fields
    )
    return str(added["id"])


def test_every_connection_of_the_group_is_ingested_whatever_the_number_of_pages(bench: ExecutionBench) -> None:
    ids = [add(bench, number) for number in range(policies.POLL_PAGE_SIZE + 20)]
    bench.noyo.add_connection(group_id=OTHER, group_name="Other Inc", status="completed")
    ask(bench)

    bench.run_worker("V1")

    stored = bench.store.records.record_states(map(connection_ref, ids))
    assert {state.record.group_id for state in stored.values()} == {GROUP}
    assert len(stored) == len(ids)
    assert len(bench.store.records.in_group(OTHER, limit=5)) == 0
    assert outcome(bench) == (
        OperationState.SUCCEEDED,
        OutcomeKind.CONFIRMED,
        "120 connections, 120 of them new or changed",
    )


def test_what_was_known_before_is_not_called_new(bench: ExecutionBench) -> None:
    add(bench, 1)
    ask(bench)
    bench.run_worker("V1")
    bench.wait(600)
    changed = add(bench, 2, "processing")
    submit.refresh("V2", ANA, group_ref(GROUP), because="person", reply_to=ReplyTo(), deps=bench.deps)

    bench.run_worker("V2")

    found = bench.operation("V2").outcome
    assert found is not None
    assert found.message == "2 connections, 1 of them new or changed"
    assert bench.store.records.record_state(connection_ref(changed)) is not None


def test_only_open_connections_that_are_new_are_announced(bench: ExecutionBench) -> None:
    closed, failed = add(bench, 1), add(bench, 2, "unable_to_connect")
    ask(bench)

    bench.run_worker("V1")

    events = [item for item in bench.items() if item["pk"]["S"].startswith("OUTBOX#record_changed:")]
    assert [failed in event["pk"]["S"] for event in events] == [True]
    assert bench.store.records.record_state(connection_ref(closed)) is not None


def test_after_a_failure_it_is_asked_again_and_what_the_first_attempt_found_still_counts(bench: ExecutionBench) -> None:
    for number in range(policies.POLL_PAGE_SIZE + 5):
        add(bench, number)
    bench.noyo.faults.add(Fault("error_before", path_contains="/group_connections", skip=1, times=None))
    ask(bench)
    bench.run_worker("V1")
    assert outcome(bench)[0] is OperationState.PENDING
    bench.noyo.faults.clear()
    bench.wait(60)

    bench.run_worker("V1")

    assert outcome(bench)[2] == "105 connections, 105 of them new or changed"


def test_a_connection_that_cannot_be_read_is_counted_and_the_others_are_ingested(bench: ExecutionBench) -> None:
    broken, fine = add(bench, 1), add(bench, 2)
    bench.noyo.corrupt(broken, "status missing")
    ask(bench)

    bench.run_worker("V1")

    assert outcome(bench)[2] == "2 connections, 1 of them new or changed; 1 could not be read"
    assert bench.store.records.record_state(connection_ref(fine)) is not None


def test_a_group_that_noyo_does_not_know_is_not_found(bench: ExecutionBench) -> None:
    ask(bench)
    bench.run_worker("V1")
    assert outcome(bench)[:2] == (OperationState.REFUSED, OutcomeKind.NOT_FOUND)


def test_an_unknown_id_that_a_person_typed_may_be_that_of_a_group(bench: ExecutionBench) -> None:
    add(bench, 1)
    ask(bench, connection_ref(GROUP))
    bench.run_worker("V1")
    assert outcome(bench)[2] == "1 connection, 1 of them new or changed"


def test_a_webhooks_unknown_id_is_not_taken_for_a_group(bench: ExecutionBench) -> None:
    add(bench, 1)
    ask(bench, connection_ref(GROUP), actor=None)
    bench.run_worker("V1")
    assert outcome(bench)[:2] == (OperationState.REFUSED, OutcomeKind.NOT_FOUND)


def test_a_worker_that_lost_its_lease_settles_nothing(bench: ExecutionBench) -> None:
    add(bench, 1)
    ask(bench)

    with pytest.raises(LeaseLost):
        refresh(replace(bench.operation("V1"), lease="lost"), bench.deps)

    assert outcome(bench)[0] is OperationState.PENDING


def test_a_list_that_does_not_end_is_not_called_complete(
    bench: ExecutionBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(policies, "GROUP_MAX_PAGES", 1)
    for number in range(policies.POLL_PAGE_SIZE + 1):
        add(bench, number)
    ask(bench)
    bench.run_worker("V1")
    assert outcome(bench)[0] is OperationState.PENDING
