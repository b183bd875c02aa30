"""Messages: their parts, the Block Kit blocks of each part, and the settings of the display."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from bot.domain.carriers import Carriers
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
    """Words of somebody else's."""

    words: RichText


@dataclass(frozen=True, slots=True)
class Buttons:
    """`revision` names what they are about, as precisely as the message may change."""

    buttons: Sequence[Json]
    revision: str


@dataclass(frozen=True, slots=True)
class SmallPrint:
    lines: Sequence[RichText]


Part = Paragraph | Quote | Buttons | SmallPrint


@dataclass(frozen=True, slots=True)
class Message:
    """`warning` is said before anything else; a message without a title is its parts only. Empty parts vanish."""

    parts: Sequence[Part]
    title: RichText = ()
    warning: Sequence[RichText] = ()

    def blocks(self) -> list[Json]:
        made = [small_print(self.warning)] if self.warning else []
        made += [header(self.title)] if self.title else []
        return made + [_block(part) for part in self.parts if _holds_something(part)]

    def rendered(self) -> Rendered:
        lines = [*self.warning, *([self.title] if self.title else [])]
        lines += [one for part in self.parts for one in _lines(part)]
        return Rendered(
            text=fallback_text(lines, limit=MAX_TEXT),
            blocks=json.dumps(self.blocks(), ensure_ascii=False, separators=(",", ":")),
        )


def _holds_something(part: Part) -> bool:
    return bool(part.buttons) if isinstance(part, Buttons) else bool(_lines(part))


def _lines(part: Part) -> Sequence[RichText]:
    match part:
        case Paragraph(lines) | SmallPrint(lines):
            return [one for one in lines if one]
        case Quote(words):
            return [words] if words else []
        case Buttons():
            return []


def _block(part: Part) -> Json:
    match part:
        case Paragraph():
            return paragraph(_lines(part))
        case Quote(words):
            return quote(words)
        case Buttons(buttons, revision):
            return actions(buttons, revision=revision)
        case SmallPrint():
            return small_print(_lines(part))


MAX_HEADER = 150
_CONTEXT = 10


def plain_text(words: str) -> Json:
    return {"type": "plain_text", "text": words, "emoji": False}


def header(title: RichText) -> Json:
    return {"type": "header", "text": plain_text(plain(title, limit=MAX_HEADER))}


def paragraph(lines: Sequence[RichText]) -> Json:
    """Lines below each other, in a container where nothing is parsed."""
    runs: list[Json] = []
    for number, runs_of_line in enumerate(lines):
        runs += [{"type": "text", "text": "\n"}] if number else []
        runs += rich_text_elements(runs_of_line)
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": runs}]}


def quote(words: RichText) -> Json:
    return {
        "type": "rich_text",
        "elements": [{"type": "rich_text_quote", "elements": rich_text_elements(words)}],
    }


def small_print(lines: Sequence[RichText]) -> Json:
    elements = [{"type": "mrkdwn", "text": mrkdwn(runs), "verbatim": True} for runs in lines[:_CONTEXT]]
    return {"type": "context", "elements": elements}


def actions(buttons: Sequence[Json], *, revision: str) -> Json:
    """`revision` names what the buttons are about: Slack wants a new block id whenever that changes."""
    digest = hashlib.sha256(revision.encode("utf-8", "replace")).hexdigest()[:24]
    return {"type": "actions", "block_id": f"actions.{digest}", "elements": list(buttons)}


def confirm(title: str, words: str, yes: str) -> Json:
    return {
        "title": plain_text(title),
        "text": plain_text(words),
        "confirm": plain_text(yes),
        "deny": plain_text("Back"),
    }


@dataclass(frozen=True, slots=True)
class DisplaySettings:
    """`timezone` decides what "today" is; `command` is the slash command as people type it."""

    carriers: Carriers
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
    """Where a group is shown elsewhere, with `{group_id}` for its id; none where empty."""
    approvers: frozenset[str] = frozenset()
    """User ids and user group ids of those who may decide."""

    def warning(self) -> tuple[RichText, ...]:
        """Said first on everything outside production, so that nobody takes it for the real thing."""
        if self.in_production:
            return ()
        return (
            rich_text("Not production: this is the ", UntrustedText(self.environment, 60), " environment."),
        )

    def carrier(self, carrier_id: str) -> UntrustedText:
        return UntrustedText(self.carriers.name(carrier_id))

    def retryable(self, record_state: RecordState) -> bool:
        """Whether a retry is offered at this status."""
        return retryable(record_state, at_action_required=self.retry_at_action_required)


def display_settings(settings: Settings) -> DisplaySettings:
    return DisplaySettings(
        carriers=settings.carriers,
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
