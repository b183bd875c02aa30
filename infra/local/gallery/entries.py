"""What a gallery consists of: messages, answers to one person, modals and App Homes, each with a title."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from bot.domain.content import Content, MessageLink, Rendered
from bot.slack.views.cards import render
from bot.slack.views.message import DisplaySettings
from bot.slack.views.rich_text import Json
from infra.local.gallery.samples import DISPLAY

GALLERY_DISPLAY = replace(
    DISPLAY, approvers=frozenset({"UBEN", "UCARA"}), group_link="https://app.example.com/groups/{group_id}"
)


def permalink(link: MessageLink) -> str | None:
    """The address of a message, as Slack gives it; None for a message without a `ts`."""
    if not link.ts:
        return None
    return f"https://local.slack.com/archives/{link.channel}/p{link.ts.replace('.', '')}"


@dataclass(frozen=True)
class Posted:
    """A message in a channel, in a thread, or for one person, made of this content."""

    title: str
    content: Content
    display: DisplaySettings = GALLERY_DISPLAY

    @cached_property
    def rendered(self) -> Rendered:
        return render(self.content, self.display, permalink)

    @property
    def text(self) -> str:
        """The text for notifications."""
        return self.rendered.text

    @cached_property
    def blocks(self) -> list[Json]:
        blocks: list[Json] = json.loads(self.rendered.blocks)
        return blocks


@dataclass(frozen=True)
class Ephemeral:
    """An answer that only the person who typed or clicked sees, as the bot returns it to Slack."""

    title: str
    answer: Json

    @property
    def text(self) -> str:
        return str(self.answer["text"])

    @property
    def blocks(self) -> list[Json]:
        blocks: list[Json] = self.answer["blocks"]
        return blocks


@dataclass(frozen=True)
class Modal:
    """A modal as the bot gives it to Slack; `typed` is what the person entered, and `errors` are shown, by block id."""

    title: str
    view: Json
    typed: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    depth: int = 1
    """How many modals are open, with this one on top."""

    @property
    def blocks(self) -> list[Json]:
        blocks: list[Json] = self.view["blocks"]
        return blocks


@dataclass(frozen=True)
class HomeTab:
    """Somebody's App Home as the bot gives it to Slack."""

    title: str
    view: Json

    @property
    def blocks(self) -> list[Json]:
        blocks: list[Json] = self.view["blocks"]
        return blocks


Entry = Posted | Ephemeral | Modal | HomeTab


@dataclass(frozen=True)
class Section:
    title: str
    entries: tuple[Entry, ...]
