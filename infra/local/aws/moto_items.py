"""Makes moto write and return items in a time that is proportional to their size.

For each attribute of a new item, moto measures all of its attributes; here each is measured once. For each value in an
answer, moto tries all types under several names; here the value is taken as it is.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from moto.core.model_instances import model_data
from moto.core.serialize import BaseJSONSerializer
from moto.dynamodb.models import dynamo_type
from moto.dynamodb.models.dynamo_type import LimitedSizeDict
from moto.dynamodb.models.utilities import bytesize

ITEM_SIZE_LIMIT = 400_000
"""Bytes; moto refuses items that are a little larger."""
_serialize_structure = BaseJSONSerializer._serialize_type_structure


@contextmanager
def fast_items() -> Iterator[None]:
    """For one call of DynamoDB or its streams."""
    dynamo_type.LimitedSizeDict = _MeasuredOnce  # type: ignore[misc]
    BaseJSONSerializer._serialize_type_structure = _serialize  # type: ignore[assignment, method-assign]
    try:
        yield
    finally:
        dynamo_type.LimitedSizeDict = LimitedSizeDict  # type: ignore[misc]
        BaseJSONSerializer._serialize_type_structure = _serialize_structure  # type: ignore[method-assign]


def forget_instances() -> None:
    """Keeps moto from listing every instance of its models, which is only for its dashboard and never ends."""
    for models in model_data.values():
        for model in models.values():
            model.instances_tracked = _Forgetful()  # type: ignore[attr-defined]


class _Forgetful(list[Any]):
    def append(self, _: Any) -> None:
        pass


class _MeasuredOnce(LimitedSizeDict):
    """The attributes of an item. Their size is added up, and measured again only if it may be over the limit."""

    _size: int | None = None

    def __setitem__(self, key: str, value: Any) -> None:
        if self._size is None:
            self._size = sum(bytesize(name) + known.size() for name, known in self.items())
        self._size += bytesize(key) + value.size()
        if self._size > ITEM_SIZE_LIMIT:
            self._size = None
            super().__setitem__(key, value)
        else:
            dict.__setitem__(self, key, value)


def _serialize(serializer: BaseJSONSerializer, serialized: Any, value: Any, shape: Any, key: str) -> None:
    if shape.name == "AttributeValue" and value is not None:
        serialized[key] = _as_json(value)
    else:
        _serialize_structure(serializer, serialized, value, shape, key)


def _as_json(value: dict[str, Any]) -> dict[str, Any]:
    """An attribute's value, whose binary parts are bytes, as DynamoDB's JSON."""
    [(kind, content)] = value.items()
    match kind:
        case "M":
            content = {name: _as_json(each) for name, each in content.items()}
        case "L":
            content = [_as_json(each) for each in content]
        case "B":
            content = b64encode(content).decode()
        case "BS":
            content = [b64encode(each).decode() for each in content]
    return {kind: content}
