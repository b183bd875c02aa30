"""Slack room tests: the three ways out of an operation that nobody can tell about."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.operations import Operation, OperationState, Outcome, OutcomeKind
from bot.domain.people import AuditEntry
from bot.slack.features.resolve import RESOLUTION_OF_ACTION
from bot.slack.views import buttons
from bot.slack.views.buttons import Action
from tests.slack.incoming import (
    Down,
    asked_to_disconnect,
    context_of,
    moves,
    presses,
    receives_with,
    shows,
    unclear,
    window,
)
from tests.slack.samples import a_decision
from tests.system import ANA, BEN, CONNECTIONS, GUS, System


def way(act: Action, operation_id: str) -> dict[str, object]:
    return {**next(one for one in buttons.resolution_buttons(operation_id) if one["action_id"] == act.value)}


@pytest.mark.parametrize(
    ("act", "state", "told"),
    [
        (Action.ARRIVED, OperationState.SUCCEEDED, "reported that @Ben's retry arrived"),
        (Action.SEND_AGAIN, OperationState.PENDING, "Sending it again."),
        (Action.CLOSE, OperationState.CANCELLED, "closed @Ben's retry"),
    ],
)
def test_each_way_is_taken_and_told(system: System, act: Action, state: OperationState, told: str) -> None:
    held = unclear(system, f"Way {act.value}")
    presses(system, way(act, held.id))
    assert "[[ Recorded ]]" in window(system)
    assert told in window(system)
    assert system.operation(held.id).state is state


def test_each_button_that_offers_a_way_out_has_one() -> None:
    assert set(RESOLUTION_OF_ACTION) == set(buttons.RESOLUTIONS)


def test_sending_again_is_for_the_version_that_is_shown_now(system: System) -> None:
    held = unclear(system, "Again Inc")
    presses(system, way(Action.SEND_AGAIN, held.id))
    assert system.operation(held.id).shown_version == system.tracked(held.entity.key).record.version


def test_a_second_person_is_told_what_the_first_decided(system: System) -> None:
    held = unclear(system, "Two People Inc")
    ts = shows(system, *buttons.resolution_buttons(held.id))
    system.slack.click(ANA, CONNECTIONS, ts, Action.CLOSE.value)
    system.slack.click(BEN, CONNECTIONS, ts, Action.SEND_AGAIN.value)
    assert "[[ Already resolved ]]" in window(system, BEN)
    assert "@Ana closed @Ben's retry" in window(system, BEN)
    assert system.operation(held.id).state is OperationState.CANCELLED


def test_of_two_people_at_the_very_same_moment_one_decides(system: System) -> None:
    held = unclear(system, "Same Moment Inc")
    context = context_of(system)
    inner = context.deps.operations

    class Slow:
        """Ben's decision falls between our reading and our writing."""

        def __getattr__(self, name: str) -> object:
            return getattr(inner, name)

        def settle(self, *given: object, **named: object) -> None:
            receives_with(system, context)
            presses(system, way(Action.ARRIVED, held.id), BEN)
            inner.settle(*given, **named)  # type: ignore[arg-type]

    receives_with(system, replace(context, deps=replace(context.deps, operations=Slow())))  # type: ignore[arg-type]
    presses(system, way(Action.CLOSE, held.id))
    assert "[[ Recorded ]]" in window(system, BEN)
    assert "[[ Already resolved ]]" in window(system)
    assert system.operation(held.id).state is OperationState.SUCCEEDED


def test_the_same_click_twice_is_one_decision(system: System) -> None:
    held = unclear(system, "Twice Inc")
    reply = presses(system, way(Action.SEND_AGAIN, held.id))
    assert system.slack.resend(ANA, reply).status == 200
    assert system.operation(held.id).attempts == held.attempts + 1


def test_a_guest_decides_nothing(system: System) -> None:
    held = unclear(system, "Guest Inc")
    presses(system, way(Action.CLOSE, held.id), GUS)
    assert "Guests cannot do this" in window(system, GUS)
    assert system.operation(held.id) == held


def test_what_is_settled_and_forgotten_is_told(system: System) -> None:
    presses(system, way(Action.CLOSE, "Vnobody"))
    assert "settled long ago. Nothing was done." in window(system)


def test_a_decision_stands_even_if_slack_opens_no_window(system: System, caplog: pytest.LogCaptureFixture) -> None:
    held = unclear(system, "No Window Inc")
    system.slack.faults.server_error("views.open")
    reply = presses(system, way(Action.CLOSE, held.id))
    assert (reply.status, reply.error) == (200, None)
    assert system.operation(held.id).state is OperationState.CANCELLED
    (answer,) = system.slack.ephemerals(ANA)
    assert "closed @Ben's retry" in system.slack.render(answer)
    assert "feedback as a modal failed" in caplog.text


def test_with_the_table_down_the_person_is_told_and_the_question_stays(system: System) -> None:
    held = unclear(system, "Table Down Inc")
    context = context_of(system)
    receives_with(
        system, replace(context, deps=replace(context.deps, operations=Down(context.deps.operations, "settle")))
    )
    presses(system, way(Action.CLOSE, held.id))
    assert "Please try again in a minute." in window(system)
    assert system.operation(held.id) == held


def decided_unclear(system: System, name: str) -> Operation:
    """Ben's approval, of which nobody can tell whether it arrived; the request has moved on since."""
    record_state, now, operations = (
        asked_to_disconnect(system, name),
        int(system.clock()),
        system.bot.repositories.operations,
    )
    placed = a_decision(
        id="V" + name,
        entity=record_state.entity,
        actor=BEN,
        submitted_at=now,
        due=now,
        shown_version=record_state.record.version,
    )
    audit = AuditEntry(name, record_state.entity, now, BEN, "placed")
    operations.submit(placed, expected=None, events=(), audit=audit)
    claimed = replace(placed, state=OperationState.SENDING, lease="l", lease_until=now + 60, attempts=1)
    operations.claim(placed, claimed)
    stuck = replace(claimed, state=OperationState.NEEDS_RESOLUTION, lease=None, lease_until=None)
    operations.save(replace(stuck, outcome=Outcome(OutcomeKind.UNCLEAR)), lease="l")
    moves(system, record_state, "needs_review")
    return system.operation(placed.id)


def test_who_may_not_decide_takes_no_way_out_of_a_decision(system: System) -> None:
    held = decided_unclear(system, "Nobody Decides Inc")
    presses(system, way(Action.SEND_AGAIN, held.id))
    assert "[[ Not possible ]]" in window(system)
    assert system.operation(held.id) == held


def test_a_decision_sent_again_stays_one_on_the_version_that_was_decided_on(system: System) -> None:
    held = decided_unclear(system, "Same Version Inc")
    context = context_of(system)
    receives_with(
        system,
        replace(context, deps=replace(context.deps, policy=replace(context.deps.policy, approvers=frozenset({ANA})))),
    )
    presses(system, way(Action.SEND_AGAIN, held.id))
    now = system.operation(held.id)
    assert now.state is OperationState.PENDING
    assert now.shown_version == held.shown_version
