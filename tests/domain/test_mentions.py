"""What a message mentions, and how many searches that takes."""

from __future__ import annotations

from typing import Any

import pytest

from bot.domain.mentions import MOST_IDS, MOST_SEARCHES, mentioned, mentions_in
from bot.domain.record_states import RecordState, new_record_state
from infra.local.gallery.samples import a_connection

NAMES = ("Harbor Foods LLC", "Payload Inc", "Maple Brewery North", "Maple Brewery South", "O'Neill & Söhne")


def record_state(name: str, **fields: Any) -> RecordState:
    given = {"id": f"id of {name}", "carrier_group_id": None, "group_id": None} | fields
    return new_record_state(a_connection(group_name=name, **given), 0)


STATES = [record_state(name) for name in NAMES]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("What about Harbor Foods?", ["Harbor Foods LLC"]),
        ("any change at harbor foods, please", ["Harbor Foods LLC"]),
        ("Harbor and some Foods", []),
        ("Payload failed again", ["Payload Inc"]),
        ("the payload is large", []),
        ("Maple Brewery North is down", ["Maple Brewery North"]),
        ("Maple Brewery is down", ["Maple Brewery North", "Maple Brewery South"]),
        ("ONEILL and Sohne; harbor-foods", ["Harbor Foods LLC", "O'Neill & Söhne"]),
        ("O'Neill &amp; Söhne", ["O'Neill & Söhne"]),
        ("<https://example.com/x|Payload> and <@UPAYLOAD>", ["Payload Inc"]),
        ("<#C1|Payload> by <@UPAYLOAD>", []),
        ("", []),
    ],
)
def test_names_are_recognized_without_their_legal_form(text: str, expected: list[str]) -> None:
    found = mentioned(STATES, mentions_in(text))

    assert sorted(str(state.record.group_name) for state in found) == sorted(expected)


@pytest.mark.parametrize("text", ["see 00-110011.", "(110011)", "id:5f0c9c6e-0000-4000-8000-0000000000ab!"])
def test_ids_are_recognized_with_other_punctuation_and_come_first(text: str) -> None:
    by_id = record_state("Other", id="5f0c9c6e-0000-4000-8000-0000000000ab", carrier_group_id="0110011")

    assert mentioned([*STATES, by_id], mentions_in(f"Payload, {text}"))[0] == by_id


def test_capitalized_words_are_searched_before_others() -> None:
    searches = mentions_in("please call harbor foods about Maple Brewery and 4711-A").searches

    assert searches[:4] == (("4711a",), ("maple", "brewery"), ("maple",), ("brewery",))
    assert ("harbor", "foods") in searches


def test_a_long_message_is_searched_in_part_but_also_for_names() -> None:
    numbers = " ".join(f"4711{number}" for number in range(500))

    long = mentions_in(f"{numbers} " + " ".join(f"Name{'x' * number}" for number in range(500)))

    assert len(long.searches) == MOST_SEARCHES
    assert len(long.ids) == MOST_IDS
    assert not long.is_complete
    assert mentions_in("Harbor Foods").is_complete
