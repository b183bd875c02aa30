"""Carriers and their configured names."""

from bot.domain.records import Carriers

CARRIERS = Carriers({"c699": "Guardian", "a84e": "beam Dental"})


def test_an_id_without_a_name_is_shown_unchanged() -> None:
    assert CARRIERS.name("c699") == "Guardian"
    assert CARRIERS.name("ffff") == "ffff"


def test_a_carrier_is_found_by_part_of_its_name_or_a_prefix_of_its_id() -> None:
    assert CARRIERS.matching(" GUARD ") == [("c699", "Guardian")]
    assert CARRIERS.matching("a8") == [("a84e", "beam Dental")]
    assert CARRIERS.matching("699") == []


def test_carriers_are_listed_by_name() -> None:
    assert [name for _, name in CARRIERS.matching("")] == ["beam Dental", "Guardian"]
