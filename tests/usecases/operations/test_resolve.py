"""Manual resolution: a person reports the result of an operation; the first resolution counts and is audited."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from bot.domain.operations import Operation, OperationState, Outcome, OutcomeKind, Resolution
from bot.domain.record_states import RecordState
from bot.usecases.operations.resolve import resolve
from tests.usecases.execution_bench import ANA, BEN, Before, ExecutionBench, bench, writes_fail


@pytest.fixture
def here() -> Iterator[ExecutionBench]:
    with bench() as opened:
        yield opened


def unclear(here: ExecutionBench, fault: str = "reset_before") -> RecordState:
    """A retry of which it is unclear whether it arrived."""
    shown = here.stuck()
    here.noyo.faults.add(writes_fail(fault, method="PUT"))
    here.retry(shown)
    here.run_worker("V2")
    here.noyo.move_connection(shown.record.id, "unable_to_connect", carrier_group_id="00110011")
    assert here.live("V2").state is OperationState.NEEDS_RESOLUTION
    here.see(shown.record.id)
    return here.record_state(shown.record.id)


def resolve_retry(
    here: ExecutionBench, resolution: Resolution, person: str = BEN, *, seen: str | None = None, operations: Any = None
) -> Operation | None:
    deps = replace(here.deps, operations=operations or here.store.operations)
    return resolve("V2", resolution, person, seen_version=seen, deps=deps)


@pytest.mark.parametrize(
    ("resolution", "state", "kind"),
    [
        (Resolution.ARRIVED, OperationState.SUCCEEDED, OutcomeKind.REPORTED_ARRIVED),
        (Resolution.CLOSE, OperationState.CANCELLED, OutcomeKind.CLOSED),
    ],
)
def test_a_resolution_settles_releases_the_lock_and_is_audited(
    here: ExecutionBench, resolution: Resolution, state: OperationState, kind: OutcomeKind
) -> None:
    shown = unclear(here)

    taken = resolve_retry(here, resolution)

    assert taken is not None
    assert here.operation("V2").state is state
    assert here.operation("V2").outcome == Outcome(kind, record=shown.entity, decided_by=BEN)
    assert not here.locked(shown.entity)
    assert ("resolution_chosen", BEN) in here.audit_actions()
    assert state.value in here.published_states()
    assert here.effects() == 0


def test_sending_again_is_for_the_version_that_was_seen(here: ExecutionBench) -> None:
    now = unclear(here)

    taken = resolve_retry(here, Resolution.SEND_AGAIN, seen=now.record.version)

    assert taken is not None
    assert taken.state is OperationState.PENDING
    assert here.locked(now.entity)
    settled = here.live("V2")
    assert (settled.state, here.effects()) == (OperationState.SUCCEEDED, 1)
    assert ("resolution_chosen", BEN) in here.audit_actions()


def test_sending_again_keeps_the_sensitive_fields(here: ExecutionBench) -> None:
    now = unclear(here)
    resolve_retry(here, Resolution.SEND_AGAIN, seen=now.record.version)

    here.run_worker("V2")

    assert here.writes()[-1].body["broker_tin"] == "987654321"


def test_sending_again_sends_nothing_if_the_record_changed(here: ExecutionBench) -> None:
    now = unclear(here)
    here.noyo.move_connection(now.record.id, "completed")
    resolve_retry(here, Resolution.SEND_AGAIN, seen=now.record.version)

    settled = here.live("V2")

    assert (settled.state, here.effects()) == (OperationState.CANCELLED, 0)
    assert settled.outcome is not None
    assert settled.outcome.kind is OutcomeKind.CHANGED


def test_sending_again_by_mistake_finds_that_it_had_arrived(here: ExecutionBench) -> None:
    now = unclear(here)
    resolve_retry(here, Resolution.SEND_AGAIN, seen=now.record.version)
    # The earlier request was still in flight, and arrives before we send again.
    here.noyo.move_connection(now.record.id, "processing", carrier_group_id="00110012")

    settled = here.live("V2")

    assert settled.outcome is not None
    assert settled.outcome.kind is OutcomeKind.RECONCILED
    assert here.effects() == 0


def test_sending_again_has_a_day_of_its_own(here: ExecutionBench) -> None:
    now = unclear(here)
    here.wait(86_400)
    here.know(ANA)
    resolve_retry(here, Resolution.SEND_AGAIN, seen=now.record.version)
    here.noyo.stop()

    assert here.run_worker("V2").state is OperationState.PENDING


@pytest.mark.parametrize("second", list(Resolution))
@pytest.mark.parametrize("first", list(Resolution))
def test_the_first_of_two_concurrent_resolutions_counts(
    here: ExecutionBench, first: Resolution, second: Resolution
) -> None:
    unclear(here)

    def somebody_is_faster() -> None:
        assert resolve_retry(here, first, ANA) is not None

    method = "save" if second is Resolution.SEND_AGAIN else "settle"
    operations = Before(here.store.operations, method, somebody_is_faster)

    assert resolve_retry(here, second, BEN, operations=operations) is None
    deciders = [actor for action, actor in here.audit_actions() if action == "resolution_chosen"]
    assert deciders == [ANA]


def test_a_resolution_that_is_not_needed_changes_nothing(here: ExecutionBench) -> None:
    shown = here.stuck()
    here.retry(shown)

    assert resolve_retry(here, Resolution.CLOSE) is None
    assert here.operation("V2").state is OperationState.PENDING
    here.run_worker("V2")
    assert resolve_retry(here, Resolution.SEND_AGAIN) is None
    assert here.operation("V2").state is OperationState.SUCCEEDED


def test_a_resolution_of_an_unknown_operation_changes_nothing(here: ExecutionBench) -> None:
    assert resolve_retry(here, Resolution.ARRIVED) is None
