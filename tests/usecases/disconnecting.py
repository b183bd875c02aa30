"""A bench for disconnections that we ask for: completed connections, two approvers, and what Noyo made of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from bot.domain.decisions import DisconnectReason
from bot.domain.operations import AnswerTo, OperationState
from bot.domain.subjects import Subject, connection, disconnection, parting
from bot.domain.tracking import Tracked
from bot.usecases import confirm, place
from bot.usecases.observe import observe, read_again
from bot.usecases.place_disconnection import Wish, request_disconnection
from infra.local.noyo import Rules
from tests.usecases.carrying import ANA, BEN, CARRIER, bench
from tests.usecases.deciding import Deciding

END = date(2026, 12, 31)
WISH = Wish(END, DisconnectReason.TERMINATED, "They move to another carrier")
NEW_YORK = ZoneInfo("America/New_York")


class Disconnecting(Deciding):
    """Ana and Ben may approve."""

    # ---------------------------------------------------------------- what Noyo and people do

    def connected(self, name: str = "Test Company", ago: int = 600) -> Tracked:
        """A completed connection, as we hold it."""
        self.wait(-ago)
        made = self.noyo.add_connection(
            carrier_id=CARRIER, carrier_group_id="00110011", group_name=name, status="completed"
        )
        self.observed(connection(made["id"]))
        self.wait(ago)
        found = self.store.records.tracked(connection(made["id"]))
        assert found is not None
        return found

    def observed(self, subject: Subject) -> None:
        """A poll comes by."""
        tools = self.tools
        observe(
            read_again(subject, tools.noyo),
            records=tools.records,
            operations=tools.operations,
            noyo=tools.noyo,
            now=tools.now(),
        )

    def ask_to_end(
        self,
        shown: Tracked,
        operation_id: str = "V1",
        actor: str = ANA,
        *,
        end: date = END,
        needs_second: bool = True,
        tools: place.Tools | None = None,
    ) -> place.Placing:
        return request_disconnection(
            operation_id,
            actor,
            shown=shown,
            wish=replace(WISH, effective_end_date=end),
            needs_second=needs_second,
            timezone=NEW_YORK,
            answer_to=AnswerTo("C1", operation_id),
            tools=tools or self.placing,
        )

    def confirm(self, operation_id: str = "V1", person: str = BEN, **changed: Any) -> Any:
        tools = replace(self.confirming, **changed)
        return confirm.confirm(operation_id, person, answer_to=AnswerTo("C1", "V9"), tools=tools)

    def withdraw(self, operation_id: str = "V1", person: str = BEN) -> Any:
        return confirm.withdraw(operation_id, person, tools=self.confirming)

    @property
    def confirming(self) -> confirm.Tools:
        return confirm.Tools(
            self.store.operations, self.policy, self.clock, lambda: next(self._ids), self.gate
        )

    def going(self, *, needs_second: bool = True) -> Tracked:
        """Asked for by Ana and, where that is needed, confirmed by Ben; not sent yet."""
        shown = self.connected()
        self.ask_to_end(shown, needs_second=needs_second)
        if needs_second:
            self.confirm()
        return shown

    # ---------------------------------------------------------------- what is so

    def requests(self) -> list[dict[str, Any]]:
        """Noyo's requests to disconnect that our platform made."""
        return [one for one in self.noyo.disconnections() if one["source_type"] == "platform"]

    def posts(self) -> list[Any]:
        return [seen for seen in self.writes() if seen.method == "POST"]

    def made(self) -> Tracked:
        """The one request that we made, as we hold it."""
        (made,) = self.requests()
        found = self.store.records.tracked(disconnection(made["id"]))
        assert found is not None
        return found

    def state(self, operation_id: str = "V1") -> OperationState:
        return self.operation(operation_id).state


def pair_of(shown: Tracked) -> Subject:
    return parting(getattr(shown.record, "group_id", ""), shown.record.carrier_id)


@contextmanager
def disconnecting(rules: Rules | None = None) -> Iterator[Disconnecting]:
    with bench(rules, Disconnecting) as made:
        yield made
