"""Use case tests: what the person who asked is told, and how a request's card goes on, on everything that is built."""

from __future__ import annotations

from typing import Any

import pytest

from bot.bootstrap import new_id
from bot.domain.content import RecordCard, RequestCard
from bot.domain.entities import EntityKind, EntityRef
from bot.domain.operations import ReplyTo
from bot.usecases.dependencies import Dependencies
from bot.usecases.notifications.read_model import record_card, request_card
from bot.usecases.operations import submit
from infra.local.noyo import Fault, FaultKind
from tests.usecases.notification_bench import begun, buttons, connection, due, moves, shown
from tests.world import ALERTS, ANA, BEN, CONNECTIONS, World


def modal(world: World, user: str = ANA) -> str:
    view = world.slack.view_of(user)
    return world.slack.render(view) if view else ""


def told(world: World, user: str = ANA) -> list[str]:
    return [world.slack.render(message) for message in world.slack.direct_messages(user)]


def close(world: World, user: str = ANA) -> None:
    view = world.slack.view_of(user)
    assert view is not None
    world.slack.close_view(user, view.id)


def lost(world: World, method: str, kind: FaultKind = FaultKind.RESET_AFTER, times: int | None = 1) -> None:
    world.noyo.faults.add(Fault(kind, method, times=times))


def goes_on(world: World, seconds: int) -> None:
    """Both workers by their schedule for so long; nobody polls."""
    for _ in range(0, seconds, 15):
        world.carry_out()
        world.notify()
        world.wait(15)


def failed(world: World, **fields: Any) -> tuple[str, str]:
    """A connection that failed and has its card: its id, and the card's ts."""
    made = connection(world, "unable_to_connect", **fields)
    world.notify()
    return made, world.slack.channel(CONNECTIONS)[-1].ts


# ---------------------------------------------------------------- the card of a request


def test_the_card_of_a_request_goes_on_as_the_card_of_its_connection() -> None:
    with begun() as world:
        world.asks()
        world.notify()
        [asked] = world.slack.channel(CONNECTIONS)
        world.carry_out()
        world.notify()
        [made] = world.noyo.connections()
        moves(world, made["id"], "completed")
        world.notify()

        [card] = world.slack.channel(CONNECTIONS)
        assert card.ts == asked.ts
        assert "Request:" in world.slack.render(asked)
        assert "Status:** Completed" in world.slack.render(card)
        assert "@Ana" in world.slack.render(card)


def test_a_poll_that_sees_the_new_connection_first_makes_no_second_card() -> None:
    with begun() as world:
        world.asks()
        world.notify()
        lost(world, "POST")
        world.carry_out()
        world.poll()
        goes_on(world, 120)

        [card] = world.slack.channel(CONNECTIONS)
        assert "Request:" not in world.slack.render(card)
        assert len(world.noyo.connections()) == 1


def test_a_duplicate_shows_the_connection_that_is_there() -> None:
    with begun() as world:
        there = connection(world, "completed", carrier_group_id="00110011", group_name="Old Name")
        world.notify()
        world.wait(300)
        world.asks()
        world.carry_out()
        world.notify()

        [_, request] = shown(world, CONNECTIONS)
        assert there in request
        assert "Old Name" in request
        assert "Already exists" in modal(world)
        assert "Old Name" in modal(world)


# ---------------------------------------------------------------- the person who asked


def test_the_modal_shows_how_it_went_while_it_is_open_and_no_message_repeats_it() -> None:
    with begun() as world:
        world.asks()
        world.carry_out()
        world.notify()

        assert "Sent to Noyo" in modal(world)
        assert told(world) == []


def test_whoever_closed_the_modal_is_told_by_direct_message() -> None:
    with begun() as world:
        world.asks()
        close(world)
        world.carry_out()
        world.notify()

        [message] = told(world)
        assert "Sent to Noyo" in message


def test_whoever_waited_long_is_told_by_direct_message_too() -> None:
    with begun() as world:
        world.asks()
        world.wait(120)
        world.carry_out()
        world.notify()

        assert "Sent to Noyo" in modal(world)
        assert len(told(world)) == 1


def test_while_it_is_unknown_the_modal_says_so_and_then_how_it_went() -> None:
    with begun() as world:
        world.asks()
        lost(world, "POST")
        world.carry_out()
        world.notify()
        assert "Checking" in modal(world)
        goes_on(world, 120)

        assert "Sent to Noyo" in modal(world)


def test_a_view_that_slack_will_not_have_changed_does_not_keep_the_person_from_being_told() -> None:
    with begun() as world:
        world.asks()
        world.carry_out()
        world.slack.faults.api_error("hash_conflict", "views.update", times=5)
        world.notify()

        assert len(told(world)) == 1
        assert due(world) == []


def test_a_person_who_left_does_not_hold_up_the_news() -> None:
    with begun() as world:
        world.asks()
        close(world)
        world.slack.add_user(ANA, "Ana", deleted=True)
        world.carry_out()
        world.notify()

        assert due(world) == []
        assert len(shown(world, CONNECTIONS)) == 1


