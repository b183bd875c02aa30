"""Placing: one submission is one operation, one subject has one operation at a time, and nothing is sent here."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from botocore.exceptions import ReadTimeoutError

from bot.domain.operations import OperationState, RetryRequest, Sensitive
from bot.domain.records import ConnectionStatus
from bot.domain.tracking import Tracked
from bot.store import WORKER, Pace, store_on
from bot.usecases import place
from bot.usecases.place import Changed, InTheWay, Placed, retryable
from tests.store.made import a_connection, a_disconnection, first
from tests.usecases.carrying import ANA, BEN, REQUEST, Before, Bench, bench


@pytest.fixture
def here() -> Iterator[Bench]:
    with bench() as made:
        yield made


def test_placing_sends_nothing_and_is_told_audited_locked_and_due(here: Bench) -> None:
    placed = here.ask()

    assert isinstance(placed, Placed)
    assert here.noyo.requests == []
    assert here.locked(REQUEST)
    assert here.store.operations.due(int(here.clock()), limit=9) == ["V1"]
    assert here.told() == ["pending"]
    assert here.audited() == [("operation_placed", ANA)]


def test_the_same_submission_twice_is_one_operation(here: Bench) -> None:
    before = here.ask()
    again = here.ask()

    assert isinstance(before, Placed)
    assert again == Placed(here.operation())
    here.carry_out()
    assert len(here.writes()) == 1


def test_the_same_submission_is_still_one_after_it_was_settled(here: Bench) -> None:
    here.ask()
    here.carry_out()

    assert here.ask() == Placed(here.operation())
    assert here.live().state is OperationState.SUCCEEDED
    assert len(here.writes()) == 1


@pytest.mark.parametrize("settled", [False, True])
def test_other_input_with_the_same_id_is_never_called_placed(here: Bench, settled: bool) -> None:
    """A person who got no answer, corrected a field and submitted the same form again must not believe it was sent."""
    here.ask()
    if settled:
        here.carry_out()

    assert here.ask(name="Another Company") == InTheWay(here.operation())
    assert here.ask(group_id="00110099") == InTheWay(here.operation())


def test_the_same_id_with_something_sensitive_left_out_is_other_input(here: Bench) -> None:
    here.ask()

    assert here.ask(sensitive=Sensitive()) == InTheWay(here.operation())


def test_a_second_person_with_the_same_request_is_told_who_was_first(here: Bench) -> None:
    here.ask()

    second = here.ask("V9", BEN, name="The Same Company")

    assert isinstance(second, InTheWay)
    assert (second.operation.id, second.operation.actor) == ("V1", ANA)
    assert here.store.operations.operation("V9") is None


def test_a_second_retry_of_one_connection_is_told_who_was_first(here: Bench) -> None:
    shown = here.stuck()
    here.retry(shown)

    assert here.retry(shown, "V9", BEN) == InTheWay(here.operation("V2"))


def test_a_lock_is_free_again_once_its_operation_is_settled(here: Bench) -> None:
    here.noyo.add_connection(carrier_id=REQUEST.key[:36], carrier_group_id="00110011", created=1)
    here.ask()
    here.carry_out()

    assert isinstance(here.ask("V9", BEN), Placed)


def test_a_lock_that_goes_between_the_refusal_and_the_look_is_no_reason_to_refuse(here: Bench) -> None:
    here.ask()
    operations = Before(here.store.operations, "operation", here.carry_out)
    tools = place.Tools(
        operations,
        here.store.records,
        here.sealer,
        here.clock,
        lambda: "audit-9",
        here.gate,
        here.store.audit,
    )  # type: ignore[arg-type]

    assert isinstance(here.ask("V9", BEN, tools=tools), Placed)


def test_a_retry_of_what_has_moved_shows_what_is_there_now(here: Bench) -> None:
    shown = here.stuck()
    here.noyo.move_connection(shown.record.id, "processing")
    here.see(shown.record.id)

    changed = here.retry(shown)

    assert isinstance(changed, Changed)
    assert changed.now is not None
    assert changed.now.status is ConnectionStatus.PROCESSING
    assert here.store.operations.operation("V2") is None
    assert not here.locked(shown.subject)


def test_a_retry_of_a_record_that_is_not_known_is_not_placed(here: Bench) -> None:
    assert here.retry(tracked(ConnectionStatus.UNABLE_TO_CONNECT)) == Changed(None)


def test_a_carrier_group_id_that_stays_is_not_sent(here: Bench) -> None:
    placed = here.retry(here.stuck("00110011"), group_id="00110011", sensitive=Sensitive())

    assert isinstance(placed, Placed)
    assert placed.operation.input == RetryRequest(None, None)


def test_a_lost_answer_of_the_table_places_once(here: Bench) -> None:
    class LosesItsFirstAnswer:
        lost = False

        def transact_write_items(self, **parameters: object) -> object:
            answer = here.client.transact_write_items(**parameters)
            if not self.lost:
                self.lost = True
                raise ReadTimeoutError(endpoint_url="table")
            return answer

        def __getattr__(self, name: str) -> object:
            return getattr(here.client, name)

    store = store_on(LosesItsFirstAnswer(), here.table, WORKER, Pace(sleep=lambda seconds: None))  # type: ignore[arg-type]
    tools = place.Tools(
        store.operations, store.records, here.sealer, here.clock, lambda: "audit-9", here.gate, store.audit
    )

    assert isinstance(here.ask(tools=tools), Placed)
    assert here.audited() == [("operation_placed", ANA)]
    here.carry_out()
    assert len(here.writes()) == 1


def test_nothing_is_sealed_where_nothing_sensitive_was_typed(here: Bench) -> None:
    placed = here.ask(sensitive=Sensitive())

    assert isinstance(placed, Placed)
    assert getattr(placed.operation.input, "sealed", "") is None


def tracked(status: ConnectionStatus) -> Tracked:
    found = first(a_connection(status=status)).after
    assert found is not None
    return found


def test_a_retry_is_offered_where_noyo_documents_it_and_elsewhere_by_setting_only() -> None:
    def where(at_action_required: bool) -> set[ConnectionStatus]:
        return {
            status
            for status in ConnectionStatus
            if retryable(tracked(status), at_action_required=at_action_required)
        }

    assert where(False) == {ConnectionStatus.UNABLE_TO_CONNECT}
    assert where(True) == {ConnectionStatus.UNABLE_TO_CONNECT, ConnectionStatus.ACTION_REQUIRED}


def test_a_disconnection_is_never_retried() -> None:
    found = first(a_disconnection()).after
    assert found is not None
    assert not retryable(found, at_action_required=True)
