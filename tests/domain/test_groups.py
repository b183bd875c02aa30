"""A group as it is held has no place for what is sensitive."""

from dataclasses import fields

from bot.domain.records import Eligibility, Group
from bot.domain.requests import SensitiveFields


def test_no_sensitive_field_has_a_place_in_a_group() -> None:
    held = {field.name for kind in (Group, Eligibility) for field in fields(kind)}

    assert held & {field.name for field in fields(SensitiveFields)} == set()
    assert {"id", "name", "eligibility"} <= held
