"""Text from outside: what is left of it is fit to be kept and shown."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.noyo.text import HIDDEN, as_text, clean, said


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("  two \r\n\t lines ", "two lines"),
        ("bell\x07 and zero\x00", "bell and zero"),
        ("\u202eright to left\u202c", "right to left"),
        ("half \ud83d of a pair", "half  of a pair"),
        ("\u2028line\u2029paragraph", "line paragraph"),
        ("Café 株式会社 😀", "Café 株式会社 😀"),
    ],
)
def test_what_nobody_sees_is_taken_out(text: str, cleaned: str) -> None:
    assert clean(text, limit=100) == cleaned


def test_a_number_is_hidden_before_the_text_is_cut() -> None:
    assert clean("SSN 123-45-6789", limit=10) == f"SSN {HIDDEN}"
    assert clean("x" * 30_000 + " 123-45-6789", limit=20) == "x" * 19 + "…"


@pytest.mark.parametrize(
    "secret", ["boss@example.com", "BOSS@EXAMPLE.COM", "bo\u200bss@example.com", " boss@example.com "]
)
def test_what_was_typed_as_sensitive_is_hidden_in_whatever_letters_it_comes_back(secret: str) -> None:
    assert clean("İ: Boss@Example.com!", limit=100, hide=[secret, ""]) == f"İ: {HIDDEN}!"


def test_a_secret_within_another_one_uncovers_nothing() -> None:
    assert clean("a1234b", limit=100, hide=["1234", "a1234b"]) == HIDDEN


def test_json_is_told_as_a_person_reads_it() -> None:
    assert as_text({"error": ["One", {"code": 7, "fatal": True, "more": None}]}) == "One; code: 7"
    assert as_text(None) == ""


def test_a_refusal_tells_only_what_is_meant_to_be_told() -> None:
    assert said({"message": "Bad", "sent": {"federal_ein": "1"}}) == "Bad"
    assert said({"sent": "1"}) == said(7) == said(None) == ""


@settings(deadline=None)
@given(st.text(st.characters()), st.integers(1, 50), st.lists(st.text(min_size=1), max_size=2))
def test_any_text_comes_out_short_and_without_control_characters(
    text: str, limit: int, secrets: list[str]
) -> None:
    cleaned = clean(text, limit=limit, hide=secrets)

    assert len(cleaned) <= limit
    assert not {"Cc", "Cf", "Cs"} & {unicodedata.category(char) for char in cleaned}
    assert cleaned.encode().decode() == cleaned
