"""A function that is taken over cannot do more than its own work."""

from __future__ import annotations

from typing import Any

import pytest

from bot.usecases.workers import execute_operations
from tests.aws import worker_client
from tests.system import System


@pytest.mark.parametrize("own_id", [True, False])
def test_whoever_controls_the_webhook_endpoint_can_send_nothing_to_noyo(system: System, own_id: bool) -> None:
    """Its role may put operations with ids of webhooks. One of them is a person's request, as if Ana had typed it."""
    system.asks()
    [asked] = [item for item in system.items() if item["pk"]["S"].startswith("OPERATION#")]
    system.settle(60)
    assert len(system.writes()) == 1
    forged: dict[str, Any] = asked | {"pk": {"S": "OPERATION#webhook:forged"}}
    if own_id:
        forged["id"] = {"S": "webhook:forged"}

    worker_client("dynamodb").put_item(TableName=system.settings.aws.table, Item=forged)
    execute_operations(None, 300, system.bot.noyo_dependencies)
    system.settle(60)

    assert len(system.writes()) == 1
