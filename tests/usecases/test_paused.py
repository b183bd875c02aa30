"""Carrying out while nothing may be sent: what is kept, what goes on, what goes out afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from bot.domain.operations import Operation, OperationState, OutcomeKind
from bot.domain.sending import Mode, Pause
from bot.errors import OnlyWatches, TableUnavailable
from bot.usecases.operation_life import PATIENCE_SECONDS, Shut, claim, still_ours
from bot.usecases.pause import mind_the_mode, pause, resume
from bot.usecases.place import Placed
from tests.usecases.carrying import ANA, BEN, QUIET, REQUEST, START, Before, Bench, bench, writes_fail

DAY = PATIENCE_SECONDS


@pytest.fixture
def here() -> Iterator[Bench]:
    with bench() as made:
        yield made


def keeps(here: Bench, operation_id: str = "V1") -> Operation:
    operation = here.operation(operation_id)
    assert operation.state is OperationState.PENDING
    assert operation.kept is not None
    assert operation.lease is None
    assert here.writes() == []
    return operation


def test_what_is_asked_for_during_a_pause_is_taken_and_kept(here: Bench) -> None:
    paused = pause(ANA, "why", here.switching).pause

    placed = here.ask()

    assert isinstance(placed, Placed)
    assert placed.operation.kept == paused
    here.carry_out()
    assert keeps(here).kept == paused
    assert here.locked(REQUEST)


def test_what_was_asked_for_before_is_kept_untouched(here: Bench) -> None:
    here.ask()
    pause(ANA, "", here.switching)

    here.carry_out()

    kept = keeps(here)
    assert (kept.attempts, kept.sends, kept.first_attempt_at) == (0, 0, None)
    assert kept.due == START
    assert ("operation_pending", ANA) in here.audited()


def test_a_pause_between_the_claim_and_the_sending_stops_it(here: Bench) -> None:
    here.ask()
    gate = replace(here.gate, switches=Before(here.store.switches, "sending", lambda: None))
    turned = Before(here.sealer, "unseal", lambda: pause(BEN, "", here.switching), after=True)

    here.carry_out(sealer=turned, gate=gate)

    kept = keeps(here)
    assert (kept.sends, kept.first_sent_at, kept.due) == (0, None, START)
    assert here.told().count("pending") == 2


def test_the_switch_is_asked_right_before_the_write_leaves(here: Bench) -> None:
    here.ask()
    claimed = claim("V1", here.tools)
    assert claimed is not None
    pause(ANA, "", here.switching)

    with pytest.raises(Shut):
        still_ours(claimed, here.tools)


def test_a_switch_that_cannot_be_read_sends_nothing_and_leaves_nothing_unclear(here: Bench) -> None:
    here.ask()

    def down() -> None:
        raise TableUnavailable("Switchboard's table is not answering right now.")

    switches = Before(here.store.switches, "sending", down, skip=1)
    put_back = here.carry_out(gate=replace(here.gate, switches=switches))

    assert put_back.state is OperationState.PENDING
    assert put_back.trouble == "Switchboard's table is not answering right now."
    assert here.writes() == []


def test_once_resumed_it_goes_out_once_and_nothing_says_kept_any_more(here: Bench) -> None:
    pause(ANA, "", here.switching)
    here.ask()
    here.carry_out()
    here.wait(60)
    resume(ANA, here.switching)

    done = here.carry_out()

    assert (done.state, done.kept) == (OperationState.SUCCEEDED, None)
    assert here.effects() == 1
    assert "sending" in here.told()


def test_a_retry_whose_connection_changed_during_the_pause_is_not_sent(here: Bench) -> None:
    shown = here.stuck()
    pause(ANA, "", here.switching)
    here.retry(shown)
    here.wait(3600)
    here.noyo.move_connection(shown.record.id, "unable_to_connect", setup_result={"error": "another"})
    here.know(ANA)
    resume(ANA, here.switching)

    done = here.carry_out("V2")

    assert done.outcome is not None
    assert done.outcome.kind is OutcomeKind.CHANGED
    assert here.writes() == []


def test_what_has_left_is_found_out_during_a_pause(here: Bench) -> None:
    here.noyo.faults.add(writes_fail("reset_after"))
    here.ask()
    assert here.carry_out().state is OperationState.CHECKING
    pause(ANA, "", here.switching)

    done = here.live()

    assert done.state is OperationState.SUCCEEDED
    assert here.effects() == 1


def test_what_did_not_arrive_is_not_sent_again_during_a_pause(here: Bench) -> None:
    here.noyo.faults.add(writes_fail("reset_before"))
    here.ask()
    here.carry_out()
    sent = len(here.writes())
    pause(ANA, "", here.switching)
    for _ in range(4):
        here.wait(QUIET)
        here.carry_out()

    kept = here.operation()
    assert (kept.state, kept.kept is not None) == (OperationState.PENDING, True)
    assert len(here.writes()) == sent

    resume(ANA, here.switching)
    assert here.carry_out().state is OperationState.SUCCEEDED
    assert here.effects() == 1


def test_a_look_goes_on(here: Bench) -> None:
    shown = here.stuck()
    pause(ANA, "", here.switching)
    here.look(shown.subject)

    assert here.carry_out("L1").state is OperationState.SUCCEEDED


def test_the_day_of_patience_stands_still(here: Bench) -> None:
    """Twenty hours of trouble, three days of pause, and one more trouble is no day of trouble."""
    here.noyo.faults.add(writes_fail("too_many", times=None))
    here.ask()
    here.carry_out()
    here.wait(20 * 3600)
    pause(ANA, "", here.switching)
    here.wait(3 * DAY)
    resume(ANA, here.switching)
    here.know(ANA)
    assert here.carry_out().state is OperationState.PENDING

    here.wait(5 * 3600)
    here.know(ANA)
    assert here.carry_out().state is OperationState.NEEDS_PERSON


def test_kept_again_by_another_pause_it_names_that_one(here: Bench) -> None:
    here.ask()
    pause(ANA, "", here.switching)
    here.carry_out()
    here.wait(5)
    resume(ANA, here.switching)
    second = pause(BEN, "", here.switching).pause

    here.carry_out()

    assert keeps(here).kept == second


def test_of_a_worker_that_puts_aside_and_one_that_was_before_it_neither_undoes_the_other(here: Bench) -> None:
    here.ask()
    pause(ANA, "", here.switching)

    def another_has_it() -> None:
        held = here.operation()
        here.store.operations.claim(
            held, replace(held, state=OperationState.SENDING, attempts=1, lease="x", lease_until=START + 300)
        )

    here.carry_out(operations=Before(here.store.operations, "claim", another_has_it))

    assert here.operation().lease == "x"


# ---------------------------------------------------------------- watching only


def test_watching_nothing_is_taken_on(here: Bench) -> None:
    here.mode = Mode.OBSERVE
    shown = here.stuck()

    with pytest.raises(OnlyWatches):
        here.ask()
    with pytest.raises(OnlyWatches):
        here.retry(shown)

    assert here.store.operations.operation("V1") is None
    here.look(shown.subject)
    assert here.carry_out("L1").state is OperationState.SUCCEEDED


def test_what_is_left_from_before_is_kept_as_if_paused_and_sent_once_it_acts_again(here: Bench) -> None:
    here.ask()
    here.mode = Mode.OBSERVE
    mind_the_mode(here.mode, here.switching)

    here.carry_out()
    assert keeps(here).kept == Pause(START)

    here.wait(3600)
    here.mode = Mode.ACT
    mind_the_mode(here.mode, here.switching)
    here.know(ANA)
    assert here.carry_out().state is OperationState.SUCCEEDED
    assert here.effects() == 1


def test_watching_a_write_that_is_about_to_leave_is_stopped_at_the_edge(here: Bench) -> None:
    here.ask()
    claimed = claim("V1", here.tools)
    assert claimed is not None
    here.mode = Mode.OBSERVE

    with pytest.raises(Shut):
        still_ours(claimed, here.tools)


def test_the_day_of_patience_stands_still_while_watching(here: Bench) -> None:
    here.noyo.faults.add(writes_fail("too_many", times=None))
    here.ask()
    here.carry_out()
    here.wait(3600)
    mind_the_mode(Mode.OBSERVE, here.switching)
    here.wait(7 * DAY)
    mind_the_mode(Mode.ACT, here.switching)
    here.know(ANA)

    assert here.carry_out().state is OperationState.PENDING
