"""What the page shows of the table: read without keeping the table from the bot."""

from __future__ import annotations

import pytest

from infra.local.environment import ALERTS
from infra.local.http_server import Exchange, watched
from infra.local.page.controls.events import ZONE
from infra.local.page.controls.stored import stored
from infra.local.page.controls.why import why
from infra.local.stack import LocalStack


def test_a_look_into_the_table_is_no_request_that_the_bot_would_wait_for() -> None:
    message = {"pk": {"S": f"MESSAGE#{ALERTS}"}, "sk": {"S": "summary"}, "ts": {"S": "1.000001"}}
    seen: list[Exchange] = []
    with LocalStack(handlers={}) as stack:
        stack.table_client().put_item(TableName=stack.table_name, Item=message)
        with watched(seen.append):
            shown = stored(stack, "messages", ZONE)
            reasons = why(stack, ALERTS, "1.000001", ephemeral=False)
            with pytest.raises(LookupError):
                why(stack, ALERTS, "2.000001", ephemeral=False)
    assert shown["total"] == 1
    assert reasons["rows"][0]["text"].startswith("The first poll")
    assert "Scan" not in [exchange.target for exchange in seen]
