"""Tax numbers are masked in every spelling, and other numbers are kept."""

import re
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.telemetry import mask

HIDDEN = "•••"


@pytest.mark.parametrize(
    "number",
    [
        "123-45-6789",
        "123 45 6789",
        "123.45.6789",
        "123/45/6789",
        "123_45_6789",
        "123 - 45 - 6789",
        "123\u201345\u20146789",
        "123\u201145\u22126789",
        "123\u00a045\u20096789",
        "123\uff0d45\uff0d6789",
        "123\n45\n6789",
        "123456789",
        "12-3456789",
        "12 3456789",
        "12\u20103456789",
        "1\u200b2\u200b3\u200b4\u200b5\u200b6\u200b7\u200b8\u200b9",
        "123-\u200b45\u2060-6789",
        "123\u00ad-45-6789",
        "1\u03382\u03383456789",
        "1\ufe0f\u20e32\ufe0f\u20e33456789",
        "１２３-４５-６７８９",
        "١٢٣٤٥٦٧٨٩",
        "𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗",
        "①②③④⑤⑥⑦⑧⑨",
        "¹²³⁴⁵⁶⁷⁸⁹",
        "₁₂₃-₄₅-₆₇₈₉",
        "12345678\x009",
        "8765 43219",
        "876 543 219",
        "8 7 6 5 4 3 2 1 9",
        "8.7.6.5.4.3.2.1.9",
        "87-65-43-219",
        "876%2D54%2d3219",
        "876%2054%203219",
        "12%C2%A03456789",
        r"876\u002d54\u002D3219",
        r"876\n54\n3219",
        "12345-6789",
        "123-456-789",
        "123) 45-6789",
        "123] [45] [6789",
        "123;45;6789",
        "123|45|6789",
        "12 (3456789",
        "123%29%2045%7C6789",
    ],
)
@pytest.mark.parametrize("around", ["{}", "SSN {}.", "SSN{}", "{}th", "({})", "_{}_", "*{}*", "a{}b", "id={};"])
def test_a_tax_number_is_masked_in_every_spelling(number: str, around: str) -> None:
    assert mask(around.format(number)) == around.format(HIDDEN)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "00110011",
        "1234567890",
        "12345678",
        "555-123-4567",
        "(555) 123-4567",
        "(212) 555-0123",
        "+1 (212) 555-0123",
        "(212)555-0123",
        "(212) 555-0123; (646) 555-0199",
        "(2025-01-31)",
        "[1] 12345678",
        "Call 555-123-4567 10 times",
        "2025-01-31",
        "2025-01-31 5 of 9",
        "1/31/2025 5 of 9",
        "1234-56-7890",
        "1700000000",
        "10, 200, 3000",
        "5e20ea6a-8027-464a-941a-123456789abc",
        "c699414d-fd12-3456-789f-66dfff2276c4 and 12345678-1234-1234-1234-123456789012",
    ],
)
def test_other_numbers_are_not_masked(text: str) -> None:
    assert mask(text) == text


@pytest.mark.parametrize(
    "address",
    [
        "ana@example.com",
        "ana.b+c@mail.example.co.uk",
        "ana%40example.com",
        r"ana\u0040example.com",
        "ana\uff20example.com",
        "an\u200ba@exam\u200bple.com",
        "änne@bücher.example",
        "o'neil@example.com",
    ],
)
@pytest.mark.parametrize("around", ["{}", "<{}>", "Ask {}.", "email={}&x=1", '{{"email":"{}"}}', "({}, or nobody)"])
def test_an_email_address_is_masked_in_every_spelling(address: str, around: str) -> None:
    assert mask(around.format(address)) == around.format(HIDDEN)


@pytest.mark.parametrize("text", ["@ana", "ana@localhost", "a @ b.com", "5 @ 3.50", "example.com"])
def test_what_is_no_address_is_not_masked(text: str) -> None:
    assert mask(text) == text


def test_nine_digits_are_masked_beside_other_numbers() -> None:
    assert mask("In 2025 123 45 6789 moved") == f"In {HIDDEN} moved"
    assert mask("2025-01-31-5") == HIDDEN
    assert mask("2025-01-31 1234567") == f"2025-01-{HIDDEN}"


