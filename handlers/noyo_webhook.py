"""Noyo's webhooks: POST /noyo/webhook."""
# ruff: noqa: E402, F401

from __future__ import annotations

import gc
from typing import Any

# As in handlers/slack.py.
gc.disable()

import bot.dynamodb.clients
import bot.noyo.webhook
import bot.secrets
from bot import logs
from bot.bootstrap import deployment
from bot.settings import Purpose

gc.freeze()  # What is loaded now stays, so no later collection has to look at it.
gc.enable()


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    logs.configure_receiver(context)
    return deployment(Purpose.NOYO_WEBHOOK).webhook_endpoint.handle(event)
