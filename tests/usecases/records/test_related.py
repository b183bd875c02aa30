"""Use case tests: a decision card tells how the rest of the group stands, and is put right when that changes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from bot.domain.records import EntityKind, EntityRef
from bot.usecases.notifications.read_model import related_records, waiting_in_group
from tests.system import CONNECTIONS, DECISIONS, GUARDIAN, System
from tests.usecases.notification_bench import begun, shown

GROUP = "11111111-0000-4000-8000-000000000001"
AETNA = "aaaaaaaa-0000-4000-8000-00000000000a"


@pytest.fixture
def system() -> Iterator[System]:
    with begun() as system:
        yield system


def has(system: System, carrier: str, status: str = "completed", **fields: Any) -> str:
    made = system.noyo.add_connection(
        carrier_id=carrier,
        group_id=GROUP,
        group_name="Test Company",
        carrier_group_id=f"at {carrier}",
        status=status,
        **fields,
    )
    return str(made["id"])


def asks(system: System, **fields: Any) -> str:
    given = {"carrier_id": GUARDIAN, "group_id": GROUP, "group_name": "Test Company"} | fields
    return str(system.noyo.carrier_requests_disconnection(**given)["id"])


def tells(system: System) -> None:
    system.wait(10)
    system.poll()
    for _ in range(4):
        system.notify()
        system.wait(5)


def test_the_card_tells_of_the_groups_other_carriers_and_leads_to_the_connection_that_would_end(
    system: System,
) -> None:
    has(system, GUARDIAN)
    has(system, AETNA, "unable_to_connect")
    tells(system)
    asks(system)
    tells(system)

    [card] = system.slack.channel(DECISIONS)
    read = system.slack.render(card)
    assert f"{AETNA} (Unable to connect)" in read
    assert "Connection to disconnect:** Completed" in read
    assert any("Open the card" in str(block) for block in card.blocks)


def test_when_another_carrier_of_the_group_changes_the_card_of_the_request_follows(system: System) -> None:
    other = has(system, AETNA, "processing")
    asks(system)
    tells(system)
    assert "(Processing)" in shown(system, DECISIONS)[0]

    system.noyo.move_connection(other, "completed")
    tells(system)

    assert "(Completed)" in shown(system, DECISIONS)[0]
    assert len(system.slack.channel(CONNECTIONS)) == 1


def test_what_was_asked_before_for_the_same_group_and_carrier_is_told(system: System) -> None:
    first = asks(system)
    asks(system, carrier_id=AETNA)
    tells(system)
    system.noyo.move_disconnection(first, "rejected")
    tells(system)
    asks(system)
    tells(system)

    texts = [text for text in shown(system, DECISIONS) if "Needs review" in text and "Guardian" in text]
    assert len(texts) == 1
    assert "Earlier requests:** Rejected" in texts[0]


def test_without_a_group_id_nothing_is_guessed(system: System) -> None:
    has(system, AETNA)
    made = asks(system, group_id=None)
    tells(system)

    held = system.bot.repositories.records.record_state(EntityRef(EntityKind.DISCONNECTION, made))
    assert held is not None
    assert related_records(held, system.bot.repositories.records).other_carriers == ()
    assert waiting_in_group(held, system.bot.repositories.records) == []
    assert "Other carriers" not in shown(system, DECISIONS)[0]
