"""The fields of our forms and their validation."""

from __future__ import annotations

import pytest

from bot.slack.views.modals import broker_fields, federal_ein_field, field_errors, parse_sensitive_fields

REQUIRED = ("carrier_id", "group_name", "carrier_group_id", "federal_ein")
VALID = {
    "carrier_id": "c699414d-fd1c-4de4-86f0-66dfff2276c4",
    "group_name": "Test Company",
    "carrier_group_id": "00110011",
    "federal_ein": "12-3456789",
}


def error_of(name: str, value: str) -> str:
    return field_errors(VALID | {name: value}, required=REQUIRED).get(name, "")


def test_valid_fields_have_no_errors() -> None:
    assert field_errors(VALID, required=REQUIRED) == {}


def test_each_missing_field_has_an_error() -> None:
    assert field_errors({}, required=REQUIRED).keys() == set(REQUIRED)
    assert field_errors({}, required=()) == {}


@pytest.mark.parametrize(
    "value", ["12-3456789", "123456789", "12 3456789", "123-45-6789", "12\u20113456789", "1 2 3456789"]
)
def test_a_tax_number_has_nine_digits_with_any_separators(value: str) -> None:
    for name in ("federal_ein", "broker_federal_ein", "broker_tin"):
        assert error_of(name, value) == ""
        typed = parse_sensitive_fields({name: value})
        assert getattr(typed, name) == "123456789"


@pytest.mark.parametrize(
    "value", ["1", "12-345678", "1234567890", "12345678a", "١٢٣٤٥٦٧٨٩", "12/3456789", "-", "12\x003456789"]
)
def test_an_invalid_tax_number_is_refused_without_repeating_it(value: str) -> None:
    error = error_of("federal_ein", value)
    assert "nine digits" in error
    assert value not in error.replace("12-3456789", "") or value == "-"


@pytest.mark.parametrize("value", ["a@b", "a b@c.de", "@c.de", "a@b.c, d@e.f", "x" * 250 + "@b.de"])
def test_an_invalid_email_address_is_refused(value: str) -> None:
    assert "one email address" in error_of("employer_email_address", value)


def test_an_email_address_is_accepted_unchanged() -> None:
    assert error_of("employer_email_address", "benefits+x@example.co.uk") == ""
    assert parse_sensitive_fields({"employer_email_address": "A@b.de"}).employer_email_address == "A@b.de"


@pytest.mark.parametrize("value", ["a\nb", "a\x00", "a\u202eb", "a\u200bb", "\ud800"])
def test_hidden_characters_are_refused_with_advice(value: str) -> None:
    for name in ("group_name", "carrier_group_id"):
        assert error_of(name, value) == "This contains a hidden character. Type it instead of pasting it."


@pytest.mark.parametrize("value", ["Müller & Söhne", "株式会社", "O'Neil <Co>", "=SUM(A1)", "Emoji 🏢"])
def test_any_visible_name_is_accepted(value: str) -> None:
    assert error_of("group_name", value) == ""


@pytest.mark.parametrize(("name", "longest"), [("group_name", 200), ("carrier_group_id", 100)])
def test_a_too_long_text_is_refused_with_its_length(name: str, longest: int) -> None:
    assert error_of(name, "x" * longest) == ""
    assert error_of(name, "x" * 5000) == f"Use at most {longest} characters; you entered 5000."


@pytest.mark.parametrize("value", ["Guardian", "c699414d", "c699414d-fd1c-4de4-86f0-66dfff2276c4x", "*"])
def test_an_invalid_carrier_is_refused(value: str) -> None:
    assert "Choose a carrier" in error_of("carrier_id", value)


def test_blank_fields_count_as_not_given() -> None:
    assert not parse_sensitive_fields({"federal_ein": "", "employer_email_address": ""}).any_given


def test_all_sensitive_fields_except_the_first_are_optional() -> None:
    assert [federal_ein_field(hint="", optional=optional)["optional"] for optional in (False, True)] == [False, True]
    assert [field["optional"] for field in broker_fields()] == [True] * 3
