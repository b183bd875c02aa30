"""infra/local/noyo: which call is which operation, and the answer each one gives."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from . import answers, connecting, disconnecting, listing
from .answers import Told
from .bodies import is_uuid
from .rules import Refusal
from .world import World, found


@dataclass(frozen=True)
class Call:
    path: Mapping[str, str]
    query: Mapping[str, str]
    body: object


class Answer(NamedTuple):
    status: int
    body: object


Operation = Callable[[World, Call], Answer]


# --- group connections


def request_connection(world: World, call: Call) -> Answer:
    made = connecting.request_for_new_group(world, call.body)
    return Answer(201, answers.connection(world, made, Told.REQUESTED))


def request_connection_of_group(world: World, call: Call) -> Answer:
    made = connecting.request_for_existing_group(world, call.path["group_id"], call.body)
    return Answer(201, answers.connection(world, made, Told.REQUESTED))


def inspect_connection(world: World, call: Call) -> Answer:
    record = found(world.connections, call.path["id"], "Group connection")
    return Answer(200, answers.connection(world, record, Told.READ))


def list_connections(world: World, call: Call) -> Answer:
    return _connections(world, call, listing.connections(world, call.query))


def list_connections_of_group(world: World, call: Call) -> Answer:
    group = found(world.groups, call.path["group_id"], "Group")
    return _connections(world, call, listing.connections_of_group(world, group.id, call.query))


def retry_connection(world: World, call: Call) -> Answer:
    if call.body is None:
        raise Refusal(422, "body: missing")
    moved = connecting.retry(world, call.path["id"], call.body)
    return Answer(201, answers.connection(world, moved, Told.RETRIED))


def _connections(world: World, call: Call, rows: list[Any]) -> Answer:
    def shown(row: Any) -> object:
        return answers.connection(world, row, Told.LISTED)

    return Answer(200, listing.page(rows, call.query, world.rules, shown))


# --- groups


def list_groups(world: World, call: Call) -> Answer:
    rows = listing.groups(world, call.query)

    def shown(row: Any) -> object:
        return answers.group(world, row, Told.LISTED)

    return Answer(200, listing.page(rows, call.query, world.rules, shown))


def inspect_group(world: World, call: Call) -> Answer:
    record = found(world.groups, call.path["group_id"], "Group")
    return Answer(200, answers.group(world, record, Told.READ))


def eligibility(world: World, call: Call) -> Answer:
    """Without a carrier the documented answer is one object too: the group's first carrier's."""
    group = found(world.groups, call.path["group_id"], "Group")
    if set(call.query) - {"carrier_id"}:
        raise Refusal(422, "unknown parameter")
    carrier_id = call.query.get("carrier_id", "").lower()
    if "carrier_id" in call.query and not is_uuid(carrier_id):
        raise Refusal(422, "carrier_id: not a valid UUID")
    carriers = [one.carrier_id for one in world.connections.values() if one.group_id == group.id]
    carrier_id = carrier_id or next(iter(carriers), "")
    if not carrier_id:
        raise Refusal(404, "The group has no carrier")
    told = world.eligibility.get((group.id, carrier_id), "eligible")
    return Answer(200, {"carrier_id": carrier_id, "eligibility": told, "group_id": group.id})


# --- group disconnection requests


def create_disconnection(world: World, call: Call) -> Answer:
    made = disconnecting.create(world, call.body)
    return Answer(201, answers.disconnection(world, made, Told.REQUESTED))


def inspect_disconnection(world: World, call: Call) -> Answer:
    """Answers 201, as documented, though nothing is created."""
    record = found(world.disconnections, call.path["id"], "Group disconnection request")
    return Answer(201, answers.disconnection(world, record, Told.READ))


def list_disconnections(world: World, call: Call) -> Answer:
    return _disconnections(world, call, listing.disconnections(world, call.query))


def list_disconnections_of_group(world: World, call: Call) -> Answer:
    group = found(world.groups, call.path["group_id"], "Group")
    return _disconnections(world, call, listing.disconnections_of_group(world, group.id, call.query))


def edit_disconnection(world: World, call: Call) -> Answer:
    moved = disconnecting.edit(world, call.path["id"], call.path["version"], call.body)
    return Answer(200, answers.disconnection(world, moved, Told.EDITED))


def reject_disconnection(world: World, call: Call) -> Answer:
    moved = disconnecting.reject(world, call.path["id"], call.body)
    return Answer(200, answers.disconnection(world, moved, Told.DECIDED))


def confirm_disconnection(world: World, call: Call) -> Answer:
    moved = disconnecting.confirm(world, call.path["id"], call.body)
    return Answer(200, answers.disconnection(world, moved, Told.DECIDED))


def _disconnections(world: World, call: Call, rows: list[Any]) -> Answer:
    def shown(row: Any) -> object:
        return answers.disconnection(world, row, Told.LISTED)

    return Answer(200, listing.page(rows, call.query, world.rules, shown))


# --- finding the operation; literal segments come before open ones

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
    {
        list_connections,
        list_connections_of_group,
        list_disconnections,
        list_disconnections_of_group,
        list_groups,
    }
)
PREFIX = "/api/v1"


def route(method: str, path: str) -> tuple[Operation, dict[str, str]]:
    """The operation and its path's ids, in lower case; 404, 405 or 422 where there is none."""
    fitting = [
        (verb, operation, match.groupdict())
        for verb, template, operation in ROUTES
        if (match := re.fullmatch(_pattern(template), path))
    ]
    if not fitting:
        raise Refusal(404, "No such resource")
    for verb, operation, ids in fitting:
        if verb == method:
            return operation, _checked(ids)
    raise Refusal(405, "This method is not allowed here")


def _pattern(template: str) -> str:
    return PREFIX + re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template)


def _checked(ids: dict[str, str]) -> dict[str, str]:
    for name, value in ids.items():
        if not is_uuid(value):
            raise Refusal(422, f"{name}: not a valid UUID")
    return {name: value.lower() for name, value in ids.items()}
