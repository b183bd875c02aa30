"""A pause in the middle of things: nothing is lost, nothing goes out, and afterwards everything once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from bot.domain.pauses import Mode
from bot.settings import Settings
from infra.local.noyo import Fault
from tests.system import ALERTS, ANA, BEN, CONNECTIONS, START, System, blocks_of

pytestmark = pytest.mark.long

PAUSED = "waiting while sending is paused. @Ana paused sending to Noyo"


@pytest.fixture
def system() -> Iterator[System]:
    with System(ADMINS=f"{ANA},{BEN}") as system:
        system.settle(30)
        system.slack.workspace.channels[ALERTS].messages.clear()
        yield system


def types(system: System, text: str, user: str = ANA) -> None:
    system.slack.command(user, CONNECTIONS, "/noyo", text)


def asks(system: System, number: str, user: str = ANA) -> None:
    system.asks(user, carrier_group_id=number, group_name=f"Group {number}")
    view = system.slack.view_of(user)
    assert view is not None
    system.slack.close_view(user, view.id)


def sent(system: System) -> list[str]:
    return [seen.body["group_data"]["carrier_group_id"] for seen in system.writes()]


def test_a_pause_in_the_middle_of_a_storm_keeps_the_rest_and_loses_none(system: System) -> None:
    for number in range(5):
        asks(system, f"storm {number:02}", ANA if number % 2 else BEN)
        system.wait(1)
        if number == 1:
            system.execute_due()
        if number == 2:
            types(system, "pause storm")
    system.settle(20)

    assert sent(system) == [f"storm {number:02}" for number in range(2)]
    cards = system.seen_in(CONNECTIONS)
    assert cards.count(PAUSED) == 3
    connection = system.noyo.add_connection(carrier_id="c699414d-fd1c-4de4-86f0-66dfff2276c4", carrier_group_id="L")
    system.settle(30)
    assert system.connection_record_state(connection["id"])

    types(system, "resume", BEN)
    system.settle(20)

    assert sent(system) == [f"storm {number:02}" for number in range(5)]
    assert PAUSED not in system.seen_in(CONNECTIONS)
    assert system.open_operations() == []
    assert system.bot.repositories.operations.deferred_due(START * 2, limit=9) == []


def test_a_lost_answer_is_found_out_while_paused_and_nothing_is_sent_twice(system: System) -> None:
    system.noyo.faults.add(Fault("reset_after", method="POST", path_contains="group_connections"))
    asks(system, "lost")
    system.execute_due()
    types(system, "pause")
    system.settle(60)

    assert "Noyo did not answer, but Noyo shows that @Ana's request arrived" in system.seen_in(CONNECTIONS)
    types(system, "resume")
    system.settle(60)
    assert sent(system) == ["lost"]


def test_three_days_later_it_goes_out_as_if_nothing_had_been(system: System) -> None:
    """Longer than the stream remembers, than rights are known for, and than a day of retries."""
    system.noyo.faults.add(Fault("too_many", method="POST", path_contains="group_connections", times=1))
    asks(system, "patient")
    system.settle(5)
    types(system, "pause")
    system.settle(60)
    for _ in range(3):
        system.wait(86400)
        system.restart()
        system.settle(10)
    types(system, "resume")
    system.settle(60)

    assert len(system.noyo.connections()) == 1
    assert "Did it arrive?" not in system.seen_in(CONNECTIONS) + system.seen_in(ALERTS)
    assert system.open_operations() == []


def test_watching_only_nothing_can_be_asked_for_and_what_was_left_waits() -> None:
    with System() as acting:
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
        alert = next(message for message in acting.slack.channel(ALERTS) if "Stuck Inc" in blocks_of(message))
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
        assert acting.connection_record_state(stuck["id"]).attempts == 1


def watching(system: System, mode: str = "observe") -> Settings:
    return replace(system.settings, mode=Mode(mode))


def test_a_form_that_was_open_when_the_mode_changed_places_nothing() -> None:
    with System() as system:
        system.settle(10)
        system.slack.command(ANA, CONNECTIONS, "/noyo", "connect")
        form = system.slack.view_of(ANA)
        assert form is not None
        system.settings = watching(system)
        system.restart()

        system.slack.submit(
            ANA,
            form.id,
            {
                "carrier_id": "c699414d-fd1c-4de4-86f0-66dfff2276c4",
                "group_name": "Late",
                "carrier_group_id": "late",
                "federal_ein": "123456789",
            },
        )

        window = system.slack.view_of(ANA)
        assert window is not None
        shown = system.slack.render(window)
        assert "is in observe-only mode" in shown
        assert "submit again" not in shown
        assert system.open_operations() == []
