"""What wakes whom: the filters of the translated template against the stream of a Switchboard that really ran."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from moto.core import DEFAULT_ACCOUNT_ID as ACCOUNT
from moto.dynamodb.models import dynamodb_backends

from bot.store.stream import news_ids, operation_ids
from infra.local.patterns import checked, matches
from infra.local.stream_records import lambda_record
from infra.stack.permissions import kind_of
from tests.aws import REGION
from tests.template.stack import Stack
from tests.world import CONNECTIONS, World

pytestmark = pytest.mark.template

Record = dict[str, Any]
READ_BY = {"CarryOutFunction": operation_ids, "NotifyFunction": news_ids}


@pytest.fixture(scope="module")
def records() -> list[Record]:
    """A request from the form to the card, a refusal, and everything that was written on the way."""
    with World(streams=True) as world:
        world.noyo.add_connection(group_name="Elsewhere", status="processing")
        world.poll()
        world.notify()
        world.asks()
        world.settle()
        world.wait(60)
        world.noyo.move_connection(world.noyo.connections()[-1]["id"], "unable_to_connect")
        world.settle()
        assert world.slack.channel(CONNECTIONS)
        return list(_of_the_stream(world.settings.aws.table))


def _of_the_stream(table: str) -> Iterator[Record]:
    """Moto answers for streams in a server only; what it keeps for them is what it would answer."""
    shard = dynamodb_backends[ACCOUNT][REGION].tables[table].stream_shard
    assert shard is not None
    for one in shard.get(shard.starting_sequence_number, len(shard.items)):
        yield lambda_record(one, "arn:aws:dynamodb:us-east-1:123456789012:table/t/stream/1")


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
        ("INSERT", "NEWS#*"),
        ("MODIFY", "NEWS#*"),
    } <= told
    assert {
        ("INSERT", "AUDIT#*"),
        ("INSERT", "LOCK#*"),
        ("REMOVE", "LOCK#*"),
        ("INSERT", "DELIVERY#*"),
    } <= told


def test_each_kind_wakes_one_worker_when_it_is_new_and_nothing_else_wakes_anybody(
    stack: Stack, records: list[Record]
) -> None:
    wanted = {
        ("INSERT", "OPERATION#*"): {"CarryOutFunction"},
        ("INSERT", "NEWS#*"): {"NotifyFunction"},
    }
    for record in records:
        what = (record["eventName"], kind_of(record["dynamodb"]["Keys"]["pk"]["S"]))
        assert woken_by(stack, record) == wanted.get(what, set()), what


@pytest.mark.parametrize("function", READ_BY)
def test_the_handler_takes_up_all_that_its_filter_lets_through(
    function: str, stack: Stack, records: list[Record]
) -> None:
    through = [record for record in records if function in woken_by(stack, record)]

    assert through
    assert len(READ_BY[function]({"Records": through})) == len(through)
