"""Decision cards show the related records of the group and follow their changes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, cast

import pytest

from bot.domain.records import EntityKind, EntityRef
from bot.usecases.notifications.publish import publish
from bot.usecases.notifications.read_model import related_records, showing_in_group
from bot.usecases.ports.storage import RecordRepository
from infra.local.noyo import Fault
from tests.system import CONNECTIONS, DECISIONS, GUARDIAN, System
from tests.usecases.notification_bench import channel_texts, started_system

GROUP = "11111111-0000-4000-8000-000000000001"
AETNA = "aaaaaaaa-0000-4000-8000-00000000000a"


@pytest.fixture
def system() -> Iterator[System]:
    with started_system() as system:
        yield system


def add_connection(system: System, carrier: str, status: str = "completed", **fields: Any) -> str:
    created = system.noyo.add_connection(
        carrier_id=carrier,
        group_id=GROUP,
        group_name="Test Company",
        carrier_group_id=f"at {carrier}",
        status=status,
        **fields,
    )
    return str(created["id"])


def request_disconnection(system: System, **fields: Any) -> str:
    given = {"carrier_id": GUARDIAN, "group_id": GROUP, "group_name": "Test Company"} | fields
    return str(system.noyo.carrier_requests_disconnection(**given)["id"])


def publish_changes(system: System) -> None:
    system.wait(10)
    system.poll()
    for _ in range(4):
        system.notify()
        system.wait(5)


def test_the_card_shows_other_carriers_and_links_the_connection_that_would_end(system: System) -> None:
    add_connection(system, GUARDIAN)
    add_connection(system, AETNA, "unable_to_connect")
    publish_changes(system)
    request_disconnection(system)
    publish_changes(system)

    [card] = system.slack.channel(DECISIONS)
    text = system.slack.render(card)
    assert f"{AETNA} (Unable to connect)" in text
    assert "Connection to disconnect:** Completed" in text
    assert any("Open the card" in str(block) for block in card.blocks)


def test_the_connection_to_disconnect_is_the_one_that_is_connected(system: System) -> None:
    """The group also has a newer connection to the carrier, which failed."""
    add_connection(system, GUARDIAN)
    system.wait(60)
    system.noyo.add_connection(carrier_id=GUARDIAN, group_id=GROUP, status="unable_to_connect", carrier_group_id="99")
    publish_changes(system)
    request_disconnection(system)
    publish_changes(system)

    [card] = [message for message in system.slack.channel(DECISIONS) if "Disconnect" in str(message.blocks)]
    assert "Connection to disconnect:** Completed" in system.slack.render(card)


def test_the_card_follows_changes_at_other_carriers_of_the_group(system: System) -> None:
    other = add_connection(system, AETNA, "processing")
    request_disconnection(system)
    publish_changes(system)
    assert "(Processing)" in channel_texts(system, DECISIONS)[0]

    system.noyo.move_connection(other, "completed")
    publish_changes(system)

    assert "(Completed)" in channel_texts(system, DECISIONS)[0]
    assert len(system.slack.channel(CONNECTIONS)) == 1


def test_the_card_shows_earlier_requests_for_the_same_group_and_carrier(system: System) -> None:
    first = request_disconnection(system)
    request_disconnection(system, carrier_id=AETNA)
    publish_changes(system)
    system.noyo.move_disconnection(first, "rejected")
    publish_changes(system)
    request_disconnection(system)
    publish_changes(system)

    texts = [text for text in channel_texts(system, DECISIONS) if "Needs review" in text and "Guardian" in text]
    assert len(texts) == 1
    assert "Earlier requests:** Rejected" in texts[0]


def test_without_a_group_id_there_are_no_related_records(system: System) -> None:
    add_connection(system, AETNA)
    request_id = request_disconnection(system, group_id=None)
    publish_changes(system)

    record_state = system.bot.repositories.records.record_state(EntityRef(EntityKind.DISCONNECTION, request_id))
    assert record_state is not None
    assert related_records(record_state, system.bot.repositories.records).other_carriers == ()
    assert showing_in_group(record_state, system.bot.repositories.records) == []
    assert "Other carriers" not in channel_texts(system, DECISIONS)[0]


def test_a_completed_request_whose_group_noyo_refuses_to_show_has_no_related_records(system: System) -> None:
    add_connection(system, GUARDIAN)
    publish_changes(system)
    system.noyo.move_disconnection(request_disconnection(system), "completed")
    path = "group_disconnection_requests"
    system.noyo.faults.add(Fault("false_answer", method="GET", path_contains=path, skip=1, status=403))
    publish_changes(system)

    assert system.noyo.faults.pending() == []
    assert "Status:** Completed" in channel_texts(system, DECISIONS)[0]
    assert "Status:** Completed" in channel_texts(system, CONNECTIONS)[0]


class _LateIndex:
    """The records, in an index by group that does not show the newest of them yet."""

    def __init__(self, records: RecordRepository, late: EntityRef) -> None:
        self._records = records
        self._late = late

    def __getattr__(self, name: str) -> Any:
        return getattr(self._records, name)

    def in_group(self, group_id: str, *, limit: int) -> list[EntityRef]:
        return [entity for entity in self._records.in_group(group_id, limit=limit) if entity != self._late]


def test_the_card_of_a_connection_is_updated_once_the_index_shows_the_request(system: System) -> None:
    add_connection(system, GUARDIAN)
    publish_changes(system)
    request_id = request_disconnection(system, status="processing", effective_end_date="2026-12-31")
    system.wait(10)
    system.poll()
    deps = system.bot.slack_dependencies
    hidden = EntityRef(EntityKind.DISCONNECTION, request_id)
    late = replace(deps, records=cast(RecordRepository, _LateIndex(deps.records, hidden)))
    for event_id in deps.outbox.due(deps.now(), limit=10):
        publish(event_id, late)
    assert "Status:** Completed" in channel_texts(system, CONNECTIONS)[0]

    publish_changes(system)

    assert "Status:** Disconnecting after 31 Dec 2026" in channel_texts(system, CONNECTIONS)[0]


class _SlowIndex(_LateIndex):
    """The records, in an index by group that still shows one that left the group."""

    def in_group(self, group_id: str, *, limit: int) -> list[EntityRef]:
        return [*self._records.in_group(group_id, limit=limit), self._late]


def test_a_record_that_left_the_group_is_not_related_even_if_the_index_still_shows_it(system: System) -> None:
    connection_id = add_connection(system, GUARDIAN)
    request_id = request_disconnection(system)
    publish_changes(system)
    system.noyo.move_connection(connection_id, "completed", group_id="22222222-0000-4000-8000-000000000002")
    publish_changes(system)

    records = system.bot.repositories.records
    request = records.record_state(EntityRef(EntityKind.DISCONNECTION, request_id))
    assert request is not None
    slow = cast(RecordRepository, _SlowIndex(records, EntityRef(EntityKind.CONNECTION, connection_id)))
    assert related_records(request, slow).connection is None
