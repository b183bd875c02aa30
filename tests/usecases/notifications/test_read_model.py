"""The replies to the requester, and the cards of requests, tested with the whole system."""

from __future__ import annotations

from typing import Any

import pytest

from bot import policies
from bot.domain.content import RecordCard, RequestCard
from bot.domain.operations import ReplyTo
from bot.domain.records import EntityKind, EntityRef
from bot.usecases.dependencies import Dependencies, new_id
from bot.usecases.notifications.read_model import record_card, request_card
from bot.usecases.operations import submit
from infra.local.noyo import Fault, FaultKind
from tests.system import ALERTS, ANA, BEN, CONNECTIONS, System
from tests.usecases.notification_bench import (
    add_connection,
    button_ids,
    change_status,
    channel_texts,
    due_events,
    started_system,
)


def modal(system: System, user: str = ANA) -> str:
    view = system.slack.view_of(user)
    return system.slack.render(view) if view else ""


def direct_messages(system: System, user: str = ANA) -> list[str]:
    return [system.slack.render(message) for message in system.slack.direct_messages(user)]


def close(system: System, user: str = ANA) -> None:
    view = system.slack.view_of(user)
    assert view is not None
    system.slack.close_view(user, view.id)


def lose_response(system: System, method: str, kind: FaultKind = FaultKind.RESET_AFTER, times: int | None = 1) -> None:
    system.noyo.faults.add(Fault(kind, method, times=times))


def run_workers(system: System, seconds: int) -> None:
    """Run both workers by their schedule for this many seconds, without polling."""
    for _ in range(0, seconds, 15):
        system.execute_due()
        system.notify()
        system.wait(15)


def add_failed_connection(system: System, **fields: Any) -> tuple[str, str]:
    """Add a failed connection with a card; returns its id and the card's ts."""
    connection_id = add_connection(system, "unable_to_connect", **fields)
    system.notify()
    return connection_id, system.slack.channel(CONNECTIONS)[-1].ts


# ---------------------------------------------------------------- the card of a request


def test_the_card_of_a_request_becomes_the_card_of_its_connection() -> None:
    with started_system() as system:
        system.request_connection()
        system.wait(policies.REQUEST_CARD_WAIT_SECONDS)
        system.notify()
        [request_message] = system.slack.channel(CONNECTIONS)
        system.execute_due()
        system.notify()
        [created] = system.noyo.connections()
        change_status(system, created["id"], "completed")
        system.notify()

        [card] = system.slack.channel(CONNECTIONS)
        assert card.ts == request_message.ts
        assert "Request:" in system.slack.render(request_message)
        assert "Status:** Completed" in system.slack.render(card)
        assert "@Ana" in system.slack.render(card)


def test_a_poll_that_ingests_the_new_connection_first_posts_no_second_card() -> None:
    with started_system() as system:
        system.request_connection()
        system.notify()
        lose_response(system, "POST")
        system.execute_due()
        system.poll()
        run_workers(system, 120)

        [card] = system.slack.channel(CONNECTIONS)
        assert "Request:" not in system.slack.render(card)
        assert len(system.noyo.connections()) == 1


def test_a_duplicate_shows_the_existing_connection() -> None:
    with started_system() as system:
        existing = add_connection(system, "completed", carrier_group_id="00110011", group_name="Old Name")
        system.notify()
        system.wait(300)
        system.request_connection()
        system.wait(policies.REQUEST_CARD_WAIT_SECONDS)
        system.notify()
        system.execute_due()
        system.notify()

        [_, request] = channel_texts(system, CONNECTIONS)
        assert existing in request
        assert "Old Name" in request
        assert "Already exists" in modal(system)
        assert "Old Name" in modal(system)


# ---------------------------------------------------------------- the requester


def test_an_open_modal_shows_the_outcome_and_no_message_repeats_it() -> None:
    with started_system() as system:
        system.request_connection()
        system.execute_due()
        system.notify()

        assert "Sent to Noyo" in modal(system)
        assert direct_messages(system) == []


def test_after_the_modal_is_closed_the_outcome_is_sent_by_direct_message() -> None:
    with started_system() as system:
        system.request_connection()
        close(system)
        system.execute_due()
        system.notify()

        [message] = direct_messages(system)
        assert "Sent to Noyo" in message


def test_after_a_long_wait_the_outcome_is_also_sent_by_direct_message() -> None:
    with started_system() as system:
        system.request_connection()
        system.wait(120)
        system.execute_due()
        system.notify()

        assert "Sent to Noyo" in modal(system)
        assert len(direct_messages(system)) == 1


def test_the_modal_shows_that_the_outcome_is_unknown_and_later_the_outcome() -> None:
    with started_system() as system:
        system.request_connection()
        lose_response(system, "POST")
        system.execute_due()
        system.notify()
        assert "Checking" in modal(system)
        run_workers(system, 120)

        assert "Sent to Noyo" in modal(system)


def test_if_the_modal_cannot_be_updated_the_outcome_is_sent_by_direct_message() -> None:
    with started_system() as system:
        system.request_connection()
        system.execute_due()
        system.slack.faults.api_error("hash_conflict", "views.update", times=5)
        system.notify()

        assert len(direct_messages(system)) == 1
        assert due_events(system) == []


def test_a_deactivated_person_does_not_block_the_event() -> None:
    with started_system() as system:
        system.request_connection()
        close(system)
        system.slack.add_user(ANA, "Ana", deleted=True)
        system.execute_due()
        system.notify()

        assert due_events(system) == []
        assert len(channel_texts(system, CONNECTIONS)) == 1


