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
from bot.domain.record_states import RecordState, link_to_operation
from bot.domain.records import Disconnection
from bot.domain.requests import Decision
from bot.usecases.operations.submit import Conflict, NotAllowed, RecordChanged, Submitted
from infra.local.noyo import Fault, Rules
from tests.usecases.decision_bench import AGAIN_PAID, APPROVE, END, OTHER_END, REJECT, Deciding, deciding
from tests.usecases.execution_bench import ANA, BEN, TEAM, Before, Killed, kill, writes_fail

LOST_AFTER = ["reset_after", "truncated", "garbage", "error_after", "delay_after"]
LOST_BEFORE = ["reset_before", "error_before"]
STALE_RULES = ["409", "404", "422"]


@pytest.fixture
def here() -> Iterator[Deciding]:
    with deciding() as opened:
        yield opened


def lost(kind: str, **more: Any) -> Fault:
    return writes_fail(kind, method="PUT", **more)


def in_the_gap(here: Deciding, happens: Any) -> Any:
    """A change between the last read and the write."""
    return Before(here.deps.noyo, "disconnection", happens, after=True)


# ---------------------------------------------------------------- requests to Noyo


def test_an_approval_is_sent_for_the_version_shown_and_confirmed(here: Deciding) -> None:
    shown = here.waits()
    here.decide(shown)

    settled = here.run_worker()

    (sent,) = here.writes()
    record = shown.record
    assert sent.method == "PUT"
    assert sent.path == f"/api/v1/group_disconnection_requests/{record.id}/{record.version}"
    assert sent.body == {"status": "processing"}
    assert settled.outcome == Outcome(OutcomeKind.CONFIRMED, record=shown.entity)
    assert here.record_state(record.id).status.value == here.true(shown)["status"] == "processing"
    assert not here.locked(shown.entity)


def test_a_rejection_is_sent_with_its_reason_and_context(here: Deciding) -> None:
    shown = here.waits()
    here.decide(shown, REJECT, **AGAIN_PAID)

    here.run_worker()

    assert here.writes()[0].body == {"status": "rejected", "reason": "payment_reinstated", "context": "Paid on Monday"}
    assert here.ended() == ("succeeded", "confirmed")
    assert here.record_state(shown.record.id).status.value == "rejected"


def test_an_end_date_is_sent_where_one_was_given(here: Deciding) -> None:
    shown = here.waits(end=None)
    here.decide(shown, end=END)

    here.run_worker()

    assert here.writes()[0].body == {"status": "processing", "effective_end_date": END}
    assert here.true(shown)["effective_end_date"] == END


@pytest.mark.parametrize(
    ("decision", "chosen", "shows"), [(APPROVE, None, END), (APPROVE, OTHER_END, OTHER_END), (REJECT, None, END)]
)
def test_an_end_date_missing_from_noyos_answer_is_kept(
    here: Deciding, decision: Decision, chosen: str | None, shows: str
) -> None:
    shown = here.waits()
    here.decide(shown, decision, end=chosen)

    here.run_worker()

    assert here.true(shown)["effective_end_date"] == shows
    record = here.record_state(shown.record.id).record
    assert isinstance(record, Disconnection)
    assert record.effective_end_date == date.fromisoformat(shows)
    here.see(shown.record.id)
    assert here.record_state(shown.record.id).record == record


def test_noyos_message_about_a_missing_end_date_is_shown_and_it_can_be_decided_again(here: Deciding) -> None:
    shown = here.waits(end=None)
    here.decide(shown)

    here.run_worker()

    assert here.ended() == ("refused", "refused")
    assert here.words() == "effective_end_date: missing, and not set on the request"
    assert here.effects() == 0
    here.decide(shown, operation_id="V2", end=END)
    assert here.run_worker("V2").state is OperationState.SUCCEEDED


def test_the_audit_log_names_the_decider_the_version_and_noyos_answer(here: Deciding) -> None:
    shown = here.waits()
    here.decide(shown, REJECT, end=OTHER_END, **AGAIN_PAID)
    here.run_worker()

    submitted, sending, settled = sorted(here.audit_log(), key=lambda entry: entry[0] != "operation_submitted")
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


