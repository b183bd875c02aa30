"""Names of employer groups that probably mean the same group."""

from __future__ import annotations

import pytest

from bot.dynamodb.search_index import name_words, resemble


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("O'Neill & Söhne, Inc.", ["oneill", "sohne"]),
        ("The Company Co.", ["the", "company", "co"]),
        ("HARBOR\u00a0FOODS_LLC", ["harbor", "foods"]),
        ("\uff28arbor", ["harbor"]),
        ("!!!", []),
    ],
)
def test_a_name_is_known_by_its_words(name: str, words: list[str]) -> None:
    assert name_words(name) == words


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("Harbor Foods LLC", "harbor foods"),
        ("Harbor Foods LLC", "Harbour Foods, L.L.C."),
        ("Harbor Foods", "Foods Harbor"),
        ("Harbor Foods", "Harbor Food"),
        ("Harbor Foods", "Habror Foods"),
        ("Harbor Foods", "HarborFoods"),
        ("O'Neill", "ONeill Inc"),
        ("Café Lune", "Cafe Lune"),
        ("Maple 12", "Maple 12 Ltd"),
    ],
)
def test_these_probably_mean_the_same_group(name: str, other: str) -> None:
    assert resemble(name, other)
    assert resemble(other, name)


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("Harbor Foods", "Harbor Freight"),
        ("Harbor Foods", "Foods"),
        ("Group 1", "Group 2"),
        ("Unit 2041", "Unit 2042"),
        ("Plant 204", "Plant 2041"),
        ("Ace Tools", "Act Tools"),
        ("Habror Foosd", "Harbor Foods"),
        ("", ""),
        ("!!!", "???"),
        ("Harbor", ""),
    ],
)
def test_these_are_different_groups(name: str, other: str) -> None:
    assert not resemble(name, other)
    assert not resemble(other, name)
