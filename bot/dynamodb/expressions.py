"""The parts of a transaction, and the conditions they carry."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bot.dynamodb.attribute_values import Item, Value, typed, typed_item
from bot.dynamodb.items import key_of
from bot.dynamodb.keys import Key

STAMP = "write"
"""The attribute that names the write an item came from; it tells our own effect when an answer was lost."""


@dataclass(frozen=True, slots=True)
class Condition:
    """Attributes that must have these values, None meaning absent; with `or_absent` no item at all will do too."""

    attributes: Mapping[str, Value]
    or_absent: bool = False
    exists: tuple[str, ...] = ()

    def expression(self, names: dict[str, str], values: dict[str, Any]) -> str:
        """The expression's text; the placeholders it needs are put into `names` and `values`."""
        joined = " AND ".join(self._parts(names, values))
        return f"attribute_not_exists(pk) OR ({joined})" if self.or_absent else joined

    def _parts(self, names: dict[str, str], values: dict[str, Any]) -> Iterator[str]:
        for index, (name, value) in enumerate(self.attributes.items()):
            names[f"#c{index}"] = name
            if value is None:
                yield f"attribute_not_exists(#c{index})"
            else:
                values[f":c{index}"] = typed(value)
                yield f"#c{index} = :c{index}"
        for index, name in enumerate(self.exists):
            names[f"#e{index}"] = name
            yield f"attribute_exists(#e{index})"


ABSENT = Condition({"pk": None})


def holds(**attributes: Value) -> Condition:
    return Condition(attributes)


@dataclass(frozen=True, slots=True)
class Put:
    item: Item
    condition: Condition | None = None

    @property
    def key(self) -> Key:
        return key_of(self.item)

    def request(self, table: str, token: str) -> dict[str, Any]:
        item = typed_item({**self.item, STAMP: token})
        return {"Put": {"TableName": table, "Item": item, **_conditioned(self.condition, {}, {})}}


@dataclass(frozen=True, slots=True)
class Update:
    """Sets what `sets` names and removes what it gives as None."""

    key: Key
    sets: Mapping[str, Value]
    condition: Condition

    def request(self, table: str, token: str) -> dict[str, Any]:
        names: dict[str, str] = {}
        values: dict[str, Any] = {}
        setting, removing = [], []
        for index, (name, value) in enumerate({**self.sets, STAMP: token}.items()):
            names[f"#s{index}"] = name
            if value is None:
                removing.append(f"#s{index}")
            else:
                values[f":s{index}"] = typed(value)
                setting.append(f"#s{index} = :s{index}")
        text = "SET " + ", ".join(setting) + (" REMOVE " + ", ".join(removing) if removing else "")
        return {
            "Update": {
                "TableName": table,
                "Key": typed_key(self.key),
                "UpdateExpression": text,
                **_conditioned(self.condition, names, values),
            }
        }


@dataclass(frozen=True, slots=True)
class Delete:
    key: Key
    condition: Condition | None = None

    def request(self, table: str, token: str) -> dict[str, Any]:  # noqa: ARG002 (nothing left to stamp)
        return {
            "Delete": {
                "TableName": table,
                "Key": typed_key(self.key),
                **_conditioned(self.condition, {}, {}),
            }
        }


@dataclass(frozen=True, slots=True)
class Check:
    key: Key
    condition: Condition

    def request(self, table: str, token: str) -> dict[str, Any]:  # noqa: ARG002 (nothing is written)
        return {
            "ConditionCheck": {
                "TableName": table,
                "Key": typed_key(self.key),
                **_conditioned(self.condition, {}, {}),
            }
        }


Write = Put | Update | Delete | Check


def typed_key(key: Key) -> dict[str, Any]:
    return {"pk": {"S": key.pk}, "sk": {"S": key.sk}}


def _conditioned(
    condition: Condition | None, names: dict[str, str], values: dict[str, Any]
) -> dict[str, Any]:
    parameters: dict[str, Any] = {}
    if condition is not None:
        parameters["ConditionExpression"] = condition.expression(names, values)
    if names:
        parameters["ExpressionAttributeNames"] = names
    if values:
        parameters["ExpressionAttributeValues"] = values
    return parameters
