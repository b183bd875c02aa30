"""Slack room tests: confirming and withdrawing, from the card's buttons to what Noyo got."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import replace

import pytest

from bot.domain.operations import OperationState
from bot.domain.record_states import RecordState
from bot.slack.features import second_approval
from bot.slack.views import buttons
from tests.slack.incoming import (
    a_world,
    context_of,
    knocks,
    known,
    moves,
    payload,
    presses,
    receives_with,
    submitted,
    told,
    types,
    view_id,
    window,
)
from tests.world import ANA, BEN, GUS, World

CAT = "U0CAT"


@pytest.fixture(scope="module")
def shared() -> Iterator[World]:
    for world in a_world(APPROVERS=f"{ANA},{BEN},{CAT}"):
        world.slack.add_user(CAT, "Cat")
        for channel in world.slack.workspace.channels.values():
            channel.members.add(CAT)
        yield world


def held(world: World, name: str, record_state: RecordState | None = None, **fields: str) -> str:
    """Asked for by Ana; the operation's id."""
    record_state = record_state or known(world, name, "completed", group_id=str(uuid.uuid4()), error=None)
    presses(world, buttons.disconnect(record_state.entity, record_state.record.version, name="it"))
    view = view_id(world)
    wanted = {"end_date": "2026-12-31", "reason": "terminated", "typed_name": name}
    world.slack.submit(ANA, view, wanted | fields)
    assert world.operation(view).state is OperationState.AWAITING_CONFIRMATION
    return view


def opens(world: World, operation_id: str, user: str = BEN) -> str:
    presses(world, buttons.second_approval_buttons(operation_id)[0], user)
    return view_id(world, user)


def withdraws(world: World, operation_id: str, user: str = BEN) -> str:
    presses(world, buttons.second_approval_buttons(operation_id)[1], user)
    return window(world, user)


def test_the_form_says_all_that_a_yes_does_and_what_was_typed_for_noyo(world: World) -> None:
    opens(world, held(world, "Form Inc", context="They <!channel> move"))
    shown = window(world, BEN)
    assert "After 31 Dec 2026, changes for Form Inc no longer reach Guardian." in shown
    assert "it is sent to Noyo, which starts at once" in shown
    assert "**Requested by:** @Ana" in shown
    assert "They <!channel> move" in shown
    assert "**The connection:** Completed" in shown


def test_a_second_approvers_yes_sets_it_going(world: World) -> None:
    operation_id = held(world, "Yes Inc")
    view = opens(world, operation_id)
    world.slack.submit(BEN, view, {})
    operation = world.operation(operation_id)
    assert (operation.state, operation.people) == (OperationState.PENDING, (ANA, BEN))
    assert "Sending: the request to disconnect Yes Inc · Guardian." in window(world, BEN)


def test_whoever_asked_is_refused_and_told_who_may_and_that_is_in_the_trail(world: World) -> None:
    operation_id = held(world, "Own Inc")
    opens(world, operation_id, ANA)
    assert "You requested this yourself" in window(world)
    assert "These may: @Ben, @Cat." in window(world)
    trail = world.bot.repositories.audit.entries(world.operation(operation_id).entity, limit=9)
    assert ("denied", ANA) in [(entry.action, entry.actor) for entry in trail]
    assert world.operation(operation_id).state is OperationState.AWAITING_CONFIRMATION


def test_whoever_forges_the_form_of_their_own_is_refused_as_well(world: World) -> None:
    operation_id = held(world, "Forged Inc")
    answer = knocks(world, submission(operation_id, ANA))
    assert "You requested this yourself" in str(answer)
    assert world.operation(operation_id).state is OperationState.AWAITING_CONFIRMATION


def submission(operation_id: str, user: str) -> bytes:
    about = buttons.encode(buttons.ButtonValue(operation_id=operation_id))
    return payload(submitted(second_approval.CALLBACK, about, user))


@pytest.mark.parametrize(
    "private", ["", "{}", "null", '{"s":1,"r":"connection:x","v":"1"}', '{"s":9,"o":"V1"}']
)
def test_a_form_that_cannot_be_read_is_refused_in_words(world: World, private: str) -> None:
    answer = str(knocks(world, payload(submitted(second_approval.CALLBACK, private, BEN))))
    assert "cannot be read" in answer or "another version of Switchboard" in answer


def test_what_nobody_knows_is_said_so(world: World) -> None:
    assert "settled long ago" in str(knocks(world, submission("nobody's", BEN)))
    opens(world, "nobody's")
    assert "settled long ago" in window(world, BEN)
    assert "settled long ago" in withdraws(world, "nobody's")


