"""Measures the AWS usage of each kind of event with the real handlers on moto and the fakes of Slack and Noyo.

`python -m tests.infra.cost.measuring` updates infra/cost/measured.json.
"""

from __future__ import annotations

import contextlib
import io
import json
import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from unittest import mock

from moto.core import DEFAULT_ACCOUNT_ID as ACCOUNT
from moto.dynamodb.models import dynamodb_backends

import handlers.execute_operations
import handlers.notify
import handlers.noyo_webhook
import handlers.poll
import handlers.slack
from infra.cost.counts import Counts, write_measured
from infra.local.aws.table import read_template
from infra.local.slack import Message
from tests.aws import REGION, worker_client
from tests.conftest import pytest_configure
from tests.handlers.test_noyo_webhook import event
from tests.system import ALERTS, ANA, CONNECTIONS, DECISIONS, System, blocks_of

MODULES = (handlers.slack, handlers.noyo_webhook, handlers.execute_operations, handlers.notify, handlers.poll)
TRIGGERED = {"OPERATION": handlers.execute_operations, "OUTBOX": handlers.notify}
ROWS = 12
GROUP_NAMES = [f"Known {letter}" for letter in "klmnopqrstuv"]
"""Words that match no part of a random hexadecimal id, so that the measured search always finds one record."""
SCHEDULED = (handlers.execute_operations, handlers.notify, handlers.poll)
INDEXES: dict[str, tuple[str, ...]] = {
    index["IndexName"]: tuple(key["AttributeName"] for key in index["KeySchema"])
    for index in read_template()["Resources"]["Table"]["Properties"]["GlobalSecondaryIndexes"]
}
Item = dict[str, Any]
Key = tuple[str, str]


class Context:
    aws_request_id = "measured"

    def get_remaining_time_in_millis(self) -> int:
        return 300_000


