"""The state of one workspace: users, channels, messages and views, under one lock. Callers make Slack's checks."""

import copy
import itertools
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from infra.local.log import Log

Json = dict[str, Any]


@dataclass(frozen=True)
class User:
    id: str
    name: str
    team_id: str
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    deleted: bool = False
    is_bot: bool = False
    tz: str = "America/New_York"


@dataclass(frozen=True)
class Usergroup:
    id: str
    handle: str
    members: tuple[str, ...]


@dataclass
class Message:
    """`thread` has the replies of a top-level message, oldest first."""

    ts: str
    channel_id: str
    user_id: str
    text: str = ""
    blocks: list[Json] = field(default_factory=list)
    metadata: Json | None = None
    edited: bool = False
    edited_ts: str | None = None
    thread_ts: str | None = None
    broadcast: bool = False
    ephemeral_to: str | None = None
    link_names: bool = False
    unfurl_links: bool = True
    thread: list["Message"] = field(default_factory=list)
    values: Json = field(default_factory=dict)


@dataclass
class Channel:
    id: str
    name: str
    members: set[str]
    private: bool = False
    archived: bool = False
    is_im: bool = False
    messages: list[Message] = field(default_factory=list)

    def find(self, ts: str) -> Message | None:
        every = itertools.chain(self.messages, *(m.thread for m in self.messages))
        return next((message for message in every if message.ts == ts), None)

    def shown(self) -> list[Message]:
        """The messages shown in the channel: top-level ones, and replies that were also sent to it."""
        replies = (r for m in self.messages for r in m.thread if r.broadcast)
        return sorted([*self.messages, *replies], key=lambda message: message.ts)


@dataclass
class View:
    """A modal or Home view; `values` is what the user has entered so far."""

    id: str
    user_id: str
    type: str
    title: Json | None
    blocks: list[Json]
    hash: str
    submit_button: Json | None = None
    close_button: Json | None = None
    callback_id: str = ""
    private_metadata: str = ""
    external_id: str = ""
    clear_on_close: bool = False
    notify_on_close: bool = False
    root_view_id: str = ""
    previous_view_id: str | None = None
    values: Json = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    unreported: set[tuple[str, str]] = field(default_factory=set)
    """Fields (block_id, action_id) that an update added with an initial value: Slack shows the value, but reports the
    field as empty until the user changes it (slackapi/bolt-js issues 1258 and 1073)."""
    stack: list["View"] = field(default_factory=list)


@dataclass
class Trigger:
    user_id: str
    created_at: float
    in_view: str | None = None
    used: bool = False


@dataclass
class ResponseUrl:
    user_id: str
    channel_id: str
    created_at: float
    message_ts: str | None = None
    ephemeral: bool = False
    thread_ts: str | None = None
    uses: int = 0


@dataclass
class ApiCall:
    method: str
    args: Json
    answer: Json | None
    status: int | None


class NotPossible(Exception):
    """No user of Slack could do this, so a test or the demo made a mistake."""


class Workspace:
    def __init__(
        self, clock: Callable[[], float], team_id: str, app_id: str, bot_user_id: str, *, log_limit: int | None = None
    ) -> None:
        self.clock = clock
        self.team_id, self.app_id, self.bot_user_id = team_id, app_id, bot_user_id
        self.bot_id = "B" + bot_user_id[1:]
        self.lock = threading.RLock()
        self.users: dict[str, User] = {}
        self.usergroups: dict[str, Usergroup] = {}
        self.channels: dict[str, Channel] = {}
        self.ephemerals: list[Message] = []
        self.view_stacks: dict[str, list[View]] = {}
        self.homes: dict[str, View] = {}
        self.triggers: dict[str, Trigger] = {}
        self.response_urls: dict[str, ResponseUrl] = {}
        self.external_ids: set[str] = set()
        self.calls = Log[ApiCall](log_limit)
        self._last_ts = 0
        self._numbers = itertools.count(1)

    def new_ts(self) -> str:
        """Unique and increasing, even if the clock stands still or is set back."""
        self._last_ts = max(self._last_ts + 100, int(self.clock() * 1_000_000))
        return self.newest_ts

    @property
    def newest_ts(self) -> str:
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    @property
    def revision(self) -> tuple[int, int]:
        """Changes with each call of the bot and with each action of a person that leaves a trace."""
        return self.calls.total, self._last_ts

    def number(self) -> int:
        return next(self._numbers)

    def new_id(self, letter: str) -> str:
        return f"{letter}{self.number():08d}"

    def with_ids(self, blocks: list[Json]) -> list[Json]:
        """A copy in which each block and interactive element has an id, as Slack assigns it."""
        copied = copy.deepcopy(blocks)
        for block in itertools.chain(copied, leaf_blocks(copied)):
            block.setdefault("block_id", f"b{self.number()}")
            for element in interactive_elements(block):
                element.setdefault("action_id", f"a{self.number()}")
        return copied

    def im_of(self, user_id: str) -> Channel:
        found = f"D{user_id[1:]}"
        return self.channels.setdefault(found, Channel(found, "directmessage", {user_id, self.bot_user_id}, is_im=True))

    def new_trigger(self, user_id: str, in_view: str | None = None) -> str:
        trigger_id = f"{self.number()}.{self.number()}.{self.number():032x}"
        self.triggers[trigger_id] = Trigger(user_id, self.clock(), in_view)
        return trigger_id

    def new_response_url(self, response_url: ResponseUrl) -> str:
        path = f"response/{self.team_id}/{self.number()}/{self.number():024x}"
        self.response_urls[path] = response_url
        return path

    def view_by_id(self, view_id: str) -> View | None:
        every = itertools.chain(self.homes.values(), *self.view_stacks.values())
        return next((view for view in every if view.id == view_id), None)

    def name_of(self, user_id: str) -> str:
        user = self.users.get(user_id)
        return user.name if user else user_id


def leaf_blocks(blocks: list[Json]) -> Iterator[Json]:
    """All blocks, with those inside containers and carousels in place of their container."""
    for block in blocks:
        inner = block.get("child_blocks")
        if block["type"] == "carousel":
            inner = block["elements"]
        yield from leaf_blocks(inner) if inner else (block,)


def interactive_elements(block: Json) -> list[Json]:
    """The interactive elements of one leaf block."""
    elements = [block.get("accessory"), block.get("element")]
    if block["type"] in ("actions", "context_actions"):
        elements += block["elements"]
    if block["type"] == "card":
        elements += block.get("actions", [])
    return [e for e in elements if isinstance(e, dict) and e.get("type") != "image"]
