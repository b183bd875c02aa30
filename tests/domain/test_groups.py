"""A stored group has no sensitive fields."""

from dataclasses import fields

from bot.domain.records import Eligibility, Group
from bot.domain.requests import SensitiveFields


def test_a_group_has_no_sensitive_fields() -> None:
    names = {field.name for kind in (Group, Eligibility) for field in fields(kind)}

    assert names & {field.name for field in fields(SensitiveFields)} == set()
    assert {"id", "name", "eligibility"} <= names
