"""A function that is taken over cannot do more than its own work."""

from __future__ import annotations

from copy import deepcopy

import pytest

from bot.usecases.workers import execute_operations
from tests.aws import worker_client
from tests.scenarios.test_truth import decide, request_disconnection
from tests.system import System


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