def test_each_request_and_each_answer_is_in_the_audit_log(here: Deciding) -> None:
    shown = here.waits()
    here.noyo.faults.add(writes_fail("too_many", 2, method="PUT"))
    here.decide(shown)

    for _ in range(3):
        here.run_worker()
        here.wait(600)
        here.know(ANA, BEN)

    entries = [(action, details) for action, _, details in here.audit_log()]
    assert [details["attempt"] for action, details in entries if action == "operation_sending"] == ["1", "2", "3"]
    waits = [details["delay_reason"] for action, details in entries if action == "operation_pending"]
    assert len(waits) == 2
    assert [action for action, _ in entries].count("operation_succeeded") == 1


def test_noyos_refusal_is_in_the_audit_log_with_status_and_message(here: Deciding) -> None:
    here.decide(here.waits(end=None))

    here.run_worker()

    (refused,) = [details for action, _, details in here.audit_log() if action == "operation_refused"]
    assert refused["noyo_status"] == "422"
    assert refused["message"] == "effective_end_date: missing, and not set on the request"


def test_a_second_decider_is_in_the_audit_log_with_the_first(here: Deciding) -> None:
    shown = here.waits()
    here.decide(shown)

    here.decide(shown, REJECT, "V2", BEN)

    (turned_away,) = [entry for entry in here.audit_log() if entry[0] == "submission_conflict"]
    assert turned_away[1] == BEN
    wanted = {"decision": "reject", "operation": "V2", "shown_version": shown.record.version}
    assert turned_away[2].items() >= wanted.items()
    first = {"because": "already_submitted", "first": "V1", "first_by": ANA}
    assert turned_away[2].items() >= first.items()


def test_a_decision_on_an_outdated_version_is_in_the_audit_log_with_both_versions(here: Deciding) -> None:
    shown = here.waits()
    here.elsewhere(shown, "needs_review", effective_end_date=OTHER_END)
    here.see(shown.record.id)

    here.decide(shown)

    ((action, actor, details),) = here.audit_log()
    assert (action, actor) == ("submission_conflict", ANA)
    changed = {"because": "changed", "shown_version": shown.record.version, "version_now": here.true(shown)["version"]}
    assert details.items() >= changed.items()


def test_a_repeat_is_not_audited_again(here: Deciding) -> None:
    shown = here.waits()
    here.decide(shown)
    before = here.audit_log()

    here.decide(shown)

    assert here.audit_log() == before


# ---------------------------------------------------------------- submitting


def test_submitting_sends_nothing_and_locks_the_request(here: Deciding) -> None:
    shown = here.waits()
    before = len(here.noyo.requests)

    assert isinstance(here.decide(shown), Submitted)

    assert len(here.noyo.requests) == before
    assert here.locked(shown.entity)
    assert here.published_states() == ["pending"]


def test_the_same_submission_twice_is_one_decision(here: Deciding) -> None:
    shown = here.waits()
    here.decide(shown)

    assert here.decide(shown) == Submitted(here.operation())
    here.run_worker()
    assert here.decide(shown) == Submitted(here.operation())
    assert here.decide(here.record_state(shown.record.id)) == Submitted(here.operation())
    here.live()
    assert len(here.writes()) == 1


def test_the_same_submission_with_another_decision_is_a_conflict(here: Deciding) -> None:
    shown = here.waits()
    here.decide(shown)

    assert here.decide(shown, REJECT) == Conflict(here.operation())


def test_a_second_person_sees_who_decided_first_and_later_the_result(here: Deciding) -> None:
    shown = here.waits()
    here.decide(shown)

    second = here.decide(shown, REJECT, "V2", BEN)
    here.run_worker()
    later = here.decide(shown, REJECT, "V3", BEN)

    assert isinstance(second, Conflict)
    assert (second.operation.actor, second.operation.audit_details) == (ANA, {"decision": "approve"})
    assert later == RecordChanged(here.record_state(shown.record.id))
    last = here.store.operations.last_on(shown.entity)
    assert last is not None
    assert (last.id, last.actor) == ("V1", ANA)
    assert (here.effects(), len(here.writes())) == (1, 1)


def test_a_decision_on_an_outdated_version_is_not_submitted(here: Deciding) -> None:
    shown = here.waits()
    here.elsewhere(shown, "needs_review", effective_end_date=OTHER_END)
    here.see(shown.record.id)

    assert here.decide(shown) == RecordChanged(here.record_state(shown.record.id))

    assert here.store.operations.operation("V1") is None
    assert not here.locked(shown.entity)


