"""The App Home: somebody opens Switchboard in Slack, and sees what needs them and the team.

They look for a few seconds, often on a phone, and want to act at once. What can go wrong: an old Home is taken for the
present, a part of the list is taken for all of it, or the person may not see any of it and does not learn why.
"""

from __future__ import annotations

from collections.abc import Iterator

from bot.domain.home import ROWS, Home, HomeCounts, HomeFilter, HomeQuestion, HomeRow, HomeView, NoHome
from bot.domain.operations import OperationState
from bot.domain.people import Verdict
from bot.domain.reminders import days_left
from bot.slack.views import health, record_rows
from bot.slack.views.buttons import Action, ButtonValue, Page, encode, home_button
from bot.slack.views.message import Buttons, DisplaySettings, Message, Paragraph, Part, SmallPrint
from bot.slack.views.operation_text import in_progress
from bot.slack.views.record_facts import days_left_text, record_button
from bot.slack.views.rich_text import (
    ChannelMention,
    Json,
    PlainText,
    RichText,
    Timestamp,
    labelled,
    plural,
    rich_text,
    with_mentions,
)

_FILTERS = {
    HomeFilter.ALL: (Action.HOME_ALL, "All"),
    HomeFilter.MINE: (Action.HOME_MINE, "Mine"),
    HomeFilter.DECISIONS: (Action.HOME_DECISIONS, "Decisions"),
}


def home_view(home: Home | NoHome, display: DisplaySettings) -> Json:
    """The view for Slack. It contains what it shows, so that Slack returns that with each click in it."""
    parts = list(_denied(home) if isinstance(home, NoHome) else _parts(home, display))
    title = "Switchboard" if isinstance(home, NoHome) else "What needs the team"
    return {
        "type": "home",
        "private_metadata": metadata(home.view),
        "blocks": Message(parts, rich_text(title), display.warning()).blocks(),
    }


def metadata(view: HomeView) -> str:
    return encode(ButtonValue(page=Page(view.shows.value, view.page)))


def _denied(home: NoHome) -> Iterator[Part]:
    yield Paragraph([with_mentions(home.permission.reason)])
    if home.permission.verdict is Verdict.UNKNOWN:
        yield Buttons([_refresh(home.view)], f"home:{home.at}")
        return
    yield Paragraph(
        [
            rich_text("Here, full members of this workspace see which groups' connections need them."),
            rich_text("Ask one of them if you need something about a connection."),
        ]
    )


def _parts(home: Home, display: DisplaySettings) -> Iterator[Part]:
    yield Paragraph([_summary(home), *([health.pause_line(home.pause)] if home.pause is not None else [])])
    yield Buttons([*_filters(home), _refresh(home.view)], f"home:{home.at}")
    yield SmallPrint([rich_text("Updated ", Timestamp(home.at, ago=True), ". It changes when you do something here.")])
    yield Paragraph([rich_text(record_rows.unreadable(home.unreadable).strip())])
    if not home.rows:
        yield Paragraph([rich_text(text) for text in _guidance(home, display)])
    else:
        yield Paragraph([_shown(home)])
    for row in home.rows:
        yield from _record_row(row, home, display) if isinstance(row, HomeRow) else _question_row(row, display)
    yield from _turning(home)
    yield SmallPrint([*_report(home, display), rich_text(f"{display.command} help shows what you can type.")])


# ---------------------------------------------------------------- the summary and the buttons


def _summary(home: Home) -> RichText:
    """`7 need the team · 3 decisions, next ends tomorrow · 2 are yours · 14 not moving`"""
    counts = home.counts
    facts = [
        f" · {_decisions(home)}" if counts.decisions else "",
        f" · {counts.yours:,} {'is' if counts.yours == 1 else 'are'} yours" if counts.yours else "",
        f" · {counts.not_moving:,} not moving" if counts.not_moving else "",
    ]
    need = f"{counts.waiting:,} {'needs' if counts.waiting == 1 else 'need'} the team"
    return rich_text(PlainText(need if counts.waiting else "Nothing needs the team", bold=True), *facts)


