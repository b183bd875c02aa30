"""A pause in the middle of things: nothing is lost, nothing goes out, and afterwards everything once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from bot.domain.pauses import Mode
from bot.settings import Settings
from infra.local.noyo import Fault
from tests.world import ALERTS, ANA, BEN, CONNECTIONS, START, World, blocks_of

pytestmark = pytest.mark.long

PAUSED = "waiting while sending is paused. @Ana paused sending to Noyo"


@pytest.fixture
def world() -> Iterator[World]:
    with World(ADMINS=f"{ANA},{BEN}") as made:
        made.settle(30)
        made.slack.workspace.channels[ALERTS].messages.clear()
        yield made


def types(world: World, text: str, user: str = ANA) -> None:
    world.slack.command(user, CONNECTIONS, "/noyo", text)


def asks(world: World, number: str, user: str = ANA) -> None:
    world.asks(user, carrier_group_id=number, group_name=f"Group {number}")
    view = world.slack.view_of(user)
    assert view is not None
    world.slack.close_view(user, view.id)


def sent(world: World) -> list[str]:
    return [seen.body["group_data"]["carrier_group_id"] for seen in world.writes()]


def test_a_pause_in_the_middle_of_a_storm_keeps_the_rest_and_loses_none(world: World) -> None:
    for number in range(5):
        asks(world, f"storm {number:02}", ANA if number % 2 else BEN)
        world.wait(1)
        if number == 1:
            world.carry_out()
        if number == 2:
            types(world, "pause storm")
    world.settle(20)

    assert sent(world) == [f"storm {number:02}" for number in range(2)]
    cards = world.seen_in(CONNECTIONS)
    assert cards.count(PAUSED) == 3
    looked = world.noyo.add_connection(
        carrier_id="c699414d-fd1c-4de4-86f0-66dfff2276c4", carrier_group_id="L"
    )
    world.settle(30)
    assert world.tracked(looked["id"])

    types(world, "resume", BEN)
    world.settle(20)

    assert sent(world) == [f"storm {number:02}" for number in range(5)]
    assert PAUSED not in world.seen_in(CONNECTIONS)
    assert world.open_operations() == []
    assert world.bot.repositories.operations.deferred_due(START * 2, limit=9) == []


def test_a_lost_answer_is_found_out_while_paused_and_nothing_is_sent_twice(world: World) -> None:
    world.noyo.faults.add(Fault("reset_after", method="POST", path_contains="group_connections"))
    asks(world, "lost")
    world.carry_out()
    types(world, "pause")
    world.settle(60)

    assert "Noyo did not answer, but shows that @Ana's request arrived" in world.seen_in(CONNECTIONS)
    types(world, "resume")
    world.settle(60)
    assert sent(world) == ["lost"]


def test_three_days_later_it_goes_out_as_if_nothing_had_been(world: World) -> None:
    """Longer than the stream remembers, than rights are known for, and than the day of patience."""
    world.noyo.faults.add(Fault("too_many", method="POST", path_contains="group_connections", times=1))
    asks(world, "patient")
    world.settle(5)
    types(world, "pause")
    world.settle(60)
    for _ in range(3):
        world.wait(86400)
        world.restart()
        world.settle(10)
    types(world, "resume")
    world.settle(60)

    assert len(world.noyo.connections()) == 1
    assert "a person has to say" not in world.seen_in(CONNECTIONS) + world.seen_in(ALERTS)
    assert world.open_operations() == []


def test_watching_only_nothing_can_be_asked_for_and_what_was_left_waits() -> None:
    with World() as acting:
        acting.settle(30)
        stuck = acting.noyo.add_connection(
            carrier_id="c699414d-fd1c-4de4-86f0-66dfff2276c4",
            carrier_group_id="77",
            group_name="Stuck Inc",
            status="unable_to_connect",
        )
        acting.settle(30)
        asks(acting, "left over")
        acting.settings = watching(acting)
        acting.restart()
        acting.settle(30)

        assert acting.writes() == []
        assert "waiting while sending is paused. Switchboard has been in observe-only mode" in acting.seen_in(
            CONNECTIONS
        )
        alert = next(one for one in acting.slack.channel(ALERTS) if "Stuck Inc" in blocks_of(one))
        assert "Observe-only mode: Switchboard sends nothing to Noyo" in acting.slack.render(alert)

        acting.slack.click(ANA, ALERTS, alert.ts, "retry")
        window = acting.slack.view_of(ANA)
        assert window is not None
        assert "is in observe-only mode and sends nothing to Noyo" in acting.slack.render(window)
        acting.slack.close_view(ANA, window.id)
        for text in ("connect", "retry Stuck Inc", "approve Stuck Inc", "reject Stuck Inc"):
            reply = acting.slack.command(ANA, CONNECTIONS, "/noyo", text)
            assert "is in observe-only mode" in acting.slack.render(reply.messages[0])
            assert acting.slack.view_of(ANA) is None

        acting.settings = watching(acting, "act")
        acting.restart()
        acting.settle(30)
        assert sent(acting) == ["left over"]
        assert acting.tracked(stuck["id"]).attempts == 1


def watching(world: World, mode: str = "observe") -> Settings:
    return replace(world.settings, mode=Mode(mode))


def test_a_form_that_was_open_when_the_mode_changed_places_nothing() -> None:
    with World() as world:
        world.settle(10)
        world.slack.command(ANA, CONNECTIONS, "/noyo", "connect")
        form = world.slack.view_of(ANA)
        assert form is not None
        world.settings = watching(world)
        world.restart()

        world.slack.submit(
            ANA,
            form.id,
            {
                "carrier_id": "c699414d-fd1c-4de4-86f0-66dfff2276c4",
                "group_name": "Late",
                "carrier_group_id": "late",
                "federal_ein": "123456789",
            },
        )

        window = world.slack.view_of(ANA)
        assert window is not None
        shown = world.slack.render(window)
        assert "is in observe-only mode" in shown
        assert "submit again" not in shown
        assert world.open_operations() == []
