"""Subjects: as text and back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import subjects
from bot.domain.subjects import Kind, Subject


@given(st.sampled_from(list(Kind)), st.text(min_size=1))
def test_a_subject_is_read_back_from_its_text(kind: Kind, key: str) -> None:
    assert Subject.parse(str(Subject(kind, key))) == Subject(kind, key)


@pytest.mark.parametrize("text", ["", "connection", "connection:", ":x", "group:x", "Connection:x"])
def test_what_is_no_subject_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a"):
        Subject.parse(text)


def test_a_request_is_known_by_carrier_and_carrier_group_id() -> None:
    assert str(subjects.request("carrier", "G#1")) == "request:carrier#G#1"
    assert subjects.connection("1") != subjects.disconnection("1")


def test_a_person_is_known_by_their_id() -> None:
    assert str(subjects.person("U1")) == "person:U1"