def test_a_refusal_shows_noyos_message() -> None:
    with started_system() as system:
        _, card = add_failed_connection(system)
        system.noyo.faults.add(Fault("false_answer", method="PUT", status=422, body={"message": "No such group"}))
        system.retry(BEN, CONNECTIONS, card, carrier_group_id="22")
        system.execute_due()
        system.notify()

        assert "Noyo refused" in modal(system, BEN)
        [text] = channel_texts(system, CONNECTIONS)
        assert "refused" in text


# ---------------------------------------------------------------- progress, and who acted


def test_a_retry_removes_the_buttons_and_names_the_person_after_sending() -> None:
    with started_system() as system:
        connection_id, card = add_failed_connection(system)
        system.retry(BEN, CONNECTIONS, card, carrier_group_id="22")
        system.notify()

        [card_message] = system.slack.channel(CONNECTIONS)
        [alert] = system.slack.channel(ALERTS)
        assert "retry" not in button_ids(card_message) | button_ids(alert)
        assert "In progress" in system.slack.render(alert)

        system.execute_due()
        system.notify()
        [done] = system.slack.channel(CONNECTIONS)
        assert "Noyo confirmed @Ben's retry" in system.slack.render(done)
        assert connection_id in system.slack.render(done)


# ---------------------------------------------------------------- manual resolution


def add_unclear_retry(system: System) -> None:
    """A retry that may or may not have arrived: it was sent, and Noyo shows no effect."""
    _, card = add_failed_connection(system)
    system.retry(BEN, CONNECTIONS, card)
    lose_response(system, "PUT", FaultKind.RESET_BEFORE)
    run_workers(system, 180)


def resolution_alerts(system: System) -> list[Any]:
    return [message for message in system.slack.channel(ALERTS) if "Did it arrive?" in system.slack.render(message)]


def test_an_unclear_outcome_raises_an_alert_with_three_resolutions() -> None:
    with started_system() as system:
        add_unclear_retry(system)

        [alert] = resolution_alerts(system)
        assert len(button_ids(alert)) >= 3
        assert "Needs your review" in modal(system, BEN) + "".join(direct_messages(system, BEN))


def test_the_alert_is_updated_after_the_resolution() -> None:
    with started_system() as system:
        add_unclear_retry(system)
        [alert] = resolution_alerts(system)
        action_id = next(name for name in button_ids(alert) if "close" in name)
        system.slack.click(ANA, ALERTS, alert.ts, action_id)
        run_workers(system, 20)

        assert resolution_alerts(system) == []
        assert any("Resolved:" in text for text in channel_texts(system, ALERTS))


def test_a_second_unclear_outcome_raises_another_alert() -> None:
    with started_system() as system:
        add_unclear_retry(system)
        [alert] = resolution_alerts(system)
        action_id = next(name for name in button_ids(alert) if "again" in name)
        lose_response(system, "PUT", FaultKind.RESET_BEFORE)
        system.slack.click(ANA, ALERTS, alert.ts, action_id)
        run_workers(system, 180)

        assert len(resolution_alerts(system)) == 2, "an edit would notify nobody"


# ---------------------------------------------------------------- refresh


@pytest.mark.parametrize("moved", [True, False])
def test_a_refresh_publishes_changes_only(moved: bool) -> None:
    with started_system() as system:
        connection_id = add_connection(system)
        system.notify()
        before = system.read_channel(CONNECTIONS)
        if moved:
            system.wait(10)
            system.noyo.move_connection(connection_id, "completed")
        worker_deps = system.bot.noyo_dependencies
        deps = Dependencies(
            operations=worker_deps.operations,
            records=worker_deps.records,
            encryptor=worker_deps.encryptor,
            clock=system.clock,
            new_id=new_id,
            audit=system.bot.repositories.audit,
            pauses=worker_deps.sending_guard.pauses,
            mode=worker_deps.sending_guard.mode,
        )
        submit.refresh(
            "look-1",
            ANA,
            EntityRef(EntityKind.CONNECTION, connection_id),
            because="person",
            reply_to=ReplyTo(),
            deps=deps,
        )
        system.execute_due()
        system.notify()

        [card] = system.slack.channel(CONNECTIONS)
        assert len(card.thread) == 1 + moved
        assert (system.read_channel(CONNECTIONS) == before) is not moved
        assert len(direct_messages(system)) == 1


# ---------------------------------------------------------------- what is read


def test_a_request_card_shows_the_record_once_it_exists() -> None:
    with System() as system:
        read_model = Dependencies(
            records=system.bot.repositories.records,
            operations=system.bot.repositories.operations,
            clock=lambda: 0.0,
            new_id=str,
        )
        system.request_connection()
        [operation_id] = system.open_operations()
        before = request_card(operation_id, read_model)

        system.execute_due()

        after = request_card(operation_id, read_model)
        assert isinstance(before, RequestCard)
        assert isinstance(after, RecordCard)
        assert after.record_state.requested_by_operation == operation_id
        assert record_card(after.record_state.entity, read_model) == after


def test_an_unknown_record_has_no_card() -> None:
    with System() as system:
        read_model = Dependencies(
            records=system.bot.repositories.records,
            operations=system.bot.repositories.operations,
            clock=lambda: 0.0,
            new_id=str,
        )

        assert record_card(EntityRef(EntityKind.CONNECTION, "gone"), read_model) is None
        assert request_card("gone", read_model) is None
