"""infra/local/noyo: everything Noyo knows, and how records change by themselves with the clock."""

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from .records import Connection, Disconnection, Group, new_id
from .rules import Refusal, Rules, Step
from .webhooks import Webhooks

Record = TypeVar("Record", Group, Connection, Disconnection)
Breakage = Callable[[dict[str, Any]], object]


class World:
    """The state behind one stand-in. Callers hold `lock`; only the facade and the desk do so."""

    def __init__(self, clock: Callable[[], float], rules: Rules) -> None:
        self.clock = clock
        self.rules = rules
        self.lock = threading.RLock()
        self.organization_id = new_id()
        self.groups: dict[str, Group] = {}
        self.connections: dict[str, Connection] = {}
        self.disconnections: dict[str, Disconnection] = {}
        self.eligibility: dict[tuple[str, str], str] = {}
        self.broken: dict[str, Breakage] = {}
        self.scripts: dict[str, tuple[Step, ...]] = {}
        self._plans: dict[str, tuple[float, tuple[Step, ...]]] = {}
        self.webhooks = Webhooks(clock)

    def now(self) -> int:
        return int(self.clock())

    def fresh(self, **given: object) -> dict[str, Any]:
        """What every new record has, overlaid with what is given."""
        created = given.get("created", self.now())
        return {
            "id": new_id(),
            "version": new_id(),
            "created": created,
            "modified": created,
            "organization_id": self.organization_id,
            **given,
        }

    def changed(self, record: Record, at: float | None = None, **fields: Any) -> Record:
        """The record after a change: another version always, a later `modified` unless frozen."""
        moment = self.now() if at is None else int(at)
        modified = record.modified if self.rules.freeze_modified else moment
        return replace(record, **{"version": new_id(), "modified": modified, **fields})

    # --- groups and connections

    def keep_group(self, **fields: object) -> Group:
        group = Group(**self.fresh(**fields))
        self.groups[group.id] = group
        return group

    def keep_connection(self, **fields: object) -> Connection:
        connection = Connection(**self.fresh(**fields))
        self.connections[connection.id] = connection
        self.webhooks.happened("group_connection_request.created", connection.id, self.clock())
        return connection

    def move_connection(
        self,
        connection: Connection,
        status: str,
        error: str | None = None,
        at: float | None = None,
        **fields: Any,
    ) -> Connection:
        moment = self.now() if at is None else int(at)
        completed = {"completed": moment} if status == "completed" else {}
        result = {"setup_result": {"error": error} if error else {}}
        told = {"status": status, **result, **completed, **fields}
        moved = self.changed(connection, at, **told)
        self.connections[moved.id] = moved
        if status != connection.status:
            self.webhooks.happened("group_connection_request.status_change", moved.id, self.clock())
        return moved

    def is_taken(self, carrier_id: str, carrier_group_id: str, besides: str = "") -> bool:
        return any(
            known.carrier_id == carrier_id and known.carrier_group_id == carrier_group_id
            for known in self.connections.values()
            if known.id != besides
        )

    # --- lives by the clock

    def begin_life(self, connection: Connection) -> None:
        """From now on the connection goes through its id's script, or the default one."""
        steps = self.scripts.get(connection.carrier_group_id, self.rules.settle_script)
        self.end_life(connection.id)
        if steps:
            self._plans[connection.id] = (self.clock(), as_script(steps))

    def end_life(self, connection_id: str) -> None:
        self._plans.pop(connection_id, None)

    def catch_up(self) -> None:
        """Let everything happen whose time has come, at the second at which it was due."""
        now = self.clock()
        for connection_id, (start, steps) in list(self._plans.items()):
            due = [step for step in steps if start + step.after_seconds <= now]
            for step in due:
                self._live(connection_id, step, start + step.after_seconds)
            rest = steps[len(due) :]
            if rest:
                self._plans[connection_id] = (start, rest)
            else:
                self.end_life(connection_id)

    def _live(self, connection_id: str, step: Step, at: float) -> None:
        connection = self.connections[connection_id]
        stays = connection.status == step.status
        if not stays or connection.setup_result.get("error") != step.error:
            self.move_connection(connection, step.status, step.error, at)

    # --- disconnections

    def keep_disconnection(self, **fields: object) -> Disconnection:
        disconnection = Disconnection(**self.fresh(**{"source_id": new_id(), **fields}))
        self.disconnections[disconnection.id] = disconnection
        self.webhooks.happened("group_disconnection_request.created", disconnection.id, self.clock())
        return disconnection

    def move_disconnection(self, disconnection: Disconnection, status: str, **fields: Any) -> Disconnection:
        completed = {"completed": self.now()} if status == "completed" else {}
        moved = self.changed(disconnection, **{"status": status, **completed, **fields})
        self.disconnections[moved.id] = moved
        if status != disconnection.status:
            self.webhooks.happened("group_disconnection_request.status_change", moved.id, self.clock())
        return moved

    # --- reading

    def forget(self, record_id: str) -> None:
        self.end_life(record_id)
        gone = [
            self.connections.pop(record_id, None),
            self.disconnections.pop(record_id, None),
            self.groups.pop(record_id, None),
        ]
        if not any(gone):
            raise KeyError(record_id)


def found(records: Mapping[str, Record], record_id: str, kind: str) -> Record:
    try:
        return records[record_id]
    except KeyError:
        raise Refusal(404, f"{kind} not found") from None


def as_script(steps: Iterable[tuple[Any, ...]]) -> tuple[Step, ...]:
    """Steps given as plain tuples, in the order in which they fall due."""
    script = tuple(Step(*step) for step in steps)
    if list(script) != sorted(script, key=lambda step: step.after_seconds):
        raise ValueError("the steps of a script must be in the order of their seconds")
    return script
