"""People and the members of user groups."""

from __future__ import annotations

from bot.domain.people import GroupMembers, Person
from bot.errors import SlackNoAnswer, SlackRefused
from bot.slack.api.client import Json, SlackApiClient, object_of, text_of
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
        user = object_of(answer, "user", "users.info")
        return Person(
            user_id=text_of(user, "id", "users.info"),
            team_id=text_of(user, "team_id", "users.info"),
            is_guest=_guest(user),
            is_deactivated=bool(user.get("deleted", False)),
            is_bot=bool(user.get("is_bot", False)),
            read_at=int(self._clock()),
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


def _guest(user: Json) -> bool:
    """`is_stranger` is only there for people of a connected workspace."""
    return any(user.get(kind, False) for kind in ("is_restricted", "is_ultra_restricted", "is_stranger"))
