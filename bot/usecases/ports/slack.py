"""What the use cases need from Slack. Errors are the `SlackError`s of `bot.errors`."""

from __future__ import annotations

from typing import Protocol

from bot.domain.content import Content, Rendered
from bot.domain.health import TokenStatus
from bot.domain.messages import PostedMessage
from bot.domain.people import GroupMembers, Person


class MessageGateway(Protocol):
    """`SlackBusy`: nothing was done. `SlackSilent`: it may have been posted. `SlackRefused`: a clear no."""

    def render(self, content: Content) -> Rendered: ...

    def post(
        self,
        channel: str,
        rendered: Rendered,
        *,
        mark: str,
        thread: str | None = None,
        broadcast: bool = False,
    ) -> PostedMessage:
        """Posts once, never retried inside; `mark` is an opaque id kept in the message's metadata.

        `broadcast` shows a reply in a thread in the channel as well.
        """
        ...

    def delete(self, channel: str, ts: str) -> None:
        """`SlackRefused` where it is gone, or where the workspace lets nobody delete."""
        ...

    def update(self, channel: str, ts: str, rendered: Rendered) -> None: ...

    def find(self, channel: str, *, mark: str, since: int, thread: str | None = None) -> PostedMessage | None:
        """The message of ours with this mark, posted at or after `since`."""
        ...

    def show_in_view(self, view_id: str, answer: Content) -> bool:
        """Shows the answer in a modal that is still open; False where the person has closed it."""
        ...


class UserDirectory(Protocol):
    def read_person(self, user_id: str) -> Person | None:
        """users.info; None where Slack does not know the user."""
        ...

    def read_members(self, group_id: str) -> GroupMembers | None:
        """usergroups.users.list; None where the group is gone."""
        ...


class SlackHealth(Protocol):
    """Errors as in `ShowsPeople`."""

    def token(self) -> TokenStatus:
        """How the bot's token stands; `SlackNotLetIn` where Slack does not accept it."""
        ...

    def is_member(self, channel_id: str) -> bool:
        """Whether the bot is in the channel, so that it can post and find its posts again."""
        ...
