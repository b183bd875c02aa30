"""Handler: what Slack sends to the HTTP API, POST /slack/events."""

from __future__ import annotations

from typing import Any

from bot.wiring import deployment
from handlers import logs


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    logs.from_receiver(context)
    return deployment().slack_door.handle(event)
