"""Pause notices: one message for each pause, and cards that follow the mode."""

from __future__ import annotations

from dataclasses import replace

from bot.bootstrap import Deployment
from bot.domain.outbox import sending_changed
from bot.domain.pauses import Mode, Pause
from bot.usecases.admin.pause import pause, record_mode, resume
from bot.usecases.notifications.pause_notice import refresh_cards, update_pause_notice
from tests.system import ALERTS, ANA, BEN, CONNECTIONS, System
from tests.usecases.notification_bench import (
    add_connection,
    channel_texts,
    due_events,
    publish_until_done,
    started_system,
)

WATCHES = "Observe-only mode: Switchboard sends nothing"


def set_to(system: System, mode: Mode) -> None:
    """Deploy the same Switchboard again with this mode."""
    system.settings = replace(system.settings, mode=mode)
    system.restart()
    record_mode(replace(system.bot.slack_dependencies, mode=mode))


def test_each_pause_has_one_message_in_any_order_of_events() -> None:
    with started_system() as system:
        pause(ANA, "", system.bot.slack_dependencies)
        system.wait(60)
        resume(BEN, system.bot.slack_dependencies)
        system.wait(60)
        pause(BEN, "", system.bot.slack_dependencies)
        events = [system.bot.repositories.outbox.event(event_id) for event_id in due_events(system)]
        for event in reversed([event for event in events if event is not None]):
            update_pause_notice(event, system.bot.slack_dependencies)

        messages = channel_texts(system, ALERTS)

        assert len(messages) == 2
        assert sum("Noyo resumed" in text for text in messages) == 1
        assert sum("Noyo is paused" in text for text in messages) == 1


def test_an_unknown_pause_posts_no_message() -> None:
    with started_system() as system:
        update_pause_notice(sending_changed(Pause(1, ANA), 1, 2), system.bot.slack_dependencies)

        assert channel_texts(system, ALERTS) == []


def test_cards_with_actions_show_observe_mode_until_it_ends() -> None:
    with started_system() as system:
        set_to(system, Mode.OBSERVE)
        add_connection(system, "unable_to_connect")
        add_connection(system, "processing", group_name="Fine Inc", carrier_group_id="5")
        publish_until_done(system)

        card_text = next(text for text in channel_texts(system, CONNECTIONS) if "Test Company" in text)
        fine = next(text for text in channel_texts(system, CONNECTIONS) if "Fine Inc" in text)
        alert = next(text for text in channel_texts(system, ALERTS) if "Unable to connect" in text)
        assert WATCHES in card_text
        assert WATCHES in alert
        assert WATCHES not in fine
        assert any("Observe-only mode" in text for text in channel_texts(system, ALERTS))

        threads = system.read_channel(CONNECTIONS).count("↳")
        set_to(system, Mode.ACT)
        publish_until_done(system)

        assert WATCHES not in "".join(channel_texts(system, CONNECTIONS) + channel_texts(system, ALERTS))
        assert any("Observe-only mode ended" in text for text in channel_texts(system, ALERTS))
        assert system.read_channel(CONNECTIONS).count("↳") == threads


def test_a_pause_of_an_admin_refreshes_no_cards() -> None:
    with started_system() as system:
        add_connection(system, "unable_to_connect")
        publish_until_done(system)
        pause(ANA, "", system.bot.slack_dependencies)
        (only,) = due_events(system)
        event = system.bot.repositories.outbox.event(only)
        assert event is not None

        refresh_cards(event, system.bot.slack_dependencies)

        assert due_events(system) == [only]


def test_cards_are_refreshed_once_and_at_intervals() -> None:
    with started_system() as system:
        for number in range(3):
            add_connection(system, "unable_to_connect", carrier_group_id=str(number))
        publish_until_done(system)
        set_to(system, Mode.OBSERVE)
        (only,) = due_events(system)
        event = system.bot.repositories.outbox.event(only)
        assert event is not None

        for _ in range(2):
            refresh_cards(event, system.bot.slack_dependencies)

        refreshes = [
            system.bot.repositories.outbox.event(event_id) for event_id in due_events(system) if event_id != only
        ]
        assert sorted(
            refresh.due - event.at for refresh in refreshes if refresh is not None and refresh.due is not None
        ) == [0, 3, 6]


def test_both_dependency_containers_read_the_stored_pauses() -> None:
    with started_system() as system:
        assert isinstance(system.bot, Deployment)
        assert system.bot.slack_dependencies.pauses is system.bot.repositories.pauses
        assert system.bot.noyo_dependencies.sending_guard.pauses is system.bot.repositories.pauses
