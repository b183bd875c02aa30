"""Slack stand-in: a workspace with its Web API, its people and its refusals.

It answers `slack_sdk`'s WebClient, sends signed requests to the bot as Slack does when
people act, and shows what each person then sees. It is never kinder than Slack.
"""

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Self

from . import payloads
from .door import Ack, Door
from .events import Events
from .faults import Faults
from .limits import Limits, Meters
from .office import Office
from .people_at_work import People, Reply
from .seen import WhatPeopleSee
from .server import SlackServer
from .web_api import WebApi
from .workspace import (
    ApiCall,
    Channel,
    Json,
    Message,
    NotPossible,
    User,
    Usergroup,
    View,
    Workspace,
)

__all__ = [
    "ApiCall",
    "Faults",
    "Limits",
    "Message",
    "NotPossible",
    "Reply",
    "SlackStandIn",
    "View",
]

SLACKS_OWN = Limits()
_LOOK_FOR_DUE_EVENTS = 0.2  # real seconds


class SlackStandIn(WhatPeopleSee):
    """Starts on 127.0.0.1 at a free port; `url` is the base for a WebClient."""

    def __init__(
        self,
        *,
        bot_door: str | None = None,
        signing_secret: str = "local-signing-secret",
        bot_token: str = "xoxb-local",
        team_id: str = "T0LOCAL",
        app_id: str = "A0LOCAL",
        bot_user_id: str = "U0BOT",
        clock: Callable[[], float] = time.time,
        limits: Limits = SLACKS_OWN,
    ) -> None:
        self.world = Workspace(clock, team_id, app_id, bot_user_id)
        self.faults = Faults()
        self._office = Office(self.world, limits, Meters(limits))
        self._api = WebApi(self._office, bot_token)
        self._door = Door(signing_secret, clock, limits.ack_seconds, limits.hang_up_seconds)
        self._door.url = bot_door
        self._people = People(self._office, self._door)
        self._events = Events(self.world, self._door, limits.event_retry_pauses)
        self._server: SlackServer | None = None
        self._threads: list[threading.Thread] = []
        self.add_user(bot_user_id, "Switchboard", is_bot=True)

    def start(self) -> Self:
        server = SlackServer(self._office, self._api, self.faults)
        self._server = server
        self._office.base_url = f"http://127.0.0.1:{server.server_address[1]}/"
        serving = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        retrying = threading.Thread(target=self._retry_events, args=(server,), daemon=True)
        self._threads = [serving, retrying]
        for thread in self._threads:
            thread.start()
        return self

    def stop(self) -> None:
        if self._server is None:
            return
        self._server.stop()
        for thread in self._threads:
            thread.join()
        self._server = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _retry_events(self, server: SlackServer) -> None:
        while not server.stopping.wait(_LOOK_FOR_DUE_EVENTS):
            self._events.deliver_due()

    @property
    def url(self) -> str:
        if self._server is None:
            raise LookupError("the stand-in is not started")
        return self._office.base_url + "api/"

    @property
    def bot_door(self) -> str | None:
        return self._door.url

    @bot_door.setter
    def bot_door(self, url: str | None) -> None:
        self._door.url = url

    def replace_signing_secret(self, signing_secret: str) -> None:
        """Somebody regenerates it: from now on requests are signed with this one."""
        self._door.secret = signing_secret

    def replace_token(self, bot_token: str) -> None:
        """The app is installed anew: the token of before is revoked."""
        self._api.replace_token(bot_token)

    @property
    def granted(self) -> frozenset[str]:
        """The scopes of the bot's token."""
        return self._api.granted

    @granted.setter
    def granted(self, scopes: frozenset[str]) -> None:
        self._api.granted = scopes

    @property
    def calls(self) -> list[ApiCall]:
        """Every Web API call so far; response_urls are under `response_url`."""
        with self.world.lock:
            return list(self.world.calls)

    def add_user(
        self,
        user_id: str,
        name: str,
        *,
        is_restricted: bool = False,
        is_ultra_restricted: bool = False,
        deleted: bool = False,
        team_id: str | None = None,
        is_bot: bool = False,
        tz: str = "America/New_York",
    ) -> None:
        """Adding a known id again changes that person."""
        team = team_id or self.world.team_id
        guest = is_restricted, is_ultra_restricted
        with self.world.lock:
            self.world.users[user_id] = User(user_id, name, team, *guest, deleted, is_bot, tz)

    def add_usergroup(self, group_id: str, handle: str, members: list[str]) -> None:
        with self.world.lock:
            self.world.usergroups[group_id] = Usergroup(group_id, handle, tuple(members))

    def add_channel(
        self,
        channel_id: str,
        name: str,
        *,
        members: tuple[str, ...] | list[str] = (),
        bot_is_member: bool = True,
        private: bool = False,
        archived: bool = False,
    ) -> None:
        inside = {*members, *([self.world.bot_user_id] if bot_is_member else [])}
        with self.world.lock:
            self.world.channels[channel_id] = Channel(channel_id, name, inside, private, archived)

    def say(self, user_id: str, channel_id: str, text: str, thread_ts: str = "") -> str:
        """A person writes something; its ts. The bot is not told."""
        with self.world.lock:
            channel = self.world.channels[channel_id]
            channel.members.add(user_id)
            message = Message(self.world.new_ts(), channel_id, user_id, text)
            parent = channel.find(thread_ts) if thread_ts else None
            message.thread_ts = thread_ts or None
            (channel.messages if parent is None else parent.thread).append(message)
            return message.ts

    def command(self, user_id: str, channel_id: str, command: str = "/noyo", text: str = "") -> Reply:
        return self._people.command(user_id, channel_id, command, text)

    def click(
        self,
        user_id: str,
        channel_id: str,
        message_ts: str,
        action_id: str,
        *,
        block_id: str | None = None,
        value: Any = None,
    ) -> Reply:
        """On the message as it is now; for a choice, `value` names the option."""
        message = self.world.channels[channel_id].find(message_ts)
        if message is None:
            raise NotPossible(f"there is no message {message_ts} in {channel_id}")
        return self._people.click(user_id, message, action_id, block_id, value, False)

    def click_old(
        self,
        user_id: str,
        message: Message,
        action_id: str,
        *,
        block_id: str | None = None,
        value: Any = None,
    ) -> Reply:
        """On a message as it once was (a screen that did not refresh), or with a forged value."""
        return self._people.click(user_id, message, action_id, block_id, value, True)

    def click_ephemeral(
        self,
        user_id: str,
        message_ts: str,
        action_id: str,
        *,
        block_id: str | None = None,
        value: Any = None,
    ) -> Reply:
        mine = [m for m in self.world.ephemerals if m.ephemeral_to == user_id]
        message = next((m for m in mine if m.ts == message_ts), None)
        if message is None:
            raise NotPossible(f"{user_id} sees no ephemeral message {message_ts}")
        return self._people.click(user_id, message, action_id, block_id, value, False)

    def click_in_view(
        self,
        user_id: str,
        view_id: str,
        action_id: str,
        *,
        block_id: str | None = None,
        value: Any = None,
    ) -> Reply:
        return self._people.click_in_view(user_id, view_id, action_id, block_id, value)

    def fill(self, user_id: str, view_id: str, values: Mapping[str, Any]) -> View:
        """Types without submitting."""
        return self._people.fill(user_id, view_id, values)

    def submit(self, user_id: str, view_id: str, values: Mapping[str, Any]) -> Reply:
        return self._people.submit(user_id, view_id, values)

    def close_view(self, user_id: str, view_id: str) -> Reply:
        return self._people.close(user_id, view_id)

    def suggest(self, user_id: str, view_id: str, action_id: str, query: str) -> list[Json]:
        return self._people.suggest(user_id, view_id, action_id, query)

    def shortcut(self, user_id: str, callback_id: str) -> Reply:
        return self._people.shortcut(user_id, callback_id)

    def again(self, user_id: str, reply: Reply) -> Reply:
        """Sends the request behind an earlier reply once more."""
        if reply.request is None:
            raise NotPossible("nothing was sent")
        return self._people.again(user_id, reply.request)

    def open_home(self, user_id: str) -> Ack:
        with self.world.lock:
            payload = payloads.home_opened(self.world, user_id)
        return self._events.send(payload)

    def deliver_due_events(self) -> int:
        """Retries that the clock has made due; this also happens by itself."""
        return self._events.deliver_due()
