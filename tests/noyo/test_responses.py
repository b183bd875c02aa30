"""Text from Noyo is cleaned, masked and shortened before it is stored or shown."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.noyo.responses import HIDDEN, clean_text, error_message, json_as_text


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
def test_invisible_characters_are_removed(text: str, cleaned: str) -> None:
    assert clean_text(text, limit=100) == cleaned


def test_numbers_are_masked_before_the_text_is_shortened() -> None:
    assert clean_text("SSN 123-45-6789", limit=10) == f"SSN {HIDDEN}"
    assert clean_text("x" * 30_000 + " 123-45-6789", limit=20) == "x" * 19 + "…"


@pytest.mark.parametrize(
    "secret", ["boss@example.com", "BOSS@EXAMPLE.COM", "bo\u200bss@example.com", " boss@example.com "]
)
def test_sensitive_values_are_hidden_in_any_case(secret: str) -> None:
    assert clean_text("İ: Boss@Example.com!", limit=100, hide=[secret, ""]) == f"İ: {HIDDEN}!"


def test_overlapping_secrets_are_both_hidden() -> None:
    assert clean_text("a1234b", limit=100, hide=["1234", "a1234b"]) == HIDDEN


def test_json_becomes_readable_text() -> None:
    assert json_as_text({"error": ["One", {"code": 7, "fatal": True, "more": None}]}) == "One; code: 7"
    assert json_as_text(None) == ""


def test_error_message_reads_only_message_fields() -> None:
    assert error_message({"message": "Bad", "sent": {"federal_ein": "1"}}) == "Bad"
    assert error_message({"sent": "1"}) == error_message(7) == error_message(None) == ""


@settings(deadline=None)
@given(st.text(st.characters()), st.integers(1, 50), st.lists(st.text(min_size=1), max_size=2))
def test_any_text_becomes_short_and_free_of_control_characters(text: str, limit: int, secrets: list[str]) -> None:
    cleaned = clean_text(text, limit=limit, hide=secrets)

    assert len(cleaned) <= limit
    assert not {"Cc", "Cf", "Cs"} & {unicodedata.category(char) for char in cleaned}
    assert cleaned.encode().decode() == cleaned
