"""Webhooks end to end: each change is posted once, even if events repeat or arrive late or out of order."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot import policies
from bot.domain.entities import EntityKind, EntityRef
from bot.domain.health import CheckStatus, Component, Finding, Topic
from bot.domain.records import ConnectionStatus
from bot.settings import Purpose
from infra.local.environment import GUARDIAN, WEBHOOK_SECRET
from infra.local.noyo import Fault, Rules
from tests.world import ALERTS, ANA, CONNECTIONS, DECISIONS, World

MESSAGE = "The carrier does not know this group."


@pytest.fixture
def world() -> Iterator[World]:
    with World() as made:
        made.poll()
        made.notify()
        made.wait(60)
        made.webhooks_begin()
        yield made


def deliver(world: World) -> None:
    """Delivers the webhooks, runs the refreshes and posts the results, without polling."""
    world.noyo.deliver_webhooks()
    world.carry_out()
    world.notify()


def add_connection(world: World, **fields: str) -> str:
    made = world.noyo.add_connection(group_name="Test Company", status="processing", **fields)["id"]
    deliver(world)
    world.wait(60)
    return str(made)


def fail(world: World, connection_id: str) -> None:
    world.noyo.move_connection(connection_id, "unable_to_connect", error=MESSAGE)


def lines(world: World, channel: str, words: str) -> int:
    return world.seen_in(channel).count(words)


def audit_entries(world: World, entity: EntityRef) -> int:
    return len(world.bot.repositories.audit.entries(entity, limit=50))


def test_alert_is_posted_before_the_next_poll(world: World) -> None:
    connection_id = add_connection(world)
    fail(world, connection_id)
    deliver(world)
    assert lines(world, ALERTS, MESSAGE) == 1
    assert "Unable to connect" in world.slack.render(world.slack.channel(CONNECTIONS)[0])


def test_unknown_record_gets_its_card_and_its_alert(world: World) -> None:
    world.noyo.add_connection(
        group_name="New Company", status="unable_to_connect", setup_result={"error": MESSAGE}
    )
    world.noyo.carrier_requests_disconnection(
        carrier_id=GUARDIAN, group_id="47c07963-2e34-4da2-86b4-cbc3c57111c1", group_name="Old Company"
    )
    deliver(world)
    assert len(world.slack.channel(CONNECTIONS)) == 1
    assert "New Company" in world.seen_in(ALERTS)
    assert "Old Company" in world.seen_in(DECISIONS)


def test_change_seen_by_webhook_and_poll_is_posted_once(world: World) -> None:
    connection_id = add_connection(world)
    fail(world, connection_id)
    deliver(world)
    world.settle(60)
    assert (lines(world, ALERTS, MESSAGE), len(world.slack.channel(CONNECTIONS))) == (1, 1)


def test_refresh_without_changes_posts_nothing_and_writes_no_audit_entry(world: World) -> None:
    connection_id = add_connection(world)
    before = world.seen_in(CONNECTIONS), len(world.slack.calls)
    world.noyo.webhooks.copies = 3
    world.noyo.webhooks.record("group_connection_request.status_change", connection_id, world.clock())
    deliver(world)
    deliver(world)
    entity = EntityRef(EntityKind.CONNECTION, connection_id)
    assert (world.seen_in(CONNECTIONS), len(world.slack.calls)) == before
    assert audit_entries(world, entity) == 0
    assert world.bot.repositories.operations.last_on(entity) is None
    assert world.open_operations() == []


def test_repeated_and_reordered_events_are_posted_once(world: World) -> None:
    world.noyo.webhooks.copies, world.noyo.webhooks.newest_first = 3, True
    connection_id = add_connection(world)
    for status in ("waiting_on_carrier", "noyo_review"):
        world.noyo.move_connection(connection_id, status)
        world.wait(5)
    fail(world, connection_id)
    for _ in range(4):
        deliver(world)
    assert [len(event.answers) for event in world.noyo.webhooks.events] == [3] * 4
    assert lines(world, ALERTS, MESSAGE) == 1
    assert world.tracked(connection_id).status is ConnectionStatus.UNABLE_TO_CONNECT


def test_event_is_delivered_again_after_an_outage_of_the_receiver(world: World) -> None:
    """The receiver is unavailable for hours, and no poll runs."""
    connection_id = add_connection(world)
    world.noyo.webhooks.url = "http://127.0.0.1:9/noyo/webhook"
    fail(world, connection_id)
    for _ in range(8):
        world.noyo.deliver_webhooks()
        world.wait(3600)
    world.noyo.webhooks.url = world.webhook_url
    world.wait(12 * 3600)
    deliver(world)
    assert lines(world, ALERTS, MESSAGE) == 1


def test_card_of_a_request_continues_if_the_webhook_precedes_the_answer(world: World) -> None:
    """Noyo sends the webhook of the new record, while its answer to our request is lost."""
    world.noyo.faults.add(Fault("reset_after", method="POST"))
    world.asks(ANA)
    world.carry_out()
    world.notify()
    deliver(world)
    world.settle(120)
    assert len(world.slack.channel(CONNECTIONS)) == 1
    assert "Test Company" in world.seen_in(CONNECTIONS)
    assert len(world.noyo.connections()) == 1


def test_refresh_waits_silently_while_noyo_does_not_answer(world: World) -> None:
    connection_id = add_connection(world)
    fail(world, connection_id)
    world.noyo.stop()
    before = world.seen_in(CONNECTIONS)
    world.noyo.webhooks.deliver()
    for _ in range(5):
        world.carry_out()
        world.notify()
        world.wait(30)
    assert world.seen_in(CONNECTIONS) == before
    assert audit_entries(world, EntityRef(EntityKind.CONNECTION, connection_id)) == 0
    world.noyo.start()
    world.wait(900)
    deliver(world)
    assert lines(world, ALERTS, MESSAGE) == 1


def test_polling_alone_loses_nothing(world: World) -> None:
    connection_id = add_connection(world)
    world.noyo.webhooks.url = None
    fail(world, connection_id)
    world.settle(30)
    assert lines(world, ALERTS, MESSAGE) == 1


def test_many_events_read_each_record_once_per_event() -> None:
    """Each event causes one read; each change is posted once."""
    with World(rules=Rules(settle_script=None)) as world:
        world.poll()
        world.notify()
        world.wait(60)
        world.webhooks_begin()
        made = [
            world.noyo.add_connection(group_name=f"Group {n}", status="processing")["id"] for n in range(7)
        ]
        for status in ("waiting_on_carrier", "noyo_review", "unable_to_connect"):
            for one in made:
                world.noyo.move_connection(
                    one, status, error=MESSAGE if status == "unable_to_connect" else None
                )
        assert world.noyo.deliver_webhooks() == 28
        world.carry_out()
        world.notify()
        reads = [seen for seen in world.noyo.requests if seen.method == "GET" and seen.at == world.clock()]
        assert len(reads) == 28
        assert (len(world.slack.channel(CONNECTIONS)), lines(world, ALERTS, MESSAGE)) == (7, 7)
        assert {event.answers[0] for event in world.noyo.webhooks.events} == {200}
        assert world.open_operations() == []


def test_event_signed_with_another_secret_is_ignored(world: World) -> None:
    connection_id = add_connection(world)
    world.noyo.webhooks.secrets = (WEBHOOK_SECRET + "?",)
    fail(world, connection_id)
    deliver(world)
    assert world.noyo.webhooks.events[-1].answers == [401]
    assert lines(world, ALERTS, MESSAGE) == 0


def test_webhook_records_whether_its_secret_can_be_read(world: World) -> None:
    health_checks = world.bot.repositories.health
    assert health_checks.health_check(Component.WEBHOOK) is None
    add_connection(world)
    first = health_checks.health_check(Component.WEBHOOK)
    assert first is not None
    assert first.findings == (Finding(Topic.SECRET, CheckStatus.OK),)

    world.replaces(Purpose.NOYO_WEBHOOK, webhook_secrets=[])
    world.restart()
    world.wait(policies.HEALTH_CHECK_INTERVAL_SECONDS)
    add_connection(world)

    then = world.bot.repositories.health.health_check(Component.WEBHOOK)
    assert then is not None
    (finding,) = then.findings
    assert finding.status is CheckStatus.FAILED
    assert "holds nothing as webhook_secrets" in (finding.reason or "")
