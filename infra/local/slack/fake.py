"""The fake itself: it answers Web API calls, sends signed requests when users act, and shows what each user sees.

Where Slack's documentation is silent, it does the stricter thing. docs/fakes.md lists the differences.
"""

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Self

from infra.local.http_server import HttpServer
from infra.local.slack.app import slack_app
from infra.local.slack.client import payloads
from infra.local.slack.client.bot_endpoint import Ack, BotEndpoint
from infra.local.slack.client.events import EventDelivery
from infra.local.slack.client.users import Reply, SimulatedUsers
from infra.local.slack.display.reading import VisibleContent
from infra.local.slack.faults import Faults
from infra.local.slack.limits import Limits, RateMeters
from infra.local.slack.socket_mode import SocketModeConnections
from infra.local.slack.web_api.api import WebApi
from infra.local.slack.web_api.context import ApiContext
from infra.local.slack.workspace import ApiCall, Channel, Json, Message, NotPossible, User, Usergroup, View, Workspace

DEFAULT_LIMITS = Limits()
_EVENT_RETRY_INTERVAL = 0.2  # in real seconds, independent of the fake's clock


class SlackFake(VisibleContent):
    """Served at 127.0.0.1 on a free port; `url` is the base URL for a WebClient.

    With an app-level token the app is in Socket Mode, and `bot_url` is not used.
    """

    def __init__(
        self,
        *,
        bot_url: str | None = None,
        signing_secret: str = "local-signing-secret",
        bot_token: str = "xoxb-local",
        app_token: str | None = None,
        team_id: str = "T0LOCAL",
        app_id: str = "A0LOCAL",
        bot_user_id: str = "U0BOT",
        clock: Callable[[], float] = time.time,
        limits: Limits = DEFAULT_LIMITS,
        log_limit: int | None = None,
    ) -> None:
        """`log_limit` is how many calls it remembers at least; None remembers all."""
        self.workspace = Workspace(clock, team_id, app_id, bot_user_id, log_limit=log_limit)
        self.faults = Faults()
        self._context = ApiContext(self.workspace, limits, RateMeters(limits))
        self._api = WebApi(self._context, bot_token)
        self.socket_mode = SocketModeConnections(app_id, app_token) if app_token else None
        deliver = self.socket_mode.deliver if self.socket_mode else None
        self._bot = BotEndpoint(signing_secret, clock, limits.ack_seconds, limits.hang_up_seconds, deliver)
        self._bot.url = bot_url
        self._users = SimulatedUsers(self._context, self._bot)
        self._events = EventDelivery(self.workspace, self._bot, limits.event_retry_pauses)
        self._server: HttpServer | None = None
        self._stopping = threading.Event()
        self._retrying: threading.Thread | None = None
        self.add_user(bot_user_id, "Switchboard", is_bot=True)

    def start(self) -> Self:
        more_routes = self.socket_mode.routes if self.socket_mode else ()
        app = slack_app(self._context, self._api, self.faults, more_routes)
        self._server = HttpServer(app, clock=self.workspace.clock).start()
        self._context.base_url = f"{self._server.url}/"
        self._stopping.clear()
        self._retrying = threading.Thread(target=self._retry_events, name="slack-events", daemon=True)
        self._retrying.start()
        return self

    def stop(self) -> None:
        """Closes all connections. Idempotent."""
        if self._server is None or self._retrying is None:
            return
        self._stopping.set()
        self._retrying.join()
        self._server.stop()
        self._server = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _retry_events(self) -> None:
        while not self._stopping.wait(_EVENT_RETRY_INTERVAL):
            self._events.deliver_due()

    @property
    def url(self) -> str:
        if self._server is None:
            raise LookupError("the Slack fake is not started")
        return self._context.base_url + "api/"

    @property
    def bot_url(self) -> str | None:
        return self._bot.url

    @bot_url.setter
    def bot_url(self, url: str | None) -> None:
        self._bot.url = url

    def replace_signing_secret(self, signing_secret: str) -> None:
        """Rotates the signing secret: requests are signed with this one from now on."""
        self._bot.secret = signing_secret

    def replace_token(self, bot_token: str) -> None:
        """Reinstalls the app: the previous token is revoked."""
        self._api.replace_token(bot_token)

    @property
    def granted_scopes(self) -> frozenset[str]:
        """The scopes of the bot's token."""
        return self._api.granted_scopes

    @granted_scopes.setter
    def granted_scopes(self, scopes: frozenset[str]) -> None:
        self._api.granted_scopes = scopes

    @property
    def calls(self) -> list[ApiCall]:
        """The Web API calls so far. Uses of response URLs have the method `response_url`."""
        with self.workspace.lock:
            return list(self.workspace.calls)

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
        """Adds a user, or changes the user with this id."""
        team = team_id or self.workspace.team_id
        guest = is_restricted, is_ultra_restricted
        with self.workspace.lock:
            self.workspace.users[user_id] = User(user_id, name, team, *guest, deleted, is_bot, tz)

    def add_usergroup(self, group_id: str, handle: str, members: list[str]) -> None:
        with self.workspace.lock:
            self.workspace.usergroups[group_id] = Usergroup(group_id, handle, tuple(members))

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
        inside = {*members, *([self.workspace.bot_user_id] if bot_is_member else [])}
        with self.workspace.lock:
            self.workspace.channels[channel_id] = Channel(channel_id, name, inside, private, archived)

    def say(self, user_id: str, channel_id: str, text: str, thread_ts: str = "") -> str:
        """A user writes a message, without an event to the bot. Returns its ts."""
        with self.workspace.lock:
            channel = self.workspace.channels[channel_id]
            channel.members.add(user_id)
            message = Message(self.workspace.new_ts(), channel_id, user_id, text)
            parent = channel.find(thread_ts) if thread_ts else None
            message.thread_ts = thread_ts or None
            (channel.messages if parent is None else parent.thread).append(message)
            return message.ts

    def command(self, user_id: str, channel_id: str, command: str = "/noyo", text: str = "") -> Reply:
        return self._users.command(user_id, channel_id, command, text)

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
        """Clicks on the message as it is now. For a select, `value` names the option."""
        return self._users.click(user_id, self._message(channel_id, message_ts), action_id, block_id, value, False)

    def _message(self, channel_id: str, message_ts: str) -> Message:
        message = self.workspace.channels[channel_id].find(message_ts)
        if message is None:
            raise NotPossible(f"there is no message {message_ts} in {channel_id}")
        return message

    def click_stale(
        self, user_id: str, message: Message, action_id: str, *, block_id: str | None = None, value: Any = None
    ) -> Reply:
        """Clicks on an old copy of a message, as on a screen that did not refresh, or with a forged value."""
        return self._users.click(user_id, message, action_id, block_id, value, True)

    def click_ephemeral(
        self, user_id: str, message_ts: str, action_id: str, *, block_id: str | None = None, value: Any = None
    ) -> Reply:
        return self._users.click(user_id, self._ephemeral(user_id, message_ts), action_id, block_id, value, False)

    def _ephemeral(self, user_id: str, message_ts: str) -> Message:
        mine = [m for m in self.workspace.ephemerals if m.ephemeral_to == user_id]
        message = next((m for m in mine if m.ts == message_ts), None)
        if message is None:
            raise NotPossible(f"{user_id} sees no ephemeral message {message_ts}")
        return message

    def click_in_view(
        self, user_id: str, view_id: str, action_id: str, *, block_id: str | None = None, value: Any = None
    ) -> Reply:
        return self._users.click_in_view(user_id, view_id, action_id, block_id, value)

    def fill(self, user_id: str, view_id: str, values: Mapping[str, Any]) -> View:
        """Enters values without submitting them."""
        return self._users.fill(user_id, view_id, values)

    def submit(self, user_id: str, view_id: str, values: Mapping[str, Any]) -> Reply:
        return self._users.submit(user_id, view_id, values)

    def close_view(self, user_id: str, view_id: str) -> Reply:
        return self._users.close(user_id, view_id)

    def suggest(self, user_id: str, view_id: str, action_id: str, query: str) -> list[Json]:
        return self._users.suggest(user_id, view_id, action_id, query)

    def suggest_in_message(
        self, user_id: str, channel_id: str, message_ts: str, action_id: str, query: str, *, ephemeral: bool
    ) -> list[Json]:
        found = self._ephemeral(user_id, message_ts) if ephemeral else self._message(channel_id, message_ts)
        return self._users.suggest_in_message(user_id, found, action_id, query)

    def shortcut(self, user_id: str, callback_id: str) -> Reply:
        """Uses a global shortcut of the app."""
        return self._users.shortcut(user_id, callback_id)

    def message_shortcut(self, user_id: str, channel_id: str, message_ts: str, callback_id: str) -> Reply:
        """Uses a message shortcut of the app. Slack offers none on ephemeral messages."""
        return self._users.message_shortcut(user_id, self._message(channel_id, message_ts), callback_id)

    def resend(self, user_id: str, reply: Reply) -> Reply:
        """Sends the request of an earlier reply again."""
        if reply.request is None:
            raise NotPossible("nothing was sent")
        return self._users.resend(user_id, reply.request)

    def open_home(self, user_id: str) -> Ack:
        with self.workspace.lock:
            payload = payloads.home_opened(self.workspace, user_id)
        return self._events.send(payload)

    def deliver_due_events(self) -> int:
        """Delivers the event retries that are due by the clock, which also happens automatically."""
        return self._events.deliver_due()
