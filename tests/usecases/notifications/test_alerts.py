"""Use case tests: people are called where one of them must act, once, and what called them stays true."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.domain.records import EntityKind, EntityRef
from bot.usecases.dependencies import Dependencies
from bot.usecases.notifications.alerts import update_alerts
from bot.usecases.records.ingest import ingest
from tests.system import ALERTS, CONNECTIONS, System
from tests.usecases.notification_bench import begun, buttons, connection, due, moves, shown, tell_until_done


@pytest.mark.parametrize("status", ["unable_to_connect", "action_required", "carrier_authorization"])
def test_what_goes_on_only_if_we_act_is_called_out(status: str) -> None:
    with begun() as system:
        made = connection(system)
        moves(system, made, status, error="No such group")
        system.notify()

        [alert] = system.slack.channel(ALERTS)
        text = system.slack.render(alert)
        assert "Test Company" in text
        assert "Guardian" in text
        assert "Next:" in text
        assert ("retry" in buttons(alert)) is (status == "unable_to_connect")
        assert system.slack.links(alert), "the alert leads to its card"


def test_a_change_that_keeps_the_status_is_a_line_and_no_second_call() -> None:
    with begun() as system:
        made = connection(system)
        moves(system, made, "unable_to_connect", "unable_to_connect", error="Still no")
        system.notify()

        assert len(shown(system, ALERTS)) == 1
        [card] = system.slack.channel(CONNECTIONS)
        assert "still **Unable to connect**" in system.slack.render(card.thread[-1])


def test_an_alert_shows_what_the_carrier_said_last() -> None:
    with begun() as system:
        made = connection(system)
        moves(system, made, "unable_to_connect", error="First words")
        system.notify()
        moves(system, made, "unable_to_connect", error="Second words")
        system.notify()

        [alert] = system.slack.channel(ALERTS)
        assert "Second words" in system.slack.render(alert)
        assert "retry" in buttons(alert)


def test_a_retry_that_failed_before_anyone_saw_it_begin_calls_once_more() -> None:
    with begun() as system:
        made = connection(system)
        moves(system, made, "unable_to_connect", error="First words")
        system.notify()
        moves(system, made, "unable_to_connect", error="Second words", carrier_group_id="N1")
        system.notify()

        first, second = system.slack.channel(ALERTS)
        assert "retry" not in buttons(first)
        assert "retry" in buttons(second)
        assert "Second words" in system.slack.render(second)
        assert "Attempt 2" in system.slack.render(second)
        assert "This try took" not in system.slack.render(second), "nobody saw it begin"


def test_a_failure_that_has_been_acted_on_before_anyone_could_be_told_calls_nobody() -> None:
    with begun() as system:
        made = connection(system)
        moves(system, made, "unable_to_connect", "processing")
        system.notify()

        assert shown(system, ALERTS) == []
        [card] = system.slack.channel(CONNECTIONS)
        assert len(card.thread) == 3


def test_an_older_version_that_arrives_late_calls_nobody_although_it_says_what_is_so_now() -> None:
    """It was there before us, so that no alert of it stands yet."""
    with System() as system:
        made = str(system.noyo.add_connection(group_name="Old", status="unable_to_connect")["id"])
        system.wait(60)
        system.poll()
        system.notify()
        record: Any = system.tracked(made).record
        late = replace(record, version="0" * 32, modified=record.modified - 5)
        store, now = system.bot.repositories, int(system.clock())
        ingest(
            late,
            Dependencies(
                clock=lambda: float(now),
                new_id=str,
                records=store.records,
                operations=store.operations,
                noyo=system.bot.noyo,
            ),
        )
        tell_until_done(system)

        [summary] = shown(system, ALERTS)
        assert "Switchboard has started" in summary


def test_an_alert_loses_its_button_when_the_record_moves_on_and_goes_on_telling_the_truth() -> None:
    with begun() as system:
        made = connection(system)
        moves(system, made, "unable_to_connect")
        system.notify()
        moves(system, made, "processing")
        system.notify()
        [alert] = system.slack.channel(ALERTS)
        assert "retry" not in buttons(alert)
        assert "Processing" in system.slack.render(alert)

        moves(system, made, "completed")
        system.notify()

        [alert] = system.slack.channel(ALERTS)
        assert "Processing" not in system.slack.render(alert)
        assert "Completed" in system.slack.render(alert)


def test_a_second_failure_is_called_out_anew_and_the_older_alert_is_put_right() -> None:
    with begun() as system:
        made = connection(system)
        for _ in range(2):
            moves(system, made, "unable_to_connect")
            system.notify()
            moves(system, made, "processing")
            system.notify()
        moves(system, made, "unable_to_connect")
        system.notify()

        alerts = system.slack.channel(ALERTS)
        assert [("retry" in buttons(alert)) for alert in alerts] == [False, False, True]
        assert "Unable to connect:" in system.slack.render(alerts[-1])


def test_an_alert_that_turns_to_another_call_leaves_one_alert_with_buttons() -> None:
    with begun(RETRY_AT_ACTION_REQUIRED="yes") as system:
        made = connection(system)
        moves(system, made, "action_required", "unable_to_connect")
        system.notify()

        alerts = system.slack.channel(ALERTS)
        assert [("retry" in buttons(alert)) for alert in alerts] == [True]


def test_a_record_that_we_do_not_hold_raises_no_alert() -> None:
    with begun() as system:
        made = connection(system, "unable_to_connect")
        [news_id] = due(system)
        event = system.bot.repositories.outbox.event(news_id)
        assert event is not None

        update_alerts(event, EntityRef(EntityKind.CONNECTION, "unknown"), system.bot.slack_dependencies)
        assert shown(system, ALERTS) == []
        update_alerts(event, EntityRef(EntityKind.CONNECTION, made), system.bot.slack_dependencies)
        assert len(shown(system, ALERTS)) == 1