class Meter:
    """Counts DynamoDB's capacity units from the items before and after each call."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.counts = Counts()
        self.inserted: list[str] = []
        self._before: dict[Key, Item] = {}

    def start(self) -> None:
        for service, on in ((service, on) for service in ("dynamodb", "kms") for on in self._event_hooks()):
            worker_client(service).meta.events.register(*on)

    def stop(self) -> None:
        for service, on in ((service, on) for service in ("dynamodb", "kms") for on in self._event_hooks()):
            worker_client(service).meta.events.unregister(*on)

    def add(self, **more: float) -> None:
        self.counts += Counts(**more)

    def _event_hooks(self) -> list[tuple[str, Callable[..., None]]]:
        return [("provide-client-params.*.*", self._before_call), ("after-call.*.*", self._after_call)]

    def _items(self, keys: Iterable[Key]) -> dict[Key, Item]:
        """The current items, read directly from moto, so that the read is not counted."""
        engine, table = dynamodb_backends[ACCOUNT][REGION], self.system.settings.aws.table
        items = {key: engine.get_item(table, {"pk": {"S": key[0]}, "sk": {"S": key[1]}}) for key in keys}
        return {key: item.to_json()["Attributes"] if item else {} for key, item in items.items()}

    def _before_call(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        if model.name == "TransactWriteItems":
            parts = [part for written in params["TransactItems"] for part in written.values()]
            keys = [part.get("Key") or part["Item"] for part in parts]
            self._before = self._items((key["pk"]["S"], key["sk"]["S"]) for key in keys)

    def _after_call(self, model: Any, parsed: Any, http_response: Any, **_: Any) -> None:
        if model.service_model.service_name == "kms":
            self.add(kms_calls=1)
            return
        self.add(dynamodb_calls=1)
        if model.name == "TransactWriteItems" and http_response.status_code == 200:
            self._written()
        elif model.name == "GetItem":
            self.add(read_units=_reads([parsed["Item"]] if "Item" in parsed else []))
        elif model.name == "BatchGetItem":
            for item in parsed["Responses"].get(self.system.settings.aws.table, []):
                self.add(read_units=_reads([item]))
        elif model.name == "Query":
            self.add(read_units=_reads(parsed.get("Items", [])))

    def _written(self) -> None:
        """Two units for each kilobyte of the larger image of an item, one for each changed index entry."""
        for key, new in self._items(self._before).items():
            old = self._before[key]
            self.add(write_units=2 * max(1, math.ceil(max(_size(old), _size(new)) / 1024)))
            self.add(write_units=sum(_index_writes(old, new, names) for names in INDEXES.values()))
            self.add(permanent_bytes=_permanent(new) - _permanent(old), expiring_bytes=_expiring(new) - _expiring(old))
            if not old and key[0].partition("#")[0] in TRIGGERED:
                self.inserted.append(key[0])


def _index_writes(old: Item, new: Item, keys: tuple[str, ...]) -> int:
    before, after = ([item.get(key) for key in keys] for item in (old, new))
    return 0 if before == after else int(all(before)) + int(all(after))


def _size(item: Item) -> int:
    return sum(len(name) + len(json.dumps(value)) - 8 for name, value in item.items())


def _permanent(item: Item) -> int:
    return 0 if "expires" in item else _size(item)


def _expiring(item: Item) -> int:
    return _size(item) - _permanent(item)


def _reads(items: list[Item]) -> float:
    """Units of a consistent read; at least one, also for an empty result. Index reads would cost half."""
    return max(1, math.ceil(sum(map(_size, items)) / 4096))


class Simulation:
    """Calls the handlers like AWS, with one stream record in each invocation, immediately."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.meter = Meter(system)

    def measure(self, act: Callable[[], object], *, people: int = 0) -> Counts:
        """The usage of `act` and of all workers that it triggers. `people`: the number of requests to the receivers."""
        self.meter.counts, self.meter.inserted = Counts(), []
        noyo, slack = len(self.system.noyo.requests), len(self.system.slack.calls)
        out = io.StringIO()
        self.meter.start()
        try:
            with contextlib.redirect_stdout(out):
                act()
                self._trigger()
        finally:
            self.meter.stop()
        return self.meter.counts + Counts(
            invocations=people,
            requests=people,
            noyo_calls=len(self.system.noyo.requests) - noyo,
            slack_calls=len(self.system.slack.calls) - slack,
            log_bytes=len(out.getvalue()),
        )

    def _trigger(self) -> None:
        while self.meter.inserted:
            pk = self.meter.inserted.pop(0)
            self.meter.add(invocations=1)
            module: Any = TRIGGERED[pk.partition("#")[0]]
            module.handler({"Records": [_record(pk)]}, Context())

    def minute(self) -> None:
        """Runs each schedule once."""
        self.system.wait(60)
        for module in SCHEDULED:
            self.call(module)

    def call(self, module: Any) -> None:
        self.meter.add(invocations=1)
        module.handler({}, Context())

    def poll(self) -> None:
        self.system.wait(60)
        handlers.poll.handler({}, Context())


def _record(pk: str) -> dict[str, Any]:
    return {"eventName": "INSERT", "dynamodb": {"Keys": {"pk": {"S": pk}, "sk": {"S": "X"}}}}


@contextlib.contextmanager
def run_simulation() -> Iterator[Simulation]:
    with contextlib.ExitStack() as stack:
        system = stack.enter_context(System(APPROVERS=ANA, POLL_SECONDS="60"))
        for module in MODULES:
            stack.enter_context(mock.patch.object(module, "deployment", return_value=system.bot))
        discarded = io.StringIO()
        with contextlib.redirect_stdout(discarded):
            simulation = Simulation(system)
            simulation.minute()
            simulation.minute()
            system.slack.command(ANA, CONNECTIONS, "/noyo", "help")
        yield simulation


