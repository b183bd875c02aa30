"""What wakes whom: the filters of the translated template against the stream of a Switchboard that really ran."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.dynamodb.stream import event_ids, operation_ids, refresh_ids
from infra.local.patterns import checked, matches
from infra.stack.permissions import kind_of
from tests.handlers.test_stream_triggers import confirm_one
from tests.template.stack import Stack
from tests.world import ANA, BEN, CONNECTIONS, World

pytestmark = pytest.mark.template

Record = dict[str, Any]


def triggered_ids(event: object) -> list[str]:
    return [*operation_ids(event), *refresh_ids(event)]


READ_BY = {"ExecuteOperationsFunction": triggered_ids, "NotifyFunction": event_ids}


@pytest.fixture(scope="module")
def records() -> list[Record]:
    """A request from the form to the card, a refusal, a disconnection that two wanted, and everything that was written
    on the way."""
    with World(streams=True, APPROVERS=f"{ANA},{BEN}") as world:
        world.noyo.add_connection(group_name="Elsewhere", status="processing")
        world.poll()
        world.notify()
        world.asks()
        world.settle()
        world.wait(60)
        world.noyo.move_connection(world.noyo.connections()[-1]["id"], "unable_to_connect")
        world.settle()
        assert world.slack.channel(CONNECTIONS)
        confirm_one(world)
        return list(world.stream())


def woken_by(stack: Stack, record: Record) -> set[str]:
    return {
        function
        for mapping in stack.of_type("AWS::Lambda::EventSourceMapping").values()
        for one in mapping["FilterCriteria"]["Filters"]
        for function in stack.functions
        if mapping["FunctionName"]["Ref"] == stack.alias_of(function)
        and matches(checked(json.loads(one["Pattern"])), record)
    }


def test_the_run_wrote_what_the_filters_are_there_to_tell_apart(records: list[Record]) -> None:
    told = {(one["eventName"], kind_of(one["dynamodb"]["Keys"]["pk"]["S"])) for one in records}

    assert {
        ("INSERT", "OPERATION#*"),
        ("MODIFY", "OPERATION#*"),
        ("INSERT", "OUTBOX#*"),
        ("MODIFY", "OUTBOX#*"),
    } <= told
    assert {
        ("INSERT", "AUDIT#*"),
        ("INSERT", "LOCK#*"),
        ("REMOVE", "LOCK#*"),
        ("INSERT", "MESSAGE#*"),
    } <= told


def test_each_kind_wakes_one_worker_when_it_is_new_and_else_only_what_was_confirmed_wakes_one(
    stack: Stack, records: list[Record]
) -> None:
    wanted = {
        ("INSERT", "OPERATION#*"): {"ExecuteOperationsFunction"},
        ("INSERT", "OUTBOX#*"): {"NotifyFunction"},
    }
    confirmed = 0
    for record in records:
        what = (record["eventName"], kind_of(record["dynamodb"]["Keys"]["pk"]["S"]))
        if woken_by(stack, record) != wanted.get(what, set()):
            images = [record["dynamodb"][image]["state"]["S"] for image in ("OldImage", "NewImage")]
            assert (what, images) == (("MODIFY", "OPERATION#*"), ["held", "pending"])
            assert woken_by(stack, record) == {"ExecuteOperationsFunction"}
            confirmed += 1
    assert confirmed == 1


@pytest.mark.parametrize("function", READ_BY)
def test_the_handler_takes_up_all_that_its_filter_lets_through(
    function: str, stack: Stack, records: list[Record]
) -> None:
    through = [record for record in records if function in woken_by(stack, record)]

    assert through
    assert len(READ_BY[function]({"Records": through})) == len(through)
