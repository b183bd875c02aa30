"""Handler: what Noyo tells us of changes, POST /noyo/webhook."""
# ruff: noqa: E402, F401

from __future__ import annotations

import gc
from typing import Any

# As in handlers/slack.py.
gc.disable()

import bot.noyo.webhook
import bot.secrets
import bot.store.wire
from bot.settings import Purpose
from bot.wiring import deployment
from handlers import logs

gc.enable()


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    logs.from_receiver(context)
    return deployment(Purpose.NOYO_WEBHOOK).webhook_door.handle(event)
