"""infra/local/noyo: requesting and retrying group connections, with every refusal Noyo has."""

import re
from typing import Any

from .bodies import EXISTING_GROUP, NEW_GROUP, RETRY
from .records import Connection, Group
from .rules import RETRYABLE_STATUSES, Refusal
from .world import World, found


def request_for_new_group(world: World, body: object) -> Connection:
    wanted = NEW_GROUP.read(body)
    carrier_id, data = wanted["carrier_id"].lower(), wanted["group_data"]
    _refuse_unfit(world, carrier_id, data["carrier_group_id"])
    ein = wanted.get("federal_ein")
    group = world.keep_group(name=data["group_name"], federal_ein=ein)
    return _request(world, group, carrier_id, data, request_type="initial", federal_ein=ein)


def request_for_existing_group(world: World, group_id: str, body: object) -> Connection:
    group = found(world.groups, group_id, "Group")
    wanted = EXISTING_GROUP.read(body)
    carrier_id, data = wanted["carrier_id"].lower(), wanted["group_data"]
    _refuse_unfit(world, carrier_id, data["carrier_group_id"])
    named = {**data, "group_name": group.name}
    return _request(world, group, carrier_id, named, request_type="incremental")


def retry(world: World, connection_id: str, body: object) -> Connection:
    connection = found(world.connections, connection_id, "Group connection")
    corrected = RETRY.read({} if body is None else body)
    if connection.status not in RETRYABLE_STATUSES:
        raise Refusal(422, "This group connection cannot be retried in its present state")
    carrier_group_id = corrected.get("carrier_group_id", connection.carrier_group_id)
    _refuse_unfit(world, connection.carrier_id, carrier_group_id, besides=connection.id)
    moved = world.move_connection(connection, "processing", **corrected)
    world.begin_life(moved)
    return moved


def _request(
    world: World, group: Group, carrier_id: str, data: dict[str, Any], **fields: object
) -> Connection:
    connection = world.keep_connection(carrier_id=carrier_id, group_id=group.id, **{**data, **fields})
    world.begin_life(connection)
    return connection


def _refuse_unfit(world: World, carrier_id: str, carrier_group_id: str, besides: str = "") -> None:
    rules = world.rules
    if rules.carriers is not None and carrier_id not in rules.carriers:
        raise Refusal(422, "carrier_id: this carrier is not activated")
    wanted = rules.formats.get(carrier_id)
    if wanted is not None and not re.fullmatch(wanted, carrier_group_id):
        raise Refusal(422, "carrier_group_id: not in this carrier's format")
    if world.is_taken(carrier_id, carrier_group_id, besides):
        raise Refusal(409, "A group connection with this carrier and carrier group id exists")
