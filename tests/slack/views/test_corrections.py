"""The form that corrects a refused request, as blocks."""

from __future__ import annotations

import json
from dataclasses import replace

from bot.domain.operations import Operation, OperationState, Outcome, OutcomeKind
from bot.domain.requests import ConnectionRequest
from bot.slack.views.corrections import DISCARD, FORGOTTEN, RETAINED, filled_in
from bot.slack.views.modals import broker_fields, carrier_group_id_field, choice_field, federal_ein_field
from infra.local.gallery.samples import CHANGED, GUARDIAN, a_request

WANTED = ConnectionRequest(GUARDIAN, "00110011", "Maple Bakery Inc", typed=("federal_ein",))
BLOCKS = [
    choice_field("carrier_id", "Carrier", [(GUARDIAN, "Guardian")]),
    carrier_group_id_field(hint=""),
    federal_ein_field(hint="", optional=False),
    *broker_fields(),
]


def refused(message: str, **changes: object) -> Operation:
    outcome = Outcome(OutcomeKind.REFUSED, message, status=422)
    asked = a_request(input=replace(WANTED, **changes))
    return asked.settle(OperationState.REFUSED, outcome, CHANGED)


def names(blocks: list[dict[str, object]]) -> list[object]:
    return [block.get("block_id", "words") for block in blocks]


def test_fields_hold_what_was_entered_and_sensitive_ones_stay_empty() -> None:
    carrier, number, ein, *_, discard = filled_in(BLOCKS, refused(""), {"federal_ein"})

    assert carrier["element"]["initial_option"]["value"] == GUARDIAN
    assert number["element"]["initial_value"] == "00110011"
    assert (ein["optional"], ein["hint"]["text"]) == (True, RETAINED)
    assert "initial_value" not in ein["element"]
    assert discard["block_id"] == DISCARD


def test_a_carrier_that_is_no_longer_offered_is_left_to_the_person() -> None:
    [_, carrier, *_] = filled_in(BLOCKS, refused("", carrier_id="another"), ())

    assert "initial_option" not in carrier["element"]


def test_words_are_under_their_field_and_others_on_top() -> None:
    blocks = filled_in(BLOCKS, refused("federal_ein: wrong; Try later; group_name: too long"), {"federal_ein"})

    assert names(blocks)[:3] == ["words", "words", "words"]
    assert "Try later" in json.dumps(blocks[:3])
    assert "too long" in json.dumps(blocks[:3])
    position = names(blocks).index("federal_ein")
    assert "wrong" in json.dumps(blocks[position + 2])


def test_deleted_values_are_named_and_nothing_is_optional_that_was_not() -> None:
    blocks = filled_in(BLOCKS, refused(""), ())

    assert FORGOTTEN in json.dumps(blocks[0])
    [ein] = [block for block in blocks if block.get("block_id") == "federal_ein"]
    assert ein["optional"] is False
    assert DISCARD not in names(blocks)
