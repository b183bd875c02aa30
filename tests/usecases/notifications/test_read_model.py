"""Use case tests: what the person who asked is told, and how a request's card goes on, on everything that is built."""

from __future__ import annotations

from typing import Any

import pytest

from bot.bootstrap import new_id
from bot.domain.content import RecordCard, RequestCard
from bot.domain.operations import ReplyTo
from bot.domain.records import EntityKind, EntityRef
from bot.usecases.dependencies import Dependencies
from bot.usecases.notifications.read_model import record_card, request_card
from bot.usecases.operations import submit
from infra.local.noyo import Fault, FaultKind
from tests.system import ALERTS, ANA, BEN, CONNECTIONS, System
from tests.usecases.notification_bench import begun, buttons, connection, due, moves, shown


def modal(system: System, user: str = ANA) -> str:
    view = system.slack.view_of(user)
    return system.slack.render(view) if view else ""


def told(system: System, user: str = ANA) -> list[str]:
    return [system.slack.render(message) for message in system.slack.direct_messages(user)]


def close(system: System, user: str = ANA) -> None:
    view = system.slack.view_of(user)
    assert view is not None
    system.slack.close_view(user, view.id)


def lost(system: System, method: str, kind: FaultKind = FaultKind.RESET_AFTER, times: int | None = 1) -> None:
    system.noyo.faults.add(Fault(kind, method, times=times))


def goes_on(system: System, seconds: int) -> None:
    """Both workers by their schedule for so long; nobody polls."""
    for _ in range(0, seconds, 15):
        system.carry_out()
        system.notify()
        system.wait(15)


def failed(system: System, **fields: Any) -> tuple[str, str]:
    """A connection that failed and has its card: its id, and the card's ts."""
    made = connection(system, "unable_to_connect", **fields)
    system.notify()
    return made, system.slack.channel(CONNECTIONS)[-1].ts


# ---------------------------------------------------------------- the card of a request


def test_the_card_of_a_request_goes_on_as_the_card_of_its_connection() -> None:
    with begun() as system:
        system.asks()
        system.notify()
        [asked] = system.slack.channel(CONNECTIONS)
        system.carry_out()
        system.notify()
        [made] = system.noyo.connections()
        moves(system, made["id"], "completed")
        system.notify()

        [card] = system.slack.channel(CONNECTIONS)
        assert card.ts == asked.ts
        assert "Request:" in system.slack.render(asked)
        assert "Status:** Completed" in system.slack.render(card)
        assert "@Ana" in system.slack.render(card)


def test_a_poll_that_sees_the_new_connection_first_makes_no_second_card() -> None:
    with begun() as system:
        system.asks()
        system.notify()
        lost(system, "POST")
        system.carry_out()
        system.poll()
        goes_on(system, 120)

        [card] = system.slack.channel(CONNECTIONS)
        assert "Request:" not in system.slack.render(card)
        assert len(system.noyo.connections()) == 1


def test_a_duplicate_shows_the_connection_that_is_there() -> None:
    with begun() as system:
        there = connection(system, "completed", carrier_group_id="00110011", group_name="Old Name")
        system.notify()
        system.wait(300)
        system.asks()
        system.carry_out()
        system.notify()

        [_, request] = shown(system, CONNECTIONS)
        assert there in request
        assert "Old Name" in request
        assert "Already exists" in modal(system)
        assert "Old Name" in modal(system)


# ---------------------------------------------------------------- the person who asked


def test_the_modal_shows_how_it_went_while_it_is_open_and_no_message_repeats_it() -> None:
    with begun() as system:
        system.asks()
        system.carry_out()
        system.notify()

        assert "Sent to Noyo" in modal(system)
        assert told(system) == []


def test_whoever_closed_the_modal_is_told_by_direct_message() -> None:
    with begun() as system:
        system.asks()
        close(system)
        system.carry_out()
        system.notify()

        [message] = told(system)
        assert "Sent to Noyo" in message


def test_whoever_waited_long_is_told_by_direct_message_too() -> None:
    with begun() as system:
        system.asks()
        system.wait(120)
        system.carry_out()
        system.notify()

        assert "Sent to Noyo" in modal(system)
        assert len(told(system)) == 1


def test_while_it_is_unknown_the_modal_says_so_and_then_how_it_went() -> None:
    with begun() as system:
        system.asks()
        lost(system, "POST")
        system.carry_out()
        system.notify()
        assert "Checking" in modal(system)
        goes_on(system, 120)

        assert "Sent to Noyo" in modal(system)


def test_a_view_that_slack_will_not_have_changed_does_not_keep_the_person_from_being_told() -> None:
    with begun() as system:
        system.asks()
        system.carry_out()
        system.slack.faults.api_error("hash_conflict", "views.update", times=5)
        system.notify()

        assert len(told(system)) == 1
        assert due(system) == []