def test_a_decision_on_an_unknown_version_is_not_submitted(here: Deciding) -> None:
    shown = here.waits()
    made_up = replace(shown, record=replace(shown.record, version=shown.record.id))

    assert here.decide(made_up) == RecordChanged(shown)


@pytest.mark.parametrize("status", ["processing", "completed", "rejected", "on_hold"])
def test_a_request_that_needs_no_review_is_not_decided(here: Deciding, status: str) -> None:
    shown = here.waits()
    here.elsewhere(shown, status)
    here.see(shown.record.id)

    assert here.decide(here.record_state(shown.record.id), REJECT) == RecordChanged(here.record_state(shown.record.id))

    assert here.store.operations.operation("V1") is None


def test_a_decision_is_submitted_if_the_conflicting_one_just_settled(here: Deciding) -> None:
    """Noyo refused the first decision and nothing changed, so the second one is submitted."""
    shown = here.waits(end=None)
    here.decide(shown)
    operations = Before(here.store.operations, "operation", here.run_worker)
    deps = replace(here.deps, operations=operations)

    assert isinstance(here.decide(shown, REJECT, "V2", BEN, deps=deps), Submitted)
    assert here.ended() == ("refused", "refused")


# ---------------------------------------------------------------- changed, or decided elsewhere


@pytest.mark.parametrize("rule", [*STALE_RULES, "ignored"])
@pytest.mark.parametrize("status", ["needs_review", "processing", "rejected"])
def test_a_change_between_click_and_sending_is_shown_and_nothing_is_sent(rule: Any, status: str) -> None:
    with deciding(Rules(settle_script=None, stale_version=rule)) as here:
        shown = here.waits()
        here.decide(shown)
        here.elsewhere(shown, status, effective_end_date=OTHER_END)

        here.run_worker()

        assert here.ended() == ("cancelled", "changed")
        assert here.writes() == []
        assert here.record_state(shown.record.id).record.version == here.true(shown)["version"]
        assert not here.locked(shown.entity)


@pytest.mark.parametrize("rule", STALE_RULES)
def test_noyo_refuses_a_last_moment_change_and_the_change_is_shown(rule: Any) -> None:
    with deciding(Rules(settle_script=None, stale_version=rule)) as here:
        shown = here.waits()
        here.decide(shown)

        def changes() -> None:
            here.elsewhere(shown, "needs_review", effective_end_date=OTHER_END)

        here.run_worker(noyo=in_the_gap(here, changes))

        assert here.ended() == ("cancelled", "changed")
        assert (len(here.writes()), here.effects()) == (1, 0)
        assert here.record_state(shown.record.id).record.version == here.true(shown)["version"]
        assert not here.locked(shown.entity)


@pytest.mark.parametrize("rule", [*STALE_RULES, "ignored"])
@pytest.mark.parametrize(
    ("status", "ended"), [("processing", ("succeeded", "reconciled")), ("rejected", ("cancelled", "changed"))]
)
def test_a_last_moment_decision_made_elsewhere_shows_the_state_at_noyo(
    rule: Any, status: str, ended: tuple[str, str]
) -> None:
    with deciding(Rules(settle_script=None, stale_version=rule)) as here:
        shown = here.waits()
        here.decide(shown)

        here.run_worker(noyo=in_the_gap(here, lambda: here.elsewhere(shown, status)))

        assert here.ended() == ended
        assert here.effects() == 0
        assert here.record_state(shown.record.id).status.value == status


def test_an_approval_elsewhere_with_another_end_date_is_not_our_effect(here: Deciding) -> None:
    shown = here.waits()
    here.decide(shown, end=END)

    def decides() -> None:
        here.elsewhere(shown, "processing", effective_end_date=OTHER_END)

    here.run_worker(noyo=in_the_gap(here, decides))

    assert here.ended() == ("cancelled", "changed")


def test_a_request_that_noyo_no_longer_knows_is_refused(here: Deciding) -> None:
    shown = here.waits()
    here.decide(shown)
    here.noyo.remove(shown.record.id)

    here.run_worker()

    assert here.ended() == ("refused", "refused")
    assert here.words() == "Group disconnection request not found"
    assert here.writes() == []


