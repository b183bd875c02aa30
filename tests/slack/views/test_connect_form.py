"""The form asks for a name and an EIN only if the group is new."""

from bot.domain.content import KnownGroup
from bot.slack.views.connect_form import connect_fields
from infra.local.gallery.samples import DISPLAY, a_record_state

NEW = {"group_name", "federal_ein"}


def names(group: KnownGroup | None) -> set[str]:
    return {field.get("block_id", "") for field in connect_fields(DISPLAY, group)} - {""}


def test_a_known_group_needs_neither_a_name_nor_an_ein() -> None:
    known = KnownGroup("7a1f0c52-6c1b-4a52-9b1e-3a2f8e8a0c11", (a_record_state(),))
    assert names(None) - names(known) == NEW
    assert {"group", "carrier_id", "carrier_group_id"} <= names(known)
