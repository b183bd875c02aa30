"""Keys: each kind has its own partition, no key is too long, and no two keys are equal."""

import pytest

from bot.domain.records import EntityKind, EntityRef, connection_ref, disconnection_ref, pending_connection_ref
from bot.dynamodb import schema
from bot.dynamodb.expressions import Key
from bot.dynamodb.schema import KEY_BYTES, fitting, in_order
from tests.dynamodb.builders import AWKWARD


def test_each_kind_of_item_has_the_partition_named_in_the_permissions() -> None:
    entity = connection_ref("c")

    assert schema.state(entity) == Key("CONNECTION#c", "STATE")
    assert schema.state(disconnection_ref("d")) == Key("DISCONNECTION#d", "STATE")
    assert schema.version(entity, 7, "v") == Key("RECORD_VERSIONS#connection#c", "000000000007#v")
    assert schema.operation("o") == Key("OPERATION#o", "STATE")
    assert schema.lock(entity) == Key("LOCK#connection:c", "LOCK")
    assert schema.last(entity) == Key("LOCK#connection:c", "LAST")
    assert schema.outbox_event("n") == Key("OUTBOX#n", "EVENT")
    assert schema.message("C1", "k") == Key("MESSAGE#C1", "k")
    assert schema.user("U1") == Key("USER#U1", "USER")
    assert schema.group_members("S1") == Key("GROUP_MEMBERS#S1", "GROUP_MEMBERS")
    assert schema.cursor(EntityKind.CONNECTION) == Key("POLL_CURSOR#connection", "POLL_CURSOR")
    assert schema.parked(EntityKind.DISCONNECTION, "r") == Key("PARKED_ROW#disconnection", "r")
    assert schema.audit(entity, 7, "a") == Key("AUDIT#connection:c", "000000000007#a")
    assert schema.word("acme", entity) == Key("SEARCH_WORD#acm", "acme#connection#c")


@pytest.mark.parametrize("entity", [connection_ref("c"), disconnection_ref("d#e")])
def test_the_partition_of_a_state_contains_its_entity(entity: EntityRef) -> None:
    assert schema.entity_of_state(schema.state(entity).pk) == entity


@pytest.mark.parametrize("awkward", AWKWARD)
def test_text_of_any_length_gives_a_unique_key(awkward: str) -> None:
    other = f"{awkward}."

    assert len(fitting(awkward).encode()) <= KEY_BYTES
    assert fitting(awkward) != fitting(other)
    assert fitting(pending_connection_ref("c", awkward).key) == fitting(pending_connection_ref("c", awkward).key)


def test_multibyte_characters_are_not_split() -> None:
    for length in range(200, 230):
        text = "é" + "🏥" * length
        assert len(fitting(text).encode("utf-8", "strict")) <= KEY_BYTES


def test_numbers_in_keys_sort_numerically() -> None:
    numbers = [0, 9, 10, 1_800_000_000, 10**11]

    assert sorted(map(in_order, numbers)) == [in_order(number) for number in numbers]
