"""The stream filters of the translated template, tested with the stream records of a whole scenario."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.dynamodb.stream import event_ids, operation_ids, refresh_ids
from infra.local.aws.event_filters import matches, validate_pattern
from infra.stack.permissions import kind_of
from tests.handlers.test_stream_triggers import confirm_disconnection
from tests.system import ANA, BEN, CONNECTIONS, System
from tests.template.stack import Stack

pytestmark = pytest.mark.template

Record = dict[str, Any]


def triggered_ids(event: object) -> list[str]:
    return [*operation_ids(event), *refresh_ids(event)]


HANDLED_IDS = {"ExecuteOperationsFunction": triggered_ids, "NotifyFunction": event_ids}


@pytest.fixture(scope="module")
def records() -> list[Record]:
    """The stream records of a request, a failure, and a disconnection with two approvers."""
    with System(streams=True, APPROVERS=f"{ANA},{BEN}") as system:
        system.noyo.add_connection(group_name="Elsewhere", status="processing")
        system.poll()
        system.notify()
        system.request_connection()
        system.settle()
        system.wait(60)
        system.noyo.move_connection(system.noyo.connections()[-1]["id"], "unable_to_connect")
        system.settle()
        assert system.slack.channel(CONNECTIONS)
        confirm_disconnection(system)
        return list(system.stream())


def triggered_functions(stack: Stack, record: Record) -> set[str]:
    return {
        function
        for mapping in stack.of_type("AWS::Lambda::EventSourceMapping").values()
        for filter_ in mapping["FilterCriteria"]["Filters"]
        for function in stack.functions
        if mapping["FunctionName"]["Ref"] == stack.alias_of(function)
        and matches(validate_pattern(json.loads(filter_["Pattern"])), record)
    }


def test_the_scenario_writes_items_of_all_kinds(records: list[Record]) -> None:
    written = {(record["eventName"], kind_of(record["dynamodb"]["Keys"]["pk"]["S"])) for record in records}

    assert {
        ("INSERT", "OPERATION#*"),
        ("MODIFY", "OPERATION#*"),
        ("INSERT", "OUTBOX#*"),
        ("MODIFY", "OUTBOX#*"),
    } <= written
    assert {("INSERT", "AUDIT#*"), ("INSERT", "LOCK#*"), ("REMOVE", "LOCK#*"), ("INSERT", "MESSAGE#*")} <= written


def test_only_new_items_and_confirmed_operations_trigger_a_worker(stack: Stack, records: list[Record]) -> None:
    expected = {("INSERT", "OPERATION#*"): {"ExecuteOperationsFunction"}, ("INSERT", "OUTBOX#*"): {"NotifyFunction"}}
    confirmed = 0
    for record in records:
        change = (record["eventName"], kind_of(record["dynamodb"]["Keys"]["pk"]["S"]))
        if triggered_functions(stack, record) != expected.get(change, set()):
            images = [record["dynamodb"][image]["state"]["S"] for image in ("OldImage", "NewImage")]
            assert (change, images) == (("MODIFY", "OPERATION#*"), ["awaiting_confirmation", "pending"])
            assert triggered_functions(stack, record) == {"ExecuteOperationsFunction"}
            confirmed += 1
    assert confirmed == 1


@pytest.mark.parametrize("function", HANDLED_IDS)
def test_the_handler_processes_every_record_that_passes_its_filter(
    function: str, stack: Stack, records: list[Record]
) -> None:
    passed = [record for record in records if function in triggered_functions(stack, record)]

    assert passed
    assert len(HANDLED_IDS[function]({"Records": passed})) == len(passed)
