"""A rule-based state machine of decisions: people, polls, workers, Noyo and faults, in any order.

`make_system` creates the system, so that the same rules and invariants can test another one with the same interface.
Hypothesis chooses the order; nothing here waits or reads the real clock.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, precondition, rule

from bot import policies
from bot.domain.operations import Operation, OperationState, OutcomeKind
from bot.domain.people import AccessPolicy
from bot.domain.record_states import RecordState
from bot.domain.records import LocalStatus
from bot.domain.requests import Decision
from bot.usecases.operations.lifecycle import settle_operations_on_deleted
from bot.usecases.operations.submit import Submitted
from bot.usecases.records.ingest import ingest_deletion
from infra.local.noyo import Fault, Rules
from tests.usecases.decision_bench import END, OTHER_END, DecisionBench, open_patient_decision_bench
from tests.usecases.execution_bench import ANA, BEN, TEAM, PortHook, ProcessStopped, stop_process, write_fault

STATUS = {Decision.APPROVE: "processing", Decision.REJECT: "rejected"}
FALSE_KINDS = st.sampled_from(["false_answer", "false_answer_after"])
FALSE_CONTENTS = st.sampled_from(["unchanged", "status", "earlier", "other"])
FAULTS = ["reset_before", "reset_after", "truncated", "garbage", "error_before", "error_after", "too_many"]
CRASH_POINTS = [
    ("operations", "claim", True),
    ("noyo", "decide_disconnection", False),
    ("noyo", "decide_disconnection", True),
    ("operations", "save", False),
    ("operations", "save", True),
]
DECISIONS = st.sampled_from(Decision)
SETTLE_SECONDS = 2 * 24 * 3600


@dataclass(frozen=True)
class Click:
    """One submission, which Slack may deliver again."""

    operation_id: str
    person: str
    shown: RecordState
    decision: Decision
    end: str | None

    @property
    def expected_request(self) -> tuple[str, str, str]:
        """The record, version and status that the request to Noyo must have."""
        return self.shown.record.id, self.shown.record.version, STATUS[self.decision]


def _is_unresolved(operation: Operation) -> bool:
    """Whether it never became clear if the request took effect."""
    deleted = operation.outcome is not None and operation.outcome.kind is OutcomeKind.DELETED
    return operation.state is OperationState.NEEDS_RESOLUTION or deleted


def _sent(seen: Any) -> tuple[str, str, str]:
    record_id, version = seen.path.split("/")[-2:]
    return record_id, version, seen.body["status"]


class DecisionsStateMachine(RuleBasedStateMachine):
    make_system: ClassVar[Callable[[Rules], AbstractContextManager[DecisionBench]]] = staticmethod(
        open_patient_decision_bench
    )

    clicks: Bundle[Click] = Bundle("clicks")

    @initialize(
        target=clicks,
        decision=DECISIONS,
        stale=st.sampled_from(["409", "404", "422"]),
        ends=st.lists(st.sampled_from([END, END, None]), min_size=2, max_size=2),
        freeze=st.booleans(),
        fault=st.sampled_from([*FAULTS, None]),
    )
    def start(self, decision: Decision, stale: Any, ends: list[str | None], freeze: bool, fault: str | None) -> Click:
        """Two requests are open, and one decision has been submitted.

        `fault` affects the first request to Noyo. `freeze`: `modified` does not show the order of versions.
        """
        rules = Rules(settle_script=None, stale_version=stale, freeze_modified=freeze)
        self.context = self.make_system(rules)
        self.system = self.context.__enter__()
        self.records = [self.system.add_disconnection_request(end) for end in ends]
        self.first_versions = {each.record.id: self.system.noyo_record(each) for each in self.records}
        self.deleted: set[str] = set()
        self.read = {record_state.entity: [record_state] for record_state in self.records}
        self.at_noyo = {(each["id"], each["version"], each["status"]) for each in self.first_versions.values()}
        self.submitted: dict[str, Click] = {}
        self.open: list[str] = []
        self.numbers = 0
        if fault is not None:
            self.system.noyo.faults.add(write_fault(fault, method="PUT"))
        return self._click(self.records[0], ANA, decision, END)

    # ---------------------------------------------------------------- people

    @rule(target=clicks, data=st.data(), person=st.sampled_from([ANA, BEN]), decision=DECISIONS)
    def decide(self, data: Any, person: str, decision: Decision) -> Click:
        """Decides on the current version or on an earlier one that a form still shows."""
        record_state = self._any_record(data)
        self.read[record_state.entity].append(self.stored(record_state))
        shown = data.draw(st.sampled_from(self.read[record_state.entity][-1:] * 3 + self.read[record_state.entity]))
        end = data.draw(st.sampled_from([END, END, OTHER_END, None]))
        return self._click(shown, person, decision, end)

    def _click(self, shown: RecordState, person: str, decision: Decision, end: str | None) -> Click:
        self.numbers += 1
        click = Click(f"V{self.numbers}", person, shown, decision, end)
        self._submit(click)
        return click

    @rule(click=clicks)
    def redeliver_submission(self, click: Click) -> None:
        self._submit(click)

    def _submit(self, click: Click) -> None:
        submitted_before, stored = click.operation_id in self.submitted, self.stored(click.shown)
        result = self.system.decide(click.shown, click.decision, click.operation_id, click.person, end=click.end)
        if submitted_before:
            assert isinstance(result, Submitted)
            assert result.operation.id == click.operation_id
        elif isinstance(result, Submitted):
            assert stored.record.version == click.shown.record.version, "submitted for an outdated version"
            assert stored.status.value == "needs_review"
            self.submitted[click.operation_id] = click
            self.open.append(click.operation_id)

    @precondition(lambda self: self.open)
    @rule(allowed=st.booleans())
    def change_bens_permission(self, allowed: bool) -> None:
        self.system.policy = AccessPolicy(TEAM, approvers=frozenset({ANA, BEN} if allowed else {ANA}))

    # ---------------------------------------------------------------- changes at Noyo

    def noyo_record(self, record_state: RecordState) -> dict[str, Any] | None:
        """The record at Noyo; None if it is deleted."""
        known = self.system.noyo.disconnections()
        return next((each for each in known if each["id"] == record_state.record.id), None)

    def stored(self, record_state: RecordState) -> RecordState:
        return self.system.record_state(record_state.record.id)

    def _any_record(self, data: Any) -> RecordState:
        record_state: RecordState = data.draw(st.sampled_from(self.records))
        return record_state

    @precondition(lambda self: self.open)
    @rule(data=st.data(), change=st.sampled_from(["another day", "completed", *Decision]), wait=st.integers(0, 2))
    def change_at_noyo(self, data: Any, change: str, wait: int) -> None:
        """The carrier, Noyo itself or somebody who decides at Noyo changes a record."""
        record_state = self._any_record(data)
        if change == "another day":
            self._change(record_state, "needs_review", "needs_review", wait, effective_end_date=OTHER_END)
        elif change == "completed":
            self._change(record_state, "processing", "completed", wait)
        else:
            self._change(record_state, "needs_review", STATUS[Decision(change)], wait)

    def _change(self, record_state: RecordState, before: str, after: str, seconds: int = 0, **fields: Any) -> None:
        """Noyo changes a record only from the status `before`."""
        self.system.wait(seconds)
        current = self.noyo_record(record_state)
        if current is not None and current["status"] == before:
            self.system.noyo.move_disconnection(record_state.record.id, after, **fields)

    @precondition(lambda self: self.open)
    @rule(data=st.data())
    def delete_or_restore_at_noyo(self, data: Any) -> None:
        record_state = self._any_record(data)
        if self.noyo_record(record_state) is None:
            self.system.noyo.restore(record_state.record.id)
        else:
            self.system.noyo.remove(record_state.record.id)
            self.deleted.add(record_state.record.id)

    # ---------------------------------------------------------------- faults

    @rule(kind=st.sampled_from(FAULTS), times=st.integers(1, 2))
    def lose_answers_to_decisions(self, kind: str, times: int) -> None:
        self.system.noyo.faults.add(write_fault(kind, times, method="PUT"))

    @rule(data=st.data(), kind=FALSE_KINDS, shows=FALSE_CONTENTS, status=st.sampled_from([*STATUS.values()]))
    def answer_decision_falsely(self, data: Any, kind: str, shows: str, status: str) -> None:
        """The next decision on a request is answered with success and a record that contradicts it.

        The record is unchanged, has another status but the version that was shown, an earlier version, or is another.
        """
        record_state, other = data.draw(st.permutations(self.records))
        current, other_record = self.noyo_record(record_state), self.noyo_record(other)
        if current is None or other_record is None:
            return
        body = {
            "unchanged": current,
            "status": current | {"status": status},
            "earlier": self.first_versions[record_state.record.id] | {"status": status},
            "other": other_record | {"status": status},
        }[shows]
        fault = write_fault(kind, method="PUT", status=200, body=body)
        self.system.noyo.faults.add(replace(fault, path_contains=record_state.record.id))

    @rule(times=st.integers(1, 3))
    def fail_noyo_reads(self, times: int) -> None:
        self.system.noyo.faults.add(Fault("too_many", method="GET", times=times))

    @rule()
    def restart_process(self) -> None:
        self.system.restart()

    @rule(seconds=st.sampled_from([1, 31, policies.OPERATION_LEASE_SECONDS, 4000]))
    def let_time_pass(self, seconds: int) -> None:
        self.system.wait(seconds)

    @rule()
    def refresh_people(self) -> None:
        self.system.store_people(ANA, BEN)

    # ---------------------------------------------------------------- workers and schedules

    @rule(data=st.data())
    def poll(self, data: Any) -> None:
        if not self.system.noyo.faults.pending():
            self._ingest(self._any_record(data))

    def _ingest(self, record_state: RecordState) -> None:
        """Ingest the record, or that it is deleted, as a sweep does."""
        if self.noyo_record(record_state) is not None:
            self.system.ingest_current(record_state.record.id)
        elif ingest_deletion(record_state.entity, self.system.deps):
            settle_operations_on_deleted(record_state.entity, self.system.deps)

    @precondition(lambda self: self.open)
    @rule(data=st.data(), seconds=st.sampled_from([0, 31]))
    def run_worker_on_open_operation(self, data: Any, seconds: int) -> None:
        self.system.wait(seconds)
        self._run_worker(self.submitted[data.draw(st.sampled_from(self.open))])

    @rule(click=clicks)
    def run_worker_again(self, click: Click) -> None:
        self._run_worker(click)

    @rule(click=clicks, crash_point=st.sampled_from(CRASH_POINTS))
    def crash_worker(self, click: Click, crash_point: tuple[str, str, bool]) -> None:
        port, method, after = crash_point
        try:
            self._run_worker(
                click, **{port: PortHook(getattr(self.system.deps, port), method, stop_process, after=after)}
            )
        except ProcessStopped:
            self.system.restart()

    @rule(click=clicks, change=st.sampled_from(["another day", *Decision]))
    def change_while_worker_sends(self, click: Click, change: str) -> None:
        """The record changes after the last read and before the request arrives."""

        def change_record() -> None:
            if change == "another day":
                self._change(click.shown, "needs_review", "needs_review", effective_end_date=OTHER_END)
            else:
                self._change(click.shown, "needs_review", STATUS[Decision(change)])

        noyo = PortHook(self.system.deps.noyo, "decide_disconnection", change_record)
        self._run_worker(click, noyo=noyo)

    def _run_worker(self, click: Click, **deps: Any) -> None:
        if click.operation_id in self.submitted:
            self.system.run_worker(click.operation_id, **deps)

    # ---------------------------------------------------------------- invariants

    @property
    def effective(self) -> list[tuple[str, str, str]]:
        """The decisions that we sent and that took effect."""
        return [_sent(seen) for seen in self.system.writes() if seen.took_effect]

    @invariant()
    def at_most_one_of_our_decisions_takes_effect_on_each_request(self) -> None:
        decided = [record_id for record_id, *_ in self.effective]
        assert len(decided) == len(set(decided))

    @invariant()
    def only_submitted_decisions_are_sent_for_the_versions_shown(self) -> None:
        assert {_sent(seen) for seen in self.system.writes()} <= {
            click.expected_request for click in self.submitted.values()
        }

    @invariant()
    def what_is_called_confirmed_took_effect(self) -> None:
        for operation_id, click in self.submitted.items():
            outcome = self.system.operation(operation_id).outcome
            if outcome is not None and outcome.kind is OutcomeKind.CONFIRMED:
                assert click.expected_request in self.effective

    @invariant()
    def stored_records_are_or_were_so_at_noyo(self) -> None:
        for record_state in self.records:
            at_noyo, stored = self.noyo_record(record_state), self.stored(record_state)
            if at_noyo is not None:
                self.at_noyo.add((record_state.record.id, at_noyo["version"], at_noyo["status"]))
            if stored.status is LocalStatus.DELETED:
                assert record_state.record.id in self.deleted
            else:
                assert (record_state.record.id, stored.record.version, stored.status.value) in self.at_noyo

    @invariant()
    def each_request_has_at_most_one_open_decision(self) -> None:
        self.open = [
            operation_id
            for operation_id in self.submitted
            if operation_id in self.open and self.system.operation(operation_id).is_open
        ]
        entities = [self.submitted[operation_id].shown.entity for operation_id in self.open]
        assert len(entities) == len(set(entities))

    def teardown(self) -> None:
        if not hasattr(self, "system"):
            return
        try:
            self._settle_everything()
        finally:
            self.context.__exit__(None, None, None)

    def _settle_everything(self) -> None:
        """Removes all faults and lets time pass: every operation must settle or have a notification."""
        self.system.noyo.faults.clear()
        for operation_id in self.submitted:
            self.system.store_people(ANA, BEN)
            self.system.run_on_schedule(operation_id, SETTLE_SECONDS)
        for record_state in self.records:
            self._ingest(record_state)
            self._stored_record_matches_noyo(record_state)
            self._succeeded_operations_match_noyo(record_state)
        self._every_decision_settled()
        self._every_decision_is_in_the_audit_log()

    def _every_decision_settled(self) -> None:
        for operation_id, click in self.submitted.items():
            operation = self.system.operation(operation_id)
            if operation.state is OperationState.NEEDS_RESOLUTION:
                assert "needs_resolution" in self.system.published_states()
                assert self.system.is_locked(click.shown.entity)
                continue
            assert operation.state.settled
            assert operation.outcome is not None
            if operation.outcome.kind is OutcomeKind.CONFIRMED:
                assert click.expected_request in self.effective
            if operation.outcome.kind is OutcomeKind.RECONCILED:
                assert self._decided(click.shown) in (click.decision, None)

    def _succeeded_operations_match_noyo(self, record_state: RecordState) -> None:
        """Also if answers were lost."""
        operations = [self.system.operation(each) for each in self._operations_on(record_state)]
        succeeded = [each.id for each in operations if each.state is OperationState.SUCCEEDED]
        unresolved = [each.id for each in operations if _is_unresolved(each)]
        assert len(succeeded) <= 1
        for sent in self.effective:
            if sent[0] == record_state.record.id:
                assert sent in [self.submitted[each].expected_request for each in succeeded or unresolved]

    def _operations_on(self, record_state: RecordState) -> list[str]:
        return [each for each, click in self.submitted.items() if click.shown.entity == record_state.entity]

    def _decided(self, record_state: RecordState) -> Decision | None:
        at_noyo = self.noyo_record(record_state)
        if at_noyo is None:
            return None
        status = at_noyo["status"]
        if status == "completed":
            return Decision.APPROVE
        return next((decision for decision, result in STATUS.items() if result == status), None)

    def _stored_record_matches_noyo(self, record_state: RecordState) -> None:
        stored, at_noyo = self.stored(record_state), self.noyo_record(record_state)
        if at_noyo is None:
            assert stored.status is LocalStatus.DELETED
        else:
            assert (stored.record.version, stored.status.value) == (at_noyo["version"], at_noyo["status"])

    def _every_decision_is_in_the_audit_log(self) -> None:
        audit_log = self.system.audit_log()
        for operation_id, click in self.submitted.items():
            state = self.system.operation(operation_id).state.value
            for action in ("operation_submitted", f"operation_{state}"):
                (entry,) = [
                    (actor, details)
                    for logged, actor, details in audit_log
                    if logged == action and details["operation"] == operation_id
                ]
                assert entry[0] == click.person
                assert entry[1]["decision"] == click.decision.value
                assert entry[1]["shown_version"] == click.shown.record.version
        assert sum(action == "operation_submitted" for action, *_ in audit_log) == len(self.submitted)
