"""A test bench for decisions: disconnections that need review, approvers, and the resulting records at Noyo."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import date
from typing import Any

from bot.domain.operations import Operation, ReplyTo
from bot.domain.people import AccessPolicy
from bot.domain.record_states import RecordState
from bot.domain.records import disconnection_ref
from bot.domain.requests import Decision, DecisionReason, DecisionRequest
from bot.usecases.dependencies import Dependencies
from bot.usecases.operations import submit
from bot.usecases.records.ingest import ingest
from infra.local.noyo import Rules
from tests.usecases.execution_bench import ANA, BEN, CARRIER, TEAM, ExecutionBench, open_bench

APPROVE, REJECT = Decision.APPROVE, Decision.REJECT
GROUP = "5e5e5e5e-0000-4000-8000-000000000001"
END, OTHER_END = "2026-12-31", "2027-01-31"
PAYMENT_REINSTATED = {"reason": DecisionReason.PAYMENT_REINSTATED, "context": "Paid on Monday"}


class DecisionBench(ExecutionBench):
    """An execution bench on which Ana and Ben may approve."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.policy = AccessPolicy(TEAM, approvers=frozenset({ANA, BEN}))

    # ---------------------------------------------------------------- actions of Noyo and people

    def add_disconnection_request(self, end: str | None = END, ago: int = 600) -> RecordState:
        """Add a disconnection that a carrier requested some time ago, and ingest it; returns its record state."""
        self.wait(-ago)
        request = self.noyo.carrier_requests_disconnection(
            carrier_id=CARRIER, group_id=GROUP, group_name="Test Company", effective_end_date=end
        )
        self.ingest_current(request["id"])
        self.wait(ago)
        return self.record_state(request["id"])

    def decide(
        self,
        shown: RecordState,
        decision: Decision = APPROVE,
        operation_id: str = "V1",
        actor: str = ANA,
        *,
        deps: Dependencies | None = None,
        end: str | None = None,
        **why: Any,
    ) -> submit.SubmitResult | submit.NotAllowed:
        wanted = DecisionRequest(decision, date.fromisoformat(end) if end else None, **why)
        return submit.decide(
            operation_id,
            actor,
            shown=shown,
            wanted=wanted,
            reply_to=ReplyTo("C1", operation_id),
            deps=deps or self.deps,
        )

    def ingest_current(self, record_id: str) -> None:
        """Ingest the current version, as a poll does."""
        deps = self.deps
        ingest(deps.noyo.disconnection(record_id), deps)

    def change_at_noyo(self, shown: RecordState, status: str, **fields: Any) -> None:
        """Change the disconnection outside Switchboard."""
        self.wait(1)
        self.noyo.move_disconnection(shown.record.id, status, **fields)

    # ---------------------------------------------------------------- results

    def record_state(self, record_id: str) -> RecordState:
        found = self.store.records.record_state(disconnection_ref(record_id))
        assert found is not None
        return found

    def noyo_record(self, shown: RecordState) -> dict[str, Any]:
        """The current record at Noyo."""
        return self.noyo.disconnection(shown.record.id)

    def result(self, operation_id: str = "V1") -> tuple[str, str]:
        """The operation's state and outcome."""
        found = self.operation(operation_id)
        assert found.outcome is not None
        return found.state.value, found.outcome.kind.value

    def outcome_message(self, operation_id: str = "V1") -> str:
        outcome = self.operation(operation_id).outcome
        assert outcome is not None
        return outcome.message or ""

    def audit_log(self) -> list[tuple[str, str | None, dict[str, str]]]:
        """(action, actor, details) of all audit entries, oldest first."""
        rows = [item for item in self.items() if item["pk"]["S"].startswith("AUDIT#")]
        return [
            (
                row["action"]["S"],
                row.get("actor", {}).get("S"),
                {pair["L"][0]["S"]: pair["L"][1]["S"] for pair in row["details"]["L"]},
            )
            for row in sorted(rows, key=lambda row: row["sk"]["S"])
        ]

    def settled_operations(self, *operation_ids: str) -> list[Operation]:
        return [operation for operation in map(self.operation, operation_ids) if operation.state.settled]


class PatientDecisionBench(DecisionBench):
    """With a long timeout, so that a slow computer causes no additional lost responses."""

    timeout_seconds = 30


@contextmanager
def open_decision_bench(
    rules: Rules | None = None, kind: type[DecisionBench] = DecisionBench
) -> Iterator[DecisionBench]:
    with open_bench(rules, kind) as opened:
        yield opened


def open_patient_decision_bench(rules: Rules) -> AbstractContextManager[DecisionBench]:
    return open_decision_bench(rules, PatientDecisionBench)
