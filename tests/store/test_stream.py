"""What woke a worker, from the events that the table's stream sends."""

from typing import Any

import pytest

from bot.store.stream import news_ids, operation_ids


def record(pk: str, name: str = "INSERT") -> dict[str, Any]:
    """As Lambda receives it: https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html"""
    return {
        "eventID": "1",
        "eventName": name,
        "eventSource": "aws:dynamodb",
        "dynamodb": {
            "ApproximateCreationDateTime": 1_800_000_000.0,
            "Keys": {"pk": {"S": pk}, "sk": {"S": "STATE"}},
            "NewImage": {"pk": {"S": pk}, "id": {"S": "not read"}},
            "SequenceNumber": "1",
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        },
    }


def test_inserts_are_told_in_their_order_each_kind_by_itself() -> None:
    event = {"Records": [record("OPERATION#V2"), record("NEWS#a:b#c"), record("OPERATION#V1")]}

    assert operation_ids(event) == ["V2", "V1"]
    assert news_ids(event) == ["a:b#c"]


@pytest.mark.parametrize("name", ["MODIFY", "REMOVE"])
def test_what_was_changed_or_removed_wakes_nobody(name: str) -> None:
    assert operation_ids({"Records": [record("OPERATION#V1", name)]}) == []


@pytest.mark.parametrize(
    "event",
    [
        None,
        [],
        "text",
        {},
        {"Records": None},
        {"Records": "text"},
        {"Records": [None, 3, {}, {"eventName": "INSERT"}]},
        {"Records": [{"eventName": "INSERT", "dynamodb": None}]},
        {"Records": [{"eventName": "INSERT", "dynamodb": {"Keys": {"pk": {"N": "1"}}}}]},
        {"Records": [{"eventName": "INSERT", "dynamodb": {"Keys": {"pk": {"S": 1}}}}]},
        {"Records": [record("CONNECTION#1"), record("OPERATIONS#1"), record("LOCK#OPERATION#1")]},
        {"source": "aws.scheduler"},
    ],
)
def test_what_is_no_insert_of_ours_is_passed_over(event: object) -> None:
    assert operation_ids(event) == []
    assert news_ids(event) == []
