"""Noyo tells of what happens: heard within seconds, told once, whatever comes twice, late or in the wrong order."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.domain.entities import EntityKind, EntityRef
from bot.domain.health import CheckStatus, Component, Finding, Topic
from bot.domain.records import ConnectionStatus
from bot.settings import Purpose
from bot.usecases.admin.health_checks import EVERY_SECONDS
from infra.local.environment import GUARDIAN, WEBHOOK_SECRET
from infra.local.noyo import Fault, Rules
from tests.world import ALERTS, ANA, CONNECTIONS, DECISIONS, World

WORDS = "The carrier does not know this group."


@pytest.fixture
def world() -> Iterator[World]:
    with World() as made:
        made.poll()
        made.notify()
        made.wait(60)
        made.webhooks_begin()
        yield made


def heard(world: World) -> None:
    """What Noyo tells is delivered, looked at and told; nobody polls."""
    world.noyo.deliver_webhooks()
    world.carry_out()
    world.notify()


def known(world: World, **fields: str) -> str:
    made = world.noyo.add_connection(group_name="Test Company", status="processing", **fields)["id"]
    heard(world)
    world.wait(60)
    return str(made)


def fails(world: World, connection_id: str) -> None:
    world.noyo.move_connection(connection_id, "unable_to_connect", error=WORDS)


def lines(world: World, channel: str, words: str) -> int:
    return world.seen_in(channel).count(words)


def trail(world: World, entity: EntityRef) -> int:
    return len(world.bot.repositories.audit.entries(entity, limit=50))


def test_an_alert_is_out_before_anybody_polls(world: World) -> None:
    one = known(world)
    fails(world, one)
    heard(world)
    assert lines(world, ALERTS, WORDS) == 1
    assert "Unable to connect" in world.slack.render(world.slack.channel(CONNECTIONS)[0])


def test_a_record_that_nobody_knew_comes_in_with_its_card_and_its_alert(world: World) -> None:
    world.noyo.add_connection(
        group_name="New Company", status="unable_to_connect", setup_result={"error": WORDS}
    )
    world.noyo.carrier_requests_disconnection(
        carrier_id=GUARDIAN, group_id="47c07963-2e34-4da2-86b4-cbc3c57111c1", group_name="Old Company"
    )
    heard(world)
    assert len(world.slack.channel(CONNECTIONS)) == 1
    assert "New Company" in world.seen_in(ALERTS)
    assert "Old Company" in world.seen_in(DECISIONS)


def test_what_is_heard_and_polled_is_told_once(world: World) -> None:
    one = known(world)
    fails(world, one)
    heard(world)
    world.settle(60)
    assert (lines(world, ALERTS, WORDS), len(world.slack.channel(CONNECTIONS))) == (1, 1)


def test_a_look_alone_is_told_to_nobody_and_leaves_no_trail(world: World) -> None:
    one = known(world)
    before = world.seen_in(CONNECTIONS), len(world.slack.calls)
    world.noyo.webhooks.copies = 3
    world.noyo.webhooks.record("group_connection_request.status_change", one, world.clock())
    heard(world)
    heard(world)
    entity = EntityRef(EntityKind.CONNECTION, one)
    assert (world.seen_in(CONNECTIONS), len(world.slack.calls)) == before
    assert trail(world, entity) == 0
    assert world.bot.repositories.operations.last_on(entity) is None
    assert world.open_operations() == []


def test_whatever_comes_twice_or_in_the_wrong_order_everything_is_told_once(world: World) -> None:
    world.noyo.webhooks.copies, world.noyo.webhooks.newest_first = 3, True
    one = known(world)
    for status in ("waiting_on_carrier", "noyo_review"):
        world.noyo.move_connection(one, status)
        world.wait(5)
    fails(world, one)
    for _ in range(4):
        heard(world)
    assert [len(event.answers) for event in world.noyo.webhooks.events] == [3] * 4
    assert lines(world, ALERTS, WORDS) == 1
    assert world.tracked(one).status is ConnectionStatus.UNABLE_TO_CONNECT


def test_what_could_not_be_taken_in_is_delivered_again(world: World) -> None:
    """The receiver is away for hours; nobody polls meanwhile either."""
    one = known(world)
    world.noyo.webhooks.url = "http://127.0.0.1:9/noyo/webhook"
    fails(world, one)
    for _ in range(8):
        world.noyo.deliver_webhooks()
        world.wait(3600)
    world.noyo.webhooks.url = world.webhook_url
    world.wait(12 * 3600)
    heard(world)
    assert lines(world, ALERTS, WORDS) == 1


def test_the_card_of_a_request_goes_on_where_the_webhook_is_faster_than_the_answer(world: World) -> None:
    """Noyo tells of the new record while its answer to our own request is lost."""
    world.noyo.faults.add(Fault("reset_after", method="POST"))
    world.asks(ANA)
    world.carry_out()
    world.notify()
    heard(world)
    world.settle(120)
    assert len(world.slack.channel(CONNECTIONS)) == 1
    assert "Test Company" in world.seen_in(CONNECTIONS)
    assert len(world.noyo.connections()) == 1


def test_while_noyo_does_not_answer_the_look_waits_in_silence(world: World) -> None:
    one = known(world)
    fails(world, one)
    world.noyo.stop()
    before = world.seen_in(CONNECTIONS)
    world.noyo.webhooks.deliver()
    for _ in range(5):
        world.carry_out()
        world.notify()
        world.wait(30)
    assert world.seen_in(CONNECTIONS) == before
    assert trail(world, EntityRef(EntityKind.CONNECTION, one)) == 0
    world.noyo.start()
    world.wait(900)
    heard(world)
    assert lines(world, ALERTS, WORDS) == 1


def test_without_webhooks_polling_loses_nothing(world: World) -> None:
    one = known(world)
    world.noyo.webhooks.url = None
    fails(world, one)
    world.settle(30)
    assert lines(world, ALERTS, WORDS) == 1


def test_a_storm_of_events_is_calm() -> None:
    """Every record several times over: each is looked at, and each change told once."""
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
                    one, status, error=WORDS if status == "unable_to_connect" else None
                )
        assert world.noyo.deliver_webhooks() == 28
        world.carry_out()
        world.notify()
        reads = [seen for seen in world.noyo.requests if seen.method == "GET" and seen.at == world.clock()]
        assert len(reads) == 28
        assert (len(world.slack.channel(CONNECTIONS)), lines(world, ALERTS, WORDS)) == (7, 7)
        assert {event.answers[0] for event in world.noyo.webhooks.events} == {200}
        assert world.open_operations() == []


def test_whoever_does_not_know_the_secret_is_not_heard(world: World) -> None:
    one = known(world)
    world.noyo.webhooks.secrets = (WEBHOOK_SECRET + "?",)
    fails(world, one)
    heard(world)
    assert world.noyo.webhooks.events[-1].answers == [401]
    assert lines(world, ALERTS, WORDS) == 0


def test_whether_the_webhooks_secret_can_be_read_is_noted_when_something_comes(world: World) -> None:
    health_checks = world.bot.repositories.health
    assert health_checks.health_check(Component.WEBHOOK) is None
    known(world)
    first = health_checks.health_check(Component.WEBHOOK)
    assert first is not None
    assert first.findings == (Finding(Topic.SECRET, CheckStatus.OK),)

    world.replaces(Purpose.NOYO_WEBHOOK, webhook_secrets=[])
    world.restart()
    world.wait(EVERY_SECONDS)
    known(world)

    then = world.bot.repositories.health.health_check(Component.WEBHOOK)
    assert then is not None
    (finding,) = then.findings
    assert finding.status is CheckStatus.FAILED
    assert "holds nothing as webhook_secrets" in (finding.reason or "")
