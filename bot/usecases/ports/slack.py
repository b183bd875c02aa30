"""What the use cases need from Slack. Errors are the `SlackError`s of `bot.errors`."""

from __future__ import annotations

from typing import Protocol

from bot.domain.content import Content, MessageLink, Rendered, SearchPage
from bot.domain.health import TokenStatus
from bot.domain.home import Home, NoHome
from bot.domain.people import GroupMembers, Person


class MessageGateway(Protocol):
    """`SlackBusy`: nothing was done. `SlackNoAnswer`: it may have been posted. `SlackRefused`: Slack refused."""

    def render(self, content: Content) -> Rendered: ...

    def post(
        self,
        channel: str,
        rendered: Rendered,
        *,
        idempotency_key: str,
        thread: str | None = None,
        broadcast: bool = False,
    ) -> MessageLink:
        """Posts once, without retries. `idempotency_key` is an opaque id that is stored in the message's metadata.

        `broadcast` also shows a thread reply in the channel.
        """

    def delete(self, channel: str, ts: str) -> None:
        """`SlackRefused` if it is gone, or if the workspace does not allow deleting."""

    def update(self, channel: str, ts: str, rendered: Rendered) -> None: ...

    def find(
        self, channel: str, *, idempotency_key: str, since: int, thread: str | None = None, cursor: str | None = None
    ) -> SearchPage:
        """Searches one page of the messages posted at or after `since` for ours with this key.

        `cursor` continues an earlier search; `SlackRefused` with `invalid_cursor` if Slack no longer knows it.
        """

    def publish_home(self, user_id: str, home: Home | NoHome) -> None:
        """Replaces this person's App Home."""

    def show_in_view(self, view_id: str, answer: Content) -> bool:
        """Update a modal; False if the person has closed it."""


class UserDirectory(Protocol):
    def read_person(self, user_id: str) -> Person | None:
        """users.info; None if Slack does not know the user."""

    def read_members(self, group_id: str) -> GroupMembers | None:
        """usergroups.users.list; None if the group does not exist."""


class SlackHealth(Protocol):
    """Errors as in `MessageGateway`."""

    def token(self) -> TokenStatus:
        """auth.test; `SlackTokenRejected` if Slack does not accept the token."""

    def is_member(self, channel_id: str) -> bool:
        """Whether the bot is a member of the channel, which it must be to post and to find its messages."""
