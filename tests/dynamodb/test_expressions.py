"""The parts of a transaction."""

from bot.dynamodb.expressions import ABSENT, Check, Condition, Delete, Key, Put, Update, holds

KEY = Key("P", "S")
SENT_KEY = {"pk": {"S": "P"}, "sk": {"S": "S"}}


def test_a_put_has_its_condition_and_the_stamp_of_the_write() -> None:
    put = Put({"pk": "P", "sk": "S", "a": None, "b": 1}, ABSENT)

    assert put.key == KEY
    assert put.request("t", "token") == {
        "Put": {
            "TableName": "t",
            "Item": {**SENT_KEY, "b": {"N": "1"}, "write": {"S": "token"}},
            "ConditionExpression": "attribute_not_exists(#c0)",
            "ExpressionAttributeNames": {"#c0": "pk"},
        }
    }


def test_a_condition_of_none_requires_a_missing_attribute() -> None:
    assert Check(KEY, holds(state="pending", lease=None)).request("t", "token") == {
        "ConditionCheck": {
            "TableName": "t",
            "Key": SENT_KEY,
            "ConditionExpression": "#c0 = :c0 AND attribute_not_exists(#c1)",
            "ExpressionAttributeNames": {"#c0": "state", "#c1": "lease"},
            "ExpressionAttributeValues": {":c0": {"S": "pending"}},
        }
    }


def test_an_update_sets_removes_and_stamps() -> None:
    update = Update(KEY, {"due": 5, "lease": None}, Condition({"a": 1}, exists=("due",)))

    assert update.request("t", "token") == {
        "Update": {
            "TableName": "t",
            "Key": SENT_KEY,
            "UpdateExpression": "SET #s0 = :s0, #s2 = :s2 REMOVE #s1",
            "ConditionExpression": "#c0 = :c0 AND attribute_exists(#e0)",
            "ExpressionAttributeNames": {"#s0": "due", "#s1": "lease", "#s2": "write", "#c0": "a", "#e0": "due"},
            "ExpressionAttributeValues": {":s0": {"N": "5"}, ":s2": {"S": "token"}, ":c0": {"N": "1"}},
        }
    }


def test_an_update_counts() -> None:
    update = Update(KEY, {"due": 5}, Condition({}, exists=("pk",)), counts="revision").request("t", "token")["Update"]

    assert update["UpdateExpression"] == "SET #s0 = :s0, #s1 = :s1 ADD #counts :one"
    assert update["ExpressionAttributeNames"]["#counts"] == "revision"
    assert update["ExpressionAttributeValues"][":one"] == {"N": "1"}


def test_a_delete_has_an_optional_condition() -> None:
    assert Delete(KEY).request("t", "token") == {"Delete": {"TableName": "t", "Key": SENT_KEY}}
    bound = Delete(KEY, Condition({"a": "x"}, or_absent=True)).request("t", "token")["Delete"]
    assert bound["ConditionExpression"] == "attribute_not_exists(pk) OR (#c0 = :c0)"