@pytest.mark.parametrize("fault", ["error_before", "garbage", "too_many", "reset_before"])
def test_a_request_that_cannot_be_read_is_rescheduled_unsent(here: Deciding, fault: str) -> None:
    shown = here.waits()
    here.decide(shown)
    here.noyo.faults.add(Fault(fault, method="GET", times=None))

    waiting = here.run_worker()

    assert (waiting.state, waiting.sends) == (OperationState.PENDING, 0)
    assert here.writes() == []
    here.noyo.faults.clear()
    assert here.live().state is OperationState.SUCCEEDED


def test_a_refusal_that_cannot_be_compared_is_reconciled_later(here: Deciding) -> None:
    shown = here.waits()
    here.decide(shown)

    def decides_and_breaks() -> None:
        here.elsewhere(shown, "processing")
        here.noyo.faults.add(Fault("error_before", method="GET", times=None, status=503))

    assert here.run_worker(noyo=in_the_gap(here, decides_and_breaks)).state is OperationState.RECONCILING
    here.noyo.faults.clear()
    here.live()
    assert here.ended() == ("succeeded", "reconciled")


# ---------------------------------------------------------------- lost responses


@pytest.mark.parametrize("decision", [APPROVE, REJECT])
@pytest.mark.parametrize("fault", LOST_AFTER)
def test_a_lost_answer_is_reconciled_without_deciding_twice(here: Deciding, fault: str, decision: Any) -> None:
    shown = here.waits()
    here.noyo.faults.add(lost(fault, seconds=4.0))
    here.decide(shown, decision)

    assert here.run_worker().state is OperationState.RECONCILING
    here.live()

    assert here.ended() == ("succeeded", "reconciled")
    assert (len(here.writes()), here.effects()) == (1, 1)
    assert here.record_state(shown.record.id).record.version == here.true(shown)["version"]


@pytest.mark.parametrize("fault", LOST_BEFORE)
def test_a_decision_that_did_not_arrive_is_sent_again_for_the_same_version(here: Deciding, fault: str) -> None:
    shown = here.waits()
    here.noyo.faults.add(lost(fault))
    here.decide(shown)

    assert here.run_worker().state is OperationState.RECONCILING
    here.live()

    assert here.ended() == ("succeeded", "confirmed")
    assert here.effects() == 1
    assert {sent.path.rsplit("/", 1)[1] for sent in here.writes()} == {shown.record.version}


@pytest.mark.parametrize("fault", [lost("too_many", retry_after="77"), lost("error_before", status=408)])
def test_a_decision_that_noyo_did_not_accept_is_sent_later(here: Deciding, fault: Fault) -> None:
    here.noyo.faults.add(fault)
    here.decide(here.waits())

    waiting = here.run_worker()

    assert (waiting.state, waiting.sends) == (OperationState.PENDING, 0)
    assert here.live().state is OperationState.SUCCEEDED
    assert here.effects() == 1


def test_a_decision_that_arrives_after_it_was_sent_again_has_no_second_effect(here: Deciding) -> None:
    shown = here.waits()
    here.noyo.faults.add(lost("delay_before", seconds=4.0))
    here.decide(shown)

    here.live()
    _until(lambda: len(here.writes()) == 2)

    assert here.effects() == 1
    assert here.operation().state is OperationState.SUCCEEDED
    assert here.true(shown)["status"] == "processing"


def test_a_change_after_a_lost_request_is_shown_and_nothing_is_sent(here: Deciding) -> None:
    shown = here.waits()
    here.noyo.faults.add(lost("reset_before"))
    here.decide(shown)
    here.run_worker()
    here.elsewhere(shown, "needs_review", effective_end_date=OTHER_END)

    here.live()

    assert here.ended() == ("cancelled", "changed")
    assert (here.effects(), len(here.writes())) == (0, 1)


def test_a_lost_success_is_found_even_if_the_status_advanced(here: Deciding) -> None:
    shown = here.waits()
    here.noyo.faults.add(lost("reset_after"))
    here.decide(shown)
    here.run_worker()
    here.elsewhere(shown, "completed")

    here.live()

    assert here.ended() == ("succeeded", "reconciled")