def measure() -> dict[str, Counts]:
    """The usage by kind of event, without the usage of an idle poll."""
    with run_simulation() as simulation:
        system = simulation.system
        connection_ids = [
            system.noyo.add_connection(group_name=name, status="processing")["id"] for name in GROUP_NAMES
        ]
        for _ in range(5):
            simulation.measure(simulation.minute)
        measured = {"minute": simulation.measure(simulation.minute)}
        idle = simulation.measure(simulation.poll)
        changed = simulation.measure(
            lambda: (system.noyo.move_connection(connection_ids[0], "pending_implementation"), simulation.poll())
        )
        measured["change"] = _difference(changed, idle)
        failed = simulation.measure(
            lambda: (system.noyo.move_connection(connection_ids[1], "unable_to_connect", error="No"), simulation.poll())
        )
        measured["alert"] = _difference(failed, idle)
        system.noyo.move_connection(connection_ids[2], "pending_implementation")
        measured["change by webhook"] = simulation.measure(lambda: _webhook(connection_ids[2]), people=1)
        measured["request"] = simulation.measure(system.request_connection, people=2)
        alert = _message(system, ALERTS, "retry")
        measured["retry"] = simulation.measure(
            lambda: system.retry(ANA, ALERTS, alert.ts, carrier_group_id="778"), people=2
        )
        measured["refresh"] = simulation.measure(
            lambda: system.slack.command(ANA, CONNECTIONS, "/noyo", f"status {GROUP_NAMES[3]}"), people=1
        )
        measured["disconnection"] = _difference(simulation.measure(lambda: _request_disconnection(simulation)), idle)
        measured["decision"] = simulation.measure(lambda: _approve(system), people=2)
        measured["compared record"] = _compared_record(simulation)
        measured["discovered"] = _discovered_connection()
    return measured


def _difference(counts: Counts, idle: Counts) -> Counts:
    return counts + idle * -1


def _webhook(record_id: str) -> None:
    answer = handlers.noyo_webhook.handler(event(record_id), Context())
    assert answer["statusCode"] == 200, answer


def _request_disconnection(simulation: Simulation) -> None:
    connection = simulation.system.noyo.connections()[5]
    simulation.system.noyo.carrier_requests_disconnection(
        carrier_id=connection["carrier_id"],
        group_id=connection["group_id"],
        group_name=GROUP_NAMES[5],
        effective_end_date="2027-01-31",
    )
    simulation.poll()


def _approve(system: System) -> None:
    card = _message(system, DECISIONS, "approve")
    system.slack.click(ANA, DECISIONS, card.ts, "approve")
    view = system.slack.view_of(ANA)
    assert view is not None
    reply = system.slack.submit(ANA, view.id, {})
    assert reply.errors == {}, reply.errors


def _message(system: System, channel: str, button: str) -> Message:
    """The newest message with that button."""
    messages = reversed(system.slack.channel(channel))
    return next(message for message in messages if f'"{button}"' in blocks_of(message))


def _compared_record(simulation: Simulation) -> Counts:
    """The additional usage of the daily comparison for one more record."""
    few = _full_comparison(simulation)
    for number in range(ROWS):
        simulation.system.noyo.add_connection(group_name=f"More {number}", status="completed")
    simulation.measure(simulation.minute)
    simulation.measure(simulation.minute)
    return _difference(_full_comparison(simulation), few) * (1 / ROWS)


def _full_comparison(simulation: Simulation) -> Counts:
    simulation.system.wait(25 * 3600)
    return simulation.measure(simulation.poll)


def _discovered_connection() -> Counts:
    """A connection that was created without Switchboard: its items and its card."""
    with run_simulation() as simulation:
        for number in range(ROWS):
            simulation.system.noyo.add_connection(group_name=f"There Before {number}", status="completed")
        return simulation.measure(simulation.poll) * (1 / ROWS)


if __name__ == "__main__":
    pytest_configure()
    write_measured(measure())
