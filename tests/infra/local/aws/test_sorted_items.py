"""Queries of the embedded DynamoDB find the same items as a search of the whole table, in order and page by page."""

import random
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.infra.local.conftest import LocalTable

Row = dict[str, Any]
CONDITIONS: dict[str, Callable[[str], bool]] = {
    "sk = :a": lambda sk: sk == "b1",
    "sk < :a": lambda sk: sk < "b1",
    "sk <= :a": lambda sk: sk <= "b1",
    "sk > :a": lambda sk: sk > "b1",
    "sk >= :a": lambda sk: sk >= "b1",
    "sk BETWEEN :a AND :b": lambda sk: "b1" <= sk <= "c1",
    "begins_with(sk, :p)": lambda sk: sk.startswith("b"),
}
VALUES = {":a": {"S": "b1"}, ":b": {"S": "c1"}, ":p": {"S": "b"}}


def put(table: LocalTable, sk: str, due: int | None = None, pk: str = "P") -> None:
    item: Row = {"pk": {"S": pk}, "sk": {"S": sk}, "text": {"S": "x"}}
    item |= {"due_kind": {"S": "OPERATION"}, "due": {"N": str(due)}} if due is not None else {}
    table.client.put_item(TableName=table.name, Item=item)


def query(table: LocalTable, keys: str, values: Row, **more: Any) -> list[Row]:
    """All pages."""
    found, start = [], {}
    while True:
        page = table.client.query(
            TableName=table.name, KeyConditionExpression=keys, ExpressionAttributeValues=values, **more, **start
        )
        found += page["Items"]
        if "LastEvaluatedKey" not in page:
            return found
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


def due(table: LocalTable, **more: Any) -> list[str]:
    """The keys in the index `due`, of the items that are due until 20."""
    until = {":kind": {"S": "OPERATION"}, ":until": {"N": "20"}}
    rows = query(table, "due_kind = :kind AND due <= :until", until, IndexName="due", **more)
    return [row["sk"]["S"] for row in rows]


@pytest.mark.parametrize("condition", CONDITIONS)
def test_each_condition_on_the_range_key_selects_its_items_in_both_directions(
    table: LocalTable, condition: str
) -> None:
    rows = ["a1", "b", "b1", "b11", "b2", "c1", "c2"]
    for sk in random.Random(1).sample(rows, len(rows)):
        put(table, sk)
    put(table, "b1", pk="Q")
    values = {":pk": {"S": "P"}} | {name: value for name, value in VALUES.items() if name in condition}
    expected = [sk for sk in rows if CONDITIONS[condition](sk)]

    for forward in (True, False):
        found = query(table, f"pk = :pk AND {condition}", values, ScanIndexForward=forward, Limit=2)
        assert [row["sk"]["S"] for row in found] == (expected if forward else expected[::-1])


def test_an_index_is_in_the_order_of_its_number_and_shows_each_change(table: LocalTable) -> None:
    for sk, moment in (("late", 30), ("third", 10), ("second", 9), ("first", 2), ("never", None)):
        put(table, sk, moment)
    assert due(table, Limit=1) == ["first", "second", "third"]

    put(table, "late", 5)
    key = {"pk": {"S": "P"}, "sk": {"S": "first"}}
    table.client.update_item(
        TableName=table.name, Key=key, UpdateExpression="SET due = :d", ExpressionAttributeValues={":d": {"N": "11"}}
    )
    table.client.delete_item(TableName=table.name, Key=key | {"sk": {"S": "third"}})
    put(table, "second")
    assert due(table, Limit=1) == ["late", "first"]
    assert due(table, ScanIndexForward=False) == ["first", "late"]


def test_a_cancelled_transaction_leaves_an_index_as_it_was(table: LocalTable) -> None:
    put(table, "first", 1)
    assert due(table) == ["first"]
    moved = {"pk": {"S": "P"}, "sk": {"S": "first"}}
    change = {"UpdateExpression": "SET due = :d", "ExpressionAttributeValues": {":d": {"N": "99"}}}
    refused = {"Key": {"pk": {"S": "Q"}, "sk": {"S": "-"}}, "ConditionExpression": "attribute_exists(pk)"}

    with pytest.raises(table.client.exceptions.TransactionCanceledException):
        table.client.transact_write_items(
            TransactItems=[
                {"Update": {"TableName": table.name, "Key": moved} | change},
                {"ConditionCheck": {"TableName": table.name} | refused},
            ]
        )
    assert due(table) == ["first"]


def test_an_index_of_keys_returns_only_keys(table: LocalTable) -> None:
    put(table, "first", 1)
    values = {":kind": {"S": "OPERATION"}}

    assert query(table, "due_kind = :kind", values, IndexName="due") == [
        {"pk": {"S": "P"}, "sk": {"S": "first"}, "due_kind": {"S": "OPERATION"}, "due": {"N": "1"}}
    ]


def test_values_of_all_types_are_returned_as_they_were_written(table: LocalTable) -> None:
    nested = {"M": {"list": {"L": [{"N": "1.5"}, {"B": b"\x00\xff"}, {"NULL": True}]}, "": {"BOOL": False}}}
    item = {"pk": {"S": "P"}, "sk": {"S": "s"}, "m": nested, "b": {"B": b""}, "bs": {"BS": [b"1", b"2"]}}
    item |= {"ss": {"SS": ["a", "b"]}, "ns": {"NS": ["1", "2"]}, "empty": {"M": {}}}
    table.client.put_item(TableName=table.name, Item=item)

    assert query(table, "pk = :pk", {":pk": {"S": "P"}}) == [item]
    assert table.client.get_item(TableName=table.name, Key={"pk": item["pk"], "sk": item["sk"]})["Item"] == item


def test_an_item_may_have_400_kilobytes_at_most(table: LocalTable) -> None:
    def put_text(size: int) -> None:
        texts = {"text": {"S": "x" * size}, "more": {"S": "x"}}
        table.client.put_item(TableName=table.name, Item={"pk": {"S": "P"}, "sk": {"S": str(size)}} | texts)

    put_text(395_000)
    with pytest.raises(ClientError, match="size"):
        put_text(410_000)
    assert [row["sk"]["S"] for row in query(table, "pk = :pk", {":pk": {"S": "P"}})] == ["395000"]
