"""Carriers and their configured names."""

import json
from uuid import UUID

import pytest

from bot.domain.carriers import MAX_BYTES, UNKNOWN_CARRIER, Carriers, compact_json, parse_carriers, read_carriers

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


GUARDIAN, BEAM = "c699414d-fd1c-4de4-86f0-66dfff2276c4", "a84e6b90-2c37-4d15-8f6a-0b9d4e7c3a21"
WHOLE = {
    "name": " Guardian ",
    "aliases": ["Guardian Life", "GLIC"],
    "contact": "setup@guardian.example.com",
    "fields": ["broker_tin"],
    "pattern": "00[0-9]{6}|PR-[A-Z]+",
    "example": "00123456",
    "hint": "On the bill.",
}


def mistakes(**changes: object) -> str:
    with pytest.raises(ValueError, match=GUARDIAN) as raised:
        read_carriers({GUARDIAN: WHOLE | changes})
    return str(raised.value)


def test_a_carrier_may_be_a_name_or_a_name_with_details() -> None:
    carriers = read_carriers({GUARDIAN.upper(): WHOLE, BEAM: "Beam"})

    assert carriers.names == {GUARDIAN: "Guardian", BEAM: "Beam"}
    details = carriers.details_of(GUARDIAN.upper())
    assert (details.aliases, details.fields) == (("Guardian Life", "GLIC"), ("broker_tin",))
    assert (details.contact, details.hint) == ("setup@guardian.example.com", "On the bill.")
    assert carriers.details_of(BEAM) == UNKNOWN_CARRIER
    assert UNKNOWN_CARRIER.fields is None


def test_an_alias_finds_its_carrier_once_under_its_name() -> None:
    carriers = read_carriers({GUARDIAN: WHOLE})

    assert carriers.matching("glic") == carriers.matching("guardian") == [(GUARDIAN, "Guardian")]
    assert (GUARDIAN, "GLIC") in carriers.called()


def test_a_pattern_applies_to_the_whole_id() -> None:
    details = read_carriers({GUARDIAN: WHOLE}).details_of(GUARDIAN)

    assert all(map(details.accepts, ("00123456", "PR-X")))
    assert not any(map(details.accepts, ("x00123456", "001234567", "", "00123456\n", "PR-x")))


@pytest.mark.parametrize(
    ("changes", "mistake"),
    [
        ({"name": " "}, "name must be"),
        ({"name": "A\u202eB"}, "name must be"),
        ({"name": None}, "name must be"),
        ({"name": "x" * 256}, "name must be"),
        ({"contact": "two\nlines"}, "contact must be"),
        ({"hint": ""}, "hint must be"),
        ({"example": 12}, "example must be"),
        ({"aliases": "GLIC"}, "aliases must be"),
        ({"aliases": ["a"] * 21}, "aliases must be"),
        ({"fields": ["federal_ein"]}, "fields must be a list of broker_federal_ein"),
        ({"fields": [["broker_tin"]]}, "fields must be"),
        ({"phone": "555"}, "unknown key phone"),
        ({"example": "123"}, "pattern needs an example that it accepts"),
        ({"example": None}, "pattern needs an example"),
        ({"pattern": 7}, "pattern must be"),
        ({"pattern": "(a+)+b"}, "pattern must be"),
        ({"pattern": "[0-9"}, "pattern must be"),
        ({"pattern": "a" * 101}, "pattern must be"),
        ({"pattern": "a**"}, "pattern must be"),
        ({"pattern": "^00[0-9]{6}$"}, "pattern must be"),
        ({"pattern": "[9-0]"}, "pattern is not valid"),
        ({"pattern": "a{3,1}"}, "pattern is not valid"),
        ({"pattern": "a*a*a*a*b"}, "pattern may hold at most 3"),
        ({"pattern": "a?a{0,9}a+a{1,}b"}, "pattern may hold at most 3"),
    ],
)
def test_a_mistake_is_named_with_its_carrier(changes: dict[str, object], mistake: str) -> None:
    assert mistake in mistakes(**changes)


def test_all_mistakes_are_named_at_once() -> None:
    with pytest.raises(ValueError, match="must be the id of a carrier") as raised:
        read_carriers({"guardian": "Guardian", BEAM: "Beam", BEAM.upper(): {"name": ""}, GUARDIAN: 7})

    for mistake in (f"{BEAM.upper()}: name must be", f"{BEAM} is given twice", f"{GUARDIAN}: it must be a name"):
        assert mistake in str(raised.value)


@pytest.mark.parametrize("content", [[], "Guardian", None, 7])
def test_something_else_than_an_object_is_a_mistake(content: object) -> None:
    with pytest.raises(ValueError, match="one object"):
        read_carriers(content)


def mistakes_in(text: str) -> str:
    with pytest.raises(ValueError) as raised:
        parse_carriers(text)
    return str(raised.value)


def test_what_is_given_twice_is_a_mistake_and_not_the_last_one() -> None:
    twice = f'''{{"{GUARDIAN}": "Guardian", "{GUARDIAN}": "Other",
                   "{BEAM}": {{"name": "Beam", "contact": "Ana", "contact": "Ben"}}}}'''

    assert mistakes_in(twice) == f"{BEAM}: contact is given twice; {GUARDIAN} is given twice"
    assert parse_carriers(json.dumps({GUARDIAN: WHOLE, BEAM: "Beam"})) == read_carriers({GUARDIAN: WHOLE, BEAM: "Beam"})


def test_text_that_is_not_json_is_named_with_its_line() -> None:
    assert mistakes_in(f'{{"{GUARDIAN}": "Guardian",\n "{BEAM}": Beam}}').startswith(
        "line 2, column 42: this is not JSON"
    )
    assert mistakes_in("").startswith("line 1, column 1")
    assert mistakes_in("[" * 100_000) == "it is nested too deeply"


def many(number: int, **changes: object) -> dict[str, object]:
    return {str(UUID(int=index)): WHOLE | changes for index in range(number)}


@pytest.mark.parametrize("number", [40, 1000])
def test_as_many_carriers_as_any_team_has_are_accepted(number: int) -> None:
    carriers = parse_carriers(json.dumps(many(number), indent=2))

    assert len(carriers.matching("glic")) == number


def test_more_than_the_table_can_store_is_a_mistake() -> None:
    long = many(1000, hint="é" * 120)

    assert len(compact_json(long)) < MAX_BYTES < len(compact_json(long).encode())
    assert mistakes_in(json.dumps(long)) == (
        "it is too large: 463,001 bytes without spaces, of at most 350,000; leave out carriers that you do not use, "
        "or shorten their texts"
    )
