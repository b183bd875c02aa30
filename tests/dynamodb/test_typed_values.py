"""Values to typed JSON and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.dynamodb.expressions import Value, plain, plain_item, typed, typed_item

TEXTS = st.text(st.characters(codec="utf-8"))
VALUES: st.SearchStrategy[Value] = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@given(VALUES)
def test_every_value_is_read_back_unchanged(value: Value) -> None:
    assert plain(typed(value)) == value
    assert type(plain(typed(value))) is type(value)


def test_an_attribute_that_is_none_is_left_out() -> None:
    assert typed_item({"a": None, "b": ""}) == {"b": {"S": ""}}
    assert plain_item({"b": {"S": ""}}) == {"b": ""}


def test_booleans_are_not_numbers() -> None:
    assert typed(True) == {"BOOL": True}
    assert typed(1) == {"N": "1"}


def test_lone_surrogates_are_replaced_and_pairs_joined() -> None:
    assert typed("a\ud83d") == {"S": "a\ufffd"}
    assert typed("\ud83c\udfe5") == {"S": "🏥"}


@pytest.mark.parametrize("odd", [{"B": b"x"}, {"SS": ["a"]}])
def test_an_unsupported_type_raises_an_error(odd: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        plain(odd)
