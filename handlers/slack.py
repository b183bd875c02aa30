"""What Slack sends to the HTTP API, POST /slack/events."""
# ruff: noqa: E402, F401

from __future__ import annotations

import gc
from typing import Any

# Collecting garbage while modules load takes a tenth of the start and finds nothing.
gc.disable()

# The composition root imports packages on first use. Importing these here loads them while Lambda starts the process,
# which has more CPU and can be kept in a snapshot.
import bot.dynamodb.clients
import bot.secrets
import bot.slack.app
from bot import logs
from bot.bootstrap import deployment
from bot.settings import Purpose

gc.freeze()  # What is loaded now stays, so no later collection has to look at it.
gc.enable()


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    logs.configure_receiver(context)
    return deployment(Purpose.SLACK_SIGNING, Purpose.SLACK_BOT).slack_endpoint.handle(event)
