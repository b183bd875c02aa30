"""Plain values and the table's typed JSON (`{"S": "text"}`), and the parts of a transaction with their conditions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Value = str | int | bool | None | list[Any] | dict[str, Any]
Item = dict[str, Any]
TypedItem = dict[str, Any]

STAMP = "write"
"""The attribute that names the write an item came from. It identifies our own write after a lost answer."""


def typed_item(item: Mapping[str, Value]) -> TypedItem:
    """Leaves out None: a missing attribute reads as None, and stays out of sparse indexes."""
    return {name: typed(value) for name, value in item.items() if value is not None}


def plain_item(item: TypedItem) -> Item:
    return {name: plain(value) for name, value in item.items()}


def typed(value: Value) -> dict[str, Any]:
    if value is None:
        return {"NULL": True}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, int):
        return {"N": str(value)}
    if isinstance(value, str):
        return {"S": _valid_unicode(value)}
    if isinstance(value, list):
        return {"L": [typed(element) for element in value]}
    return {"M": {name: typed(element) for name, element in value.items()}}


def plain(value: dict[str, Any]) -> Value:
    ((tag, content),) = value.items()
    match tag:
        case "S" | "BOOL":
            return content  # type: ignore[no-any-return]
        case "N":
            return int(content)
        case "NULL":
            return None
        case "L":
            return [plain(element) for element in content]
        case "M":
            return {name: plain(element) for name, element in content.items()}
    raise ValueError(f"no item of Switchboard holds an attribute of type {tag}")


def _valid_unicode(text: str) -> str:
    """Replaces unpaired surrogates, which JSON from outside may contain, by U+FFFD: DynamoDB refuses them."""
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


@dataclass(frozen=True, slots=True)
class Condition:
    """Attributes that must have these values (None: must be absent). `or_absent` also accepts that no item exists."""

    attributes: Mapping[str, Value]
    or_absent: bool = False
    exists: tuple[str, ...] = ()
    at_most: tuple[tuple[str, int], ...] = ()

    def expression(self, names: dict[str, str], values: dict[str, Any]) -> str:
        """Returns the expression, and adds its placeholders to `names` and `values`."""
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
        for index, (name, highest) in enumerate(self.at_most):
            names[f"#m{index}"], values[f":m{index}"] = name, typed(highest)
            yield f"#m{index} <= :m{index}"


ABSENT = Condition({"pk": None})


def holds(**attributes: Value) -> Condition:
    return Condition(attributes)


def unchanged(revision: int) -> Condition:
    """The item still has this revision; 0 means that it does not exist yet."""
    return holds(revision=revision) if revision else ABSENT


@dataclass(frozen=True, slots=True)
class Put:
    item: Item
    condition: Condition | None = None

    @property
    def key(self) -> Key:
        return Key(self.item["pk"], self.item["sk"])

    def request(self, table: str, token: str) -> dict[str, Any]:
        item = typed_item({**self.item, STAMP: token})
        return {"Put": {"TableName": table, "Item": item, **_conditioned(self.condition, {}, {})}}


@dataclass(frozen=True, slots=True)
class Update:
    """Sets the attributes in `sets`, and removes those that are None. Adds one to the number in `counts`."""

    key: Key
    sets: Mapping[str, Value]
    condition: Condition
    counts: str | None = None

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
        if self.counts is not None:
            names["#counts"], values[":one"] = self.counts, typed(1)
            text += " ADD #counts :one"
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

    def request(self, table: str, token: str) -> dict[str, Any]:  # noqa: ARG002 (a deleted item has no stamp)
        return {"Delete": {"TableName": table, "Key": typed_key(self.key), **_conditioned(self.condition, {}, {})}}


@dataclass(frozen=True, slots=True)
class Check:
    key: Key
    condition: Condition

    def request(self, table: str, token: str) -> dict[str, Any]:  # noqa: ARG002 (a check writes nothing)
        return {
            "ConditionCheck": {"TableName": table, "Key": typed_key(self.key), **_conditioned(self.condition, {}, {})}
        }


Write = Put | Update | Delete | Check


def typed_key(key: Key) -> dict[str, Any]:
    return {"pk": {"S": key.pk}, "sk": {"S": key.sk}}


def _conditioned(condition: Condition | None, names: dict[str, str], values: dict[str, Any]) -> dict[str, Any]:
    parameters: dict[str, Any] = {}
    if condition is not None:
        parameters["ConditionExpression"] = condition.expression(names, values)
    if names:
        parameters["ExpressionAttributeNames"] = names
    if values:
        parameters["ExpressionAttributeValues"] = values
    return parameters


@dataclass(frozen=True, slots=True)
class Key:
    pk: str
    sk: str
