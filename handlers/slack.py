"""Handler: what Slack sends to the HTTP API, POST /slack/events."""

from __future__ import annotations

from typing import Any

from bot.wiring import deployment


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    del context
    return deployment().slack_door.handle(event)
