"""A test bench for requested disconnections: completed connections, two approvers, and the records at Noyo."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from bot.domain.operations import OperationState, ReplyTo
from bot.domain.record_states import RecordState
from bot.domain.records import EntityRef, connection_ref, disconnection_ref, pending_disconnection_ref
from bot.domain.requests import DisconnectionReason
from bot.usecases.dependencies import Dependencies
from bot.usecases.operations import second_approval, submit
from bot.usecases.operations.submit import DisconnectionInput, request_disconnection
from bot.usecases.records.ingest import ingest, read_record
from infra.local.noyo import Rules
from tests.usecases.decision_bench import DecisionBench
from tests.usecases.execution_bench import ANA, BEN, CARRIER, open_bench

END = date(2026, 12, 31)
WISH = DisconnectionInput(END, DisconnectionReason.TERMINATED, "They move to another carrier")
NEW_YORK = ZoneInfo("America/New_York")


class DisconnectionBench(DecisionBench):
    """A decision bench with connected groups and requests to disconnect them."""

    # ---------------------------------------------------------------- actions of Noyo and people

    def add_completed_connection(self, name: str = "Test Company", ago: int = 600) -> RecordState:
        """Add a completed connection, and ingest it; returns its record state."""
        self.wait(-ago)
        connection = self.noyo.add_connection(
            carrier_id=CARRIER, carrier_group_id="00110011", group_name=name, status="completed"
        )
        self.ingest_entity(connection_ref(connection["id"]))
        self.wait(ago)
        found = self.store.records.record_state(connection_ref(connection["id"]))
        assert found is not None
        return found

    def ingest_entity(self, entity: EntityRef) -> None:
        """Ingest the current version, as a poll does."""
        deps = self.deps
        ingest(read_record(entity, deps.noyo), deps)

    def request_disconnection(
        self,
        shown: RecordState,
        operation_id: str = "V1",
        actor: str = ANA,
        *,
        end: date = END,
        needs_second: bool = True,
        deps: Dependencies | None = None,
    ) -> submit.SubmitResult:
        return request_disconnection(
            operation_id,
            actor,
            shown=shown,
            wish=replace(WISH, effective_end_date=end),
            needs_second=needs_second,
            timezone=NEW_YORK,
            reply_to=ReplyTo("C1", operation_id),
            deps=deps or self.deps,
        )

    def confirm(self, operation_id: str = "V1", person: str = BEN, **changed: Any) -> Any:
        deps = replace(self.deps, **changed)
        return second_approval.confirm(operation_id, person, reply_to=ReplyTo("C1", "V9"), deps=deps)

    def withdraw(self, operation_id: str = "V1", person: str = BEN, *, deps: Dependencies | None = None) -> Any:
        return second_approval.withdraw(operation_id, person, deps=deps or self.deps)

    def submit_confirmed_disconnection(self, *, needs_second: bool = True) -> RecordState:
        """Submit a disconnection by Ana and, if needed, confirm it as Ben; returns the connection's record state."""
        shown = self.add_completed_connection()
        self.request_disconnection(shown, needs_second=needs_second)
        if needs_second:
            self.confirm()
        return shown

    # ---------------------------------------------------------------- results

    def platform_disconnections(self) -> list[dict[str, Any]]:
        """The disconnections at Noyo that our platform requested."""
        return [request for request in self.noyo.disconnections() if request["source_type"] == "platform"]

    def posts(self) -> list[Any]:
        return [seen for seen in self.writes() if seen.method == "POST"]

    def created_disconnection(self) -> RecordState:
        """The record state of the only disconnection that we requested."""
        (request,) = self.platform_disconnections()
        found = self.store.records.record_state(disconnection_ref(request["id"]))
        assert found is not None
        return found

    def state(self, operation_id: str = "V1") -> OperationState:
        return self.operation(operation_id).state


def pending_ref_of(shown: RecordState) -> EntityRef:
    return pending_disconnection_ref(getattr(shown.record, "group_id", ""), shown.record.carrier_id)


@contextmanager
def open_disconnection_bench(rules: Rules | None = None) -> Iterator[DisconnectionBench]:
    with open_bench(rules, DisconnectionBench) as opened:
        yield opened