@pytest.mark.parametrize(
    "part", ["1", "1\u200b", "1 ", "1%20", "a", "a\u200b", "a@", "a.", "a@a.", "\u200b", "2025-01-31 ", "555-", "\\u00"]
)
def test_a_very_long_text_is_masked_in_linear_time(part: str) -> None:
    """A quadratic pattern would take hours."""
    assert len(mask(part * 300_000)) > 0


@settings(max_examples=500, deadline=None)
@given(st.lists(st.sampled_from([*"0123456789-./ @a%(_", "\\u00", "2d", "%20", "b.com", "2025-01-31"])).map("".join))
@example("8765 43219")
@example("ana@b.com")
def test_ascii_text_is_masked_like_any_other(text: str) -> None:
    """ASCII has a pattern of its own, which is compiled faster."""
    assert mask(text) + " é" == mask(f"{text} é")


@pytest.mark.parametrize("own", ["123456789", "12-3456789", "123-45-6789", "GRP-123456789-A", "123 45 6789"])
def test_the_carrier_group_id_of_the_record_is_kept(own: str) -> None:
    assert mask(f"Group {own} is not 987654321.", keep=own) == f"Group {own} is not {HIDDEN}."


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("SSN 123-45-6789", "SSN 123"),
        ("123-45-6789", "123"),
        ("123-45-6789", "6789"),
        ("123-45-6789", "123456789"),
        ("123-45-6789", "45"),
        ("X123456789", "123456789"),
        ("123456789X", "123456789"),
    ],
)
def test_an_id_that_is_part_of_a_number_does_not_keep_that_number(text: str, own: str) -> None:
    assert HIDDEN in mask(text, keep=own)


def test_a_number_in_parentheses_is_masked() -> None:
    assert mask("(123) 45-6789") == f"({HIDDEN}"
    assert mask("(12) 3456789") == f"({HIDDEN}"
    assert mask("(123)-(45)-(6789)") == f"({HIDDEN})"


def test_several_numbers_in_a_row_are_all_masked() -> None:
    assert mask("123456789, 123-45-6789; 12-3456789") == f"{HIDDEN}, {HIDDEN}; {HIDDEN}"


def as_read(text: str) -> str:
    """The text as a person reads it: all digits as 0 to 9, invisible characters removed, one kind of dash."""
    seen = []
    for char in text:
        if unicodedata.category(char) in ("Cf", "Cc", "Mn", "Me") and char not in "\t\n\r\x0b\x0c\x1c\x1d\x1e\x1f\x85":
            continue
        digit = unicodedata.digit(char, None)
        if digit is not None:
            seen.append(str(digit))
        else:
            seen.append("-" if char.isspace() or unicodedata.category(char) == "Pd" else char)
    return "".join(seen)


LIKELY = st.text(alphabet="0123456789 -–—‑\u200b\u00ad١１①⁹ab.\ufe0f", max_size=40)


@settings(deadline=None)
@given(LIKELY)
@example("1\u200b23-45-6789")
def test_masked_text_contains_no_number_that_a_person_would_read_as_a_tax_number(text: str) -> None:
    shape = r"(?<!\d)(?:\d{3}[-.]\d{2}[-.]\d{4}|\d{2}[-.]\d{7}|\d{9})(?!\d)"

    assert re.findall(shape, as_read(mask(text))) == []


SEPARATORS = st.sampled_from(
    ["", "", " ", "-", ".", "/", ";", "|", "(", ")", "\u2011", "\u200b", "%20", "%2D", r"\u002d"]
)


@settings(deadline=None)
@given(
    st.lists(st.tuples(SEPARATORS, st.sampled_from("0123456789")), min_size=9, max_size=9), st.text(alphabet="ab (:")
)
def test_nine_digits_are_masked_however_they_are_grouped(parts: list[tuple[str, str]], around: str) -> None:
    number = "".join(separator + digit for separator, digit in parts)[len(parts[0][0]) :]

    assert mask(f"{around}x{number}x{around}") == f"{around}x{HIDDEN}x{around}"


@settings(deadline=None)
@given(st.text(), st.none() | st.text(max_size=12))
def test_masking_is_idempotent(text: str, own: str | None) -> None:
    assert mask(mask(text, keep=own), keep=own) == mask(text, keep=own)


@settings(deadline=None)
@given(st.text(alphabet=st.characters(exclude_categories=["Nd", "No"])))
def test_text_without_digits_is_never_changed(text: str) -> None:
    assert mask(text) == text
