"""Ids of inserted items, from the events of the table's stream."""

from typing import Any

import pytest

from bot.dynamodb.stream import event_ids, operation_ids, refresh_ids


def triggered_ids(event: object) -> list[str]:
    return [*operation_ids(event), *refresh_ids(event)]


def record(
    pk: str, name: str = "INSERT", *, before: str = "", after: str = "pending", actor: str | None = None
) -> dict[str, Any]:
    """As Lambda receives it: https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html"""
    asked = {"actor": {"S": actor}} if actor else {}
    return {
        "eventID": "1",
        "eventName": name,
        "eventSource": "aws:dynamodb",
        "dynamodb": {
            "ApproximateCreationDateTime": 1_800_000_000.0,
            "Keys": {"pk": {"S": pk}, "sk": {"S": "STATE"}},
            "NewImage": {"pk": {"S": pk}, "id": {"S": "not read"}, "state": {"S": after}} | asked,
            **({"OldImage": {"pk": {"S": pk}, "state": {"S": before}}} if before else {}),
            "SequenceNumber": "1",
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        },
    }


def test_inserted_ids_are_returned_by_kind_in_order() -> None:
    event = {"Records": [record("OPERATION#V2"), record("OUTBOX#a:b#c"), record("OPERATION#V1")]}

    assert triggered_ids(event) == ["V2", "V1"]
    assert event_ids(event) == ["a:b#c"]


def test_a_home_that_is_requested_again_counts_as_inserted() -> None:
    again = record("OUTBOX#home_requested:U1", "MODIFY", before="", after="")
    again["dynamodb"]["OldImage"], again["dynamodb"]["NewImage"] = {"requested": {"N": "1"}}, {"requested": {"N": "2"}}

    assert event_ids({"Records": [again]}) == ["home_requested:U1"]


def test_delivering_or_postponing_a_request_for_a_home_is_ignored() -> None:
    same = record("OUTBOX#home_requested:U1", "MODIFY")
    same["dynamodb"]["OldImage"] = same["dynamodb"]["NewImage"] = {"requested": {"N": "1"}}

    assert event_ids({"Records": [same, record("OUTBOX#a", "MODIFY")]}) == []


def test_a_confirmed_or_resolved_operation_counts_as_inserted() -> None:
    for before in ("awaiting_confirmation", "needs_resolution"):
        assert triggered_ids({"Records": [record("OPERATION#V1", "MODIFY", before=before)]}) == ["V1"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("pending", "sending"),
        ("sending", "pending"),
        ("reconciling", "pending"),
        ("pending", "pending"),
        ("awaiting_confirmation", "cancelled"),
        ("awaiting_confirmation", "awaiting_confirmation"),
        ("needs_resolution", "succeeded"),
    ],
)
def test_other_state_changes_are_ignored(before: str, after: str) -> None:
    changed = record("OPERATION#V1", "MODIFY", before=before, after=after)

    assert triggered_ids({"Records": [changed]}) == []
    assert event_ids({"Records": [record("OUTBOX#n", "MODIFY", before="awaiting_confirmation")]}) == []


def test_requested_operations_are_separate_from_automatic_ones() -> None:
    event = {
        "Records": [
            record("OPERATION#look-1"),
            record("OPERATION#V1", actor="U1"),
            record("OPERATION#look-2"),
            record("OPERATION#V2", "MODIFY", before="awaiting_confirmation", actor="U2"),
        ]
    }

    assert (operation_ids(event), refresh_ids(event)) == (["V1", "V2"], ["look-1", "look-2"])


@pytest.mark.parametrize("name", ["MODIFY", "REMOVE"])
def test_modified_and_removed_items_are_ignored(name: str) -> None:
    assert triggered_ids({"Records": [record("OPERATION#V1", name)]}) == []


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
def test_unrelated_events_are_ignored(event: object) -> None:
    assert triggered_ids(event) == []
    assert event_ids(event) == []
