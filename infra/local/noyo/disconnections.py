"""Group disconnection requests and the decisions on them."""

from collections.abc import Mapping
from typing import Any

from infra.local.noyo.records import Disconnection
from infra.local.noyo.rules import Refusal
from infra.local.noyo.state import State, find

_STALE = {
    "409": "This is not the current version of the record",
    "404": "No such version of this record",
    "422": "version: not the current one",
}


def create(state: State, body: Mapping[str, Any]) -> Disconnection:
    """Accepts a second request for the same group too: Noyo documents no protection against duplicates."""
    if body.get("reason") not in (None, *state.rules.create_reasons):
        raise Refusal(422, "reason: not one of its choices")
    carrier_id, group_id = body["carrier_id"].lower(), body["group_id"].lower()
    group = find(state.groups, group_id, "Group")
    if group_id in state.rules.protected_groups:
        raise Refusal(403, "A protected group may not be disconnected")
    if not _is_connected(state, carrier_id, group_id):
        raise Refusal(422, "carrier_id: the group has no connection with this carrier")
    return state.add_disconnection(
        carrier_id=carrier_id,
        group_id=group_id,
        group_name=group.name,
        source_type="platform",
        status="processing",
        effective_end_date=body["effective_end_date"],
        decided=state.now(),
    )


def edit(state: State, disconnection_id: str, version: str, body: Mapping[str, Any]) -> Disconnection:
    disconnection = find(state.disconnections, disconnection_id, "Group disconnection request")
    _check_version(state, disconnection, version)
    return _decide(state, disconnection, body["status"], body)


def reject(state: State, disconnection_id: str, body: Mapping[str, Any]) -> Disconnection:
    disconnection = find(state.disconnections, disconnection_id, "Group disconnection request")
    return _decide(state, disconnection, "rejected", body)


def confirm(state: State, disconnection_id: str, body: Mapping[str, Any]) -> Disconnection:
    disconnection = find(state.disconnections, disconnection_id, "Group disconnection request")
    return _decide(state, disconnection, "processing", body)


def _decide(state: State, disconnection: Disconnection, status: str, body: Mapping[str, Any]) -> Disconnection:
    if disconnection.status != "needs_review":
        raise Refusal(409, "This request is no longer waiting for a decision")
    end_date = body.get("effective_end_date", disconnection.effective_end_date)
    if status == "processing" and end_date is None:
        raise Refusal(422, "effective_end_date: missing, and not set on the request")
    return state.move_disconnection(disconnection, status, effective_end_date=end_date, decided=state.now())


def _check_version(state: State, disconnection: Disconnection, version: str) -> None:
    rule = state.rules.stale_version
    if version != disconnection.version and rule != "ignored":
        raise Refusal(int(rule), _STALE[rule])


def _is_connected(state: State, carrier_id: str, group_id: str) -> bool:
    return any(known.carrier_id == carrier_id and known.group_id == group_id for known in state.connections.values())
