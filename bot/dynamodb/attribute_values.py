"""Plain values ↔ the table's typed JSON (`{"S": "text"}`); only the types that our items are made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Value = str | int | bool | None | list["Value"] | dict[str, "Value"]
Item = dict[str, Value]
TypedItem = dict[str, Any]


def typed_item(item: Mapping[str, Value]) -> TypedItem:
    """What is None is left out: an attribute that is not there reads as None, and stays out of sparse indexes."""
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
        return {"S": _whole(value)}
    if isinstance(value, list):
        return {"L": [typed(one) for one in value]}
    return {"M": {name: typed(one) for name, one in value.items()}}


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
            return [plain(one) for one in content]
        case "M":
            return {name: plain(one) for name, one in content.items()}
    raise ValueError(f"no attribute of ours has the type {tag}")


def _whole(text: str) -> str:
    """Half a surrogate pair, as JSON from outside may hold one, is no UTF-8 and would be refused: it becomes U+FFFD."""
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
