"""Alerts mention people once for each required action, and stay up to date."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.domain.records import EntityKind, EntityRef
from bot.usecases.dependencies import Dependencies
from bot.usecases.notifications.cards import update_alerts
from bot.usecases.records.ingest import ingest
from tests.system import ALERTS, CONNECTIONS, System
from tests.usecases.notification_bench import (
    add_connection,
    button_ids,
    change_status,
    channel_texts,
    due_events,
    publish_until_done,
    started_system,
)


@pytest.mark.parametrize("status", ["unable_to_connect", "action_required", "carrier_authorization"])
def test_a_status_that_needs_our_action_raises_an_alert(status: str) -> None:
    with started_system() as system:
        connection_id = add_connection(system)
        change_status(system, connection_id, status, error="No such group")
        system.notify()

        [alert] = system.slack.channel(ALERTS)
        text = system.slack.render(alert)
        assert "Test Company" in text
        assert "Guardian" in text
        assert "Next:" in text
        assert ("retry" in button_ids(alert)) is (status == "unable_to_connect")
        assert system.slack.links(alert), "the alert links to its card"


def test_a_change_with_the_same_status_raises_no_second_alert() -> None:
    with started_system() as system:
        connection_id = add_connection(system)
        change_status(system, connection_id, "unable_to_connect", "unable_to_connect", error="Still no")
        system.notify()

        assert len(channel_texts(system, ALERTS)) == 1
        [card] = system.slack.channel(CONNECTIONS)
        assert "still **Unable to connect**" in system.slack.render(card.thread[-1])


def test_an_alert_shows_the_latest_message_of_the_carrier() -> None:
    with started_system() as system:
        connection_id = add_connection(system)
        change_status(system, connection_id, "unable_to_connect", error="First message")
        system.notify()
        change_status(system, connection_id, "unable_to_connect", error="Second message")
        system.notify()

        [alert] = system.slack.channel(ALERTS)
        assert "Second message" in system.slack.render(alert)
        assert "retry" in button_ids(alert)


def test_an_unseen_retry_that_failed_raises_another_alert() -> None:
    with started_system() as system:
        connection_id = add_connection(system)
        change_status(system, connection_id, "unable_to_connect", error="First message")
        system.notify()
        change_status(system, connection_id, "unable_to_connect", error="Second message", carrier_group_id="N1")
        system.notify()

        first, second = system.slack.channel(ALERTS)
        assert "retry" not in button_ids(first)
        assert "retry" in button_ids(second)
        assert "Second message" in system.slack.render(second)
        assert "Attempt 2" in system.slack.render(second)
        assert "This try took" not in system.slack.render(second), "its start was never seen"


def test_a_failure_that_is_already_handled_raises_no_alert() -> None:
    with started_system() as system:
        connection_id = add_connection(system)
        change_status(system, connection_id, "unable_to_connect", "processing")
        system.notify()

        assert channel_texts(system, ALERTS) == []
        [card] = system.slack.channel(CONNECTIONS)
        assert len(card.thread) == 3


def test_a_late_version_raises_no_alert() -> None:
    """The record existed before the first run, so it has no alert yet."""
    with System() as system:
        connection_id = str(system.noyo.add_connection(group_name="Old", status="unable_to_connect")["id"])
        system.wait(60)
        system.poll()
        system.notify()
        record: Any = system.connection_record_state(connection_id).record
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
        publish_until_done(system)

        [summary] = channel_texts(system, ALERTS)
        assert "Switchboard has started" in summary


def test_an_alert_loses_its_button_when_the_record_changes_and_stays_up_to_date() -> None:
    with started_system() as system:
        connection_id = add_connection(system)
        change_status(system, connection_id, "unable_to_connect")
        system.notify()
        change_status(system, connection_id, "processing")
        system.notify()
        [alert] = system.slack.channel(ALERTS)
        assert "retry" not in button_ids(alert)
        assert "Processing" in system.slack.render(alert)

        change_status(system, connection_id, "completed")
        system.notify()

        [alert] = system.slack.channel(ALERTS)
        assert "Processing" not in system.slack.render(alert)
        assert "Completed" in system.slack.render(alert)


def test_a_second_failure_raises_a_new_alert_and_updates_the_older_one() -> None:
    with started_system() as system:
        connection_id = add_connection(system)
        for _ in range(2):
            change_status(system, connection_id, "unable_to_connect")
            system.notify()
            change_status(system, connection_id, "processing")
            system.notify()
        change_status(system, connection_id, "unable_to_connect")
        system.notify()

        alerts = system.slack.channel(ALERTS)
        assert [("retry" in button_ids(alert)) for alert in alerts] == [False, False, True]
        assert "Unable to connect:" in system.slack.render(alerts[-1])


def test_only_the_newest_of_two_alerts_has_buttons() -> None:
    with started_system(RETRY_AT_ACTION_REQUIRED="yes") as system:
        connection_id = add_connection(system)
        change_status(system, connection_id, "action_required", "unable_to_connect")
        system.notify()

        alerts = system.slack.channel(ALERTS)
        assert [("retry" in button_ids(alert)) for alert in alerts] == [True]


def test_an_unknown_record_raises_no_alert() -> None:
    with started_system() as system:
        connection_id = add_connection(system, "unable_to_connect")
        [event_id] = due_events(system)
        event = system.bot.repositories.outbox.event(event_id)
        assert event is not None

        update_alerts(event, EntityRef(EntityKind.CONNECTION, "unknown"), system.bot.slack_dependencies)
        assert channel_texts(system, ALERTS) == []
        update_alerts(event, EntityRef(EntityKind.CONNECTION, connection_id), system.bot.slack_dependencies)
        assert len(channel_texts(system, ALERTS)) == 1
