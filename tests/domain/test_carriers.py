"""Carriers by the names people use."""

from bot.domain.records import Carriers

CARRIERS = Carriers({"c699": "Guardian", "a84e": "beam Dental"})


def test_an_id_that_nobody_named_is_shown_as_it_is() -> None:
    assert CARRIERS.name("c699") == "Guardian"
    assert CARRIERS.name("ffff") == "ffff"


def test_a_carrier_is_found_by_part_of_its_name_or_the_beginning_of_its_id_in_any_case() -> None:
    assert CARRIERS.matching(" GUARD ") == [("c699", "Guardian")]
    assert CARRIERS.matching("a8") == [("a84e", "beam Dental")]
    assert CARRIERS.matching("699") == []


def test_carriers_are_listed_by_name() -> None:
    assert [name for _, name in CARRIERS.matching("")] == ["beam Dental", "Guardian"]
