"""Webhooks end to end: each change is posted once, even if events repeat or arrive late or out of order."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot import policies
from bot.domain.health import CheckStatus, Component, Finding, Topic
from bot.domain.records import ConnectionStatus, EntityKind, EntityRef
from bot.settings import Purpose
from infra.local.environment import GUARDIAN, WEBHOOK_SECRET
from infra.local.noyo import Fault, Rules
from tests.system import ALERTS, ANA, CONNECTIONS, DECISIONS, System

MESSAGE = "The carrier does not know this group."


@pytest.fixture
def system() -> Iterator[System]:
    with System() as system:
        system.poll()
        system.notify()
        system.wait(60)
        system.start_webhooks()
        yield system


def deliver(system: System) -> None:
    """Delivers the webhooks, runs the refreshes and posts the results, without polling."""
    system.noyo.deliver_webhooks()
    system.execute_due()
    system.notify()


def add_connection(system: System, **fields: str) -> str:
    connection_id = system.noyo.add_connection(group_name="Test Company", status="processing", **fields)["id"]
    deliver(system)
    system.wait(60)
    return str(connection_id)


def fail(system: System, connection_id: str) -> None:
    system.noyo.move_connection(connection_id, "unable_to_connect", error=MESSAGE)


def lines(system: System, channel: str, words: str) -> int:
    return system.read_channel(channel).count(words)


def audit_entries(system: System, entity: EntityRef) -> int:
    return len(system.bot.repositories.audit.entries(entity, limit=50))


def test_alert_is_posted_before_the_next_poll(system: System) -> None:
    connection_id = add_connection(system)
    fail(system, connection_id)
    deliver(system)
    assert lines(system, ALERTS, MESSAGE) == 1
    assert "Unable to connect" in system.slack.render(system.slack.channel(CONNECTIONS)[0])


def test_unknown_record_gets_its_card_and_its_alert(system: System) -> None:
    system.noyo.add_connection(group_name="New Company", status="unable_to_connect", setup_result={"error": MESSAGE})
    system.noyo.carrier_requests_disconnection(
        carrier_id=GUARDIAN, group_id="47c07963-2e34-4da2-86b4-cbc3c57111c1", group_name="Old Company"
    )
    deliver(system)
    assert len(system.slack.channel(CONNECTIONS)) == 1
    assert "New Company" in system.read_channel(ALERTS)
    assert "Old Company" in system.read_channel(DECISIONS)


def test_change_seen_by_webhook_and_poll_is_posted_once(system: System) -> None:
    connection_id = add_connection(system)
    fail(system, connection_id)
    deliver(system)
    system.settle(60)
    assert (lines(system, ALERTS, MESSAGE), len(system.slack.channel(CONNECTIONS))) == (1, 1)


def test_refresh_without_changes_posts_nothing_and_writes_no_audit_entry(system: System) -> None:
    connection_id = add_connection(system)
    before = system.read_channel(CONNECTIONS), len(system.slack.calls)
    system.noyo.webhooks.copies = 3
    system.noyo.webhooks.record("group_connection_request.status_change", connection_id, system.clock())
    deliver(system)
    deliver(system)
    entity = EntityRef(EntityKind.CONNECTION, connection_id)
    assert (system.read_channel(CONNECTIONS), len(system.slack.calls)) == before
    assert audit_entries(system, entity) == 0
    assert system.bot.repositories.operations.last_on(entity) is None
    assert system.open_operations() == []


def test_repeated_and_reordered_events_are_posted_once(system: System) -> None:
    system.noyo.webhooks.copies, system.noyo.webhooks.newest_first = 3, True
    connection_id = add_connection(system)
    for status in ("waiting_on_carrier", "noyo_review"):
        system.noyo.move_connection(connection_id, status)
        system.wait(5)
    fail(system, connection_id)
    for _ in range(4):
        deliver(system)
    assert [len(event.answers) for event in system.noyo.webhooks.events] == [3] * 4
    assert lines(system, ALERTS, MESSAGE) == 1
    assert system.connection_record_state(connection_id).status is ConnectionStatus.UNABLE_TO_CONNECT


def test_event_is_delivered_again_after_an_outage_of_the_receiver(system: System) -> None:
    """The receiver is unavailable for hours, and no poll runs."""
    connection_id = add_connection(system)
    system.noyo.webhooks.url = "http://127.0.0.1:9/noyo/webhook"
    fail(system, connection_id)
    for _ in range(8):
        system.noyo.deliver_webhooks()
        system.wait(3600)
    system.noyo.webhooks.url = system.webhook_url
    system.wait(12 * 3600)
    deliver(system)
    assert lines(system, ALERTS, MESSAGE) == 1


def test_card_of_a_request_continues_if_the_webhook_precedes_the_answer(system: System) -> None:
    """Noyo sends the webhook of the new record, while its answer to our request is lost."""
    system.noyo.faults.add(Fault("reset_after", method="POST"))
    system.request_connection(ANA)
    system.execute_due()
    system.notify()
    deliver(system)
    system.settle(120)
    assert len(system.slack.channel(CONNECTIONS)) == 1
    assert "Test Company" in system.read_channel(CONNECTIONS)
    assert len(system.noyo.connections()) == 1


def test_refresh_waits_silently_while_noyo_does_not_answer(system: System) -> None:
    connection_id = add_connection(system)
    fail(system, connection_id)
    system.noyo.stop()
    before = system.read_channel(CONNECTIONS)
    system.noyo.webhooks.deliver()
    for _ in range(5):
        system.execute_due()
        system.notify()
        system.wait(30)
    assert system.read_channel(CONNECTIONS) == before
    assert audit_entries(system, EntityRef(EntityKind.CONNECTION, connection_id)) == 0
    system.noyo.start()
    system.wait(900)
    deliver(system)
    assert lines(system, ALERTS, MESSAGE) == 1


def test_polling_alone_loses_nothing(system: System) -> None:
    connection_id = add_connection(system)
    system.noyo.webhooks.url = None
    fail(system, connection_id)
    system.settle(30)
    assert lines(system, ALERTS, MESSAGE) == 1


def test_many_events_read_each_record_once_per_event() -> None:
    """Each event causes one read; each change is posted once."""
    with System(rules=Rules(settle_script=None)) as system:
        system.poll()
        system.notify()
        system.wait(60)
        system.start_webhooks()
        connection_ids = [
            system.noyo.add_connection(group_name=f"Group {n}", status="processing")["id"] for n in range(7)
        ]
        for status in ("waiting_on_carrier", "noyo_review", "unable_to_connect"):
            for connection_id in connection_ids:
                system.noyo.move_connection(
                    connection_id, status, error=MESSAGE if status == "unable_to_connect" else None
                )
        assert system.noyo.deliver_webhooks() == 28
        system.execute_due()
        system.notify()
        reads = [seen for seen in system.noyo.requests if seen.method == "GET" and seen.at == system.clock()]
        assert len(reads) == 28
        assert (len(system.slack.channel(CONNECTIONS)), lines(system, ALERTS, MESSAGE)) == (7, 7)
        assert {event.answers[0] for event in system.noyo.webhooks.events} == {200}
        assert system.open_operations() == []


def test_event_signed_with_another_secret_is_ignored(system: System) -> None:
    connection_id = add_connection(system)
    system.noyo.webhooks.secrets = (WEBHOOK_SECRET + "?",)
    fail(system, connection_id)
    deliver(system)
    assert system.noyo.webhooks.events[-1].answers == [401]
    assert lines(system, ALERTS, MESSAGE) == 0


def test_webhook_records_whether_its_secret_can_be_read(system: System) -> None:
    health_checks = system.bot.repositories.health
    assert health_checks.health_check(Component.WEBHOOK) is None
    add_connection(system)
    first = health_checks.health_check(Component.WEBHOOK)
    assert first is not None
    assert first.findings == (Finding(Topic.SECRET, CheckStatus.OK),)

    system.replace_secret(Purpose.NOYO_WEBHOOK, webhook_secrets=[])
    system.restart()
    system.wait(policies.HEALTH_CHECK_INTERVAL_SECONDS)
    add_connection(system)

    then = system.bot.repositories.health.health_check(Component.WEBHOOK)
    assert then is not None
    (finding,) = then.findings
    assert finding.status is CheckStatus.FAILED
    assert "holds nothing as webhook_secrets" in (finding.reason or "")
