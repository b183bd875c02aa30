"""Disconnections are sent once, if the group is still connected and both people still have the right."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from bot import policies
from bot.domain.content import RecordCard
from bot.domain.operations import OperationState, Resolution
from bot.domain.people import AccessPolicy
from bot.domain.record_states import operation_card_key
from bot.domain.records import disconnection_ref
from bot.usecases.dependencies import Dependencies
from bot.usecases.notifications.read_model import request_card
from bot.usecases.operations.execute import execute
from bot.usecases.operations.resolve import resolve
from infra.local.noyo import Fault, Rules
from tests.usecases.disconnection_bench import END, DisconnectionBench, open_disconnection_bench, pending_ref_of
from tests.usecases.execution_bench import ANA, BEN, CARRIER, TEAM, PortHook, ProcessStopped, stop_process, write_fault


@pytest.fixture
def bench() -> Iterator[DisconnectionBench]:
    with open_disconnection_bench() as opened:
        yield opened


def add_open_request(bench: DisconnectionBench, group_id: str, **fields: Any) -> dict[str, Any]:
    wanted: dict[str, Any] = {"carrier_id": CARRIER, "group_id": group_id, "group_name": "Test Company"}
    return bench.noyo.carrier_requests_disconnection(**wanted, effective_end_date=END.isoformat(), **fields)


def group_of(shown: Any) -> str:
    return str(shown.record.group_id)


def test_noyos_answer_is_stored_with_the_requester_and_the_same_card(bench: DisconnectionBench) -> None:
    bench.submit_confirmed_disconnection()

    bench.run_worker()

    disconnection = bench.created_disconnection()
    assert bench.result() == ("succeeded", "confirmed")
    assert (disconnection.requester, disconnection.requested_by_operation, disconnection.card_key) == (
        ANA,
        "V1",
        operation_card_key("V1"),
    )
    (post,) = bench.posts()
    assert post.body == {
        "carrier_id": CARRIER,
        "group_id": disconnection.record.group_id,
        "effective_end_date": "2026-12-31",
        "reason": "terminated",
        "context": "They move to another carrier",
    }
    assert not bench.is_locked(bench.operation().entity)


@pytest.mark.parametrize("status", ["unable_to_connect", "processing", "a_new_one"])
def test_a_group_that_is_no_longer_connected_is_not_disconnected(bench: DisconnectionBench, status: str) -> None:
    shown = bench.submit_confirmed_disconnection()
    bench.noyo.move_connection(shown.record.id, status)

    bench.run_worker()

    assert bench.result() == ("cancelled", "changed")
    assert bench.outcome_message() == status
    assert bench.posts() == []


def test_another_version_of_a_completed_connection_is_no_change(bench: DisconnectionBench) -> None:
    shown = bench.submit_confirmed_disconnection()
    bench.wait(5)
    bench.noyo.move_connection(shown.record.id, "completed")

    bench.run_worker()

    assert bench.result() == ("succeeded", "confirmed")


def test_a_connection_that_noyo_does_not_show_is_not_disconnected(bench: DisconnectionBench) -> None:
    shown = bench.submit_confirmed_disconnection()
    bench.noyo.faults.add(Fault("error_before", method="GET", path_contains=shown.record.id, status=404))

    bench.run_worker()

    assert bench.result() == ("cancelled", "read_refused")
    assert bench.posts() == []


@pytest.mark.parametrize("status", ["needs_review", "processing", "a_new_one"])
def test_an_open_request_at_noyo_is_shown_and_nothing_is_sent(bench: DisconnectionBench, status: str) -> None:
    shown = bench.submit_confirmed_disconnection()
    existing = add_open_request(bench, group_of(shown))
    if status != "needs_review":
        bench.noyo.move_disconnection(existing["id"], status)

    bench.run_worker()

    outcome = bench.operation().outcome
    assert bench.result() == ("refused", "duplicate")
    assert outcome is not None
    assert outcome.record is not None
    assert outcome.record.key == existing["id"]
    assert bench.posts() == []


@pytest.mark.parametrize(("status", "ago"), [("rejected", 0), ("completed", 1200)])
def test_a_rejected_request_and_that_of_an_earlier_connection_are_no_duplicates(
    bench: DisconnectionBench, status: str, ago: int
) -> None:
    """The connection was created ten minutes ago."""
    shown = bench.submit_confirmed_disconnection()
    bench.wait(-ago)
    bench.noyo.move_disconnection(add_open_request(bench, group_of(shown))["id"], status)
    bench.wait(ago)

    bench.run_worker()

    assert bench.result() == ("succeeded", "confirmed")


def test_an_open_request_is_shown_rather_than_a_completed_one(bench: DisconnectionBench) -> None:
    shown = bench.submit_confirmed_disconnection()
    existing = add_open_request(bench, group_of(shown))
    bench.wait(60)
    bench.noyo.move_disconnection(add_open_request(bench, group_of(shown))["id"], "completed")

    bench.run_worker()

    outcome = bench.operation().outcome
    assert outcome is not None
    assert outcome.record == disconnection_ref(existing["id"])
    assert bench.posts() == []


def test_nothing_is_sent_while_the_open_requests_cannot_be_read(bench: DisconnectionBench) -> None:
    bench.submit_confirmed_disconnection()
    bench.noyo.faults.add(Fault("garbage", method="GET", path_contains="disconnection", times=None))

    assert bench.run_worker().state is OperationState.PENDING
    assert bench.posts() == []
    bench.noyo.faults.clear()
    assert bench.run_on_schedule().state is OperationState.SUCCEEDED
    assert len(bench.posts()) == 1


def test_the_refusal_of_a_protected_group_shows_noyos_message() -> None:
    with open_disconnection_bench() as bench:
        shown = bench.submit_confirmed_disconnection()
        bench.noyo.rules = replace(bench.noyo.rules, protected_groups=frozenset({group_of(shown)}))

        bench.run_worker()

        outcome = bench.operation().outcome
        assert bench.result() == ("refused", "refused")
        assert outcome is not None
        assert outcome.status == 403
        assert bench.outcome_message() == "A protected group may not be disconnected"


def test_the_refusal_of_a_dropped_reason_shows_noyos_message() -> None:
    with open_disconnection_bench(Rules(settle_script=None, create_reasons=frozenset({"other"}))) as bench:
        bench.submit_confirmed_disconnection()

        bench.run_worker()

        outcome = bench.operation().outcome
        assert outcome is not None
        assert outcome.status == 422
        assert "reason" in bench.outcome_message()


# ---------------------------------------------------------------- rights


@pytest.mark.parametrize("without_right", [ANA, BEN])
def test_nothing_is_sent_if_either_person_lost_the_right(bench: DisconnectionBench, without_right: str) -> None:
    bench.submit_confirmed_disconnection()
    bench.policy = AccessPolicy(TEAM, approvers=frozenset({ANA, BEN} - {without_right}))

    bench.run_worker()

    outcome = bench.operation().outcome
    assert bench.result() == ("cancelled", "not_authorized")
    assert outcome is not None
    assert outcome.decided_by == without_right
    assert bench.posts() == []


@pytest.mark.parametrize("unknown", [ANA, BEN])
def test_an_unknown_right_of_either_person_reschedules(bench: DisconnectionBench, unknown: str) -> None:
    bench.submit_confirmed_disconnection()
    bench.wait(3601)
    bench.store_people(*{ANA, BEN} - {unknown})

    waiting = bench.run_worker()

    assert (waiting.state, waiting.sends) == (OperationState.PENDING, 0)
    assert waiting.delay_reason == "Waiting to make sure that both who asked for it still may do this."
    bench.store_people(ANA, BEN)
    assert bench.run_on_schedule().state is OperationState.SUCCEEDED


def test_a_self_confirmed_request_is_not_sent_once_self_approval_is_off(bench: DisconnectionBench) -> None:
    bench.request_disconnection(bench.add_completed_connection())
    bench.policy = replace(bench.policy, self_approval=True)
    bench.confirm(person=ANA)
    bench.policy = replace(bench.policy, self_approval=False)

    bench.run_worker()

    assert bench.result() == ("cancelled", "not_authorized")
    assert bench.posts() == []


# ---------------------------------------------------------------- lost responses


def test_a_lost_answer_is_reconciled_and_sent_once(bench: DisconnectionBench) -> None:
    bench.submit_confirmed_disconnection()
    bench.noyo.faults.add(write_fault("reset_after"))

    assert bench.run_worker().state is OperationState.RECONCILING
    assert bench.run_on_schedule().state is OperationState.SUCCEEDED

    assert bench.result() == ("succeeded", "reconciled")
    assert len(bench.posts()) == 1
    assert bench.created_disconnection().requested_by_operation == "V1"


@pytest.mark.parametrize("fault", ["reset_before", "error_before"])
def test_a_disconnection_that_did_not_arrive_is_not_sent_again_automatically(
    bench: DisconnectionBench, fault: str
) -> None:
    bench.submit_confirmed_disconnection()
    bench.noyo.faults.add(write_fault(fault))

    expected = bench.run_on_schedule()

    assert (expected.state, len(bench.posts())) == (OperationState.NEEDS_RESOLUTION, 1)
    assert bench.platform_disconnections() == []
    assert bench.is_locked(expected.entity)


@pytest.mark.parametrize(
    "other", [{"effective_end_date": "2027-01-31"}, {"source_type": "carrier"}, {"created_ago": 600}]
)
def test_a_different_request_is_not_taken_for_ours(bench: DisconnectionBench, other: dict[str, Any]) -> None:
    shown = bench.submit_confirmed_disconnection()
    bench.noyo.faults.add(write_fault("reset_before"))
    bench.run_worker()
    other = dict(other)
    ago = other.pop("created_ago", 0)
    wanted: dict[str, Any] = {
        "carrier_id": CARRIER,
        "group_id": group_of(shown),
        "group_name": "Test Company",
        "effective_end_date": END.isoformat(),
        "source_type": "platform",
        "status": "processing",
        "created": int(bench.clock()) - ago,
    }
    bench.noyo.carrier_requests_disconnection(**wanted | other)

    assert bench.run_on_schedule().state is OperationState.NEEDS_RESOLUTION


def test_a_poll_that_sees_it_first_links_it_to_the_same_card(bench: DisconnectionBench) -> None:
    bench.submit_confirmed_disconnection()
    bench.noyo.faults.add(write_fault("reset_after"))
    bench.run_worker()
    (existing,) = bench.platform_disconnections()

    bench.ingest_current(existing["id"])

    disconnection = bench.created_disconnection()
    assert (disconnection.requested_by_operation, disconnection.requester, disconnection.card_key) == (
        "V1",
        ANA,
        operation_card_key("V1"),
    )
    assert bench.run_on_schedule().state is OperationState.SUCCEEDED
    assert bench.created_disconnection().requested_by_operation == "V1"


def test_a_request_of_another_operation_is_not_taken_for_this_one(bench: DisconnectionBench) -> None:
    shown = bench.submit_confirmed_disconnection()
    bench.run_worker()
    first = bench.created_disconnection()
    bench.noyo.move_disconnection(first.record.id, "rejected")
    bench.request_disconnection(shown, "V2", needs_second=False)
    bench.noyo.faults.add(write_fault("reset_before"))

    expected = bench.run_on_schedule("V2")

    assert expected.state is OperationState.NEEDS_RESOLUTION
    assert bench.created_disconnection().requested_by_operation == "V1"


def test_an_operation_of_a_stopped_worker_is_reconciled(bench: DisconnectionBench) -> None:
    bench.submit_confirmed_disconnection()
    with pytest.raises(ProcessStopped):
        bench.run_worker(noyo=PortHook(bench.deps.noyo, "request_disconnection", stop_process, after=True))

    assert bench.run_on_schedule(seconds=1000).state is OperationState.SUCCEEDED
    assert len(bench.posts()) == 1


def resolve_as(bench: DisconnectionBench, resolution: Resolution) -> None:
    resolve("V1", resolution, BEN, attempt=bench.operation("V1").attempts, seen_version=None, deps=bench.deps)


@pytest.mark.parametrize(
    ("resolution", "expected"),
    [(Resolution.ARRIVED, ("succeeded", "reported_arrived")), (Resolution.CLOSE, ("cancelled", "closed"))],
)
def test_a_person_resolves_an_unclear_disconnection(
    bench: DisconnectionBench, resolution: Resolution, expected: tuple[str, str]
) -> None:
    bench.submit_confirmed_disconnection()
    bench.noyo.faults.add(write_fault("reset_before"))
    bench.run_on_schedule()

    resolve_as(bench, resolution)

    outcome = bench.operation().outcome
    assert bench.result() == expected
    assert outcome is not None
    assert (outcome.record, outcome.decided_by) == (None, BEN)
    assert not bench.is_locked(bench.operation().entity)


def test_a_person_can_send_a_disconnection_again(bench: DisconnectionBench) -> None:
    bench.submit_confirmed_disconnection()
    bench.noyo.faults.add(write_fault("reset_before"))
    bench.run_on_schedule()

    resolve_as(bench, Resolution.SEND_AGAIN)

    assert bench.run_on_schedule().state is OperationState.SUCCEEDED
    assert (len(bench.posts()), len(bench.platform_disconnections())) == (2, 1)


def test_sending_again_finds_a_request_that_had_arrived(bench: DisconnectionBench) -> None:
    shown = bench.submit_confirmed_disconnection()
    bench.noyo.faults.add(write_fault("reset_before"))
    bench.run_on_schedule()
    resolve_as(bench, Resolution.SEND_AGAIN)
    bench.noyo.carrier_requests_disconnection(
        carrier_id=CARRIER,
        group_id=group_of(shown),
        group_name="Test Company",
        effective_end_date=END.isoformat(),
        source_type="platform",
        status="processing",
    )

    assert bench.run_on_schedule().state is OperationState.SUCCEEDED
    assert bench.result() == ("succeeded", "reconciled")
    assert (len(bench.posts()), len(bench.platform_disconnections())) == (1, 1)


def test_another_disconnection_may_follow_a_rejected_one(bench: DisconnectionBench) -> None:
    shown = bench.submit_confirmed_disconnection()
    bench.run_worker()
    bench.noyo.move_disconnection(bench.created_disconnection().record.id, "rejected")

    bench.request_disconnection(shown, "V2", end=date(2027, 1, 31), needs_second=False)

    assert bench.is_locked(pending_ref_of(shown))
    assert bench.run_on_schedule("V2").state is OperationState.SUCCEEDED


def test_a_worker_whose_lease_expired_sends_nothing(bench: DisconnectionBench) -> None:
    bench.submit_confirmed_disconnection()
    slow = PortHook(bench.deps.noyo, "disconnections_at", lambda: bench.wait(policies.OPERATION_LEASE_SECONDS))

    bench.run_worker(noyo=slow)

    assert bench.posts() == []
    assert bench.operation().state is OperationState.SENDING


def test_an_answer_without_the_group_keeps_its_requester_and_card(bench: DisconnectionBench) -> None:
    shown = bench.submit_confirmed_disconnection()

    bench.run_worker(noyo=_NoyoWithoutGroups(bench.deps.noyo))

    disconnection = bench.created_disconnection()
    assert bench.result() == ("succeeded", "confirmed")
    assert (disconnection.requester, disconnection.requested_by_operation, disconnection.card_key) == (
        ANA,
        "V1",
        operation_card_key("V1"),
    )
    assert disconnection.record.group_id == group_of(shown)


def test_a_reconciled_request_without_the_group_keeps_its_requester(bench: DisconnectionBench) -> None:
    shown = bench.submit_confirmed_disconnection()
    bench.noyo.faults.add(write_fault("reset_after", method="POST"))
    bench.run_worker()
    bench.wait(60)

    execute("V1", replace(bench.deps, noyo=_NoyoWithoutGroups(bench.deps.noyo)))

    disconnection = bench.created_disconnection()
    assert bench.result() == ("succeeded", "reconciled")
    assert (disconnection.requester, disconnection.card_key, disconnection.record.group_id) == (
        ANA,
        operation_card_key("V1"),
        group_of(shown),
    )


class _NoyoWithoutGroups:
    """A Noyo whose disconnections lack the group."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def request_disconnection(self, *args: Any, **kwargs: Any) -> Any:
        return replace(self._inner.request_disconnection(*args, **kwargs), group_id=None)

    def disconnections_at(self, *pair: str) -> Any:
        return tuple(replace(disconnection, group_id=None) for disconnection in self._inner.disconnections_at(*pair))


def test_the_card_shows_the_request_that_a_person_reported_as_arrived(bench: DisconnectionBench) -> None:
    shown = bench.submit_confirmed_disconnection()
    bench.noyo.faults.add(write_fault("error_before", method="POST"))
    while bench.operation().state is not OperationState.NEEDS_RESOLUTION:
        bench.run_worker()
        bench.wait(60)
    late = add_open_request(bench, group_of(shown), source_type="platform", status="processing")
    bench.ingest_entity(disconnection_ref(late["id"]))
    read_model = Dependencies(
        records=bench.store.records, operations=bench.store.operations, clock=lambda: 0.0, new_id=str
    )
    assert isinstance(request_card("V1", read_model), RecordCard)

    resolve("V1", Resolution.ARRIVED, BEN, attempt=bench.operation("V1").attempts, seen_version=None, deps=bench.deps)

    assert bench.result() == ("succeeded", "reported_arrived")
    assert isinstance(request_card("V1", read_model), RecordCard)
