"""The bot's own state in Slack: its token and scopes, Slack's clock, and its channels."""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from bot.domain.health import TokenStatus
from bot.slack.api.client import SlackApiClient, object_of
from bot.slack.api.scopes import lacking
from bot.usecases.ports.runtime import Clock


class SlackHealthClient:
    """`bot.usecases.ports.slack.SlackHealth` by the Web API."""

    def __init__(self, calls: SlackApiClient, clock: Clock) -> None:
        self._calls, self._clock = calls, clock

    def token(self) -> TokenStatus:
        """auth.test; the scopes and the time are in the headers of its answer."""
        headers = self._calls.headers("auth.test")
        told = _header(headers, "x-oauth-scopes")
        granted = None if told is None else [scope.strip() for scope in told.split(",")]
        missing = None if granted is None else tuple(scope.name for scope in lacking(granted))
        return TokenStatus(missing, self._difference(_header(headers, "date")))

    def is_member(self, channel_id: str) -> bool:
        """conversations.info; a private channel that the bot is not in does not exist for it."""
        answer = self._calls.read("conversations.info", channel=channel_id)
        channel = object_of(answer, "channel", "conversations.info")
        return bool(channel.get("is_member", False)) and not channel.get("is_archived", False)

    def _difference(self, date: str | None) -> float | None:
        try:
            return parsedate_to_datetime(date).timestamp() - self._clock() if date else None
        except ValueError:
            return None


def _header(headers: Mapping[str, object], name: str) -> str | None:
    """A header is a text, or a list with one text."""
    value = next((held for known, held in headers.items() if known.lower() == name), None)
    if isinstance(value, list):
        value = value[0] if value else None
    return value if isinstance(value, str) else None
