"""Handler: what Slack sends to the HTTP API, POST /slack/events."""

from __future__ import annotations

from typing import Any

# Wiring imports rooms where they are first used; these two here, so that they are loaded while Lambda starts the
# process, which has more power and a snapshot can keep.
import bot.slack.app
import bot.store.wire  # noqa: F401
from bot.wiring import deployment
from handlers import logs


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    logs.from_receiver(context)
    return deployment().slack_door.handle(event)
