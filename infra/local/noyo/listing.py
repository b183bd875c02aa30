"""Filters, order and pages of Noyo's lists."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from infra.local.noyo.records import Connection, Disconnection, Group
from infra.local.noyo.rules import CONNECTION_STATUSES, DISCONNECTION_STATUSES, SOURCE_TYPES, Refusal, Rules
from infra.local.noyo.state import Record, State
from infra.local.noyo.validation import is_date, is_uuid

Query = Mapping[str, str]

_PAGE = {"page_size", "offset"}
_SORT = {"sort_by", "sort_direction"}
_CONNECTION_FILTERS = {"id", "status", "carrier_id", "carrier_group_id", "organization_id"}
_DISCONNECTION_FILTERS = {
    *("id", "status", "carrier_id", "group_id", "organization_id", "search", "source_type"),
    *("min_effective_end_date", "max_effective_end_date"),
}


def connections(state: State, query: Query) -> list[Connection]:
    _check_names(query, _CONNECTION_FILTERS | _PAGE | _SORT)
    carriers = _uuids(query, "carrier_id")
    if "carrier_group_id" in query and len(carriers or ()) != 1:
        raise Refusal(422, "carrier_group_id: to be used with exactly one carrier_id")
    tests = {
        "id": _uuids(query, "id"),
        "status": _words(query, "status", CONNECTION_STATUSES),
        "carrier_id": carriers,
        "carrier_group_id": _single_value(query, "carrier_group_id"),
        "organization_id": _uuids(query, "organization_id"),
    }
    return _sorted(_matching(state.connections.values(), tests), query, state.rules)


def connections_of_group(state: State, group_id: str, query: Query) -> list[Connection]:
    _check_names(query, {"status"} | _PAGE | _SORT)
    tests = {"group_id": {group_id}, "status": _words(query, "status", CONNECTION_STATUSES)}
    return _sorted(_matching(state.connections.values(), tests), query, state.rules)


def disconnections(state: State, query: Query) -> list[Disconnection]:
    _check_names(query, _DISCONNECTION_FILTERS | _PAGE | _SORT)
    tests = {
        "id": _uuids(query, "id"),
        "status": _words(query, "status", DISCONNECTION_STATUSES),
        "carrier_id": _uuids(query, "carrier_id"),
        "group_id": _uuids(query, "group_id"),
        "organization_id": _uuids(query, "organization_id"),
        "source_type": _words(query, "source_type", SOURCE_TYPES),
    }
    rows = [row for row in _matching(state.disconnections.values(), tests) if _ends_within(row, query)]
    return _sorted([row for row in rows if _mentions(row, query)], query, state.rules)


def disconnections_of_group(state: State, group_id: str, query: Query) -> list[Disconnection]:
    _check_names(query, _PAGE)
    tests = {"group_id": {group_id}}
    return _sorted(_matching(state.disconnections.values(), tests), query, state.rules)


def groups(state: State, query: Query) -> list[Group]:
    _check_names(query, {"company", "group_ids", "carrier_id", "carrier_group_id"} | _PAGE)
    if ("carrier_id" in query) != ("carrier_group_id" in query):
        raise Refusal(422, "carrier_id and carrier_group_id: to be used together")
    rows = _matching(state.groups.values(), {"id": _uuids(query, "group_ids")})
    if "carrier_id" in query:
        pair = {"carrier_id": _uuids(query, "carrier_id"), "carrier_group_id": _single_value(query, "carrier_group_id")}
        ids = {known.group_id for known in _matching(state.connections.values(), pair)}
        rows = [row for row in rows if row.id in ids]
    company = query.get("company", "").casefold()
    named = [row for row in rows if company in f"{row.name}\n{row.dba_name or ''}".casefold()]
    return _sorted(named, query, state.rules)


def page(rows: list[Record], query: Query, rules: Rules, shown: Callable[[Record], object]) -> dict[str, Any]:
    """The requested rows. `meta` describes the page that is returned, not the one that was requested."""
    requested = _number(query, "page_size", rules.default_page_size, least=1)
    if requested not in rules.page_sizes:
        raise Refusal(422, "page_size: not within the limits")
    size = min(requested, rules.max_page_size)
    offset = _number(query, "offset", 0, least=0) if rules.honours_offset else 0
    if offset and offset >= len(rows) and rules.past_the_end == "422":
        raise Refusal(422, "offset: past the last record")
    meta = {"offset": offset, "page_num": offset // size + 1, "page_size": size, "total_records": len(rows)}
    return {"meta": meta, "response": [shown(row) for row in rows[offset : offset + size]]}


def _check_names(query: Query, known: set[str]) -> None:
    unknown = sorted(set(query) - known)
    if unknown:
        raise Refusal(422, f"{', '.join(unknown)}: unknown parameter")


def _uuids(query: Query, name: str) -> set[str] | None:
    if name not in query:
        return None
    values = query[name].split(",")
    if not all(is_uuid(value) for value in values):
        raise Refusal(422, f"{name}: not a valid UUID")
    return {value.lower() for value in values}


def _words(query: Query, name: str, known: frozenset[str]) -> set[str] | None:
    if name not in query:
        return None
    values = set(query[name].split(","))
    if not values <= known:
        raise Refusal(422, f"{name}: not one of its choices")
    return values


def _single_value(query: Query, name: str) -> set[str] | None:
    return {query[name]} if name in query else None


def _number(query: Query, name: str, default: int, least: int) -> int:
    given = query.get(name, str(default))
    plain = given.isascii() and given.isdigit() and len(given) < 10
    if not plain or int(given) < least:
        raise Refusal(422, f"{name}: not a valid integer")
    return int(given)


def _matching(rows: Iterable[Record], tests: Mapping[str, set[str] | None]) -> list[Record]:
    given = [(name, values) for name, values in tests.items() if values is not None]
    return [row for row in rows if all(getattr(row, name) in values for name, values in given)]


def _ends_within(row: Disconnection, query: Query) -> bool:
    for name in ("min_effective_end_date", "max_effective_end_date"):
        if name in query and not is_date(query[name]):
            raise Refusal(422, f"{name}: not a valid date")
    least = query.get("min_effective_end_date", "")
    most = query.get("max_effective_end_date", "9999-12-31")
    if row.effective_end_date is None:
        return "min_effective_end_date" not in query and "max_effective_end_date" not in query
    return least <= row.effective_end_date <= most


def _mentions(row: Disconnection, query: Query) -> bool:
    sought = query.get("search", "").casefold()
    return any(sought in text.casefold() for text in (row.group_name, row.group_id, row.id))


def _sorted(rows: list[Record], query: Query, rules: Rules) -> list[Record]:
    """Oldest first unless requested otherwise. Equal values are in no meaningful order (by id)."""
    by = query.get("sort_by", "created")
    direction = query.get("sort_direction", "asc")
    if by not in {"created", "modified", "status"}:
        raise Refusal(422, "sort_by: not one of its choices")
    if direction not in {"asc", "desc"}:
        raise Refusal(422, "sort_direction: not one of its choices")
    if not rules.honours_sort:
        by, direction = "created", "asc"
    by_id = sorted(rows, key=lambda row: row.id)
    return sorted(by_id, key=lambda row: getattr(row, by), reverse=direction == "desc")
