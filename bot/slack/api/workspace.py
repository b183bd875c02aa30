"""What the Web API says about the workspace: people and groups, the token's scopes and health."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from bot.domain.health import TokenStatus
from bot.domain.people import GroupMembers, Person
from bot.errors import SlackNoAnswer, SlackRefused
from bot.slack.api.client import Json, SlackApiClient, required
from bot.usecases.ports.runtime import Clock

_UNKNOWN_PERSON = frozenset({"user_not_found", "user_not_visible"})
_UNKNOWN_GROUP = frozenset({"no_such_subteam", "subteam_not_found"})


class SlackUserDirectory:
    """The user directory of Slack. Errors as in `bot.usecases.ports.slack.UserDirectory`."""

    def __init__(self, calls: SlackApiClient, clock: Clock) -> None:
        self._calls, self._clock = calls, clock

    def read_person(self, user_id: str) -> Person | None:
        """users.info."""
        try:
            answer = self._calls.read("users.info", user=user_id)
        except SlackRefused as refused:
            if refused.code in _UNKNOWN_PERSON:
                return None
            raise
        user = required(answer, "user", dict, "users.info")
        return Person(
            user_id=required(user, "id", str, "users.info"),
            team_id=required(user, "team_id", str, "users.info"),
            is_guest=_guest(user),
            is_deactivated=bool(user.get("deleted", False)),
            is_bot=bool(user.get("is_bot", False)),
            read_at=int(self._clock()),
            name=_name(user),
        )

    def read_members(self, group_id: str) -> GroupMembers | None:
        """usergroups.users.list; one answer contains the whole list."""
        try:
            answer = self._calls.read("usergroups.users.list", usergroup=group_id)
        except SlackRefused as refused:
            if refused.code in _UNKNOWN_GROUP:
                return None
            raise
        users = answer.get("users")
        if not isinstance(users, list) or not all(isinstance(user, str) for user in users):
            raise SlackNoAnswer("Slack's answer to usergroups.users.list lacks users.")
        return GroupMembers(group_id, frozenset(users), int(self._clock()))


def _name(user: Json) -> str:
    """What Slack shows in messages: the display name, or the full name of people without one."""
    profile = user.get("profile")
    names = [profile.get("display_name"), profile.get("real_name")] if isinstance(profile, dict) else []
    return next((name for name in [*names, user.get("name")] if name and isinstance(name, str)), "")


def _guest(user: Json) -> bool:
    """`is_stranger` is only there for people of a connected workspace."""
    return any(user.get(kind, False) for kind in ("is_restricted", "is_ultra_restricted", "is_stranger"))


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
"""By name: what the app asks for when it is installed, and what `doctor` compares the token with. Methods that need no
scope are in `FREE`."""

FREE = frozenset({"auth.test", "chat.getPermalink", "views.open", "views.publish", "views.update"})
"""Methods that any bot token may call."""


def lacking(granted: Iterable[str]) -> tuple[Scope, ...]:
    """The scopes that a token with these ones does not have."""
    has = frozenset(granted)
    return tuple(scope for scope in SCOPES if scope.name not in has)


class SlackHealthClient:
    """`bot.usecases.ports.slack.SlackHealth` by the Web API."""

    def __init__(self, calls: SlackApiClient, clock: Clock) -> None:
        self._calls, self._clock = calls, clock

    def token(self) -> TokenStatus:
        """auth.test; the scopes and the time are in the headers of its answer."""
        headers = self._calls.headers("auth.test")
        granted_header = _header(headers, "x-oauth-scopes")
        granted = None if granted_header is None else [scope.strip() for scope in granted_header.split(",")]
        missing = None if granted is None else tuple(scope.name for scope in lacking(granted))
        return TokenStatus(missing, self._difference(_header(headers, "date")))

    def is_member(self, channel_id: str) -> bool:
        """conversations.info; a private channel that the bot is not in does not exist for it."""
        answer = self._calls.read("conversations.info", channel=channel_id)
        channel = required(answer, "channel", dict, "conversations.info")
        return bool(channel.get("is_member", False)) and not channel.get("is_archived", False)

    def _difference(self, date: str | None) -> float | None:
        try:
            return parsedate_to_datetime(date).timestamp() - self._clock() if date else None
        except ValueError:
            return None


def _header(headers: Mapping[str, object], name: str) -> str | None:
    """A header is a text, or a list with one text."""
    value = next((value for known, value in headers.items() if known.lower() == name), None)
    if isinstance(value, list):
        value = value[0] if value else None
    return value if isinstance(value, str) else None
