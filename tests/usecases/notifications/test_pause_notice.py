"""Telling that nothing is sent: one message a pause, and cards that are made true again with the mode."""

from __future__ import annotations

from dataclasses import replace

from bot.bootstrap import Deployment
from bot.domain.outbox import sending_changed
from bot.domain.pauses import Mode, Pause
from bot.usecases.admin.pause import pause, record_mode, resume
from bot.usecases.notifications.system_messages import refresh_cards, update_pause_notice
from tests.system import ALERTS, ANA, BEN, CONNECTIONS, System
from tests.usecases.notification_bench import begun, connection, due, shown, tell_until_done

WATCHES = "Observe-only mode: Switchboard sends nothing"


def set_to(system: System, mode: Mode) -> None:
    """The same Switchboard, deployed anew with this setting."""
    system.settings = replace(system.settings, mode=mode)
    system.restart()
    record_mode(replace(system.bot.slack_dependencies, mode=mode))


def test_each_pause_has_one_message_whatever_order_its_news_come_in() -> None:
    with begun() as system:
        pause(ANA, "", system.bot.slack_dependencies)
        system.wait(60)
        resume(BEN, system.bot.slack_dependencies)
        system.wait(60)
        pause(BEN, "", system.bot.slack_dependencies)
        event = [system.bot.repositories.outbox.event(one) for one in due(system)]
        for piece in reversed([one for one in event if one is not None]):
            update_pause_notice(piece, system.bot.slack_dependencies)

        messages = shown(system, ALERTS)

        assert len(messages) == 2
        assert sum("Noyo resumed" in one for one in messages) == 1
        assert sum("Noyo is paused" in one for one in messages) == 1


def test_what_nobody_remembers_any_more_is_left_alone() -> None:
    with begun() as system:
        update_pause_notice(sending_changed(Pause(1, ANA), 1, 2), system.bot.slack_dependencies)

        assert shown(system, ALERTS) == []


def test_cards_that_offer_a_deed_say_so_while_watching_and_no_longer_afterwards() -> None:
    with begun() as system:
        set_to(system, Mode.OBSERVE)
        connection(system, "unable_to_connect")
        connection(system, "processing", group_name="Fine Inc", carrier_group_id="5")
        tell_until_done(system)

        stuck = next(one for one in shown(system, CONNECTIONS) if "Test Company" in one)
        fine = next(one for one in shown(system, CONNECTIONS) if "Fine Inc" in one)
        alert = next(one for one in shown(system, ALERTS) if "Unable to connect" in one)
        assert WATCHES in stuck
        assert WATCHES in alert
        assert WATCHES not in fine
        assert any("Observe-only mode" in one for one in shown(system, ALERTS))

        threads = system.seen_in(CONNECTIONS).count("↳")
        set_to(system, Mode.ACT)
        tell_until_done(system)

        assert WATCHES not in "".join(shown(system, CONNECTIONS) + shown(system, ALERTS))
        assert any("Observe-only mode ended" in one for one in shown(system, ALERTS))
        assert system.seen_in(CONNECTIONS).count("↳") == threads


def test_an_admins_pause_shows_no_card_again() -> None:
    with begun() as system:
        connection(system, "unable_to_connect")
        tell_until_done(system)
        pause(ANA, "", system.bot.slack_dependencies)
        (only,) = due(system)
        event = system.bot.repositories.outbox.event(only)
        assert event is not None

        refresh_cards(event, system.bot.slack_dependencies)

        assert due(system) == [only]


def test_cards_are_shown_again_one_after_another_and_once_however_often_it_is_told() -> None:
    with begun() as system:
        for number in range(3):
            connection(system, "unable_to_connect", carrier_group_id=str(number))
        tell_until_done(system)
        set_to(system, Mode.OBSERVE)
        (only,) = due(system)
        event = system.bot.repositories.outbox.event(only)
        assert event is not None

        for _ in range(2):
            refresh_cards(event, system.bot.slack_dependencies)

        again = [system.bot.repositories.outbox.event(one) for one in due(system) if one != only]
        assert sorted(one.due - event.at for one in again if one is not None and one.due is not None) == [
            0,
            3,
            6,
        ]


def test_the_wiring_asks_the_switch_of_the_table() -> None:
    with begun() as system:
        assert isinstance(system.bot, Deployment)
        assert system.bot.slack_dependencies.pauses is system.bot.repositories.pauses
        assert system.bot.noyo_dependencies.sending_guard.pauses is system.bot.repositories.pauses