def test_the_second_of_two_confirmers_learns_who_was_first(world: World) -> None:
    operation_id = held(world, "Both Inc")
    bens, cats = opens(world, operation_id), opens(world, operation_id, CAT)
    world.slack.submit(BEN, bens, {})
    world.slack.submit(CAT, cats, {})
    assert "[[ Already confirmed ]]" in window(world, CAT)
    assert "**Confirmed by:** @Ben" in window(world, CAT)
    assert "Nothing was sent for you." in window(world, CAT)
    second = world.operation(operation_id).second_approval
    assert second is not None
    assert second.by == BEN


def test_ones_own_second_submission_is_no_other_persons(world: World) -> None:
    operation_id = held(world, "Repeat Inc")
    opens(world, operation_id)
    knocks(world, submission(operation_id, BEN))
    answer = str(knocks(world, submission(operation_id, BEN)))
    assert "Already confirmed" in answer
    assert "Nothing was sent for you" not in answer


@pytest.mark.parametrize("user", [GUS])
def test_who_may_not_approve_neither_confirms_nor_withdraws(world: World, user: str) -> None:
    operation_id = held(world, f"Not {user}")
    opens(world, operation_id, user)
    assert "Guests cannot do this" in window(world, user)
    assert "Guests cannot do this" in withdraws(world, operation_id, user)
    assert world.operation(operation_id).state is OperationState.AWAITING_CONFIRMATION


def test_a_right_that_went_while_the_form_was_open_is_missed_at_the_submission(world: World) -> None:
    operation_id = held(world, "Right Inc")
    view = opens(world, operation_id)
    context = context_of(world)
    receives_with(
        world,
        replace(
            context,
            deps=replace(context.deps, policy=replace(context.deps.policy, approvers=frozenset({ANA}))),
        ),
    )
    world.slack.submit(BEN, view, {})
    assert "You may not decide on disconnections" in window(world, BEN)
    assert world.operation(operation_id).state is OperationState.AWAITING_CONFIRMATION


def test_where_the_one_who_asked_may_not_any_more_that_is_said_before_anybody_confirms(world: World) -> None:
    operation_id = held(world, "Left Inc")
    context = context_of(world)
    receives_with(
        world,
        replace(
            context,
            deps=replace(context.deps, policy=replace(context.deps.policy, approvers=frozenset({BEN}))),
        ),
    )
    opens(world, operation_id)
    assert "@Ana, who asked for it, is no longer allowed to." in window(world, BEN)
    assert "Withdraw it on its card" in window(world, BEN)


def test_where_the_connection_is_another_by_now_that_is_said_before_anybody_confirms(world: World) -> None:
    record_state = known(world, "Other Inc", "completed", group_id=str(uuid.uuid4()), error=None)
    operation_id = held(world, "Other Inc", record_state)
    moves(world, record_state, "unable_to_connect")
    opens(world, operation_id)
    assert "The connection is now: **Unable to connect**." in window(world, BEN)


def test_once_its_time_is_over_nobody_confirms_it(world: World) -> None:
    operation_id = held(world, "Late Inc")
    world.clock.now, then = float(world.operation(operation_id).due or 0), world.clock.now
    opens(world, operation_id)
    assert "[[ Too late ]]" in window(world, BEN)
    world.clock.now = then


@pytest.mark.parametrize("user", [ANA, CAT])
def test_withdrawn_by_whoever_asked_or_any_approver_it_is_over(world: World, user: str) -> None:
    operation_id = held(world, f"Back {user}")
    view = opens(world, operation_id)
    assert "Nothing was sent to Noyo, and the group stays connected." in withdraws(world, operation_id, user)
    world.slack.submit(BEN, view, {})
    assert "[[ No longer waiting ]]" in window(world, BEN)
    assert "withdrew" in window(world, BEN)
    assert "withdrew" in withdraws(world, operation_id)


def test_whoever_asked_may_take_it_back_even_without_the_right_by_then(world: World) -> None:
    operation_id = held(world, "Mine Inc")
    context = context_of(world)
    receives_with(
        world,
        replace(
            context,
            deps=replace(context.deps, policy=replace(context.deps.policy, approvers=frozenset({BEN}))),
        ),
    )
    assert "The request is withdrawn." in withdraws(world, operation_id, ANA)


def test_what_is_held_is_among_the_decisions_the_soonest_end_first(world: World) -> None:
    late = held(world, "List Late", end_date="2026-11-30")
    held(world, "List Soon", end_date="2026-10-31")
    read = told(world, types(world, "decisions", BEN))
    assert -1 < read.find("List Soon") < read.find("List Late")
    assert "[Confirm Disconnection…]" in read
    withdraws(world, late)
    assert "List Late" not in told(world, types(world, "decisions", BEN))
