"""Lists in the answer to a command: rows, their buttons, and pages.

A list may be longer than a message. Its pages replace each other in place, and each is made anew, so that it shows what
is true now, not when the person typed the command.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.domain.content import GroupRecords
from bot.domain.record_states import RecordState
from bot.domain.records import EntityRef, Record
from bot.slack.context import RequestContext
from bot.slack.views import buttons, record_facts, record_rows, replies
from bot.slack.views.buttons import ButtonValue
from bot.slack.views.message import Buttons, Paragraph, Part
from bot.slack.views.record_rows import unreadable as unreadable
from bot.slack.views.rich_text import Json, RichText, UntrustedText, clean_text, rich_text
from bot.usecases.notifications.read_model import current_disconnections

ROWS = 8
"""On a page. A row has up to three blocks, and a message at most 50."""
MOST_FOUND = 100
"""Records that a search for one returns. Only some of them may fit the command."""


@dataclass(frozen=True, slots=True)
class Pages:
    """The pages of a list of `total` rows, of which number `number` is shown."""

    number: int
    total: int
    rows: int = ROWS

    @property
    def start(self) -> int:
        return self.number * self.rows

    @property
    def end(self) -> int:
        return min(self.start + self.rows, self.total)

    @property
    def count(self) -> int:
        return -(-self.total // self.rows)

    def text(self) -> str:
        """`9 to 16 of 68`; empty if all rows are shown."""
        return f"{self.start + 1} to {self.end} of {self.total}" if self.count > 1 else ""


def pages_of(context: RequestContext, total: int, rows: int = ROWS) -> Pages:
    """The wanted page; the last one if the list has become shorter."""
    return Pages(max(min(context.page.number, Pages(0, total, rows).count - 1), 0), total, rows)


def turning(context: RequestContext, pages: Pages, about: ButtonValue | None = None) -> list[Part]:
    """What is shown of how many, with *Previous* and *Next*; nothing if all rows are shown.

    `about`: the record whose details have the pages.
    """
    if pages.count <= 1:
        return []
    turns = buttons.page_buttons(buttons.Page(context.page.text, pages.number), pages.count, about)
    shown = Paragraph([rich_text(pages.text(), ".")])
    return [shown, Buttons(turns, f"page:{pages.number}:{context.page.text}")]


def group_name(group: GroupRecords) -> UntrustedText:
    return UntrustedText(group.name or record_facts.UNNAMED_GROUP)


def spoken_group_name(group: GroupRecords) -> str:
    """Short and clean, for the accessibility label of a button."""
    return clean_text(group.name or record_facts.UNNAMED_GROUP, limit=50)


def found_records(
    context: RequestContext, opening: RichText, found: Sequence[RecordState], *, last: Sequence[Part] = ()
) -> Json:
    """What a search found, each with its buttons, and then `last`."""
    pages = pages_of(context, len(found))
    shown = rows(context, found[pages.start : pages.end])
    return replies.ephemeral(opening, *shown, *turning(context, pages), *unsearched(found), *last)


def unsearched(found: Sequence[RecordState]) -> list[Part]:
    """A line if the search has found as many as it returns."""
    return [Paragraph([rich_text("More may match: add a word, or use an id.")])] if len(found) >= MOST_FOUND else []


def rows(context: RequestContext, shown: Sequence[RecordState], notes: Mapping[EntityRef, RichText] = {}) -> list[Part]:
    """Records in one line each, with their `notes` below and their buttons."""
    disconnections = current_disconnections(shown, context.deps.records)
    parts: list[Part] = []
    for record_state in shown:
        disconnection = disconnections.get(record_state.entity)
        lines = [row(context, record_state.record, disconnection), notes.get(record_state.entity, ())]
        parts += [Paragraph(lines), row_buttons(context, record_state, disconnection)]
    return parts


def row(context: RequestContext, record: Record, disconnection: RecordState | None) -> RichText:
    """`disconnection`: the request that counts for a connection."""
    return record_rows.record_line(record, disconnection, context.display)


def row_buttons(
    context: RequestContext, record_state: RecordState, disconnection: RecordState | None, *, with_claim: bool = False
) -> Buttons:
    return record_rows.row_buttons(record_state, disconnection, context.display, with_claim=with_claim)