def test_a_refusal_is_told_in_noyos_words() -> None:
    with begun() as world:
        made, card = failed(world)
        world.noyo.remove(made)
        world.retries(BEN, CONNECTIONS, card, carrier_group_id="22")
        world.carry_out()
        world.notify()

        assert "Noyo refused" in modal(world, BEN)
        [text] = shown(world, CONNECTIONS)
        assert "refused" in text


# ---------------------------------------------------------------- two phases, and who did it


def test_a_retry_takes_the_buttons_away_and_names_who_did_it_only_when_it_went_out() -> None:
    with begun() as world:
        made, card = failed(world)
        world.retries(BEN, CONNECTIONS, card, carrier_group_id="22")
        world.notify()

        [sending] = world.slack.channel(CONNECTIONS)
        [alert] = world.slack.channel(ALERTS)
        assert "retry" not in buttons(sending) | buttons(alert)
        assert "In progress" in world.slack.render(alert)

        world.carry_out()
        world.notify()
        [done] = world.slack.channel(CONNECTIONS)
        assert "Noyo confirmed @Ben's retry" in world.slack.render(done)
        assert made in world.slack.render(done)


# ---------------------------------------------------------------- a person has to say


def unclear(world: World) -> None:
    """A retry that may or may not have arrived: it left us, and Noyo shows nothing of it."""
    _, card = failed(world)
    world.retries(BEN, CONNECTIONS, card)
    lost(world, "PUT", FaultKind.RESET_BEFORE)
    goes_on(world, 180)


def asking(world: World) -> list[Any]:
    return [
        message for message in world.slack.channel(ALERTS) if "Did it arrive?" in world.slack.render(message)
    ]


def test_what_nobody_can_tell_is_loud_and_offers_three_ways_out() -> None:
    with begun() as world:
        unclear(world)

        [question] = asking(world)
        assert len(buttons(question)) >= 3
        assert "Needs your review" in modal(world, BEN) + "".join(told(world, BEN))


def test_a_question_is_put_right_once_somebody_has_answered_it() -> None:
    with begun() as world:
        unclear(world)
        [question] = asking(world)
        way = next(name for name in buttons(question) if "close" in name)
        world.slack.click(ANA, ALERTS, question.ts, way)
        goes_on(world, 20)

        assert asking(world) == []
        assert any("Resolved:" in text for text in shown(world, ALERTS))


def test_a_second_time_that_nobody_can_tell_is_loud_again() -> None:
    with begun() as world:
        unclear(world)
        [question] = asking(world)
        way = next(name for name in buttons(question) if "again" in name)
        lost(world, "PUT", FaultKind.RESET_BEFORE)
        world.slack.click(ANA, ALERTS, question.ts, way)
        goes_on(world, 180)

        assert len(asking(world)) == 2, "an edit calls nobody"


# ---------------------------------------------------------------- a look


@pytest.mark.parametrize("moved", [True, False])
def test_a_look_tells_what_it_found_and_nothing_if_it_found_nothing(moved: bool) -> None:
    with begun() as world:
        made = connection(world)
        world.notify()
        before = world.seen_in(CONNECTIONS)
        if moved:
            world.wait(10)
            world.noyo.move_connection(made, "completed")
        carrying = world.bot.noyo_dependencies
        deps = Dependencies(
            operations=carrying.operations,
            records=carrying.records,
            encryptor=carrying.encryptor,
            clock=world.clock,
            new_id=new_id,
            audit=world.bot.repositories.audit,
            pauses=carrying.sending_guard.pauses,
            mode=carrying.sending_guard.mode,
        )
        submit.refresh(
            "look-1",
            ANA,
            EntityRef(EntityKind.CONNECTION, made),
            because="person",
            reply_to=ReplyTo(),
            deps=deps,
        )
        world.carry_out()
        world.notify()

        [card] = world.slack.channel(CONNECTIONS)
        assert len(card.thread) == 1 + moved
        assert (world.seen_in(CONNECTIONS) == before) is not moved
        assert len(told(world)) == 1


# ---------------------------------------------------------------- what is read


def test_a_request_shows_itself_until_its_record_is_there_and_then_that() -> None:
    with World() as world:
        read_model = Dependencies(
            records=world.bot.repositories.records,
            operations=world.bot.repositories.operations,
            clock=lambda: 0.0,
            new_id=str,
        )
        world.asks()
        [operation_id] = world.open_operations()
        before = request_card(operation_id, read_model)

        world.carry_out()

        after = request_card(operation_id, read_model)
        assert isinstance(before, RequestCard)
        assert isinstance(after, RecordCard)
        assert after.record_state.requested_by_operation == operation_id
        assert record_card(after.record_state.entity, read_model) == after


def test_of_what_we_do_not_know_there_is_no_card() -> None:
    with World() as world:
        read_model = Dependencies(
            records=world.bot.repositories.records,
            operations=world.bot.repositories.operations,
            clock=lambda: 0.0,
            new_id=str,
        )

        assert record_card(EntityRef(EntityKind.CONNECTION, "gone"), read_model) is None
        assert request_card("gone", read_model) is None