def test_a_person_who_left_does_not_hold_up_the_news() -> None:
    with begun() as system:
        system.asks()
        close(system)
        system.slack.add_user(ANA, "Ana", deleted=True)
        system.carry_out()
        system.notify()

        assert due(system) == []
        assert len(shown(system, CONNECTIONS)) == 1


def test_a_refusal_is_told_in_noyos_words() -> None:
    with begun() as system:
        made, card = failed(system)
        system.noyo.remove(made)
        system.retries(BEN, CONNECTIONS, card, carrier_group_id="22")
        system.carry_out()
        system.notify()

        assert "Noyo refused" in modal(system, BEN)
        [text] = shown(system, CONNECTIONS)
        assert "refused" in text


# ---------------------------------------------------------------- two phases, and who did it


def test_a_retry_takes_the_buttons_away_and_names_who_did_it_only_when_it_went_out() -> None:
    with begun() as system:
        made, card = failed(system)
        system.retries(BEN, CONNECTIONS, card, carrier_group_id="22")
        system.notify()

        [sending] = system.slack.channel(CONNECTIONS)
        [alert] = system.slack.channel(ALERTS)
        assert "retry" not in buttons(sending) | buttons(alert)
        assert "In progress" in system.slack.render(alert)

        system.carry_out()
        system.notify()
        [done] = system.slack.channel(CONNECTIONS)
        assert "Noyo confirmed @Ben's retry" in system.slack.render(done)
        assert made in system.slack.render(done)


# ---------------------------------------------------------------- a person has to say


def unclear(system: System) -> None:
    """A retry that may or may not have arrived: it left us, and Noyo shows nothing of it."""
    _, card = failed(system)
    system.retries(BEN, CONNECTIONS, card)
    lost(system, "PUT", FaultKind.RESET_BEFORE)
    goes_on(system, 180)


def asking(system: System) -> list[Any]:
    return [
        message
        for message in system.slack.channel(ALERTS)
        if "Did it arrive?" in system.slack.render(message)
    ]


def test_what_nobody_can_tell_is_loud_and_offers_three_ways_out() -> None:
    with begun() as system:
        unclear(system)

        [question] = asking(system)
        assert len(buttons(question)) >= 3
        assert "Needs your review" in modal(system, BEN) + "".join(told(system, BEN))


def test_a_question_is_put_right_once_somebody_has_answered_it() -> None:
    with begun() as system:
        unclear(system)
        [question] = asking(system)
        way = next(name for name in buttons(question) if "close" in name)
        system.slack.click(ANA, ALERTS, question.ts, way)
        goes_on(system, 20)

        assert asking(system) == []
        assert any("Resolved:" in text for text in shown(system, ALERTS))


def test_a_second_time_that_nobody_can_tell_is_loud_again() -> None:
    with begun() as system:
        unclear(system)
        [question] = asking(system)
        way = next(name for name in buttons(question) if "again" in name)
        lost(system, "PUT", FaultKind.RESET_BEFORE)
        system.slack.click(ANA, ALERTS, question.ts, way)
        goes_on(system, 180)

        assert len(asking(system)) == 2, "an edit calls nobody"


# ---------------------------------------------------------------- a look


@pytest.mark.parametrize("moved", [True, False])
def test_a_look_tells_what_it_found_and_nothing_if_it_found_nothing(moved: bool) -> None:
    with begun() as system:
        made = connection(system)
        system.notify()
        before = system.seen_in(CONNECTIONS)
        if moved:
            system.wait(10)
            system.noyo.move_connection(made, "completed")
        carrying = system.bot.noyo_dependencies
        deps = Dependencies(
            operations=carrying.operations,
            records=carrying.records,
            encryptor=carrying.encryptor,
            clock=system.clock,
            new_id=new_id,
            audit=system.bot.repositories.audit,
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
        system.carry_out()
        system.notify()

        [card] = system.slack.channel(CONNECTIONS)
        assert len(card.thread) == 1 + moved
        assert (system.seen_in(CONNECTIONS) == before) is not moved
        assert len(told(system)) == 1


# ---------------------------------------------------------------- what is read


def test_a_request_shows_itself_until_its_record_is_there_and_then_that() -> None:
    with System() as system:
        read_model = Dependencies(
            records=system.bot.repositories.records,
            operations=system.bot.repositories.operations,
            clock=lambda: 0.0,
            new_id=str,
        )
        system.asks()
        [operation_id] = system.open_operations()
        before = request_card(operation_id, read_model)

        system.carry_out()

        after = request_card(operation_id, read_model)
        assert isinstance(before, RequestCard)
        assert isinstance(after, RecordCard)
        assert after.record_state.requested_by_operation == operation_id
        assert record_card(after.record_state.entity, read_model) == after


def test_of_what_we_do_not_know_there_is_no_card() -> None:
    with System() as system:
        read_model = Dependencies(
            records=system.bot.repositories.records,
            operations=system.bot.repositories.operations,
            clock=lambda: 0.0,
            new_id=str,
        )

        assert record_card(EntityRef(EntityKind.CONNECTION, "gone"), read_model) is None
        assert request_card("gone", read_model) is None
