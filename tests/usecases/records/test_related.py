"""Use case tests: a decision card tells how the rest of the group stands, and is put right when that changes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from bot.domain.entities import EntityKind, EntityRef
from bot.usecases.records.related import related_records, waiting_in_group
from tests.usecases.notification_bench import begun, shown
from tests.world import CONNECTIONS, DECISIONS, GUARDIAN, World

GROUP = "11111111-0000-4000-8000-000000000001"
AETNA = "aaaaaaaa-0000-4000-8000-00000000000a"


@pytest.fixture
def world() -> Iterator[World]:
    with begun() as world:
        yield world


def has(world: World, carrier: str, status: str = "completed", **fields: Any) -> str:
    made = world.noyo.add_connection(
        carrier_id=carrier,
        group_id=GROUP,
        group_name="Test Company",
        carrier_group_id=f"at {carrier}",
        status=status,
        **fields,
    )
    return str(made["id"])


def asks(world: World, **fields: Any) -> str:
    given = {"carrier_id": GUARDIAN, "group_id": GROUP, "group_name": "Test Company"} | fields
    return str(world.noyo.carrier_requests_disconnection(**given)["id"])


def tells(world: World) -> None:
    world.wait(10)
    world.poll()
    for _ in range(4):
        world.notify()
        world.wait(5)


def test_the_card_tells_of_the_groups_other_carriers_and_leads_to_the_connection_that_would_end(
    world: World,
) -> None:
    has(world, GUARDIAN)
    has(world, AETNA, "unable_to_connect")
    tells(world)
    asks(world)
    tells(world)

    [card] = world.slack.channel(DECISIONS)
    read = world.slack.render(card)
    assert f"{AETNA} (Unable to connect)" in read
    assert "Connection to disconnect:** Completed" in read
    assert any("Open the card" in str(block) for block in card.blocks)


def test_when_another_carrier_of_the_group_changes_the_card_of_the_request_follows(world: World) -> None:
    other = has(world, AETNA, "processing")
    asks(world)
    tells(world)
    assert "(Processing)" in shown(world, DECISIONS)[0]

    world.noyo.move_connection(other, "completed")
    tells(world)

    assert "(Completed)" in shown(world, DECISIONS)[0]
    assert len(world.slack.channel(CONNECTIONS)) == 1


def test_what_was_asked_before_for_the_same_group_and_carrier_is_told(world: World) -> None:
    first = asks(world)
    asks(world, carrier_id=AETNA)
    tells(world)
    world.noyo.move_disconnection(first, "rejected")
    tells(world)
    asks(world)
    tells(world)

    texts = [text for text in shown(world, DECISIONS) if "Needs review" in text and "Guardian" in text]
    assert len(texts) == 1
    assert "Earlier requests:** Rejected" in texts[0]


def test_without_a_group_id_nothing_is_guessed(world: World) -> None:
    has(world, AETNA)
    made = asks(world, group_id=None)
    tells(world)

    held = world.bot.repositories.records.record_state(EntityRef(EntityKind.DISCONNECTION, made))
    assert held is not None
    assert related_records(held, world.bot.repositories.records).other_carriers == ()
    assert waiting_in_group(held, world.bot.repositories.records) == []
    assert "Other carriers" not in shown(world, DECISIONS)[0]
