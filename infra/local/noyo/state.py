"""The fake's state, and the scripts by which connections change over time."""

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from infra.local.noyo.records import Connection, Disconnection, Group, new_id
from infra.local.noyo.rules import Refusal, Rules, Step
from infra.local.noyo.webhooks import Webhooks

ELIGIBLE = "eligible"
Record = TypeVar("Record", Group, Connection, Disconnection)
Corruption = Callable[[dict[str, Any]], object]


class State:
    """Callers hold `lock`: `NoyoFake` and `Service` do."""

    def __init__(self, clock: Callable[[], float], rules: Rules) -> None:
        self.clock = clock
        self.rules = rules
        self.lock = threading.RLock()
        self.organization_id = new_id()
        self.groups: dict[str, Group] = {}
        self.connections: dict[str, Connection] = {}
        self.disconnections: dict[str, Disconnection] = {}
        self.eligibility: dict[tuple[str, str], str] = {}
        self.corruptions: dict[str, Corruption] = {}
        self.scripts: dict[str, tuple[Step, ...]] = {}
        self._running_scripts: dict[str, tuple[float, tuple[Step, ...]]] = {}
        self._removed: dict[str, Connection | Disconnection | None] = {}
        self.webhooks = Webhooks(clock)

    def now(self) -> int:
        return int(self.clock())

    def new_fields(self, **given: object) -> dict[str, Any]:
        """The fields of every new record, overridden by the given ones."""
        created = given.get("created", self.now())
        return {
            "id": new_id(),
            "version": new_id(),
            "created": created,
            "modified": created,
            "organization_id": self.organization_id,
            **given,
        }

    def with_changes(self, record: Record, at: float | None = None, **fields: Any) -> Record:
        """The changed record: always a new version, and a later `modified` unless a rule freezes it."""
        moment = self.now() if at is None else int(at)
        modified = record.modified if self.rules.freeze_modified else moment
        return replace(record, **{"version": new_id(), "modified": modified, **fields})

    # --- groups and connections

    def eligibility_of(self, group_id: str, carrier_id: str) -> str:
        return self.eligibility.get((group_id, carrier_id), ELIGIBLE)

    def add_group(self, **fields: object) -> Group:
        group = Group(**self.new_fields(**fields))
        self.groups[group.id] = group
        return group

    def add_connection(self, **fields: object) -> Connection:
        connection = Connection(**self.new_fields(**fields))
        self.connections[connection.id] = connection
        self.webhooks.record("group_connection_request.created", connection.id, self.clock())
        return connection

    def move_connection(
        self, connection: Connection, status: str, error: str | None = None, at: float | None = None, **fields: Any
    ) -> Connection:
        moment = self.now() if at is None else int(at)
        completed = {"completed": moment} if status == "completed" else {}
        result = {"setup_result": {"error": error} if error else {}}
        changes = {"status": status, **result, **completed, **fields}
        changed = self.with_changes(connection, at, **changes)
        self.connections[changed.id] = changed
        if status != connection.status:
            self.webhooks.record("group_connection_request.status_change", changed.id, self.clock())
        return changed

    def has_connection(self, carrier_id: str, carrier_group_id: str, except_id: str = "") -> bool:
        return any(
            known.carrier_id == carrier_id and known.carrier_group_id == carrier_group_id
            for known in self.connections.values()
            if known.id != except_id
        )

    # --- scripts

    def start_script(self, connection: Connection) -> None:
        """Starts the script for the carrier group id, or the default one."""
        steps = self.scripts.get(connection.carrier_group_id, self.rules.settle_script)
        self.stop_script(connection.id)
        if steps:
            self._running_scripts[connection.id] = (self.clock(), as_script(steps))

    def stop_script(self, connection_id: str) -> None:
        self._running_scripts.pop(connection_id, None)

    def apply_due_steps(self) -> None:
        """Applies the script steps that are due, each with the time at which it was due."""
        now = self.clock()
        for connection_id, (start, steps) in list(self._running_scripts.items()):
            due = [step for step in steps if start + step.after_seconds <= now]
            for step in due:
                self._apply_step(connection_id, step, start + step.after_seconds)
            rest = steps[len(due) :]
            if rest:
                self._running_scripts[connection_id] = (start, rest)
            else:
                self.stop_script(connection_id)

    def _apply_step(self, connection_id: str, step: Step, at: float) -> None:
        connection = self.connections[connection_id]
        stays = connection.status == step.status
        if not stays or connection.setup_result.get("error") != step.error:
            self.move_connection(connection, step.status, step.error, at)

    # --- disconnections

    def add_disconnection(self, **fields: object) -> Disconnection:
        disconnection = Disconnection(**self.new_fields(**{"source_id": new_id(), **fields}))
        self.disconnections[disconnection.id] = disconnection
        self.webhooks.record("group_disconnection_request.created", disconnection.id, self.clock())
        return disconnection

    def move_disconnection(self, disconnection: Disconnection, status: str, **fields: Any) -> Disconnection:
        completed = {"completed": self.now()} if status == "completed" else {}
        changed = self.with_changes(disconnection, **{"status": status, **completed, **fields})
        self.disconnections[changed.id] = changed
        if status != disconnection.status:
            self.webhooks.record("group_disconnection_request.status_change", changed.id, self.clock())
        return changed

    # --- removing

    def remove(self, record_id: str) -> None:
        self.stop_script(record_id)
        removed = (
            self.connections.pop(record_id, None),
            self.disconnections.pop(record_id, None),
            self.groups.pop(record_id, None),
        )
        if not any(removed):
            raise KeyError(record_id)
        self._removed[record_id] = removed[0] or removed[1]

    def restore(self, record_id: str) -> None:
        removed = self._removed.pop(record_id)
        if isinstance(removed, Connection):
            self.connections[record_id] = removed
        elif isinstance(removed, Disconnection):
            self.disconnections[record_id] = removed


def find(records: Mapping[str, Record], record_id: str, kind: str) -> Record:
    try:
        return records[record_id]
    except KeyError:
        raise Refusal(404, f"{kind} not found") from None


def as_script(steps: Iterable[tuple[Any, ...]]) -> tuple[Step, ...]:
    """The steps as a script. Raises ValueError unless they are in the order of their seconds."""
    script = tuple(Step(*step) for step in steps)
    if list(script) != sorted(script, key=lambda step: step.after_seconds):
        raise ValueError("the steps of a script must be in the order of their seconds")
    return script
