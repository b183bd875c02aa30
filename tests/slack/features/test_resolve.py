"""The three manual resolutions of an operation with an unknown outcome."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.operations import Operation, OperationState, Outcome, OutcomeKind
from bot.domain.people import AuditEntry
from bot.slack.features.resolve import RESOLUTION_OF_ACTION
from bot.slack.views import buttons
from bot.slack.views.buttons import Action
from infra.local.gallery.samples import a_decision
from tests.slack.incoming import (
    FailingPort,
    change_status,
    context_of,
    handle_requests_with,
    modal_text,
    post_buttons,
    press_button,
    store_disconnection_request,
    store_unclear_retry,
)
from tests.system import ANA, BEN, CONNECTIONS, GUS, System


def resolution_button(act: Action, operation: Operation, record_version: str | None = None) -> dict[str, object]:
    offered = buttons.resolution_buttons(operation, record_version)
    return {**next(button for button in offered if button["action_id"] == act.value)}


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
    operation = store_unclear_retry(system, f"Resolved {act.value}")
    press_button(system, resolution_button(act, operation))
    assert "[[ Recorded ]]" in modal_text(system)
    assert expected in modal_text(system)
    assert system.operation(operation.id).state is state


def test_each_resolution_button_has_a_resolution() -> None:
    assert set(RESOLUTION_OF_ACTION) == set(buttons.RESOLUTIONS)


def test_sending_again_is_for_the_version_that_was_shown(system: System) -> None:
    operation = store_unclear_retry(system, "Again Inc")
    version = system.connection_record_state(operation.entity.key).record.version
    assert operation.shown_version != version
    press_button(system, resolution_button(Action.SEND_AGAIN, operation, version))
    assert system.operation(operation.id).shown_version == version


def test_an_answer_beside_an_earlier_version_is_refused(system: System) -> None:
    operation = store_unclear_retry(system, "Changed Inc")
    press_button(system, resolution_button(Action.ARRIVED, operation, "an-earlier-version"))
    assert "The record has changed at Noyo since this message was shown." in modal_text(system)
    assert system.operation(operation.id) == operation


def test_a_button_of_an_earlier_release_sends_only_the_version_of_the_request(system: System) -> None:
    """It does not name the version that was shown beside it."""
    operation = store_unclear_retry(system, "Upgraded Inc")
    press_button(system, resolution_button(Action.SEND_AGAIN, operation))
    assert system.operation(operation.id).shown_version == operation.shown_version


def test_a_second_person_sees_the_first_resolution(system: System) -> None:
    operation = store_unclear_retry(system, "Two People Inc")
    ts = post_buttons(system, *buttons.resolution_buttons(operation, None))
    system.slack.click(ANA, CONNECTIONS, ts, Action.CLOSE.value)
    system.slack.click(BEN, CONNECTIONS, ts, Action.SEND_AGAIN.value)
    assert "[[ Already resolved ]]" in modal_text(system, BEN)
    assert "@Ana closed @Ben's retry" in modal_text(system, BEN)
    assert system.operation(operation.id).state is OperationState.CANCELLED


def test_one_of_two_concurrent_resolutions_applies(system: System) -> None:
    operation = store_unclear_retry(system, "Same Moment Inc")
    context = context_of(system)
    inner = context.deps.operations

    class ResolvedConcurrently:
        """Ben resolves the operation between the read and the write."""

        def __getattr__(self, name: str) -> object:
            return getattr(inner, name)

        def save(self, *given: object, **named: object) -> None:
            handle_requests_with(system, context)
            press_button(system, resolution_button(Action.ARRIVED, operation), BEN)
            inner.save(*given, **named)  # type: ignore[arg-type]

    handle_requests_with(system, replace(context, deps=replace(context.deps, operations=ResolvedConcurrently())))  # type: ignore[arg-type]
    press_button(system, resolution_button(Action.CLOSE, operation))
    assert "[[ Recorded ]]" in modal_text(system, BEN)
    assert "[[ Already resolved ]]" in modal_text(system)
    assert system.operation(operation.id).state is OperationState.SUCCEEDED


def test_a_replayed_resolution_takes_effect_once(system: System) -> None:
    operation = store_unclear_retry(system, "Twice Inc")
    reply = press_button(system, resolution_button(Action.SEND_AGAIN, operation))
    assert system.slack.resend(ANA, reply).status == 200
    assert system.operation(operation.id).attempts == operation.attempts + 1


def test_a_guest_cannot_resolve_an_operation(system: System) -> None:
    operation = store_unclear_retry(system, "Guest Inc")
    press_button(system, resolution_button(Action.CLOSE, operation), GUS)
    assert "Guests cannot do this" in modal_text(system, GUS)
    assert system.operation(operation.id) == operation


def test_an_operation_that_is_no_longer_stored_cannot_be_resolved(system: System) -> None:
    press_button(system, resolution_button(Action.CLOSE, a_decision(id="Vnobody")))
    assert "settled long ago. Nothing was done." in modal_text(system)


def test_a_resolution_is_kept_if_slack_opens_no_modal(system: System, caplog: pytest.LogCaptureFixture) -> None:
    operation = store_unclear_retry(system, "No Window Inc")
    system.slack.faults.server_error("views.open")
    reply = press_button(system, resolution_button(Action.CLOSE, operation))
    assert (reply.status, reply.error) == (200, None)
    assert system.operation(operation.id).state is OperationState.CANCELLED
    (answer,) = system.slack.ephemerals(ANA)
    assert "closed @Ben's retry" in system.slack.render(answer)
    assert "feedback as a modal failed" in caplog.text


def test_during_a_table_outage_a_resolution_fails_with_a_message(system: System) -> None:
    operation = store_unclear_retry(system, "Table Down Inc")
    context = context_of(system)
    handle_requests_with(
        system, replace(context, deps=replace(context.deps, operations=FailingPort(context.deps.operations, "save")))
    )
    press_button(system, resolution_button(Action.CLOSE, operation))
    assert "Please try again in a minute." in modal_text(system)
    assert system.operation(operation.id) == operation


def store_unclear_decision(system: System, name: str) -> Operation:
    """Store an approval by Ben with an unknown outcome; the request has a newer version."""
    record_state, now, operations = (
        store_disconnection_request(system, name),
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
    unresolved = replace(claimed, state=OperationState.NEEDS_RESOLUTION, lease=None, lease_until=None)
    operations.save(replace(unresolved, outcome=Outcome(OutcomeKind.UNCLEAR)), lease="l")
    change_status(system, record_state, "needs_review")
    return system.operation(operation.id)


def test_people_who_may_not_decide_cannot_resolve_a_decision(system: System) -> None:
    operation = store_unclear_decision(system, "Nobody Decides Inc")
    press_button(system, resolution_button(Action.SEND_AGAIN, operation))
    assert "[[ Not possible ]]" in modal_text(system)
    assert system.operation(operation.id) == operation


def test_a_decision_sent_again_keeps_its_version(system: System) -> None:
    operation = store_unclear_decision(system, "Same Version Inc")
    context = context_of(system)
    handle_requests_with(
        system,
        replace(context, deps=replace(context.deps, policy=replace(context.deps.policy, approvers=frozenset({ANA})))),
    )
    press_button(system, resolution_button(Action.SEND_AGAIN, operation))
    now = system.operation(operation.id)
    assert now.state is OperationState.PENDING
    assert now.shown_version == operation.shown_version


@pytest.mark.parametrize("act", list(RESOLUTION_OF_ACTION))
def test_an_answer_on_an_old_message_does_not_count_for_a_later_attempt(system: System, act: Action) -> None:
    operation = store_unclear_retry(system, f"Old {act.value}")
    press_button(system, resolution_button(act, replace(operation, attempts=operation.attempts - 1)))
    assert "This question is about an earlier attempt." in modal_text(system)
    assert system.operation(operation.id) == operation
