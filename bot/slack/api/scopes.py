"""The scopes that the bot's token needs, each with what is called under it and why.

The one list: what the app asks for when it is installed, and what `doctor` compares the token with.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scope:
    """A bot scope by Slack's name, the methods that are called under it, and the reason to ask for it."""

    name: str
    methods: tuple[str, ...]
    why: str


_FOUND_AGAIN = ("conversations.history", "conversations.replies")

SCOPES = (
    Scope(
        "channels:history",
        _FOUND_AGAIN,
        "after a post without an answer, looks for it in a public channel before posting again",
    ),
    Scope("channels:read", ("conversations.info",), "tells whether the bot is a member of a public channel"),
    Scope(
        "chat:write",
        ("chat.delete", "chat.postMessage", "chat.update"),
        "posts cards, alerts and direct messages, and takes away reminders that are over",
    ),
    Scope("commands", (), "the slash command"),
    Scope(
        "groups:history",
        _FOUND_AGAIN,
        "after a post without an answer, looks for it in a private channel before posting again",
    ),
    Scope("groups:read", ("conversations.info",), "tells whether the bot is a member of a private channel"),
    Scope("im:history", _FOUND_AGAIN, "after a direct message without an answer, looks for it before sending it again"),
    Scope("im:write", ("conversations.open",), "finds the conversation that a direct message went to"),
    Scope(
        "usergroups:read", ("usergroups.users.list",), "knows who is in a user group that the settings give a right to"
    ),
    Scope(
        "users:read",
        ("users.info",),
        "knows guests, deactivated people and people of other workspaces, who may do nothing",
    ),
)
"""By name. What may be called without a scope is not named: `FREE`."""

FREE = frozenset({"auth.test", "chat.getPermalink", "views.open", "views.update"})
"""Methods that any bot token may call."""


def lacking(granted: Iterable[str]) -> tuple[Scope, ...]:
    """The scopes that a token with these ones does not have."""
    has = frozenset(granted)
    return tuple(scope for scope in SCOPES if scope.name not in has)
