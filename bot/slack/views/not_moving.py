"""The daily report of what does not move at one carrier."""

from __future__ import annotations

from bot.domain.content import NotMoving, NotMovingRecord
from bot.domain.records import Connection, Disconnection
from bot.slack.views import record_facts
from bot.slack.views.buttons import show_buttons
from bot.slack.views.carrier_facts import contact_line
from bot.slack.views.message import Buttons, DisplaySettings, Message, Paragraph, Part, SmallPrint
from bot.slack.views.morning_summary import claimed_by_name
from bot.slack.views.record_cards import away_text
from bot.slack.views.rich_text import PlainText, RichText, Span, Timestamp, UntrustedText, plural, rich_text


def not_moving(content: NotMoving, display: DisplaySettings) -> Message:
    """Answers, each morning: what should I ask this carrier, Noyo or a colleague about today?

    People call a carrier with a list in hand, so a line says which group it is and its id there, and the last one whom
    to call. What can go wrong: the channel fills with one message for each record, or a cut list looks complete. So
    there is one message for each carrier, and it says how to list everything. It is never updated, so it has a time.
    """
    listed = [_row(record) for record in content.records]
    as_of = rich_text("As of ", Timestamp(content.at), ". Posted once each business day. ")
    parts: list[Part] = [
        Paragraph([*listed, *_more_line(content.total - len(listed))]),
        Paragraph(contact_line(content.carrier_id, display)),
        Buttons(show_buttons(_command(content, display), "Show All"), f"{content.carrier_id}:{content.at}"),
        SmallPrint([rich_text(*as_of, *_all(content, display))]),
    ]
    title = rich_text("Not moving at ", display.carrier(content.carrier_id), f": {plural(content.total, 'record')}")
    return Message(parts, title, display.warning())


def _row(content: NotMovingRecord) -> RichText:
    record = content.record_state.record
    claimed = (" · ", *_owner(content)) if content.record_state.owner is not None else ()
    return rich_text(
        f"• {record_facts.kind_name(record)} · ",
        record_facts.group_name(record),
        ": ",
        record_facts.status_name(record.status, bold=True),
        ", ",
        *_how_long(content),
        " · ",
        *_number(record),
        *claimed,
    )


def _owner(content: NotMovingRecord) -> RichText:
    """By name, because nobody has to act at once; but the cover of somebody who is away may not know of it."""
    absence = away_text(content.away) if content.away is not None else ()
    return rich_text(*claimed_by_name(content.owner_name), *absence)


def _how_long(content: NotMovingRecord) -> tuple[Span | str, ...]:
    if content.is_overdue:
        return (PlainText("although its last managed day is over", bold=True),)
    return (f"unchanged for {plural(content.business_days, 'business day')}",)


def _number(record: Connection | Disconnection) -> RichText:
    if isinstance(record, Disconnection):
        return record_facts.end_date(record)
    return record_facts.carrier_group_id_line(record)


def _more_line(number: int) -> list[RichText]:
    return [rich_text(PlainText(f"and {number} more.", bold=True))] if number > 0 else []


def _all(content: NotMoving, display: DisplaySettings) -> RichText:
    typed = UntrustedText(_command(content, display), 150)
    return rich_text(f"See these and their buttons as they are now: {display.command} ", typed)


def _command(content: NotMoving, display: DisplaySettings) -> str:
    """The list by carrier and age contains every record of this report; a carrier without a name has no word."""
    name = display.carriers.names.get(content.carrier_id)
    days = content.older_than_days
    return " ".join(["list", *([name] if name else []), *([f"older than {plural(days, 'day')}"] if days else [])])
