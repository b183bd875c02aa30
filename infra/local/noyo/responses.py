"""Records as Noyo's JSON: complete, or with the gaps of the vendor's own samples."""

import json
from dataclasses import asdict, dataclass
from enum import Enum, auto
from typing import Any

from infra.local.noyo.records import Connection, Disconnection, Group
from infra.local.noyo.state import Corruption, State


class ResponseKind(Enum):
    """The kinds of responses; the vendor's samples omit different fields in each."""

    READ = auto()
    LISTED = auto()
    REQUESTED = auto()
    RETRIED = auto()
    EDITED = auto()
    DECIDED = auto()


_IN_GROUP_DATA = ("carrier_group_id", "group_name", "broker_federal_ein", "broker_tin", "employer_email_address")


@dataclass(frozen=True)
class RawJson:
    """JSON that Python's encoder does not write."""

    text: str


def as_json(body: object) -> bytes:
    """The body as JSON, with each `RawJson` in it as it is."""
    raw: list[RawJson] = []

    def placeholder(value: RawJson) -> str:
        raw.append(value)
        return f"raw JSON {len(raw)}"

    text = json.dumps(body, default=placeholder, ensure_ascii=False)
    for number, value in enumerate(raw, 1):
        text = text.replace(f'"raw JSON {number}"', value.text)
    return text.encode()


def complete_group(group: Group) -> dict[str, Any]:
    return _present(asdict(group))


def complete_connection(connection: Connection) -> dict[str, Any]:
    """Every field that the schema describes, except those that were never set."""
    row = _present(asdict(connection))
    row["group_data"] = {name: row.pop(name) for name in _IN_GROUP_DATA if name in row}
    row["setup_metadata"] = {}
    if connection.request_type != "initial":
        row["setup_data"] = {}
    return row


def complete_disconnection(disconnection: Disconnection) -> dict[str, Any]:
    return _present(asdict(disconnection))


def group(state: State, record: Group, kind: ResponseKind) -> object:
    return _finished(state, complete_group(record), kind)


def connection(state: State, record: Connection, kind: ResponseKind) -> object:
    row = complete_connection(record)
    if state.rules.vendor_nulls:
        _leave_out(row, "setup_metadata", "setup_data")
        if not record.setup_result:
            _leave_out(row, "setup_result")
        if kind is ResponseKind.RETRIED or record.request_type != "initial":
            _leave_out(row["group_data"], "group_name")
        if kind in {ResponseKind.READ, ResponseKind.LISTED}:
            row.setdefault("completed", None)
    return _finished(state, row, kind)


def disconnection(state: State, record: Disconnection, kind: ResponseKind) -> object:
    row = complete_disconnection(record)
    if state.rules.vendor_nulls:
        row["source_id"] = None
        row.setdefault("completed", None)
        row.setdefault("decided", None)
        if kind is ResponseKind.DECIDED:
            _leave_out(row, "source_id", "effective_end_date")
        if kind is ResponseKind.EDITED:
            _leave_out(row, "effective_end_date")
        if record.status == "completed":
            _leave_out(row, "group_id")
    return _finished(state, row, kind)


def corruption(how: str | Corruption) -> Corruption:
    """A corruption by its name, or the given function of the correct row."""
    if callable(how):
        return how
    try:
        return CORRUPTIONS[how]
    except KeyError:
        raise ValueError(f"unknown corruption {how!r}; known: {', '.join(CORRUPTIONS)}") from None


def _finished(state: State, row: dict[str, Any], kind: ResponseKind) -> object:
    if kind is ResponseKind.LISTED:
        _leave_out(row, *state.rules.lists_omit)
    corrupt = state.corruptions.get(row["id"])
    return corrupt(row) if corrupt else row


def _present(fields: dict[str, Any]) -> dict[str, Any]:
    extra = fields.pop("extra")
    return {**{name: value for name, value in fields.items() if value is not None}, **extra}


def _leave_out(row: dict[str, Any], *names: str) -> None:
    for name in names:
        row.pop(name, None)


def _without(name: str) -> Corruption:
    return lambda row: {key: value for key, value in row.items() if key != name}


def _with(name: str, value: object) -> Corruption:
    return lambda row: {**row, name: value}


UNREADABLE: dict[str, Corruption] = {
    "over 8 MiB": lambda row: {**row, "notes": "x" * (9 * 1024 * 1024)},
    "an integer of 5,000 digits": _with("notes", RawJson("9" * 5000)),
    "nested 100,000 deep": _with("notes", RawJson("[" * 100_000 + "]" * 100_000)),
}
"""Each makes every answer that holds the record unreadable."""
CORRUPTIONS: dict[str, Corruption] = {
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
    **UNREADABLE,
}
