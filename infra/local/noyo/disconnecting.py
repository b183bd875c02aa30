"""infra/local/noyo: group disconnection requests and the decisions on them."""

from typing import Any

from .bodies import CONFIRM, EDIT, REJECT, disconnect_form
from .records import Disconnection
from .rules import Refusal
from .world import World, found

_STALE = {
    "409": "This is not the current version of the record",
    "404": "No such version of this record",
    "422": "version: not the current one",
}


def create(world: World, body: object) -> Disconnection:
    """A second request for the same group is taken too: Noyo documents no guard against doubles."""
    wanted = disconnect_form(world.rules).read(body)
    carrier_id, group_id = wanted["carrier_id"].lower(), wanted["group_id"].lower()
    group = found(world.groups, group_id, "Group")
    if group_id in world.rules.protected_groups:
        raise Refusal(403, "A protected group may not be disconnected")
    if not _is_connected(world, carrier_id, group_id):
        raise Refusal(422, "carrier_id: the group has no connection with this carrier")
    return world.keep_disconnection(
        carrier_id=carrier_id,
        group_id=group_id,
        group_name=group.name,
        source_type="platform",
        status="processing",
        effective_end_date=wanted["effective_end_date"],
        decided=world.now(),
    )


def edit(world: World, disconnection_id: str, version: str, body: object) -> Disconnection:
    disconnection = found(world.disconnections, disconnection_id, "Group disconnection request")
    wanted = EDIT.read(body)
    _refuse_stale(world, disconnection, version)
    return _decide(world, disconnection, wanted["status"], wanted)


def reject(world: World, disconnection_id: str, body: object) -> Disconnection:
    disconnection = found(world.disconnections, disconnection_id, "Group disconnection request")
    return _decide(world, disconnection, "rejected", REJECT.read({} if body is None else body))


def confirm(world: World, disconnection_id: str, body: object) -> Disconnection:
    disconnection = found(world.disconnections, disconnection_id, "Group disconnection request")
    return _decide(world, disconnection, "processing", CONFIRM.read({} if body is None else body))


def _decide(world: World, disconnection: Disconnection, status: str, wanted: dict[str, Any]) -> Disconnection:
    if disconnection.status != "needs_review":
        raise Refusal(409, "This request is no longer waiting for a decision")
    end_date = wanted.get("effective_end_date", disconnection.effective_end_date)
    if status == "processing" and end_date is None:
        raise Refusal(422, "effective_end_date: missing, and not set on the request")
    return world.move_disconnection(disconnection, status, effective_end_date=end_date, decided=world.now())


def _refuse_stale(world: World, disconnection: Disconnection, version: str) -> None:
    rule = world.rules.stale_version
    if version != disconnection.version and rule != "ignored":
        raise Refusal(int(rule), _STALE[rule])


def _is_connected(world: World, carrier_id: str, group_id: str) -> bool:
    return any(
        known.carrier_id == carrier_id and known.group_id == group_id for known in world.connections.values()
    )
