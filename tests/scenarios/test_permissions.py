"""What a function may not do: replace an audit entry, send for a webhook, take what it cannot read as missing."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace

import pytest

from bot.domain.records import disconnection_ref
from bot.usecases.workers import execute_operations
from tests.aws import worker_client
from tests.scenarios.test_truth import decide, request_disconnection
from tests.system import BEN, CONNECTIONS, System
from tests.usecases.execution_bench import write_fault


@pytest.mark.parametrize("forged_id", ["webhook:forged", None])
def test_an_attacker_at_the_webhook_endpoint_can_send_nothing_to_noyo(system: System, forged_id: str | None) -> None:
    """Its role may put operations with ids of webhooks. One contains a rejection in Ana's name, who approves."""
    request = request_disconnection(system)
    decide(system, "approve")
    [approval] = [item for item in system.items() if item["pk"]["S"].startswith("OPERATION#")]
    forged = deepcopy(approval) | {"pk": {"S": "OPERATION#webhook:forged"}, "due": {"N": "1"}}
    forged["input"]["M"]["decision"] = {"S": "reject"}
    forged["id"] = {"S": forged_id} if forged_id else approval["id"]

    worker_client("dynamodb").put_item(TableName=system.settings.aws.table, Item=forged)
    execute_operations(None, 300, system.bot.noyo_dependencies)
    system.settle(60)

    assert [seen.body["status"] for seen in system.writes()] == ["processing"]
    assert system.noyo.disconnection(request["id"])["status"] == "processing"


@pytest.mark.long
@pytest.mark.parametrize("what", ["id missing", "carrier_id missing", "group_data missing"])
def test_a_connection_that_cannot_be_read_does_not_count_as_missing(system: System, what: str) -> None:
    """Noyo created it without answering, and its row in Noyo's list cannot be read: nothing is sent again meanwhile."""
    system.noyo.faults.add(write_fault("reset_after", method="POST"))
    system.request_connection()
    system.execute_due()
    [created] = system.noyo.connections()
    system.noyo.corrupt(created["id"], what)
    system.settle(3600)
    assert len(system.writes()) == 1
    assert "Noyo confirmed" not in system.read_channel(CONNECTIONS)
    system.noyo.corrupt(created["id"], None)
    system.settle(3600)

    assert "Noyo shows that @Ana's request arrived" in system.read_channel(CONNECTIONS)
    assert len(system.writes()) == 1


def test_an_audit_entry_that_is_put_again_stays_as_it_was(system: System) -> None:
    request = request_disconnection(system)
    decide(system, "approve")
    entity, audit_log = disconnection_ref(request["id"]), system.bot.repositories.audit
    before = audit_log.entries(entity, limit=100)
    assert before
    for entry in before:
        audit_log.append(replace(entry, actor=BEN, action="operation_cancelled"))

    assert audit_log.entries(entity, limit=100) == before
