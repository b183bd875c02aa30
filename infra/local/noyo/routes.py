"""The operations: which request calls which, and the answer of each."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from infra.local.noyo import connections, disconnections, listing, responses
from infra.local.noyo.responses import ResponseKind
from infra.local.noyo.rules import Refusal
from infra.local.noyo.state import State, find
from infra.local.noyo.validation import is_uuid


@dataclass(frozen=True)
class Call:
    path: Mapping[str, str]
    query: Mapping[str, str]
    body: Mapping[str, Any]


class Answer(NamedTuple):
    status: int
    body: object


Operation = Callable[[State, Call], Answer]


# --- group connections


def request_connection(state: State, call: Call) -> Answer:
    record = connections.request_for_new_group(state, call.body)
    return Answer(201, responses.connection(state, record, ResponseKind.REQUESTED))


def request_connection_of_group(state: State, call: Call) -> Answer:
    record = connections.request_for_existing_group(state, call.path["group_id"], call.body)
    return Answer(201, responses.connection(state, record, ResponseKind.REQUESTED))


def inspect_connection(state: State, call: Call) -> Answer:
    record = find(state.connections, call.path["id"], "Group connection")
    return Answer(200, responses.connection(state, record, ResponseKind.READ))


def list_connections(state: State, call: Call) -> Answer:
    return _connections(state, call, listing.connections(state, call.query))


def list_connections_of_group(state: State, call: Call) -> Answer:
    group = find(state.groups, call.path["group_id"], "Group")
    return _connections(state, call, listing.connections_of_group(state, group.id, call.query))


def retry_connection(state: State, call: Call) -> Answer:
    record = connections.retry(state, call.path["id"], call.body)
    return Answer(201, responses.connection(state, record, ResponseKind.RETRIED))


def _connections(state: State, call: Call, rows: list[Any]) -> Answer:
    def shown(row: Any) -> object:
        return responses.connection(state, row, ResponseKind.LISTED)

    return Answer(200, listing.page(rows, call.query, state.rules, shown))


# --- groups


def list_groups(state: State, call: Call) -> Answer:
    rows = listing.groups(state, call.query)

    def shown(row: Any) -> object:
        return responses.group(state, row, ResponseKind.LISTED)

    return Answer(200, listing.page(rows, call.query, state.rules, shown))


def inspect_group(state: State, call: Call) -> Answer:
    record = find(state.groups, call.path["group_id"], "Group")
    return Answer(200, responses.group(state, record, ResponseKind.READ))


def eligibility(state: State, call: Call) -> Answer:
    """Without a carrier the answer is about the group's first one: the documented answer is one object."""
    group = find(state.groups, call.path["group_id"], "Group")
    if set(call.query) - {"carrier_id"}:
        raise Refusal(422, "unknown parameter")
    carrier_id = call.query.get("carrier_id", "").lower()
    if "carrier_id" in call.query and not is_uuid(carrier_id):
        raise Refusal(422, "carrier_id: not a valid UUID")
    carriers = [known.carrier_id for known in state.connections.values() if known.group_id == group.id]
    carrier_id = carrier_id or next(iter(carriers), "")
    if not carrier_id:
        raise Refusal(404, "The group has no carrier")
    eligible = state.eligibility_of(group.id, carrier_id)
    return Answer(200, {"carrier_id": carrier_id, "eligibility": eligible, "group_id": group.id})


# --- group disconnection requests


def create_disconnection(state: State, call: Call) -> Answer:
    record = disconnections.create(state, call.body)
    return Answer(201, responses.disconnection(state, record, ResponseKind.REQUESTED))


def inspect_disconnection(state: State, call: Call) -> Answer:
    """Answers 201, as documented, although it creates nothing."""
    record = find(state.disconnections, call.path["id"], "Group disconnection request")
    return Answer(201, responses.disconnection(state, record, ResponseKind.READ))


def list_disconnections(state: State, call: Call) -> Answer:
    return _disconnections(state, call, listing.disconnections(state, call.query))


def list_disconnections_of_group(state: State, call: Call) -> Answer:
    group = find(state.groups, call.path["group_id"], "Group")
    return _disconnections(state, call, listing.disconnections_of_group(state, group.id, call.query))


def edit_disconnection(state: State, call: Call) -> Answer:
    record = disconnections.edit(state, call.path["id"], call.path["version"], call.body)
    return Answer(200, responses.disconnection(state, record, ResponseKind.EDITED))


def reject_disconnection(state: State, call: Call) -> Answer:
    record = disconnections.reject(state, call.path["id"], call.body)
    return Answer(200, responses.disconnection(state, record, ResponseKind.DECIDED))


def confirm_disconnection(state: State, call: Call) -> Answer:
    record = disconnections.confirm(state, call.path["id"], call.body)
    return Answer(200, responses.disconnection(state, record, ResponseKind.DECIDED))


def _disconnections(state: State, call: Call, rows: list[Any]) -> Answer:
    def shown(row: Any) -> object:
        return responses.disconnection(state, row, ResponseKind.LISTED)

    return Answer(200, listing.page(rows, call.query, state.rules, shown))


# --- finding the operation; fixed segments come before ids

ROUTES: tuple[tuple[str, str, Operation], ...] = (
    ("POST", "/group_connections", request_connection),
    ("GET", "/group_connections", list_connections),
    ("GET", "/group_connections/{id}", inspect_connection),
    ("PUT", "/group_connections/{id}/retry", retry_connection),
    ("POST", "/groups/{group_id}/group_connections", request_connection_of_group),
    ("GET", "/groups/{group_id}/group_connections", list_connections_of_group),
    ("GET", "/groups/{group_id}/connection_eligibility", eligibility),
    ("GET", "/groups/{group_id}/group_disconnection_requests", list_disconnections_of_group),
    ("GET", "/groups", list_groups),
    ("GET", "/groups/{group_id}", inspect_group),
    ("POST", "/group_disconnection_requests", create_disconnection),
    ("GET", "/group_disconnection_requests", list_disconnections),
    ("GET", "/group_disconnection_requests/{id}", inspect_disconnection),
    ("PUT", "/group_disconnection_requests/{id}/reject", reject_disconnection),
    ("PUT", "/group_disconnection_requests/{id}/confirm", confirm_disconnection),
    ("PUT", "/group_disconnection_requests/{id}/{version}", edit_disconnection),
)
LISTS = frozenset(
    {list_connections, list_connections_of_group, list_disconnections, list_disconnections_of_group, list_groups}
)
PREFIX = "/api/v1"


def route(method: str, path: str) -> tuple[Operation, dict[str, str]]:
    """The operation and the ids in its path, in lower case. Refuses with 404, 405 or 422."""
    matching = [
        (verb, operation, match.groupdict())
        for verb, template, operation in ROUTES
        if (match := re.fullmatch(_pattern(template), path))
    ]
    if not matching:
        raise Refusal(404, "No such resource")
    for verb, operation, ids in matching:
        if verb == method:
            return operation, _checked_ids(ids)
    raise Refusal(405, "This method is not allowed here")


def _pattern(template: str) -> str:
    return PREFIX + re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template)


def _checked_ids(ids: dict[str, str]) -> dict[str, str]:
    for name, value in ids.items():
        if not is_uuid(value):
            raise Refusal(422, f"{name}: not a valid UUID")
    return {name: value.lower() for name, value in ids.items()}
