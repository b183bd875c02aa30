"""Decisions are sent once, for the version shown, and their outcome is read from Noyo."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from bot import policies
from bot.domain.operations import OperationState, Outcome, OutcomeKind
from bot.domain.outbox import RecordChange
from bot.domain.people import AccessPolicy, GroupMembers
from bot.domain.reconciliation import sent_before
from bot.domain.record_states import RecordState, link_to_operation
from bot.domain.records import Disconnection, LocalStatus
from bot.domain.requests import Decision
from bot.usecases.operations.submit import Conflict, NotAllowed, RecordChanged, Submitted
from infra.local.noyo import Fault, Rules
from tests.usecases.decision_bench import (
    APPROVE,
    END,
    OTHER_END,
    PAYMENT_REINSTATED,
    REJECT,
    DecisionBench,
    open_decision_bench,
)
from tests.usecases.execution_bench import ANA, BEN, TEAM, PortHook, ProcessStopped, stop_process, write_fault

LOST_AFTER = ["reset_after", "truncated", "garbage", "error_after", "delay_after"]
LOST_BEFORE = ["reset_before", "error_before"]
STALE_RULES = ["409", "404", "422"]


@pytest.fixture
def bench() -> Iterator[DecisionBench]:
    with open_decision_bench() as opened:
        yield opened


def decision_fault(kind: str, **more: Any) -> Fault:
    return write_fault(kind, method="PUT", **more)


def change_before_write(bench: DecisionBench, happens: Any) -> Any:
    """A Noyo port on which the action runs between the last read and the write."""
    return PortHook(bench.deps.noyo, "disconnection", happens, after=True)


# ---------------------------------------------------------------- requests to Noyo


def test_an_approval_is_sent_for_the_version_shown_and_confirmed(bench: DecisionBench) -> None:
    shown = bench.add_disconnection_request()
    bench.decide(shown)

    settled = bench.run_worker()

    (sent,) = bench.writes()
    record = shown.record
    assert sent.method == "PUT"
    assert sent.path == f"/api/v1/group_disconnection_requests/{record.id}/{record.version}"
    assert sent.body == {"status": "processing"}
    assert settled.outcome == Outcome(OutcomeKind.CONFIRMED, record=shown.entity)
    assert bench.record_state(record.id).status.value == bench.noyo_record(shown)["status"] == "processing"
    assert not bench.is_locked(shown.entity)


def test_a_rejection_is_sent_with_its_reason_and_context(bench: DecisionBench) -> None:
    shown = bench.add_disconnection_request()
    bench.decide(shown, REJECT, **PAYMENT_REINSTATED)

    bench.run_worker()

    assert bench.writes()[0].body == {"status": "rejected", "reason": "payment_reinstated", "context": "Paid on Monday"}
    assert bench.result() == ("succeeded", "confirmed")
    assert bench.record_state(shown.record.id).status.value == "rejected"


def test_a_given_end_date_is_sent(bench: DecisionBench) -> None:
    shown = bench.add_disconnection_request(end=None)
    bench.decide(shown, end=END)

    bench.run_worker()

    assert bench.writes()[0].body == {"status": "processing", "effective_end_date": END}
    assert bench.noyo_record(shown)["effective_end_date"] == END


@pytest.mark.parametrize(
    ("decision", "chosen", "shows"), [(APPROVE, None, END), (APPROVE, OTHER_END, OTHER_END), (REJECT, None, END)]
)
def test_an_end_date_missing_from_noyos_answer_is_kept(
    bench: DecisionBench, decision: Decision, chosen: str | None, shows: str
) -> None:
    shown = bench.add_disconnection_request()
    bench.decide(shown, decision, end=chosen)

    bench.run_worker()

    assert bench.noyo_record(shown)["effective_end_date"] == shows
    record = bench.record_state(shown.record.id).record
    assert isinstance(record, Disconnection)
    assert record.effective_end_date == date.fromisoformat(shows)
    bench.ingest_current(shown.record.id)
    assert bench.record_state(shown.record.id).record == record


def test_noyos_message_about_a_missing_end_date_is_shown_and_it_can_be_decided_again(bench: DecisionBench) -> None:
    shown = bench.add_disconnection_request(end=None)
    bench.decide(shown)

    bench.run_worker()

    assert bench.result() == ("refused", "refused")
    assert bench.outcome_message() == "effective_end_date: missing, and not set on the request"
    assert bench.effective_write_count() == 0
    bench.decide(shown, operation_id="V2", end=END)
    assert bench.run_worker("V2").state is OperationState.SUCCEEDED


def test_the_audit_log_names_the_decider_the_version_and_noyos_answer(bench: DecisionBench) -> None:
    shown = bench.add_disconnection_request()
    bench.decide(shown, REJECT, end=OTHER_END, **PAYMENT_REINSTATED)
    bench.run_worker()

    submitted, sending, settled = sorted(bench.audit_log(), key=lambda entry: entry[0] != "operation_submitted")
    if sending[0] != "operation_sending":  # Entries of the same second have no order.
        sending, settled = settled, sending

    decided = {
        "operation": "V1",
        "kind": "decide_disconnection",
        "shown_version": shown.record.version,
        "decision": "reject",
        "reason": "payment_reinstated",
        "effective_end_date": OTHER_END,
    }
    assert submitted == ("operation_submitted", ANA, decided)
    assert sending == ("operation_sending", ANA, {**decided, "state": "sending", "attempt": "1"})
    assert settled[:2] == ("operation_succeeded", ANA)
    assert settled[2].items() >= {**decided, "outcome": "confirmed"}.items()
    assert "Paid on Monday" not in str((submitted, sending, settled))


def test_each_request_and_each_answer_is_in_the_audit_log(bench: DecisionBench) -> None:
    shown = bench.add_disconnection_request()
    bench.noyo.faults.add(write_fault("too_many", 2, method="PUT"))
    bench.decide(shown)

    for _ in range(3):
        bench.run_worker()
        bench.wait(600)
        bench.store_people(ANA, BEN)

    entries = [(action, details) for action, _, details in bench.audit_log()]
    assert [details["attempt"] for action, details in entries if action == "operation_sending"] == ["1", "2", "3"]
    waits = [details["delay_reason"] for action, details in entries if action == "operation_pending"]
    assert len(waits) == 2
    assert [action for action, _ in entries].count("operation_succeeded") == 1


def test_noyos_refusal_is_in_the_audit_log_with_status_and_message(bench: DecisionBench) -> None:
    bench.decide(bench.add_disconnection_request(end=None))

    bench.run_worker()

    (refused,) = [details for action, _, details in bench.audit_log() if action == "operation_refused"]
    assert refused["noyo_status"] == "422"
    assert refused["message"] == "effective_end_date: missing, and not set on the request"


def test_a_second_decider_is_in_the_audit_log_with_the_first(bench: DecisionBench) -> None:
    shown = bench.add_disconnection_request()
    bench.decide(shown)

    bench.decide(shown, REJECT, "V2", BEN)

    (conflict,) = [entry for entry in bench.audit_log() if entry[0] == "submission_conflict"]
    assert conflict[1] == BEN
    wanted = {"decision": "reject", "operation": "V2", "shown_version": shown.record.version}
    assert conflict[2].items() >= wanted.items()
    first = {"because": "already_submitted", "first": "V1", "first_by": ANA}
    assert conflict[2].items() >= first.items()


def test_a_decision_on_an_outdated_version_is_in_the_audit_log_with_both_versions(bench: DecisionBench) -> None:
    shown = bench.add_disconnection_request()
    bench.change_at_noyo(shown, "needs_review", effective_end_date=OTHER_END)
    bench.ingest_current(shown.record.id)

    bench.decide(shown)

    ((action, actor, details),) = bench.audit_log()
    assert (action, actor) == ("submission_conflict", ANA)
    changed = {
        "because": "changed",
        "shown_version": shown.record.version,
        "version_now": bench.noyo_record(shown)["version"],
    }
    assert details.items() >= changed.items()


def test_a_repeat_is_not_audited_again(bench: DecisionBench) -> None:
    shown = bench.add_disconnection_request()
    bench.decide(shown)
    before = bench.audit_log()

    bench.decide(shown)

    assert bench.audit_log() == before


# ---------------------------------------------------------------- submitting


def test_submitting_sends_nothing_and_locks_the_request(bench: DecisionBench) -> None:
    shown = bench.add_disconnection_request()
    before = len(bench.noyo.requests)

    assert isinstance(bench.decide(shown), Submitted)

    assert len(bench.noyo.requests) == before
    assert bench.is_locked(shown.entity)
    assert bench.published_states() == ["pending"]


def test_the_same_submission_twice_is_one_decision(bench: DecisionBench) -> None:
    shown = bench.add_disconnection_request()
    bench.decide(shown)

    assert bench.decide(shown) == Submitted(bench.operation())
    bench.run_worker()
    assert bench.decide(shown) == Submitted(bench.operation())
    assert bench.decide(bench.record_state(shown.record.id)) == Submitted(bench.operation())
    bench.run_on_schedule()
    assert len(bench.writes()) == 1


def test_the_same_submission_with_another_decision_is_a_conflict(bench: DecisionBench) -> None:
    shown = bench.add_disconnection_request()
    bench.decide(shown)

    assert bench.decide(shown, REJECT) == Conflict(bench.operation())


def test_a_second_person_sees_who_decided_first_and_later_the_result(bench: DecisionBench) -> None:
    shown = bench.add_disconnection_request()
    bench.decide(shown)

    second = bench.decide(shown, REJECT, "V2", BEN)
    bench.run_worker()
    later = bench.decide(shown, REJECT, "V3", BEN)

    assert isinstance(second, Conflict)
    assert (second.operation.actor, second.operation.audit_details["decision"]) == (ANA, "approve")
    assert later == RecordChanged(bench.record_state(shown.record.id))
    last = bench.store.operations.last_on(shown.entity)
    assert last is not None
    assert (last.id, last.actor) == ("V1", ANA)
    assert (bench.effective_write_count(), len(bench.writes())) == (1, 1)


def test_a_decision_on_an_outdated_version_is_not_submitted(bench: DecisionBench) -> None:
    shown = bench.add_disconnection_request()
    bench.change_at_noyo(shown, "needs_review", effective_end_date=OTHER_END)
    bench.ingest_current(shown.record.id)

    assert bench.decide(shown) == RecordChanged(bench.record_state(shown.record.id))

    assert bench.store.operations.operation("V1") is None
    assert not bench.is_locked(shown.entity)


def test_a_decision_on_an_unknown_version_is_not_submitted(bench: DecisionBench) -> None:
    shown = bench.add_disconnection_request()
    made_up = replace(shown, record=replace(shown.record, version=shown.record.id))

    assert bench.decide(made_up) == RecordChanged(shown)


@pytest.mark.parametrize("status", ["processing", "completed", "rejected", "on_hold"])
def test_a_request_that_needs_no_review_is_not_decided(bench: DecisionBench, status: str) -> None:
    shown = bench.add_disconnection_request()
    bench.change_at_noyo(shown, status)
    bench.ingest_current(shown.record.id)

    assert bench.decide(bench.record_state(shown.record.id), REJECT) == RecordChanged(
        bench.record_state(shown.record.id)
    )

    assert bench.store.operations.operation("V1") is None


def test_a_decision_is_submitted_if_the_conflicting_one_just_settled(bench: DecisionBench) -> None:
    """Noyo refused the first decision and nothing changed, so the second one is submitted."""
    shown = bench.add_disconnection_request(end=None)
    bench.decide(shown)
    operations = PortHook(bench.store.operations, "operation", bench.run_worker)
    deps = replace(bench.deps, operations=operations)

    assert isinstance(bench.decide(shown, REJECT, "V2", BEN, deps=deps), Submitted)
    assert bench.result() == ("refused", "refused")


# ---------------------------------------------------------------- changed, or decided elsewhere


@pytest.mark.parametrize("rule", [*STALE_RULES, "ignored"])
@pytest.mark.parametrize("status", ["needs_review", "processing", "rejected"])
def test_a_change_between_click_and_sending_is_shown_and_nothing_is_sent(rule: Any, status: str) -> None:
    with open_decision_bench(Rules(settle_script=None, stale_version=rule)) as bench:
        shown = bench.add_disconnection_request()
        bench.decide(shown)
        bench.change_at_noyo(shown, status, effective_end_date=OTHER_END)

        bench.run_worker()

        assert bench.result() == ("cancelled", "changed")
        assert bench.writes() == []
        assert bench.record_state(shown.record.id).record.version == bench.noyo_record(shown)["version"]
        assert not bench.is_locked(shown.entity)


@pytest.mark.parametrize("rule", STALE_RULES)
def test_noyo_refuses_a_last_moment_change_and_the_change_is_shown(rule: Any) -> None:
    with open_decision_bench(Rules(settle_script=None, stale_version=rule)) as bench:
        shown = bench.add_disconnection_request()
        bench.decide(shown)

        def change() -> None:
            bench.change_at_noyo(shown, "needs_review", effective_end_date=OTHER_END)

        bench.run_worker(noyo=change_before_write(bench, change))

        assert bench.result() == ("cancelled", "changed")
        assert sent_before(bench.operation())
        assert (len(bench.writes()), bench.effective_write_count()) == (1, 0)
        assert bench.record_state(shown.record.id).record.version == bench.noyo_record(shown)["version"]
        assert not bench.is_locked(shown.entity)


@pytest.mark.parametrize("rule", [*STALE_RULES, "ignored"])
@pytest.mark.parametrize(
    ("status", "expected"), [("processing", ("succeeded", "reconciled")), ("rejected", ("cancelled", "changed"))]
)
def test_a_last_moment_decision_made_elsewhere_shows_the_state_at_noyo(
    rule: Any, status: str, expected: tuple[str, str]
) -> None:
    with open_decision_bench(Rules(settle_script=None, stale_version=rule)) as bench:
        shown = bench.add_disconnection_request()
        bench.decide(shown)

        bench.run_worker(noyo=change_before_write(bench, lambda: bench.change_at_noyo(shown, status)))

        assert bench.result() == expected
        assert bench.effective_write_count() == 0
        assert bench.record_state(shown.record.id).status.value == status


def test_an_approval_elsewhere_with_another_end_date_is_not_our_effect(bench: DecisionBench) -> None:
    shown = bench.add_disconnection_request()
    bench.decide(shown, end=END)

    def decide_elsewhere() -> None:
        bench.change_at_noyo(shown, "processing", effective_end_date=OTHER_END)

    bench.run_worker(noyo=change_before_write(bench, decide_elsewhere))

    assert bench.result() == ("cancelled", "changed")


def test_a_request_that_noyo_no_longer_knows_is_deleted(bench: DecisionBench) -> None:
    shown = bench.add_disconnection_request()
    bench.decide(shown)
    bench.noyo.remove(shown.record.id)

    bench.run_worker()

    assert bench.result() == ("cancelled", "deleted")
    assert bench.record_state(shown.record.id).status is LocalStatus.DELETED
    assert bench.writes() == []


@pytest.mark.parametrize("fault", ["error_before", "garbage", "too_many", "reset_before"])
def test_a_request_that_cannot_be_read_is_rescheduled_unsent(bench: DecisionBench, fault: str) -> None:
    shown = bench.add_disconnection_request()
    bench.decide(shown)
    bench.noyo.faults.add(Fault(fault, method="GET", times=None))

    waiting = bench.run_worker()

    assert (waiting.state, waiting.sends) == (OperationState.PENDING, 0)
    assert bench.writes() == []
    bench.noyo.faults.clear()
    assert bench.run_on_schedule().state is OperationState.SUCCEEDED


def test_a_refusal_that_cannot_be_compared_is_reconciled_later(bench: DecisionBench) -> None:
    shown = bench.add_disconnection_request()
    bench.decide(shown)

    def decide_elsewhere_and_break_reads() -> None:
        bench.change_at_noyo(shown, "processing")
        bench.noyo.faults.add(Fault("error_before", method="GET", times=None, status=503))

    assert (
        bench.run_worker(noyo=change_before_write(bench, decide_elsewhere_and_break_reads)).state
        is OperationState.RECONCILING
    )
    bench.noyo.faults.clear()
    bench.run_on_schedule()
    assert bench.result() == ("succeeded", "reconciled")


# ---------------------------------------------------------------- lost responses


@pytest.mark.parametrize("decision", [APPROVE, REJECT])
@pytest.mark.parametrize("fault", LOST_AFTER)
def test_a_lost_answer_is_reconciled_without_deciding_twice(bench: DecisionBench, fault: str, decision: Any) -> None:
    shown = bench.add_disconnection_request()
    bench.noyo.faults.add(decision_fault(fault, seconds=4.0))
    bench.decide(shown, decision)

    assert bench.run_worker().state is OperationState.RECONCILING
    bench.run_on_schedule()

    assert bench.result() == ("succeeded", "reconciled")
    assert (len(bench.writes()), bench.effective_write_count()) == (1, 1)
    assert bench.record_state(shown.record.id).record.version == bench.noyo_record(shown)["version"]


@pytest.mark.parametrize("fault", LOST_BEFORE)
def test_a_decision_that_did_not_arrive_is_sent_again_for_the_same_version(bench: DecisionBench, fault: str) -> None:
    shown = bench.add_disconnection_request()
    bench.noyo.faults.add(decision_fault(fault))
    bench.decide(shown)

    assert bench.run_worker().state is OperationState.RECONCILING
    bench.run_on_schedule()

    assert bench.result() == ("succeeded", "confirmed")
    assert bench.effective_write_count() == 1
    assert {sent.path.rsplit("/", 1)[1] for sent in bench.writes()} == {shown.record.version}


@pytest.mark.parametrize(
    "fault", [decision_fault("too_many", retry_after="77"), decision_fault("error_before", status=408)]
)
def test_a_decision_that_noyo_did_not_accept_is_sent_later(bench: DecisionBench, fault: Fault) -> None:
    bench.noyo.faults.add(fault)
    bench.decide(bench.add_disconnection_request())

    waiting = bench.run_worker()

    assert (waiting.state, waiting.sends) == (OperationState.PENDING, 0)
    assert bench.run_on_schedule().state is OperationState.SUCCEEDED
    assert bench.effective_write_count() == 1


def test_a_decision_that_arrives_after_it_was_sent_again_has_no_second_effect(bench: DecisionBench) -> None:
    shown = bench.add_disconnection_request()
    bench.noyo.faults.add(decision_fault("delay_before", seconds=4.0))
    bench.decide(shown)

    bench.run_on_schedule()
    _wait_until(lambda: len(bench.writes()) == 2)

    assert bench.effective_write_count() == 1
    assert bench.operation().state is OperationState.SUCCEEDED
    assert bench.noyo_record(shown)["status"] == "processing"


def test_a_change_after_a_lost_request_is_shown_and_nothing_is_sent(bench: DecisionBench) -> None:
    shown = bench.add_disconnection_request()
    bench.noyo.faults.add(decision_fault("reset_before"))
    bench.decide(shown)
    bench.run_worker()
    bench.change_at_noyo(shown, "needs_review", effective_end_date=OTHER_END)

    bench.run_on_schedule()

    assert bench.result() == ("cancelled", "changed")
    assert (bench.effective_write_count(), len(bench.writes())) == (0, 1)


def test_a_lost_success_is_found_even_if_the_status_advanced(bench: DecisionBench) -> None:
    shown = bench.add_disconnection_request()
    bench.noyo.faults.add(decision_fault("reset_after"))
    bench.decide(shown)
    bench.run_worker()
    bench.change_at_noyo(shown, "completed")

    bench.run_on_schedule()

    assert bench.result() == ("succeeded", "reconciled")


def test_after_a_day_without_noyo_a_person_decides_and_the_lock_stays(bench: DecisionBench) -> None:
    shown = bench.add_disconnection_request()
    bench.noyo.faults.add(Fault("error_before", method="GET", times=None, status=503))
    bench.decide(shown)

    bench.run_worker()
    bench.wait(policies.OPERATION_GIVE_UP_SECONDS + 1)
    bench.store_people(ANA)
    bench.run_worker()

    assert bench.operation().state is OperationState.NEEDS_RESOLUTION
    assert isinstance(bench.decide(shown, REJECT, "V2", BEN), Conflict)
    assert bench.writes() == []


def _wait_until(condition: Any) -> None:
    deadline = time.monotonic() + 20
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert condition()


# ---------------------------------------------------------------- rights


def test_an_approver_who_lost_the_right_since_the_click_decides_nothing(bench: DecisionBench) -> None:
    shown = bench.add_disconnection_request()
    bench.decide(shown)
    bench.policy = AccessPolicy(TEAM, requesters=frozenset({ANA}), approvers=frozenset({BEN}))

    bench.run_worker()

    assert bench.result() == ("cancelled", "not_authorized")
    assert bench.outcome_message() == "You may not decide on disconnections. These may: <@U0BEN>."
    assert bench.writes() == []
    assert not bench.is_locked(shown.entity)


def test_the_right_to_request_does_not_include_deciding(bench: DecisionBench) -> None:
    bench.policy = AccessPolicy(TEAM, requesters=frozenset({ANA}))
    bench.decide(bench.add_disconnection_request())

    bench.run_worker()

    assert bench.result() == ("cancelled", "not_authorized")
    assert bench.outcome_message().startswith("Nobody may decide on disconnections yet")


def test_an_approver_who_was_deactivated_since_the_click_decides_nothing(bench: DecisionBench) -> None:
    bench.decide(bench.add_disconnection_request())
    bench.store_people(ANA, is_deactivated=True)

    bench.run_worker()

    assert bench.result() == ("cancelled", "not_authorized")
    assert bench.writes() == []


def test_an_unknown_approver_group_neither_allows_nor_denies(bench: DecisionBench) -> None:
    bench.policy = AccessPolicy(TEAM, approvers=frozenset({"S0APPROVERS"}))
    bench.decide(bench.add_disconnection_request())

    waiting = bench.run_worker()

    assert (waiting.state, waiting.sends) == (OperationState.PENDING, 0)
    members = GroupMembers("S0APPROVERS", frozenset({ANA}), int(bench.clock()))
    bench.store.people.save_members(members)
    assert bench.run_on_schedule().state is OperationState.SUCCEEDED


# ---------------------------------------------------------------- concurrent and stopped workers


def test_a_redelivery_sends_no_second_decision(bench: DecisionBench) -> None:
    bench.decide(bench.add_disconnection_request())
    bench.run_worker()

    assert bench.run_worker().attempts == 1
    assert len(bench.writes()) == 1


def test_only_one_of_two_workers_sends_a_decision(bench: DecisionBench) -> None:
    bench.decide(bench.add_disconnection_request())

    bench.run_worker(operations=PortHook(bench.deps.operations, "claim", bench.run_worker))

    assert len(bench.writes()) == 1
    assert bench.result() == ("succeeded", "confirmed")


def test_a_worker_whose_lease_expired_sends_nothing(bench: DecisionBench) -> None:
    bench.decide(bench.add_disconnection_request())

    bench.run_worker(noyo=change_before_write(bench, lambda: bench.wait(policies.OPERATION_LEASE_SECONDS)))

    assert bench.writes() == []
    assert bench.operation().state is OperationState.SENDING


@pytest.mark.parametrize(
    ("port", "method", "after", "sent"),
    [
        ("operations", "claim", True, 1),
        ("noyo", "decide_disconnection", False, 1),
        ("noyo", "decide_disconnection", True, 1),
        ("operations", "save", False, 1),
        ("operations", "save", True, 1),
    ],
)
def test_a_stopped_worker_is_recovered_after_its_lease_expires(
    bench: DecisionBench, port: str, method: str, after: bool, sent: int
) -> None:
    shown = bench.add_disconnection_request()
    bench.decide(shown)
    with pytest.raises(ProcessStopped):
        bench.run_worker(**{port: PortHook(getattr(bench.deps, port), method, stop_process, after=after)})
    bench.restart()
    assert bench.run_worker().attempts == 1  # No other worker claims it before the lease expires.

    bench.run_on_schedule(seconds=policies.OPERATION_LEASE_SECONDS + 400)

    assert bench.operation().state is OperationState.SUCCEEDED
    assert (bench.effective_write_count(), len(bench.writes())) == (1, sent)
    assert bench.record_state(shown.record.id).record.version == bench.noyo_record(shown)["version"]


# ---------------------------------------------------------------- requesters do not decide on their own requests


def request_of(bench: DecisionBench, actor: str) -> RecordState:
    """A disconnection that this person requested through Switchboard and that Noyo wants reviewed."""
    shown = bench.add_disconnection_request()
    after = link_to_operation(shown, "V0", actor, "Test Company")
    bench.store.records.write(RecordChange(shown.entity, shown, after, None))
    return bench.record_state(shown.record.id)


@pytest.mark.parametrize("decision", [APPROVE, REJECT])
def test_a_requester_may_not_decide_and_sees_who_may(bench: DecisionBench, decision: Any) -> None:
    shown = request_of(bench, ANA)

    refused = bench.decide(shown, decision)

    assert isinstance(refused, NotAllowed)
    assert f"another approver has to decide on it. These may: <@{BEN}>." in refused.permission.reason
    assert not bench.is_locked(shown.entity)
    assert isinstance(bench.decide(shown, decision, "V2", BEN), Submitted)
    assert bench.run_worker("V2").state is OperationState.SUCCEEDED


def test_self_approval_is_possible_if_the_settings_allow_it(bench: DecisionBench) -> None:
    bench.policy = replace(bench.policy, self_approval=True)
    bench.decide(request_of(bench, ANA))

    assert bench.run_worker().state is OperationState.SUCCEEDED


def test_a_request_that_turns_out_to_be_the_deciders_own_is_not_sent(bench: DecisionBench) -> None:
    shown = bench.add_disconnection_request()
    bench.decide(shown)
    after = link_to_operation(shown, "V0", ANA, "Test Company")
    bench.store.records.write(RecordChange(shown.entity, shown, after, None))

    bench.run_worker()

    assert bench.result() == ("cancelled", "not_authorized")
    assert "You requested this yourself" in bench.outcome_message()
    assert bench.writes() == []


# ---------------------------------------------------------------- the rejection without a version


def reject_unversioned(bench: DecisionBench) -> RecordState:
    shown = bench.add_disconnection_request()
    bench.decide(shown, REJECT, unversioned=True, **PAYMENT_REINSTATED)
    return shown


def test_an_unversioned_rejection_uses_its_own_call_and_is_marked(bench: DecisionBench) -> None:
    shown = reject_unversioned(bench)

    bench.run_worker()

    (sent,) = bench.writes()
    assert sent.path.endswith(f"/{shown.record.id}/reject")
    assert sent.body == {"reason": "payment_reinstated", "context": "Paid on Monday"}
    assert bench.result() == ("succeeded", "confirmed")
    assert bench.operation().unversioned
    assert bench.noyo_record(shown)["status"] == "rejected"
    assert all(details["unversioned"] == "yes" for *_, details in bench.audit_log())


def test_an_approval_is_always_versioned(bench: DecisionBench) -> None:
    shown = bench.add_disconnection_request()
    bench.decide(shown, APPROVE, unversioned=True)

    bench.run_worker()

    (sent,) = bench.writes()
    assert sent.path.endswith(shown.record.version)


def test_an_unversioned_rejection_reads_the_record_just_before(bench: DecisionBench) -> None:
    shown = reject_unversioned(bench)
    bench.change_at_noyo(shown, "needs_review")

    bench.run_worker()

    assert bench.result() == ("cancelled", "changed")
    assert bench.writes() == []


def test_the_lost_answer_to_an_unversioned_rejection_is_reconciled(bench: DecisionBench) -> None:
    reject_unversioned(bench)
    bench.noyo.faults.add(decision_fault("reset_after"))

    assert bench.run_on_schedule().state is OperationState.SUCCEEDED
    assert bench.result() == ("succeeded", "reconciled")
    assert len(bench.writes()) == 1


def test_an_unversioned_rejection_is_not_sent_again_automatically(bench: DecisionBench) -> None:
    reject_unversioned(bench)
    bench.noyo.faults.add(decision_fault("reset_before"))

    assert bench.run_on_schedule().state is OperationState.NEEDS_RESOLUTION
    assert len(bench.writes()) == 1


def test_a_decision_on_a_deleted_request_ends_at_once(bench: DecisionBench) -> None:
    shown = bench.add_disconnection_request()
    bench.decide(shown)
    bench.noyo.faults.add(Fault("error_before", method="PUT", path_contains=shown.record.id, status=404))
    read = Fault("error_before", method="GET", path_contains=shown.record.id, status=404, times=None, skip=1)
    bench.noyo.faults.add(read)

    bench.run_worker()

    assert bench.result() == ("cancelled", "deleted")
    assert not bench.is_locked(shown.entity)
