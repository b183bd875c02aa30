"""Counts what each thing that happens asks of AWS, in a world where the real handlers run on moto and the stand-ins.

`python -m tests.infra.cost.measuring` writes it to infra/cost/measured.json.
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
from infra.local.slack import Message
from infra.local.table import read_template
from tests.aws import REGION, worker_client
from tests.conftest import pytest_configure
from tests.handlers.test_noyo_webhook import event
from tests.world import ALERTS, ANA, CONNECTIONS, DECISIONS, World, blocks_of

MODULES = (handlers.slack, handlers.noyo_webhook, handlers.execute_operations, handlers.notify, handlers.poll)
WOKEN = {"OPERATION": handlers.execute_operations, "OUTBOX": handlers.notify}
ROWS = 12
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
    """Counts what goes over the table's wire by DynamoDB's own rules, from the items before and after each call."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.counts = Counts()
        self.inserted: list[str] = []
        self._before: dict[Key, Item] = {}

    def start(self) -> None:
        for service, on in ((service, on) for service in ("dynamodb", "kms") for on in self._listening()):
            worker_client(service).meta.events.register(*on)

    def stop(self) -> None:
        for service, on in ((service, on) for service in ("dynamodb", "kms") for on in self._listening()):
            worker_client(service).meta.events.unregister(*on)

    def add(self, **more: float) -> None:
        self.counts += Counts(**more)

    def _listening(self) -> list[tuple[str, Callable[..., None]]]:
        return [("provide-client-params.*.*", self._asked), ("after-call.*.*", self._answered)]

    def _items(self, keys: Iterable[Key]) -> dict[Key, Item]:
        """As they are in the table; read behind the engine's back, so that nothing counts it."""
        engine, table = dynamodb_backends[ACCOUNT][REGION], self.world.settings.aws.table
        held = {key: engine.get_item(table, {"pk": {"S": key[0]}, "sk": {"S": key[1]}}) for key in keys}
        return {key: item.to_json()["Attributes"] if item else {} for key, item in held.items()}

    def _asked(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        if model.name == "TransactWriteItems":
            parts = [part for written in params["TransactItems"] for part in written.values()]
            keys = [part.get("Key") or part["Item"] for part in parts]
            self._before = self._items((key["pk"]["S"], key["sk"]["S"]) for key in keys)

    def _answered(self, model: Any, parsed: Any, http_response: Any, **_: Any) -> None:
        if model.service_model.service_name == "kms":
            self.add(kms_calls=1)
            return
        self.add(dynamodb_calls=1)
        if model.name == "TransactWriteItems" and http_response.status_code == 200:
            self._written()
        elif model.name == "GetItem":
            self.add(read_units=_reads([parsed["Item"]] if "Item" in parsed else []))
        elif model.name == "BatchGetItem":
            for item in parsed["Responses"].get(self.world.settings.aws.table, []):
                self.add(read_units=_reads([item]))
        elif model.name == "Query":
            self.add(read_units=_reads(parsed.get("Items", [])))

    def _written(self) -> None:
        """Two units a kilobyte of the larger image for each part, one for each entry of an index that moved."""
        for key, new in self._items(self._before).items():
            old = self._before[key]
            self.add(write_units=2 * max(1, math.ceil(max(_size(old), _size(new)) / 1024)))
            self.add(write_units=sum(_moved(old, new, names) for names in INDEXES.values()))
            self.add(kept_bytes=_staying(new) - _staying(old), expiring_bytes=_expiring(new) - _expiring(old))
            if not old and key[0].partition("#")[0] in WOKEN:
                self.inserted.append(key[0])


def _moved(old: Item, new: Item, keys: tuple[str, ...]) -> int:
    before, after = ([item.get(key) for key in keys] for item in (old, new))
    was, is_ = all(before), all(after)
    return 0 if before == after or not (was or is_) else int(was) + int(is_)


def _size(item: Item) -> int:
    return sum(len(name) + len(json.dumps(value)) - 8 for name, value in item.items())


def _staying(item: Item) -> int:
    return 0 if "expires" in item else _size(item)


def _expiring(item: Item) -> int:
    return _size(item) - _staying(item)


def _reads(items: list[Item]) -> float:
    """Consistent; at least one unit, for nothing found as well. Of an index it would be half."""
    return max(1, math.ceil(sum(map(_size, items)) / 4096))


class Scene:
    """A world whose handlers are called as AWS calls them: one record of the stream an invocation, at once."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.meter = Meter(world)

    def of(self, act: Callable[[], object], *, people: int = 0) -> Counts:
        """What `act`, and all that it wakes, asks for. `people`: how many requests of Slack's it is."""
        self.meter.counts, self.meter.inserted = Counts(), []
        noyo, slack = len(self.world.noyo.requests), len(self.world.slack.calls)
        out = io.StringIO()
        self.meter.start()
        try:
            with contextlib.redirect_stdout(out):
                act()
                self._wakes()
        finally:
            self.meter.stop()
        return self.meter.counts + Counts(
            invocations=people,
            requests=people,
            noyo_calls=len(self.world.noyo.requests) - noyo,
            slack_calls=len(self.world.slack.calls) - slack,
            log_bytes=len(out.getvalue()),
        )

    def _wakes(self) -> None:
        while self.meter.inserted:
            pk = self.meter.inserted.pop(0)
            self.meter.add(invocations=1)
            module: Any = WOKEN[pk.partition("#")[0]]
            module.handler({"Records": [_record(pk)]}, Context())

    def minute(self) -> None:
        """The schedules, once each."""
        self.world.wait(60)
        for module in SCHEDULED:
            self.call(module)

    def call(self, module: Any) -> None:
        self.meter.add(invocations=1)
        module.handler({}, Context())

    def poll(self) -> None:
        self.world.wait(60)
        handlers.poll.handler({}, Context())


def _record(pk: str) -> dict[str, Any]:
    return {"eventName": "INSERT", "dynamodb": {"Keys": {"pk": {"S": pk}, "sk": {"S": "X"}}}}


@contextlib.contextmanager
def scene() -> Iterator[Scene]:
    with contextlib.ExitStack() as stack:
        world = stack.enter_context(World(APPROVERS=ANA, POLL_SECONDS="60"))
        for module in MODULES:
            stack.enter_context(mock.patch.object(module, "deployment", return_value=world.bot))
        stack.enter_context(mock.patch("bot.lambda_context.time.time", world.clock))
        quiet = io.StringIO()
        with contextlib.redirect_stdout(quiet):
            made = Scene(world)
            made.minute()
            made.minute()
            world.slack.command(ANA, CONNECTIONS, "/noyo", "help")
        yield made


def measure() -> dict[str, Counts]:
    """By what happens; a minute in which nothing does is taken off what takes one."""
    with scene() as here:
        world = here.world
        known = [
            world.noyo.add_connection(group_name=f"Known {n}", status="processing")["id"] for n in range(ROWS)
        ]
        for _ in range(5):
            here.of(here.minute)
        found = {"minute": here.of(here.minute)}
        idle = here.of(here.poll)
        moved = here.of(lambda: (world.noyo.move_connection(known[0], "pending_implementation"), here.poll()))
        found["change"] = _less(moved, idle)
        failed = here.of(
            lambda: (world.noyo.move_connection(known[1], "unable_to_connect", error="No"), here.poll())
        )
        found["alert"] = _less(failed, idle)
        world.noyo.move_connection(known[2], "pending_implementation")
        found["change by webhook"] = here.of(lambda: _webhook(known[2]), people=1)
        found["request"] = here.of(world.asks, people=2)
        alert = _message(world, ALERTS, "retry")
        found["retry"] = here.of(
            lambda: world.retries(ANA, ALERTS, alert.ts, carrier_group_id="778"), people=2
        )
        found["look"] = here.of(
            lambda: world.slack.command(ANA, CONNECTIONS, "/noyo", "status Known 3"), people=1
        )
        found["disconnection"] = _less(here.of(lambda: _disconnection(here)), idle)
        found["decision"] = here.of(lambda: _decides(world), people=2)
        found["swept row"] = _a_row_of_a_sweep(here)
        found["found"] = _noted()
    return found


def _less(counts: Counts, idle: Counts) -> Counts:
    return counts + idle * -1


def _webhook(record_id: str) -> None:
    answer = handlers.noyo_webhook.handler(event(record_id), Context())
    assert answer["statusCode"] == 200, answer


def _disconnection(here: Scene) -> None:
    one = here.world.noyo.connections()[5]
    here.world.noyo.carrier_asks_disconnection(
        carrier_id=one["carrier_id"],
        group_id=one["group_id"],
        group_name="Known 5",
        effective_end_date="2027-01-31",
    )
    here.poll()


def _decides(world: World) -> None:
    card = _message(world, DECISIONS, "approve")
    world.slack.click(ANA, DECISIONS, card.ts, "approve")
    view = world.slack.view_of(ANA)
    assert view is not None
    reply = world.slack.submit(ANA, view.id, {})
    assert reply.errors == {}, reply.errors


def _message(world: World, channel: str, button: str) -> Message:
    """The newest with such a button."""
    return next(one for one in reversed(world.slack.channel(channel)) if f'"{button}"' in blocks_of(one))


def _a_row_of_a_sweep(here: Scene) -> Counts:
    """The difference that more rows make to the poll that compares everything, once a day."""
    few = _sweep(here)
    for number in range(ROWS):
        here.world.noyo.add_connection(group_name=f"More {number}", status="completed")
    here.of(here.minute)
    here.of(here.minute)
    return _less(_sweep(here), few) * (1 / ROWS)


def _sweep(here: Scene) -> Counts:
    here.world.wait(25 * 3600)
    return here.of(here.poll)


def _noted() -> Counts:
    """A connection that was made elsewhere: what is kept of it, and the card it gets."""
    with scene() as fresh:
        for number in range(ROWS):
            fresh.world.noyo.add_connection(group_name=f"There Before {number}", status="completed")
        return fresh.of(fresh.poll) * (1 / ROWS)


if __name__ == "__main__":
    pytest_configure()
    write_measured(measure())