def test_after_a_day_without_noyo_a_person_decides_and_the_lock_stays(here: Deciding) -> None:
    shown = here.waits()
    here.noyo.faults.add(Fault("error_before", method="GET", times=None, status=503))
    here.decide(shown)

    here.run_worker()
    here.wait(policies.OPERATION_GIVE_UP_SECONDS + 1)
    here.know(ANA)
    here.run_worker()

    assert here.operation().state is OperationState.NEEDS_RESOLUTION
    assert isinstance(here.decide(shown, REJECT, "V2", BEN), Conflict)
    assert here.writes() == []


def _until(so: Any) -> None:
    deadline = time.monotonic() + 20
    while not so() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert so()


# ---------------------------------------------------------------- rights


def test_an_approver_who_lost_the_right_since_the_click_decides_nothing(here: Deciding) -> None:
    shown = here.waits()
    here.decide(shown)
    here.policy = AccessPolicy(TEAM, requesters=frozenset({ANA}), approvers=frozenset({BEN}))

    here.run_worker()

    assert here.ended() == ("cancelled", "not_authorized")
    assert here.words() == "You may not decide on disconnections. These may: <@U0BEN>."
    assert here.writes() == []
    assert not here.locked(shown.entity)


def test_the_right_to_request_does_not_include_deciding(here: Deciding) -> None:
    here.policy = AccessPolicy(TEAM, requesters=frozenset({ANA}))
    here.decide(here.waits())

    here.run_worker()

    assert here.ended() == ("cancelled", "not_authorized")
    assert here.words().startswith("Nobody may decide on disconnections yet")


def test_an_approver_who_was_deactivated_since_the_click_decides_nothing(here: Deciding) -> None:
    here.decide(here.waits())
    here.know(ANA, is_deactivated=True)

    here.run_worker()

    assert here.ended() == ("cancelled", "not_authorized")
    assert here.writes() == []


def test_an_unknown_approver_group_neither_allows_nor_denies(here: Deciding) -> None:
    here.policy = AccessPolicy(TEAM, approvers=frozenset({"S0APPROVERS"}))
    here.decide(here.waits())

    waiting = here.run_worker()

    assert (waiting.state, waiting.sends) == (OperationState.PENDING, 0)
    members = GroupMembers("S0APPROVERS", frozenset({ANA}), int(here.clock()))
    here.store.people.save_members(members)
    assert here.live().state is OperationState.SUCCEEDED


# ---------------------------------------------------------------- concurrent and stopped workers


def test_a_redelivery_sends_no_second_decision(here: Deciding) -> None:
    here.decide(here.waits())
    here.run_worker()

    assert here.run_worker().attempts == 1
    assert len(here.writes()) == 1


def test_only_one_of_two_workers_sends_a_decision(here: Deciding) -> None:
    here.decide(here.waits())

    here.run_worker(operations=Before(here.deps.operations, "claim", here.run_worker))

    assert len(here.writes()) == 1
    assert here.ended() == ("succeeded", "confirmed")


def test_a_worker_whose_lease_expired_sends_nothing(here: Deciding) -> None:
    here.decide(here.waits())

    here.run_worker(noyo=in_the_gap(here, lambda: here.wait(policies.OPERATION_LEASE_SECONDS)))

    assert here.writes() == []
    assert here.operation().state is OperationState.SENDING


@pytest.mark.parametrize(
    ("port", "method", "after", "sent"),
    [
        ("operations", "claim", True, 1),
        ("noyo", "decide_disconnection", False, 1),
        ("noyo", "decide_disconnection", True, 1),
        ("operations", "settle", False, 1),
        ("operations", "settle", True, 1),
    ],
)
def test_a_stopped_worker_is_recovered_after_its_lease_expires(
    here: Deciding, port: str, method: str, after: bool, sent: int
) -> None:
    shown = here.waits()
    here.decide(shown)
    with pytest.raises(Killed):
        here.run_worker(**{port: Before(getattr(here.deps, port), method, kill, after=after)})
    here.restart()
    assert here.run_worker().attempts == 1  # Nobody touches it while the lease runs.

    here.live(seconds=policies.OPERATION_LEASE_SECONDS + 400)

    assert here.operation().state is OperationState.SUCCEEDED
    assert (here.effects(), len(here.writes())) == (1, sent)
    assert here.record_state(shown.record.id).record.version == here.true(shown)["version"]


