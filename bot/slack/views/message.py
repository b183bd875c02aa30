"""A message put together from its parts; its blocks and the text beside them tell the same."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.content import Rendered
from bot.slack.views import blocks
from bot.slack.views.buttons import Action
from bot.slack.views.rich_text import Json, RichText, beside_blocks

LONGEST_TEXT = 3000
READING = frozenset({Action.DETAILS.value})
"""What buttons do that only show something."""


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

    @property
    def offers_changes(self) -> bool:
        """Whether any of its buttons would change something."""
        offered = [button for part in self.parts if isinstance(part, Buttons) for button in part.buttons]
        return any(button["action_id"] not in READING for button in offered)

    def blocks(self) -> list[Json]:
        made = [blocks.small_print(self.warning)] if self.warning else []
        made += [blocks.header(self.title)] if self.title else []
        return made + [_block(part) for part in self.parts if _holds_something(part)]

    def rendered(self) -> Rendered:
        lines = [*self.warning, *([self.title] if self.title else [])]
        lines += [one for part in self.parts for one in _lines(part)]
        return Rendered(
            text=beside_blocks(lines, limit=LONGEST_TEXT),
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
            return blocks.paragraph(_lines(part))
        case Quote(words):
            return blocks.quote(words)
        case Buttons(buttons, revision):
            return blocks.actions(buttons, revision=revision)
        case SmallPrint():
            return blocks.small_print(_lines(part))
