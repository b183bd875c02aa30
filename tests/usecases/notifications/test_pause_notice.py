"""Telling that nothing is sent: one message a pause, and cards that are made true again with the mode."""

from __future__ import annotations

from dataclasses import replace

from bot.bootstrap import Deployment
from bot.domain.outbox import sending_changed
from bot.domain.pauses import Mode, Pause
from bot.usecases.admin.pause import pause, record_mode, resume
from bot.usecases.notifications.pause_notice import refresh_cards, update_pause_notice
from tests.usecases.notification_bench import begun, connection, due, shown, tell_until_done
from tests.world import ALERTS, ANA, BEN, CONNECTIONS, World

WATCHES = "Observe-only mode: Switchboard sends nothing"


def set_to(world: World, mode: Mode) -> None:
    """The same Switchboard, deployed anew with this setting."""
    world.settings = replace(world.settings, mode=mode)
    world.restart()
    record_mode(replace(world.bot.slack_dependencies, mode=mode))


def test_each_pause_has_one_message_whatever_order_its_news_come_in() -> None:
    with begun() as world:
        pause(ANA, "", world.bot.slack_dependencies)
        world.wait(60)
        resume(BEN, world.bot.slack_dependencies)
        world.wait(60)
        pause(BEN, "", world.bot.slack_dependencies)
        event = [world.bot.repositories.outbox.event(one) for one in due(world)]
        for piece in reversed([one for one in event if one is not None]):
            update_pause_notice(piece, world.bot.slack_dependencies)

        messages = shown(world, ALERTS)

        assert len(messages) == 2
        assert sum("Noyo resumed" in one for one in messages) == 1
        assert sum("Noyo is paused" in one for one in messages) == 1


def test_what_nobody_remembers_any_more_is_left_alone() -> None:
    with begun() as world:
        update_pause_notice(sending_changed(Pause(1, ANA), 1, 2), world.bot.slack_dependencies)

        assert shown(world, ALERTS) == []


def test_cards_that_offer_a_deed_say_so_while_watching_and_no_longer_afterwards() -> None:
    with begun() as world:
        set_to(world, Mode.OBSERVE)
        connection(world, "unable_to_connect")
        connection(world, "processing", group_name="Fine Inc", carrier_group_id="5")
        tell_until_done(world)

        stuck = next(one for one in shown(world, CONNECTIONS) if "Test Company" in one)
        fine = next(one for one in shown(world, CONNECTIONS) if "Fine Inc" in one)
        alert = next(one for one in shown(world, ALERTS) if "Unable to connect" in one)
        assert WATCHES in stuck
        assert WATCHES in alert
        assert WATCHES not in fine
        assert any("Observe-only mode" in one for one in shown(world, ALERTS))

        threads = world.seen_in(CONNECTIONS).count("↳")
        set_to(world, Mode.ACT)
        tell_until_done(world)

        assert WATCHES not in "".join(shown(world, CONNECTIONS) + shown(world, ALERTS))
        assert any("Observe-only mode ended" in one for one in shown(world, ALERTS))
        assert world.seen_in(CONNECTIONS).count("↳") == threads


def test_an_admins_pause_shows_no_card_again() -> None:
    with begun() as world:
        connection(world, "unable_to_connect")
        tell_until_done(world)
        pause(ANA, "", world.bot.slack_dependencies)
        (only,) = due(world)
        event = world.bot.repositories.outbox.event(only)
        assert event is not None

        refresh_cards(event, world.bot.slack_dependencies)

        assert due(world) == [only]


def test_cards_are_shown_again_one_after_another_and_once_however_often_it_is_told() -> None:
    with begun() as world:
        for number in range(3):
            connection(world, "unable_to_connect", carrier_group_id=str(number))
        tell_until_done(world)
        set_to(world, Mode.OBSERVE)
        (only,) = due(world)
        event = world.bot.repositories.outbox.event(only)
        assert event is not None

        for _ in range(2):
            refresh_cards(event, world.bot.slack_dependencies)

        again = [world.bot.repositories.outbox.event(one) for one in due(world) if one != only]
        assert sorted(one.due - event.at for one in again if one is not None and one.due is not None) == [
            0,
            3,
            6,
        ]


def test_the_wiring_asks_the_switch_of_the_table() -> None:
    with begun() as world:
        assert isinstance(world.bot, Deployment)
        assert world.bot.slack_dependencies.pauses is world.bot.repositories.pauses
        assert world.bot.noyo_dependencies.sending_guard.pauses is world.bot.repositories.pauses
