"""A rule-based state machine of decisions: people, polls, workers, Noyo and faults, in any order.

The system is made by `make_system`, so that another one with the same face can be put under the same rules and the same
demands. Hypothesis chooses the order; nothing here waits or asks the clock.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, precondition, rule

from bot import policies
from bot.domain.operations import OperationState, OutcomeKind
from bot.domain.people import AccessPolicy
from bot.domain.record_states import RecordState
from bot.domain.requests import Decision
from bot.usecases.operations.submit import Submitted
from infra.local.noyo import Fault, Rules
from tests.usecases.decision_bench import END, OTHER_END, DecisionBench, open_patient_decision_bench
from tests.usecases.execution_bench import ANA, BEN, TEAM, PortHook, ProcessStopped, stop_process, write_fault

STATUS = {Decision.APPROVE: "processing", Decision.REJECT: "rejected"}
LOST = ["reset_before", "reset_after", "truncated", "garbage", "error_before", "error_after", "too_many"]
DEATHS = [
    ("operations", "claim", True),
    ("noyo", "decide_disconnection", False),
    ("noyo", "decide_disconnection", True),
    ("operations", "save", False),
    ("operations", "save", True),
]
DECISIONS = st.sampled_from(Decision)
DAYS = 2 * 24 * 3600


@dataclass(frozen=True)
class Click:
    """One submission, as Slack may deliver it again."""

    operation_id: str
    person: str
    shown: RecordState
    decision: Decision
    end: str | None

    @property
    def sends(self) -> tuple[str, str, str]:
        """Record, version and status, as the request to Noyo has to have them."""
        return self.shown.record.id, self.shown.record.version, STATUS[self.decision]


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
        trouble=st.sampled_from([*LOST, None]),
    )
    def begins(
        self, decision: Decision, stale: Any, ends: list[str | None], freeze: bool, trouble: str | None
    ) -> Click:
        """Two requests wait, and somebody has decided on one; `trouble` awaits what is sent first.

        `freeze`: `modified` tells no order of versions.
        """
        rules = Rules(settle_script=None, stale_version=stale, freeze_modified=freeze)
        self.holding = self.make_system(rules)
        self.system = self.holding.__enter__()
        self.records = [self.system.add_disconnection_request(end) for end in ends]
        self.read = {record_state.entity: [record_state] for record_state in self.records}
        self.submitted: dict[str, Click] = {}
        self.open: list[str] = []
        self.numbers = 0
        if trouble is not None:
            self.system.noyo.faults.add(write_fault(trouble, method="PUT"))
        return self._click(self.records[0], ANA, decision, END)

    # ---------------------------------------------------------------- people

    @rule(target=clicks, data=st.data(), person=st.sampled_from([ANA, BEN]), decision=DECISIONS)
    def somebody_decides(self, data: Any, person: str, decision: Decision) -> Click:
        """On the card as it stands, or on one that was read before and lies open since."""
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
    def a_submission_is_delivered_again(self, click: Click) -> None:
        self._submit(click)

    def _submit(self, click: Click) -> None:
        before, stored = click.operation_id in self.submitted, self.stored(click.shown)
        result = self.system.decide(click.shown, click.decision, click.operation_id, click.person, end=click.end)
        if before:
            assert isinstance(result, Submitted)
            assert result.operation.id == click.operation_id
        elif isinstance(result, Submitted):
            assert stored.record.version == click.shown.record.version, "submitted for an outdated version"
            assert stored.status.value == "needs_review"
            self.submitted[click.operation_id] = click
            self.open.append(click.operation_id)

    @precondition(lambda self: self.open)
    @rule(may=st.booleans())
    def ben_is_made_an_approver_or_no_longer_is(self, may: bool) -> None:
        self.system.policy = AccessPolicy(TEAM, approvers=frozenset({ANA, BEN} if may else {ANA}))

    # ---------------------------------------------------------------- Noyo, and others who use it

    def true(self, record_state: RecordState) -> dict[str, Any]:
        return self.system.noyo_record(record_state)

    def stored(self, record_state: RecordState) -> RecordState:
        return self.system.record_state(record_state.record.id)

    def _any_record(self, data: Any) -> RecordState:
        record_state: RecordState = data.draw(st.sampled_from(self.records))
        return record_state

    @precondition(lambda self: self.open)
    @rule(data=st.data(), what=st.sampled_from(["another day", "completed", *Decision]), wait=st.integers(0, 2))
    def it_moves_at_noyo(self, data: Any, what: str, wait: int) -> None:
        """By the carrier, by Noyo itself, or by somebody who decides elsewhere."""
        record_state = self._any_record(data)
        if what == "another day":
            self._moves(record_state, "needs_review", "needs_review", wait, effective_end_date=OTHER_END)
        elif what == "completed":
            self._moves(record_state, "processing", "completed", wait)
        else:
            self._moves(record_state, "needs_review", STATUS[Decision(what)], wait)

    def _moves(self, record_state: RecordState, before: str, after: str, seconds: int = 0, **fields: Any) -> None:
        """Noyo does nothing of the kind to what is in another status."""
        self.system.wait(seconds)
        if self.true(record_state)["status"] == before:
            self.system.noyo.move_disconnection(record_state.record.id, after, **fields)

    # ---------------------------------------------------------------- trouble

    @rule(kind=st.sampled_from(LOST), times=st.integers(1, 2))
    def answers_to_decisions_get_lost(self, kind: str, times: int) -> None:
        self.system.noyo.faults.add(write_fault(kind, times, method="PUT"))

    @rule(times=st.integers(1, 3))
    def noyo_cannot_be_read(self, times: int) -> None:
        self.system.noyo.faults.add(Fault("too_many", method="GET", times=times))

    @rule()
    def the_process_starts_anew(self) -> None:
        self.system.restart()

    @rule(seconds=st.sampled_from([1, 31, policies.OPERATION_LEASE_SECONDS, 4000]))
    def time_passes(self, seconds: int) -> None:
        self.system.wait(seconds)

    @rule()
    def people_are_read(self) -> None:
        self.system.store_people(ANA, BEN)

    # ---------------------------------------------------------------- what runs by itself

    @rule(data=st.data())
    def a_poll_comes_by(self, data: Any) -> None:
        if not self.system.noyo.faults.pending():
            self.system.ingest_current(self._any_record(data).record.id)

    @precondition(lambda self: self.open)
    @rule(data=st.data(), seconds=st.sampled_from([0, 31]))
    def a_worker_goes_on(self, data: Any, seconds: int) -> None:
        self.system.wait(seconds)
        self._works(self.submitted[data.draw(st.sampled_from(self.open))])

    @rule(click=clicks)
    def a_worker_is_woken_again(self, click: Click) -> None:
        self._works(click)

    @rule(click=clicks, death=st.sampled_from(DEATHS))
    def a_worker_dies_over_it(self, click: Click, death: tuple[str, str, bool]) -> None:
        port, method, after = death
        try:
            self._works(click, **{port: PortHook(getattr(self.system.deps, port), method, stop_process, after=after)})
        except ProcessStopped:
            self.system.restart()

    @rule(click=clicks, what=st.sampled_from(["changes", *Decision]))
    def it_moves_while_a_worker_sends_it(self, click: Click, what: str) -> None:
        """After the last reading, before what is sent arrives."""

        def moves() -> None:
            if what == "changes":
                self._moves(click.shown, "needs_review", "needs_review", effective_end_date=OTHER_END)
            else:
                self._moves(click.shown, "needs_review", STATUS[Decision(what)])

        noyo = PortHook(self.system.deps.noyo, "decide_disconnection", moves)
        self._works(click, noyo=noyo)

    def _works(self, click: Click, **deps: Any) -> None:
        if click.operation_id in self.submitted:
            self.system.run_worker(click.operation_id, **deps)

    # ---------------------------------------------------------------- what must hold

    @property
    def effective(self) -> list[tuple[str, str, str]]:
        """What we sent and Noyo did."""
        return [_sent(seen) for seen in self.system.writes() if seen.took_effect]

    @invariant()
    def at_most_one_decision_of_ours_on_each_request_has_effect(self) -> None:
        decided = [record_id for record_id, *_ in self.effective]
        assert len(decided) == len(set(decided))

    @invariant()
    def nothing_is_sent_but_what_somebody_decided_on_the_version_they_saw(self) -> None:
        assert {_sent(seen) for seen in self.system.writes()} <= {click.sends for click in self.submitted.values()}

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
            self._comes_to_rest()
        finally:
            self.holding.__exit__(None, None, None)

    def _comes_to_rest(self) -> None:
        """Faults end and time passes: every operation must settle or have a notification."""
        self.system.noyo.faults.clear()
        for operation_id in self.submitted:
            self.system.store_people(ANA, BEN)
            self.system.run_on_schedule(operation_id, DAYS)
        for record_state in self.records:
            self.system.ingest_current(record_state.record.id)
            self._stored_record_matches_noyo(record_state)
            self._succeeded_operations_match_noyo(record_state)
        self._every_decision_ended()
        self._every_decision_is_in_the_audit_log()

    def _every_decision_ended(self) -> None:
        for operation_id, click in self.submitted.items():
            ended = self.system.operation(operation_id)
            if ended.state is OperationState.NEEDS_RESOLUTION:
                assert "needs_resolution" in self.system.published_states()
                assert self.system.is_locked(click.shown.entity)
                continue
            assert ended.state.settled
            assert ended.outcome is not None
            if ended.outcome.kind is OutcomeKind.CONFIRMED:
                assert click.sends in self.effective
            if ended.outcome.kind is OutcomeKind.RECONCILED:
                assert click.decision is self._decided(click.shown)

    def _succeeded_operations_match_noyo(self, record_state: RecordState) -> None:
        """Whatever became of the answers."""
        operations = [self.system.operation(each) for each in self._on(record_state)]
        succeeded = [each.id for each in operations if each.state is OperationState.SUCCEEDED]
        doubtful = [each.id for each in operations if each.state is OperationState.NEEDS_RESOLUTION]
        assert len(succeeded) <= 1
        for sent in self.effective:
            if sent[0] == record_state.record.id:
                assert sent in [self.submitted[each].sends for each in succeeded or doubtful]

    def _on(self, record_state: RecordState) -> list[str]:
        return [each for each, click in self.submitted.items() if click.shown.entity == record_state.entity]

    def _decided(self, record_state: RecordState) -> Decision | None:
        status = self.true(record_state)["status"]
        if status == "completed":
            return Decision.APPROVE
        return next((decision for decision, follows in STATUS.items() if follows == status), None)

    def _stored_record_matches_noyo(self, record_state: RecordState) -> None:
        stored, true = self.stored(record_state), self.true(record_state)
        assert (stored.record.version, stored.status.value) == (true["version"], true["status"])

    def _every_decision_is_in_the_audit_log(self) -> None:
        audit_log = self.system.audit_log()
        for operation_id, click in self.submitted.items():
            state = self.system.operation(operation_id).state.value
            for action in ("operation_submitted", f"operation_{state}"):
                (entry,) = [
                    (actor, details)
                    for done, actor, details in audit_log
                    if done == action and details["operation"] == operation_id
                ]
                assert entry[0] == click.person
                assert entry[1]["decision"] == click.decision.value
                assert entry[1]["shown_version"] == click.shown.record.version
        assert sum(action == "operation_submitted" for action, *_ in audit_log) == len(self.submitted)
