"""The benchmark of the search knows a right answer from a wrong one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.records import Connection, ConnectionStatus
from bot.domain.search_text import is_misspelled, words_in
from infra.bench import search_data
from infra.bench.search import KINDS, Kind, misspelled
from infra.local.datasets.large import LARGE

RECORDS = list(search_data.records(400, 1_790_000_000))
RECORD = RECORDS[100]
KIND = {kind.name: kind for kind in KINDS}


def row(record: Connection, status: str = "Unable to connect") -> str:
    carrier = LARGE.carriers[record.carrier_id]
    return f"Connection · {record.group_name} · {carrier}: {status}. Carrier group id: {record.carrier_group_id}"


def test_records_are_distinct_and_some_of_them_failed() -> None:
    assert len({record.id for record in RECORDS}) == len(RECORDS)
    assert len({record.group_name for record in RECORDS}) == -(-len(RECORDS) // search_data.CONNECTIONS_OF_A_GROUP)
    assert any(record.status is ConnectionStatus.UNABLE_TO_CONNECT for record in RECORDS)


@pytest.mark.parametrize("number", range(0, 3000 * 12, 997))
def test_a_misspelled_name_has_one_word_with_one_typing_error(number: int) -> None:
    record = replace(RECORD, group_name=search_data.name(number))
    right, wrong = words_in(record.group_name or ""), misspelled(record).split()

    [(before, after)] = [pair for pair in zip(right, wrong, strict=True) if pair[0] != pair[1]]
    assert is_misspelled(before, after)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_an_answer_about_another_group_is_wrong(kind: Kind) -> None:
    other = replace(RECORD, group_name="Wyvern Works", carrier_group_id="9", carrier_id=RECORDS[101].carrier_id)
    assert not kind.is_answered(RECORD, ["Several match. Which one?", row(other, "Completed")])


def test_a_suggestion_must_name_the_group_that_was_meant() -> None:
    question = "Nothing matches “x”. Did you mean:"
    assert KIND["one typing error"].is_answered(RECORD, [question, row(RECORD)])
    assert not KIND["one typing error"].is_answered(RECORD, ["Several match. Which one?", row(RECORD)])
    assert not KIND["one typing error"].is_answered(RECORD, [question, row(replace(RECORD, group_name="Other"))])
    assert KIND["one typing error"].is_answered(RECORD, [question, f"Group · {RECORD.group_name}"])


def test_an_alias_and_a_status_must_leave_only_what_has_them() -> None:
    right, elsewhere = row(RECORD), row(replace(RECORD, carrier_id=RECORDS[101].carrier_id))
    assert KIND["alias of a carrier"].is_answered(RECORD, [right, right])
    assert not KIND["alias of a carrier"].is_answered(RECORD, [right, elsewhere])
    assert KIND["status in words"].is_answered(RECORD, [right, right])
    assert not KIND["status in words"].is_answered(RECORD, [right, row(RECORD, "Completed")])
