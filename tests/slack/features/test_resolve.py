"""The three manual resolutions of an operation with an unknown outcome."""

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


def resolution_button(act: Action, operation_id: str) -> dict[str, object]:
    return {**next(button for button in buttons.resolution_buttons(operation_id) if button["action_id"] == act.value)}


@pytest.mark.parametrize(
    ("act", "state", "expected"),
    [
        (Action.ARRIVED, OperationState.SUCCEEDED, "reported that @Ben's retry arrived"),
        (Action.SEND_AGAIN, OperationState.PENDING, "Sending it again."),
        (Action.CLOSE, OperationState.CANCELLED, "closed @Ben's retry"),
    ],
)
def test_each_resolution_is_applied_and_shown(
    system: System, act: Action, state: OperationState, expected: str
) -> None:
    operation = unclear(system, f"Resolved {act.value}")
    presses(system, resolution_button(act, operation.id))
    assert "[[ Recorded ]]" in window(system)
    assert expected in window(system)
    assert system.operation(operation.id).state is state


def test_each_resolution_button_has_a_resolution() -> None:
    assert set(RESOLUTION_OF_ACTION) == set(buttons.RESOLUTIONS)


def test_sending_again_uses_the_current_version(system: System) -> None:
    operation = unclear(system, "Again Inc")
    presses(system, resolution_button(Action.SEND_AGAIN, operation.id))
    assert (
        system.operation(operation.id).shown_version
        == system.connection_record_state(operation.entity.key).record.version
    )


def test_a_second_person_sees_the_first_resolution(system: System) -> None:
    operation = unclear(system, "Two People Inc")
    ts = shows(system, *buttons.resolution_buttons(operation.id))
    system.slack.click(ANA, CONNECTIONS, ts, Action.CLOSE.value)
    system.slack.click(BEN, CONNECTIONS, ts, Action.SEND_AGAIN.value)
    assert "[[ Already resolved ]]" in window(system, BEN)
    assert "@Ana closed @Ben's retry" in window(system, BEN)
    assert system.operation(operation.id).state is OperationState.CANCELLED


def test_one_of_two_concurrent_resolutions_applies(system: System) -> None:
    operation = unclear(system, "Same Moment Inc")
    context = context_of(system)
    inner = context.deps.operations

    class Slow:
        """Lets Ben resolve the operation between our read and our write."""

        def __getattr__(self, name: str) -> object:
            return getattr(inner, name)

        def settle(self, *given: object, **named: object) -> None:
            receives_with(system, context)
            presses(system, resolution_button(Action.ARRIVED, operation.id), BEN)
            inner.settle(*given, **named)  # type: ignore[arg-type]

    receives_with(system, replace(context, deps=replace(context.deps, operations=Slow())))  # type: ignore[arg-type]
    presses(system, resolution_button(Action.CLOSE, operation.id))
    assert "[[ Recorded ]]" in window(system, BEN)
    assert "[[ Already resolved ]]" in window(system)
    assert system.operation(operation.id).state is OperationState.SUCCEEDED


def test_the_same_click_twice_is_one_decision(system: System) -> None:
    operation = unclear(system, "Twice Inc")
    reply = presses(system, resolution_button(Action.SEND_AGAIN, operation.id))
    assert system.slack.resend(ANA, reply).status == 200
    assert system.operation(operation.id).attempts == operation.attempts + 1


def test_a_guest_decides_nothing(system: System) -> None:
    operation = unclear(system, "Guest Inc")
    presses(system, resolution_button(Action.CLOSE, operation.id), GUS)
    assert "Guests cannot do this" in window(system, GUS)
    assert system.operation(operation.id) == operation


def test_an_operation_that_is_no_longer_stored_cannot_be_resolved(system: System) -> None:
    presses(system, resolution_button(Action.CLOSE, "Vnobody"))
    assert "settled long ago. Nothing was done." in window(system)


def test_a_decision_stands_even_if_slack_opens_no_window(system: System, caplog: pytest.LogCaptureFixture) -> None:
    operation = unclear(system, "No Window Inc")
    system.slack.faults.server_error("views.open")
    reply = presses(system, resolution_button(Action.CLOSE, operation.id))
    assert (reply.status, reply.error) == (200, None)
    assert system.operation(operation.id).state is OperationState.CANCELLED
    (answer,) = system.slack.ephemerals(ANA)
    assert "closed @Ben's retry" in system.slack.render(answer)
    assert "feedback as a modal failed" in caplog.text


def test_with_the_table_down_the_person_is_told_and_the_question_stays(system: System) -> None:
    operation = unclear(system, "Table Down Inc")
    context = context_of(system)
    receives_with(
        system, replace(context, deps=replace(context.deps, operations=Down(context.deps.operations, "settle")))
    )
    presses(system, resolution_button(Action.CLOSE, operation.id))
    assert "Please try again in a minute." in window(system)
    assert system.operation(operation.id) == operation


def decided_unclear(system: System, name: str) -> Operation:
    """Ben's approval, for which it is unknown whether it arrived; the request has a newer version."""
    record_state, now, operations = (
        asked_to_disconnect(system, name),
        int(system.clock()),
        system.bot.repositories.operations,
    )
    operation = a_decision(
        id="V" + name,
        entity=record_state.entity,
        actor=BEN,
        submitted_at=now,
        due=now,
        shown_version=record_state.record.version,
    )
    audit = AuditEntry(name, record_state.entity, now, BEN, "placed")
    operations.submit(operation, expected=None, events=(), audit=audit)
    claimed = replace(operation, state=OperationState.SENDING, lease="l", lease_until=now + 60, attempts=1)
    operations.claim(operation, claimed)
    stuck = replace(claimed, state=OperationState.NEEDS_RESOLUTION, lease=None, lease_until=None)
    operations.save(replace(stuck, outcome=Outcome(OutcomeKind.UNCLEAR)), lease="l")
    moves(system, record_state, "needs_review")
    return system.operation(operation.id)


def test_people_who_may_not_decide_cannot_resolve_a_decision(system: System) -> None:
    operation = decided_unclear(system, "Nobody Decides Inc")
    presses(system, resolution_button(Action.SEND_AGAIN, operation.id))
    assert "[[ Not possible ]]" in window(system)
    assert system.operation(operation.id) == operation


def test_a_decision_sent_again_stays_one_on_the_version_that_was_decided_on(system: System) -> None:
    operation = decided_unclear(system, "Same Version Inc")
    context = context_of(system)
    receives_with(
        system,
        replace(context, deps=replace(context.deps, policy=replace(context.deps.policy, approvers=frozenset({ANA})))),
    )
    presses(system, resolution_button(Action.SEND_AGAIN, operation.id))
    now = system.operation(operation.id)
    assert now.state is OperationState.PENDING
    assert now.shown_version == operation.shown_version
