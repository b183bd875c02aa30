"""Requesting and retrying group connections, with Noyo's refusals."""

import re
from collections.abc import Mapping
from typing import Any

from infra.local.noyo.records import Connection, Group
from infra.local.noyo.rules import RETRYABLE_STATUSES, Refusal
from infra.local.noyo.state import ELIGIBLE, State, find


def request_for_new_group(state: State, body: Mapping[str, Any]) -> Connection:
    carrier_id, data = body["carrier_id"].lower(), body["group_data"]
    _check_carrier(state, carrier_id, data["carrier_group_id"])
    ein = body.get("federal_ein")
    group = state.add_group(name=data["group_name"], federal_ein=ein)
    return _request(state, group, carrier_id, data, request_type="initial", federal_ein=ein)


def request_for_existing_group(state: State, group_id: str, body: Mapping[str, Any]) -> Connection:
    group = find(state.groups, group_id, "Group")
    carrier_id, data = body["carrier_id"].lower(), body["group_data"]
    _check_carrier(state, carrier_id, data["carrier_group_id"])
    ignored = body.get("ignore_eligibility") or body.get("data_exchange_configuration")
    if not ignored and state.eligibility_of(group.id, carrier_id) != ELIGIBLE:
        raise Refusal(422, "The group is not eligible for a connection with this carrier")
    with_name = {**data, "group_name": group.name}
    return _request(state, group, carrier_id, with_name, request_type="incremental")


def retry(state: State, connection_id: str, body: Mapping[str, Any]) -> Connection:
    connection = find(state.connections, connection_id, "Group connection")
    if connection.status not in RETRYABLE_STATUSES:
        raise Refusal(422, "This group connection cannot be retried in its present state")
    carrier_group_id = body.get("carrier_group_id", connection.carrier_group_id)
    _check_carrier(state, connection.carrier_id, carrier_group_id, except_id=connection.id)
    retried = state.move_connection(connection, "processing", **body)
    state.start_script(retried)
    return retried


def _request(state: State, group: Group, carrier_id: str, data: dict[str, Any], **fields: object) -> Connection:
    connection = state.add_connection(carrier_id=carrier_id, group_id=group.id, **{**data, **fields})
    state.start_script(connection)
    return connection


def _check_carrier(state: State, carrier_id: str, carrier_group_id: str, except_id: str = "") -> None:
    rules = state.rules
    if rules.carriers is not None and carrier_id not in rules.carriers:
        raise Refusal(422, "carrier_id: this carrier is not activated")
    carrier_format = rules.formats.get(carrier_id)
    if carrier_format is not None and not re.fullmatch(carrier_format, carrier_group_id):
        raise Refusal(422, "carrier_group_id: not in this carrier's format")
    if state.has_connection(carrier_id, carrier_group_id, except_id):
        raise Refusal(409, "A group connection with this carrier and carrier group id exists")