# ---------------------------------------------------------------- requesters do not decide on their own requests


def asked_for_by(here: Deciding, actor: str) -> RecordState:
    """A disconnection that this person requested through Switchboard and that Noyo wants reviewed."""
    shown = here.waits()
    after = link_to_operation(shown, "V0", actor, "Test Company")
    here.store.records.write(RecordChange(shown.entity, shown, after, None))
    return here.record_state(shown.record.id)


@pytest.mark.parametrize("decision", [APPROVE, REJECT])
def test_a_requester_may_not_decide_and_sees_who_may(here: Deciding, decision: Any) -> None:
    shown = asked_for_by(here, ANA)

    refused = here.decide(shown, decision)

    assert isinstance(refused, NotAllowed)
    assert f"another approver has to decide on it. These may: <@{BEN}>." in refused.permission.reason
    assert not here.locked(shown.entity)
    assert isinstance(here.decide(shown, decision, "V2", BEN), Submitted)
    assert here.run_worker("V2").state is OperationState.SUCCEEDED


def test_self_approval_is_possible_if_the_settings_allow_it(here: Deciding) -> None:
    here.policy = replace(here.policy, self_approval=True)
    here.decide(asked_for_by(here, ANA))

    assert here.run_worker().state is OperationState.SUCCEEDED


def test_a_request_that_turns_out_to_be_the_deciders_own_is_not_sent(here: Deciding) -> None:
    shown = here.waits()
    here.decide(shown)
    after = link_to_operation(shown, "V0", ANA, "Test Company")
    here.store.records.write(RecordChange(shown.entity, shown, after, None))

    here.run_worker()

    assert here.ended() == ("cancelled", "not_authorized")
    assert "You requested this yourself" in here.words()
    assert here.writes() == []


# ---------------------------------------------------------------- the rejection without a version


def reject_unversioned(here: Deciding) -> RecordState:
    shown = here.waits()
    here.decide(shown, REJECT, unversioned=True, **AGAIN_PAID)
    return shown


def test_an_unversioned_rejection_uses_its_own_call_and_is_marked(here: Deciding) -> None:
    shown = reject_unversioned(here)

    here.run_worker()

    (sent,) = here.writes()
    assert sent.path.endswith(f"/{shown.record.id}/reject")
    assert sent.body == {"reason": "payment_reinstated", "context": "Paid on Monday"}
    assert here.ended() == ("succeeded", "confirmed")
    assert here.operation().unversioned
    assert here.true(shown)["status"] == "rejected"
    assert all(details["unversioned"] == "yes" for *_, details in here.audit_log())


def test_an_approval_is_always_versioned(here: Deciding) -> None:
    shown = here.waits()
    here.decide(shown, APPROVE, unversioned=True)

    here.run_worker()

    (sent,) = here.writes()
    assert sent.path.endswith(shown.record.version)


def test_an_unversioned_rejection_reads_the_record_just_before(here: Deciding) -> None:
    shown = reject_unversioned(here)
    here.elsewhere(shown, "needs_review")

    here.run_worker()

    assert here.ended() == ("cancelled", "changed")
    assert here.writes() == []


def test_the_lost_answer_to_an_unversioned_rejection_is_reconciled(here: Deciding) -> None:
    reject_unversioned(here)
    here.noyo.faults.add(lost("reset_after"))

    assert here.live().state is OperationState.SUCCEEDED
    assert here.ended() == ("succeeded", "reconciled")
    assert len(here.writes()) == 1


def test_an_unversioned_rejection_is_not_sent_again_automatically(here: Deciding) -> None:
    reject_unversioned(here)
    here.noyo.faults.add(lost("reset_before"))

    assert here.live().state is OperationState.NEEDS_RESOLUTION
    assert len(here.writes()) == 1


def test_a_deleted_request_is_refused_at_once(here: Deciding) -> None:
    shown = here.waits()
    here.decide(shown)
    here.noyo.faults.add(Fault("error_before", method="PUT", path_contains=shown.record.id, status=404))
    read = Fault("error_before", method="GET", path_contains=shown.record.id, status=404, times=None, skip=1)
    here.noyo.faults.add(read)

    here.run_worker()

    assert here.ended() == ("refused", "refused")
    assert not here.locked(shown.entity)
