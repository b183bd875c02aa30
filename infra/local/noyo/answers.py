"""infra/local/noyo: records as Noyo's JSON, whole or with the gaps of the vendor's own samples."""

from dataclasses import asdict
from enum import Enum, auto
from typing import Any

from .records import Connection, Disconnection, Group
from .world import Breakage, World


class Told(Enum):
    """On which occasion a record is told: the vendor's samples leave out different fields."""

    READ = auto()
    LISTED = auto()
    REQUESTED = auto()
    RETRIED = auto()
    EDITED = auto()
    DECIDED = auto()


_IN_GROUP_DATA = (
    "carrier_group_id",
    "group_name",
    "broker_federal_ein",
    "broker_tin",
    "employer_email_address",
)


def whole_group(group: Group) -> dict[str, Any]:
    return _present(asdict(group))


def whole_connection(connection: Connection) -> dict[str, Any]:
    """Everything the schema promises; what was never set is left out."""
    row = _present(asdict(connection))
    row["group_data"] = {name: row.pop(name) for name in _IN_GROUP_DATA if name in row}
    row["setup_metadata"] = {}
    if connection.request_type != "initial":
        row["setup_data"] = {}
    return row


def whole_disconnection(disconnection: Disconnection) -> dict[str, Any]:
    return _present(asdict(disconnection))


def group(world: World, record: Group, told: Told) -> object:
    return _finished(world, whole_group(record), told)


def connection(world: World, record: Connection, told: Told) -> object:
    row = whole_connection(record)
    if world.rules.vendor_nulls:
        _leave_out(row, "setup_metadata", "setup_data")
        if not record.setup_result:
            _leave_out(row, "setup_result")
        if told is Told.RETRIED or record.request_type != "initial":
            _leave_out(row["group_data"], "group_name")
        if told in {Told.READ, Told.LISTED}:
            row.setdefault("completed", None)
    return _finished(world, row, told)


def disconnection(world: World, record: Disconnection, told: Told) -> object:
    row = whole_disconnection(record)
    if world.rules.vendor_nulls:
        row["source_id"] = None
        row.setdefault("completed", None)
        row.setdefault("decided", None)
        if told is Told.DECIDED:
            _leave_out(row, "source_id", "effective_end_date")
        if told is Told.EDITED:
            _leave_out(row, "effective_end_date")
        if record.status == "completed":
            _leave_out(row, "group_id")
    return _finished(world, row, told)


def breakage(how: str | Breakage) -> Breakage:
    """How a row comes back broken: by name, or as a function of the row as it would have been."""
    if callable(how):
        return how
    try:
        return BREAKAGES[how]
    except KeyError:
        raise ValueError(f"unknown breakage {how!r}; known: {', '.join(BREAKAGES)}") from None


def _finished(world: World, row: dict[str, Any], told: Told) -> object:
    if told is Told.LISTED:
        _leave_out(row, *world.rules.lists_omit)
    broken = world.broken.get(row["id"])
    return broken(row) if broken else row


def _present(fields: dict[str, Any]) -> dict[str, Any]:
    extra = fields.pop("extra")
    return {**{name: value for name, value in fields.items() if value is not None}, **extra}


def _leave_out(row: dict[str, Any], *names: str) -> None:
    for name in names:
        row.pop(name, None)


def _without(name: str) -> Breakage:
    return lambda row: {key: value for key, value in row.items() if key != name}


def _with(name: str, value: object) -> Breakage:
    return lambda row: {**row, name: value}


BREAKAGES: dict[str, Breakage] = {
    "id missing": _without("id"),
    "id not a uuid": _with("id", "not-a-uuid"),
    "version missing": _without("version"),
    "version null": _with("version", None),
    "status missing": _without("status"),
    "status a number": _with("status", 7),
    "carrier_id missing": _without("carrier_id"),
    "group_data missing": _without("group_data"),
    "group_data a string": _with("group_data", "none"),
    "created missing": _without("created"),
    "modified missing": _without("modified"),
    "modified a string": _with("modified", "yesterday"),
    "not an object": lambda _: "unreadable",
    "null": lambda _: None,
}
