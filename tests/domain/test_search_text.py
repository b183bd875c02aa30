"""Spellings that people consider equal, and names that probably mean the same group."""

from __future__ import annotations

import pytest

from bot.domain.search_text import compact, is_misspelled, may_be_misspelled, name_words, resemble, words_in


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("O'Neill & Söhne, Inc.", ["oneill", "sohne", "inc"]),
        ("O\u2019NEILL", ["oneill"]),
        ("Zoe\u0308", ["zoe"]),
        ("Coca-Cola", ["coca", "cola"]),
        ("L.L.C.", ["llc"]),
        ("Straße Łódź Ørsted", ["strasse", "lodz", "orsted"]),
        ("\uff21cme acme", ["acme"]),
        ("日本", ["日本"]),
        (" _-&'. ", []),
    ],
)
def test_case_accents_apostrophes_and_hyphens_do_not_matter(text: str, words: list[str]) -> None:
    assert words_in(text) == words


@pytest.mark.parametrize(
    ("text", "spelling"),
    [
        ("00-123 A", "123a"),
        ("123a", "123a"),
        ("000", "0"),
        ("Harbor-Foods", "harborfoods"),
        ("--", ""),
        ("x" * 99, "x" * 60),
    ],
)
def test_separators_and_leading_zeros_do_not_matter(text: str, spelling: str) -> None:
    assert compact(text) == spelling


def test_one_wrong_letter_is_recognized_in_words_of_four_letters_and_more() -> None:
    assert may_be_misspelled(["llc", "the", "abc", "2041", "acme", "harbor"]) == ["harbor", "acme"]
    assert is_misspelled("acne", "acme")
    assert not is_misspelled("abd", "abc")


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