def _report(home: Home, display: DisplaySettings) -> list[RichText]:
    """Where those are listed that do not move; most of them wait for others."""
    if not home.counts.not_moving:
        return []
    where = ChannelMention(display.alerts_channel)
    return [rich_text("What does not move is reported each business day in ", where, ".")]


def _decisions(home: Home) -> str:
    number = plural(home.counts.decisions, "decision")
    if home.counts.next_end is None:
        return number
    days = days_left(home.counts.next_end, home.today)
    return f"{number}, {'next' if days >= 0 else 'the first'} {days_left_text(days)}"


def _filters(home: Home) -> list[Json]:
    numbers = _numbers(home.counts)
    return [
        home_button(
            action,
            f"{label} ({numbers[shows]:,})",
            Page(shows.value),
            spoken=f"Show {label.lower()}: {numbers[shows]:,}",
            primary=shows is home.view.shows,
        )
        for shows, (action, label) in _FILTERS.items()
    ]


def _numbers(counts: HomeCounts) -> dict[HomeFilter, int]:
    return {HomeFilter.ALL: counts.waiting, HomeFilter.MINE: counts.yours, HomeFilter.DECISIONS: counts.decisions}


def _refresh(view: HomeView) -> Json:
    return home_button(Action.HOME_REFRESH, "Refresh", Page(view.shows.value, view.page), spoken="Refresh this list")


# ---------------------------------------------------------------- the list


def _shown(home: Home) -> RichText:
    """In words, since a colour alone does not say which filter is chosen."""
    first = home.view.page * ROWS + 1
    which = f"{home.total:,}"
    if home.total > ROWS:
        which = f"{first:,} to {min(first + ROWS - 1, home.total):,} of {which}"
    return rich_text(PlainText(f"{_FILTERS[home.view.shows][1]}: {which}", bold=True), ", most urgent first.")


def _guidance(home: Home, display: DisplaySettings) -> Iterator[str]:
    """What to do if the list is empty."""
    if home.counts.waiting and home.view.shows is HomeFilter.MINE:
        yield "None of these is yours: you requested none of them, and have claimed none."
        yield f"Claim one under All, or type {display.command} list mine for all that you requested and that is open."
    elif home.counts.waiting and home.view.shows is HomeFilter.DECISIONS:
        yield "No request to disconnect waits for a decision."
    elif home.counts.waiting == 0:
        yield "You can type in any channel:"
        yield f"{display.command} status and a part of a group's name: how its connection is"
        yield f"{display.command} list: all that is open, most urgent first"
        yield f"{display.command} connect: connect a group to a carrier"


def _record_row(row: HomeRow, home: Home, display: DisplaySettings) -> Iterator[Part]:
    """While something is being sent, nothing more can be: a colleague may have been first."""
    state = row.record_state
    lines = [record_rows.record_line(state.record, None, display, home.today), record_rows.note_line(state, home.at)]
    if row.operation is None:
        yield Paragraph(lines)
        yield record_rows.row_buttons(state, None, display, with_claim=True)
        return
    yield Paragraph([*lines, labelled("Now", *in_progress(row.operation))])
    yield Buttons([record_button(Action.DETAILS, state.record)], f"{state.entity}:{state.record.version}")


def _question_row(row: HomeQuestion, display: DisplaySettings) -> list[Part]:
    if row.operation.state is OperationState.AWAITING_CONFIRMATION:
        return record_rows.unconfirmed_row(row.operation, display)
    return record_rows.question_row(row.operation, row.record_state, display)


def _turning(home: Home) -> Iterator[Part]:
    turns = [(Action.HOME_PREVIOUS, "Previous", home.view.page - 1), (Action.HOME_NEXT, "Next", home.view.page + 1)]
    pages = -(-home.total // ROWS)
    shown = [
        home_button(action, label, Page(home.view.shows.value, number), spoken=f"{label} page")
        for action, label, number in turns
        if 0 <= number < pages
    ]
    yield Buttons(shown, f"home:{home.view.shows.value}:{home.view.page}:{home.at}")
