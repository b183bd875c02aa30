"""Entity references as text, and parsed from text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.records import (
    EntityKind,
    EntityRef,
    connection_ref,
    disconnection_ref,
    pending_connection_ref,
    person_ref,
)


@given(st.sampled_from(list(EntityKind)), st.text(min_size=1))
def test_an_entity_reference_is_parsed_from_its_text(kind: EntityKind, key: str) -> None:
    assert EntityRef.parse(str(EntityRef(kind, key))) == EntityRef(kind, key)


@pytest.mark.parametrize("text", ["", "connection", "connection:", ":x", "employer:x", "Connection:x"])
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a"):
        EntityRef.parse(text)


def test_a_request_is_known_by_carrier_and_carrier_group_id() -> None:
    assert str(pending_connection_ref("carrier", "G#1")) == "pending_connection:carrier#g#1"
    assert pending_connection_ref("carrier", " abc-1") == pending_connection_ref("carrier", "ABC-1")
    assert connection_ref("1") != disconnection_ref("1")


def test_a_person_is_known_by_their_id() -> None:
    assert str(person_ref("U1")) == "person:U1"
