"""Messages: their parts, the Block Kit blocks of each part, and the settings of the display."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from bot.domain.carriers import KnownCarriers
from bot.domain.content import Rendered
from bot.domain.pauses import Mode
from bot.domain.record_states import RecordState, retryable
from bot.settings import Settings
from bot.slack.views.rich_text import (
    Json,
    RichText,
    UntrustedText,
    fallback_text,
    mrkdwn,
    plain,
    rich_text,
    rich_text_elements,
)

MAX_TEXT = 3000


@dataclass(frozen=True, slots=True)
class Paragraph:
    lines: Sequence[RichText]


@dataclass(frozen=True, slots=True)
class Quote:
    """Text by someone else, shown as a quote."""

    text: RichText


@dataclass(frozen=True, slots=True)
class Buttons:
    """`revision` identifies the state for which the buttons were made."""

    buttons: Sequence[Json]
    revision: str


@dataclass(frozen=True, slots=True)
class SmallPrint:
    lines: Sequence[RichText]


Part = Paragraph | Quote | Buttons | SmallPrint


@dataclass(frozen=True, slots=True)
class Message:
    """`warning` comes first. The title is optional. Empty parts are dropped."""

    parts: Sequence[Part]
    title: RichText = ()
    warning: Sequence[RichText] = ()

    def blocks(self) -> list[Json]:
        blocks = [small_print(self.warning)] if self.warning else []
        blocks += [header(self.title)] if self.title else []
        return blocks + [_block(part) for part in self.parts if not _is_empty(part)]

    def rendered(self) -> Rendered:
        lines = [*self.warning, *([self.title] if self.title else [])]
        lines += [line for part in self.parts for line in _lines(part)]
        return Rendered(
            text=fallback_text(lines, limit=MAX_TEXT),
            blocks=json.dumps(self.blocks(), ensure_ascii=False, separators=(",", ":")),
        )


def _is_empty(part: Part) -> bool:
    return not (part.buttons if isinstance(part, Buttons) else _lines(part))


def _lines(part: Part) -> Sequence[RichText]:
    match part:
        case Paragraph(lines) | SmallPrint(lines):
            return [line for line in lines if line]
        case Quote(text):
            return [text] if text else []
        case Buttons():
            return []


def _block(part: Part) -> Json:
    match part:
        case Paragraph():
            return paragraph(_lines(part))
        case Quote(text):
            return quote(text)
        case Buttons(buttons, revision):
            return actions(buttons, revision=revision)
        case SmallPrint():
            return small_print(_lines(part))


MAX_HEADER = 150
_MAX_CONTEXT = 10


def plain_text(text: str) -> Json:
    return {"type": "plain_text", "text": text, "emoji": False}


def header(title: RichText) -> Json:
    return {"type": "header", "text": plain_text(plain(title, limit=MAX_HEADER))}


def paragraph(lines: Sequence[RichText]) -> Json:
    """One line below the other, in a container in which Slack parses nothing."""
    elements: list[Json] = []
    for number, line in enumerate(lines):
        elements += [{"type": "text", "text": "\n"}] if number else []
        elements += rich_text_elements(line)
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": elements}]}


def quote(text: RichText) -> Json:
    return {"type": "rich_text", "elements": [{"type": "rich_text_quote", "elements": rich_text_elements(text)}]}


def small_print(lines: Sequence[RichText]) -> Json:
    elements = [{"type": "mrkdwn", "text": mrkdwn(line), "verbatim": True} for line in lines[:_MAX_CONTEXT]]
    return {"type": "context", "elements": elements}


def actions(buttons: Sequence[Json], *, revision: str) -> Json:
    """`revision` identifies the state of the buttons: Slack needs a new block id when they change."""
    digest = hashlib.sha256(revision.encode("utf-8", "replace")).hexdigest()[:24]
    return {"type": "actions", "block_id": f"actions.{digest}", "elements": list(buttons)}


def confirm(title: str, text: str, confirm_label: str) -> Json:
    return {
        "title": plain_text(title),
        "text": plain_text(text),
        "confirm": plain_text(confirm_label),
        "deny": plain_text("Cancel"),
    }


@dataclass(frozen=True, slots=True)
class DisplaySettings:
    """What the settings say about messages. `timezone` defines today; `command` is the slash command."""

    carriers: KnownCarriers
    environment: str
    in_production: bool
    observes_only: bool
    timezone: ZoneInfo
    retry_at_action_required: bool
    command: str
    connections_channel: str
    alerts_channel: str
    decisions_channel: str
    group_link: str = ""
    """The address of a group in another application, with `{group_id}` for its id; empty if there is none."""
    approvers: frozenset[str] = frozenset()
    """User ids and user group ids of the approvers."""

    def warning(self) -> tuple[RichText, ...]:
        """The first line of every message outside production, so that no one mistakes it for production."""
        if self.in_production:
            return ()
        return (rich_text("Not production: this is the ", UntrustedText(self.environment, 60), " environment."),)

    def carrier(self, carrier_id: str) -> UntrustedText:
        return UntrustedText(self.carriers.name(carrier_id))

    def retryable(self, record_state: RecordState) -> bool:
        """Whether a retry is offered at this status."""
        return retryable(record_state, at_action_required=self.retry_at_action_required)


def display_settings(settings: Settings, carriers: KnownCarriers) -> DisplaySettings:
    return DisplaySettings(
        carriers=carriers,
        environment=settings.environment,
        in_production=settings.in_production,
        observes_only=settings.mode is Mode.OBSERVE,
        timezone=settings.timezone,
        retry_at_action_required=settings.retry_at_action_required,
        command=settings.slack.command,
        connections_channel=settings.slack.connections_channel,
        alerts_channel=settings.slack.alerts_channel,
        decisions_channel=settings.slack.decisions_channel,
        group_link=settings.group_link,
        approvers=settings.policy.approvers,
    )
