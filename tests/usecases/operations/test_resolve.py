"""Manual resolution: a person reports the result of an operation; the first resolution counts and is audited."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from bot.domain.operations import Operation, OperationState, Outcome, OutcomeKind, Resolution
from bot.domain.record_states import RecordState
from bot.usecases.operations.resolve import resolve
from tests.usecases.execution_bench import ANA, BEN, ExecutionBench, PortHook, open_bench, write_fault


@pytest.fixture
def bench() -> Iterator[ExecutionBench]:
    with open_bench() as opened:
        yield opened


def retry_with_unclear_outcome(bench: ExecutionBench, fault: str = "reset_before") -> RecordState:
    """Submit a retry whose outcome stays unknown."""
    shown = bench.add_failed_connection()
    bench.noyo.faults.add(write_fault(fault, method="PUT"))
    bench.retry(shown)
    bench.run_worker("V2")
    bench.noyo.move_connection(shown.record.id, "unable_to_connect", carrier_group_id="00110011")
    assert bench.run_on_schedule("V2").state is OperationState.NEEDS_RESOLUTION
    bench.ingest_current(shown.record.id)
    return bench.record_state(shown.record.id)


def resolve_retry(
    bench: ExecutionBench, resolution: Resolution, person: str = BEN, *, seen: str | None = None, operations: Any = None
) -> Operation | None:
    deps = replace(bench.deps, operations=operations or bench.store.operations)
    found = bench.store.operations.operation("V2")
    attempt = found.attempts if found else 0
    return resolve("V2", resolution, person, attempt=attempt, seen_version=seen, deps=deps)


@pytest.mark.parametrize(
    ("resolution", "state", "kind"),
    [
        (Resolution.ARRIVED, OperationState.SUCCEEDED, OutcomeKind.REPORTED_ARRIVED),
        (Resolution.CLOSE, OperationState.CANCELLED, OutcomeKind.CLOSED),
    ],
)
def test_a_resolution_settles_releases_the_lock_and_is_audited(
    bench: ExecutionBench, resolution: Resolution, state: OperationState, kind: OutcomeKind
) -> None:
    shown = retry_with_unclear_outcome(bench)

    resolved = resolve_retry(bench, resolution)

    assert resolved is not None
    assert bench.operation("V2").state is state
    assert bench.operation("V2").outcome == Outcome(kind, record=shown.entity, decided_by=BEN)
    assert not bench.is_locked(shown.entity)
    assert ("resolution_chosen", BEN) in bench.audit_actions()
    assert state.value in bench.published_states()
    assert bench.effective_write_count() == 0


def test_sending_again_is_for_the_version_that_was_seen(bench: ExecutionBench) -> None:
    now = retry_with_unclear_outcome(bench)

    resolved = resolve_retry(bench, Resolution.SEND_AGAIN, seen=now.record.version)

    assert resolved is not None
    assert resolved.state is OperationState.PENDING
    assert bench.is_locked(now.entity)
    settled = bench.run_on_schedule("V2")
    assert (settled.state, bench.effective_write_count()) == (OperationState.SUCCEEDED, 1)
    assert ("resolution_chosen", BEN) in bench.audit_actions()


def test_sending_again_keeps_the_sensitive_fields(bench: ExecutionBench) -> None:
    now = retry_with_unclear_outcome(bench)
    resolve_retry(bench, Resolution.SEND_AGAIN, seen=now.record.version)

    bench.run_worker("V2")

    assert bench.writes()[-1].body["broker_tin"] == "987654321"


def test_sending_again_sends_nothing_if_the_record_changed(bench: ExecutionBench) -> None:
    now = retry_with_unclear_outcome(bench)
    bench.noyo.move_connection(now.record.id, "completed")
    resolve_retry(bench, Resolution.SEND_AGAIN, seen=now.record.version)

    settled = bench.run_on_schedule("V2")

    assert (settled.state, bench.effective_write_count()) == (OperationState.CANCELLED, 0)
    assert settled.outcome is not None
    assert settled.outcome.kind is OutcomeKind.CHANGED


def test_sending_again_by_mistake_finds_that_it_had_arrived(bench: ExecutionBench) -> None:
    now = retry_with_unclear_outcome(bench)
    resolve_retry(bench, Resolution.SEND_AGAIN, seen=now.record.version)
    # The earlier request was still in flight, and arrives before we send again.
    bench.noyo.move_connection(now.record.id, "processing", carrier_group_id="00110012")

    settled = bench.run_on_schedule("V2")

    assert settled.outcome is not None
    assert settled.outcome.kind is OutcomeKind.RECONCILED
    assert bench.effective_write_count() == 0


def test_sending_again_has_a_day_of_its_own(bench: ExecutionBench) -> None:
    now = retry_with_unclear_outcome(bench)
    bench.wait(86_400)
    bench.store_people(ANA)
    resolve_retry(bench, Resolution.SEND_AGAIN, seen=now.record.version)
    bench.noyo.stop()

    assert bench.run_worker("V2").state is OperationState.PENDING


@pytest.mark.parametrize("second", list(Resolution))
@pytest.mark.parametrize("first", list(Resolution))
def test_the_first_of_two_concurrent_resolutions_counts(
    bench: ExecutionBench, first: Resolution, second: Resolution
) -> None:
    retry_with_unclear_outcome(bench)

    def resolve_first() -> None:
        assert resolve_retry(bench, first, ANA) is not None

    operations = PortHook(bench.store.operations, "save", resolve_first)

    assert resolve_retry(bench, second, BEN, operations=operations) is None
    actors = [actor for action, actor in bench.audit_actions() if action == "resolution_chosen"]
    assert actors == [ANA]


def test_a_resolution_that_is_not_needed_changes_nothing(bench: ExecutionBench) -> None:
    shown = bench.add_failed_connection()
    bench.retry(shown)

    assert resolve_retry(bench, Resolution.CLOSE) is None
    assert bench.operation("V2").state is OperationState.PENDING
    bench.run_worker("V2")
    assert resolve_retry(bench, Resolution.SEND_AGAIN) is None
    assert bench.operation("V2").state is OperationState.SUCCEEDED


def test_a_resolution_of_an_unknown_operation_changes_nothing(bench: ExecutionBench) -> None:
    assert resolve_retry(bench, Resolution.ARRIVED) is None


def test_an_answer_about_an_earlier_attempt_changes_nothing(bench: ExecutionBench) -> None:
    retry_with_unclear_outcome(bench)
    before = bench.operation("V2")

    taken = resolve("V2", Resolution.SEND_AGAIN, BEN, attempt=before.attempts - 1, seen_version=None, deps=bench.deps)

    assert taken is None
    assert bench.operation("V2") == before


def test_an_attempt_that_starts_and_fails_before_the_answer_is_saved_is_another_question(bench: ExecutionBench) -> None:
    shown = retry_with_unclear_outcome(bench)
    first = bench.operation("V2")

    def send_again_and_fail() -> None:
        bench.noyo.faults.add(write_fault("reset_before", method="PUT"))
        resolve_retry(bench, Resolution.SEND_AGAIN, ANA, seen=shown.record.version)
        assert bench.run_on_schedule("V2").state is OperationState.NEEDS_RESOLUTION

    operations = PortHook(bench.store.operations, "save", send_again_and_fail)
    deps = replace(bench.deps, operations=operations)
    taken = resolve("V2", Resolution.SEND_AGAIN, BEN, attempt=first.attempts, seen_version=None, deps=deps)

    assert taken is None
    assert bench.operation("V2").state is OperationState.NEEDS_RESOLUTION
