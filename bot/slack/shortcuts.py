"""Slack's shortcuts: those that are started anywhere, and those in the menu of a message, also in a thread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bot.slack.context import RequestContext
from bot.slack.features import connect, find_here


@dataclass(frozen=True, slots=True)
class Shortcut:
    """As people find it in Slack: `name` up to 24 characters, `description` up to 150."""

    name: str
    description: str
    run: Callable[[RequestContext, dict[str, Any]], None]
    on_message: bool = False
    sends: bool = False
    """Whether it leads to something being sent to Noyo."""


SHORTCUTS = {
    "connect_group": Shortcut(
        "Connect a group",
        "Request a group's connection to a carrier, for a new or an existing group",
        lambda context, _: connect.run_shortcut(context),
        sends=True,
    ),
    "find_connections": Shortcut(
        "Find connections here",
        "Show the connections and requests that this message mentions, only to you",
        lambda context, body: find_here.run(context, body["message"]),
        on_message=True,
    ),
}
"""By callback id. Slack keeps it in the app's manifest, so it must not change."""
