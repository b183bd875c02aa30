"""A pause while operations are in progress: nothing is sent or lost, and after it each operation is sent once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from bot.domain.pauses import Mode
from bot.settings import Settings
from infra.local.noyo import Fault
from tests.system import ALERTS, ANA, BEN, CONNECTIONS, START, System, blocks_of

pytestmark = pytest.mark.long

DEFERRED_TEXT = "waiting while sending is paused. @Ana paused sending to Noyo"


@pytest.fixture
def system() -> Iterator[System]:
    with System(ADMINS=f"{ANA},{BEN}") as system:
        system.settle(30)
        system.slack.workspace.channels[ALERTS].messages.clear()
        yield system


def type_command(system: System, text: str, user: str = ANA) -> None:
    system.slack.command(user, CONNECTIONS, "/noyo", text)


def request_connection(system: System, number: str, user: str = ANA) -> None:
    system.request_connection(user, carrier_group_id=number, group_name=f"Group {number}")
    view = system.slack.view_of(user)
    assert view is not None
    system.slack.close_view(user, view.id)


def sent(system: System) -> list[str]:
    return [seen.body["group_data"]["carrier_group_id"] for seen in system.writes()]


def test_a_pause_defers_the_remaining_requests_and_loses_none(system: System) -> None:
    for number in range(5):
        request_connection(system, f"busy {number:02}", ANA if number % 2 else BEN)
        system.wait(1)
        if number == 1:
            system.execute_due()
        if number == 2:
            type_command(system, "pause busy")
    system.settle(20)

    assert sent(system) == [f"busy {number:02}" for number in range(2)]
    cards = system.read_channel(CONNECTIONS)
    assert cards.count(DEFERRED_TEXT) == 3
    connection = system.noyo.add_connection(carrier_id="c699414d-fd1c-4de4-86f0-66dfff2276c4", carrier_group_id="L")
    system.settle(30)
    assert system.connection_record_state(connection["id"])

    type_command(system, "resume", BEN)
    system.settle(20)

    assert sent(system) == [f"busy {number:02}" for number in range(5)]
    assert DEFERRED_TEXT not in system.read_channel(CONNECTIONS)
    assert system.open_operations() == []
    assert system.bot.repositories.operations.deferred_due(START * 2, limit=9) == []


def test_a_lost_answer_is_reconciled_during_a_pause_and_the_request_is_not_repeated(system: System) -> None:
    system.noyo.faults.add(Fault("reset_after", method="POST", path_contains="group_connections"))
    request_connection(system, "lost")
    system.execute_due()
    type_command(system, "pause")
    system.settle(60)

    assert "Noyo did not answer, but Noyo shows that @Ana's request arrived" in system.read_channel(CONNECTIONS)
    type_command(system, "resume")
    system.settle(60)
    assert sent(system) == ["lost"]


def test_a_request_deferred_for_three_days_is_sent_as_usual(system: System) -> None:
    """Longer than the retention of the stream, the age of permissions and a day of retries."""
    system.noyo.faults.add(Fault("too_many", method="POST", path_contains="group_connections", times=1))
    request_connection(system, "patient")
    system.settle(5)
    type_command(system, "pause")
    system.settle(60)
    for _ in range(3):
        system.wait(86400)
        system.restart()
        system.settle(10)
    type_command(system, "resume")
    system.settle(60)

    assert len(system.noyo.connections()) == 1
    assert "Did it arrive?" not in system.read_channel(CONNECTIONS) + system.read_channel(ALERTS)
    assert system.open_operations() == []


def test_observe_only_mode_refuses_requests_and_defers_open_operations() -> None:
    with System() as system:
        system.settle(30)
        stuck = system.noyo.add_connection(
            carrier_id="c699414d-fd1c-4de4-86f0-66dfff2276c4",
            carrier_group_id="77",
            group_name="Stuck Inc",
            status="unable_to_connect",
        )
        system.settle(30)
        request_connection(system, "left over")
        system.settings = in_mode(system)
        system.restart()
        system.settle(30)

        assert system.writes() == []
        assert "waiting while sending is paused. Switchboard has been in observe-only mode" in system.read_channel(
            CONNECTIONS
        )
        alert = next(message for message in system.slack.channel(ALERTS) if "Stuck Inc" in blocks_of(message))
        assert "Observe-only mode: Switchboard sends nothing to Noyo" in system.slack.render(alert)

        system.slack.click(ANA, ALERTS, alert.ts, "retry")
        view = system.slack.view_of(ANA)
        assert view is not None
        assert "is in observe-only mode and sends nothing to Noyo" in system.slack.render(view)
        system.slack.close_view(ANA, view.id)
        for text in ("connect", "retry Stuck Inc", "approve Stuck Inc", "reject Stuck Inc"):
            reply = system.slack.command(ANA, CONNECTIONS, "/noyo", text)
            assert "is in observe-only mode" in system.slack.render(reply.messages[0])
            assert system.slack.view_of(ANA) is None

        system.settings = in_mode(system, "act")
        system.restart()
        system.settle(30)
        assert sent(system) == ["left over"]
        assert system.connection_record_state(stuck["id"]).attempts == 1


def in_mode(system: System, mode: str = "observe") -> Settings:
    return replace(system.settings, mode=Mode(mode))


def test_a_form_opened_before_observe_only_mode_submits_nothing() -> None:
    with System() as system:
        system.settle(10)
        system.slack.command(ANA, CONNECTIONS, "/noyo", "connect")
        form = system.slack.view_of(ANA)
        assert form is not None
        system.settings = in_mode(system)
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

        view = system.slack.view_of(ANA)
        assert view is not None
        shown = system.slack.render(view)
        assert "is in observe-only mode" in shown
        assert "submit again" not in shown
        assert system.open_operations() == []
